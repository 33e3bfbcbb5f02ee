"""What the site document may say of a Modbus device, and what it may not."""

from __future__ import annotations

import pytest

from drivers.modbus.driver import build
from drivers.modbus.link import WRITE_S, ModbusLink
from hub.errors import ConfigError
from hub.model import DeviceSpec, Driver, Role, SystemClock
from tests.drivers_modbus.kit import spec


@pytest.mark.parametrize(
    "options, says",
    [
        ({"map": "keba/p31"}, "keba/p30"),
        ({"map": None}, "map"),
        ({"map": "/no/such/map.toml"}, "cannot be read"),
        ({"map": "eastron/sdm630"}, "role"),
        ({"unit": 256}, "unit"),
        ({"unit": "one"}, "unit"),
        ({"poll_s": 0}, "poll_s"),
        ({"poll": 1}, "poll"),
        ({"timeout_s": 0.1}, r"timeout_s.*0\.2 to 15"),
        ({"timeout_s": 16}, r"timeout_s.*0\.2 to 15"),
        ({"timeout_s": "5"}, "timeout_s"),
    ],
)
def test_an_option_that_cannot_be_is_a_clear_error(options: dict[str, object], says: str) -> None:
    with pytest.raises(ConfigError, match=says):
        build("tcp://127.0.0.1:1502", [spec("keba", **options)], SystemClock())


def limits(*specs: DeviceSpec) -> tuple[ModbusLink, Driver]:
    driver = build("tcp://127.0.0.1:1502", specs, SystemClock())
    return driver._link, driver  # type: ignore[attr-defined]


def test_how_long_an_answer_may_take_is_said_by_the_owner_else_by_the_map() -> None:
    huawei = {"map": "huawei/sun2000"}
    pv = DeviceSpec("u", "pv", Role.INVERTER, "modbus", "", options=huawei)
    link, driver = limits(pv, spec("keba", unit=9))
    assert (link.slow_s(1), link.write_s(1)) == (5, 5), "evcc's template waits 5 s for the dongle"
    assert (link.slow_s(9), link.write_s(9)) == (0, WRITE_S), "nobody said that of the other one"
    settles = {c.point: c.settle_ms for d in driver.devices for c in d.commands}
    assert settles["pv.export_limit"] >= 5000 and settles["keba.current_limit"] < 5000
    link, _ = limits(DeviceSpec("u", "pv", Role.INVERTER, "modbus", "", options=huawei | {"timeout_s": 0.5}))
    assert link.slow_s(1) == 0
    link, driver = limits(spec("keba", unit=9, timeout_s=12))
    assert link.slow_s(9) == 12 and driver.devices[0].commands[0].settle_ms == 12_000


def test_a_link_that_cannot_be_is_a_clear_error() -> None:
    with pytest.raises(ConfigError, match="tcp://host:port"):
        build("keba.lan", [spec("keba")], SystemClock())
