"""The keys of a device in the site document."""

from __future__ import annotations

from typing import Any

import pytest

from drivers.modbus.link import WRITE_S
from drivers.sunspec.driver import build
from drivers.sunspec.member import Member
from drivers.sunspec.options import Options, parse
from hub.errors import ConfigError
from hub.model import DeviceSpec, Role, SystemClock
from tests.drivers_sunspec.kit import chain_of
from tests.drivers_sunspec.test_control import M704
from tests.drivers_sunspec.test_readings import CAPACITY, PORTS
from tests.drivers_sunspec.test_unit import RATINGS


def spec(role: Role = Role.BATTERY, **options: Any) -> DeviceSpec:
    return DeviceSpec("u", "thing", role, "sunspec", "", options=options)


def test_defaults() -> None:
    assert parse(spec()) == Options(unit=1, poll_s=1.0, export=None, index=1, control=0)
    assert parse(spec(Role.GRID, sign="export", unit=126, index=2)) == Options(126, 1.0, True, 2)
    assert parse(spec(Role.GRID, sign="import")).export is False, "the owner's word goes before the maker's custom"
    assert parse(spec(control_model=124)).control == 124
    assert parse(spec(coupling="ac")).ac and not parse(spec()).ac


@pytest.mark.parametrize(
    ("role", "options", "said"),
    [
        (Role.BATTERY, {"unt": 1}, r"devices\.thing\.unt.*did you mean 'unit'"),
        (Role.BATTERY, {"sign": "export"}, r"devices\.thing\.sign"),
        (Role.GRID, {"control_model": 704}, r"control_model"),
        (Role.GRID, {"sign": "exprot"}, "did you mean 'export'"),
        (Role.GRID, {"sign": 1}, r"devices\.thing\.sign"),
        (Role.INVERTER, {"control_model": 124}, "control_model.*123"),
        (Role.BATTERY, {"coupling": "dc"}, r"devices\.thing\.coupling.*known: ac"),
        (Role.INVERTER, {"coupling": "ac"}, r"devices\.thing\.coupling"),
        (Role.BATTERY, {"unit": 256}, r"unit.*0 to 255"),
        (Role.BATTERY, {"unit": True}, r"unit"),
        (Role.BATTERY, {"poll_s": 0}, r"poll_s.*0\.05 to 5"),
        (Role.METER, {"timeout_s": 20}, r"timeout_s.*0\.2 to 15"),
        (Role.CHARGER, {}, r"devices\.thing\.role.*charger"),
    ],
)
def test_what_cannot_be_is_said_with_its_key(role: Role, options: dict[str, Any], said: str) -> None:
    with pytest.raises(ConfigError, match=said):
        parse(spec(role, **options))


def test_a_battery_behind_an_inverter_has_no_ac_side_of_its_own() -> None:
    given = DeviceSpec("u", "thing", Role.BATTERY, "sunspec", "", behind="pv", options={"coupling": "ac"})
    with pytest.raises(ConfigError, match="behind pv is on its DC side"):
        parse(given)


def test_a_link_that_is_none() -> None:
    with pytest.raises(ConfigError, match="tcp://host:port"):
        build("http://x", [spec()], SystemClock())


def test_how_long_an_answer_may_take_is_the_longest_that_a_device_of_the_unit_says() -> None:
    given = [spec(Role.GRID, timeout_s=5), spec(Role.METER, index=2), spec(Role.METER, unit=3)]
    driver = build("tcp://127.0.0.1:1", given, SystemClock())
    link = driver._link  # type: ignore[attr-defined]
    assert (link.slow_s(1), link.write_s(1)) == (5, 5)
    assert (link.slow_s(3), link.write_s(3)) == (0, WRITE_S)


def test_a_set_point_of_a_slow_device_is_settled_no_sooner_than_it_can_answer() -> None:
    images = chain_of(RATINGS, M704, PORTS, CAPACITY)
    settled = []
    for slow_s in (0.0, 5.0):
        battery = Member(spec(), Options(), "", slow_s)
        battery.fit(images)
        battery.update(images)
        settled += [command.settle_ms for command in battery.device.commands]
    assert settled == [800, 5000]


def test_what_is_expected_before_the_device_answers() -> None:
    (battery,) = build("tcp://127.0.0.1:1", [spec()], SystemClock()).devices
    assert {p.quantity.name for p in battery.points} == {"power", "soc", "power_setpoint"}
    assert battery.command("thing.power_setpoint") is not None
    assert (battery.link.driver, battery.link.address) == ("sunspec", "tcp://127.0.0.1:1")
