"""Peblar: every capture, the interface as its maker documents it, and what may be written."""

from __future__ import annotations

from pathlib import Path

import orjson
import pytest

from drivers.http.peblar import Peblar, decode
from hub.errors import Refused
from tests.codec_fuzz import run

VECTORS = Path(__file__).parents[3] / "shared" / "vectors" / "peblar"
pytestmark = pytest.mark.skipif(not VECTORS.is_dir(), reason="the captures are not beside the checkout")
FILES = sorted(VECTORS.glob("*.json"))
ONLY_A_SECRET = {"api_token"}

INTERFACE = {
    "CpState": "State C",
    "LockState": True,
    "ChargeCurrentLimit": 14000,
    "ChargeCurrentLimitSource": "Dynamic load balancing",
    "ChargeCurrentLimitActual": 12000,
    "Force1Phase": False,
}
SYSTEM = {"FirmwareVersion": "1.6.1", "PhaseCount": 3, "Force1PhaseAllowed": True, "ProductSn": "23-45-A4O-MOF"}


@pytest.mark.parametrize("path", FILES, ids=lambda p: p.stem)
def test_every_capture_is_understood(path: Path) -> None:
    capture = decode(path.read_bytes())
    assert not capture.rejected
    assert capture.messages[0].readings or path.stem in ONLY_A_SECRET


def test_the_meter() -> None:
    points = decode((VECTORS / "meter.json").read_bytes()).messages[0].points
    assert points["charger.power"] == 0 and points["charger.energy"] == 4937323
    assert points["charger.session_energy"] == 34918
    assert [points[f"charger.voltage_l{n}"] for n in (1, 2, 3)] == [227, 225, 228]


@pytest.mark.parametrize(
    ("name", "firmware"),
    [
        ("health", ""),
        ("standalonelist", ""),
        ("user_configuration_scheduled", ""),
        ("versions_available", "1.9.0+1+WL-1"),
    ],
)
def test_what_measures_nothing_gives_no_point(name: str, firmware: str) -> None:
    found = decode((VECTORS / f"{name}.json").read_bytes()).messages[0]
    assert not found.points and found.device.get("firmware", "") == firmware


def test_a_phase_that_is_not_wired_is_not_told() -> None:
    body = {"CurrentPhase1": 10212, "CurrentPhase2": 0, "VoltagePhase1": 230, "VoltagePhase2": None, "PowerTotal": 2348}
    points = decode(orjson.dumps(body)).messages[0].points
    assert points["charger.current_l1"] == 10.212 and "charger.current_l2" not in points


def test_the_interface_in_amperes_and_words() -> None:
    assert decode(orjson.dumps(INTERFACE)).messages[0].points == {
        "charger.current_limit": 14,
        "charger.status": "charging",
        "charger.connected": True,
    }
    assert decode(orjson.dumps(INTERFACE | {"Force1Phase": True})).messages[0].points["charger.phases"] == 1


def test_who_it_is() -> None:
    device = decode((VECTORS / "system_information_whitelabel.json").read_bytes()).messages[0].device
    assert device == {
        "vendor": "Peblar",
        "model": "WLAC1-H11R0WE0ICR00",
        "serial": "00-00-AAA-000",
        "firmware": "1.9.0+1+WL-1",
    }


def test_phases_are_offered_only_where_they_may_be_switched() -> None:
    kind = Peblar("token", 16)
    assert [c.point for c in kind.commands("box", "charger")] == ["box.current_limit"]
    kind.read("system", orjson.dumps(SYSTEM))
    assert kind.read("evinterface", orjson.dumps(INTERFACE)).points["charger.phases"] == 3
    limit, phases = kind.commands("box", "charger")
    assert (limit.low, limit.high, phases.point) == (6, 16, "box.phases")
    kind.read("health", b'{"AccessMode":"ReadOnly","ApiVersion":"1.0"}')
    assert kind.commands("box", "charger") == ()


def test_what_is_written() -> None:
    kind = Peblar("token", 16)
    kind.read("system", orjson.dumps(SYSTEM))
    limit = kind.write("charger", "current_limit", 10.5)
    assert (limit.method, limit.path) == ("PATCH", "/api/wlac/v1/evinterface")
    assert orjson.loads(limit.body) == {"ChargeCurrentLimit": 10500}
    assert orjson.loads(kind.write("charger", "current_limit", 0).body) == {"ChargeCurrentLimit": 0}
    assert orjson.loads(kind.write("charger", "phases", 1).body) == {"Force1Phase": True}
    assert orjson.loads(kind.write("charger", "phases", 3).body) == {"Force1Phase": False}


@pytest.mark.parametrize(("quantity", "value"), [("current_limit", 17), ("current_limit", 3), ("phases", 2), ("on", 1)])
def test_what_cannot_be_written(quantity: str, value: float) -> None:
    kind = Peblar("token", 16)
    with pytest.raises(Refused):
        kind.write("charger", quantity, value)


def test_damaged_answers_never_raise() -> None:
    assert run(decode, [p.read_bytes() for p in FILES] + [orjson.dumps(INTERFACE)], 2000) > 50
