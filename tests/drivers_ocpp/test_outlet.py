"""How old a charger's values are, and what is known of it between its messages: with a clock that is moved."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from drivers.ocpp.dialect import Abilities
from drivers.ocpp.meaning import Fact
from drivers.ocpp.options import parse
from drivers.ocpp.outlet import Outlet
from drivers.ocpp.profile import Limit, v2, v16
from hub.model import Quality
from tests.drivers_ocpp.kit import FakeSink, spec

NOW = 1_714_557_600_000


class Clock:
    trusted = True
    provisional_since = None

    def __init__(self) -> None:
        self.ms = NOW

    def now(self) -> int:
        return self.ms

    def monotonic(self) -> float:
        return self.ms / 1000


@pytest.fixture
def scene() -> Any:
    clock, sink = Clock(), FakeSink()
    outlet = Outlet(spec(), parse(spec()), "ws://x", clock)
    outlet.found(sink)
    return clock, sink, outlet


def test_a_state_holds_as_long_as_the_charger_is_there(scene: Any) -> None:
    clock, sink, outlet = scene
    outlet.take([Fact(1, "status", "charging"), Fact(1, "connected", True)], clock.now())
    clock.ms += 60_000
    outlet.alive(clock.now())
    assert {(m.point, m.at) for m in sink.history[-2:]} == {
        ("wallbox.status", clock.ms),
        ("wallbox.connected", clock.ms),
    }
    assert "wallbox.power" not in sink.values  # it charges, and its power is not known


def test_a_state_since_a_while_is_the_state_now_unless_something_newer_is_known(scene: Any) -> None:
    clock, sink, outlet = scene
    outlet.take([Fact(1, "status", "charging", NOW - 500_000, since=True)], NOW)
    assert (sink.history[-1].value, sink.history[-1].at) == ("charging", NOW)
    clock.ms += 9_000
    outlet.alive(clock.now())
    assert (sink.history[-1].value, sink.history[-1].at) == ("charging", clock.ms)
    outlet.take([Fact(1, "status", "no_vehicle")], clock.now())
    outlet.take([Fact(1, "status", "ready", NOW - 400_000, since=True)], clock.now())
    assert outlet.status == "no_vehicle"


def test_what_is_metered_keeps_its_own_time(scene: Any) -> None:
    _clock, sink, outlet = scene
    outlet.take([Fact(1, "power", 5000.0, NOW - 30_000)], NOW)
    assert sink.history[-1].at == NOW - 30_000
    outlet.take([Fact(1, "power", 6000.0, NOW - 1_500), Fact(1, "energy", 9.0, NOW + 90_000)], NOW)
    assert [(m.value, m.at) for m in sink.history[-2:]] == [(6000, NOW), (9, NOW)]


def test_a_clock_that_is_wrong_makes_no_value_old(scene: Any) -> None:
    """A charger that tells its local time as UTC, two hours ahead or behind."""
    _clock, sink, outlet = scene
    for hours in (2, -2):
        skew = hours * 3_600_000
        outlet.take([Fact(1, "power", 100.0 + hours, NOW + skew - 500)], NOW, skew)
        assert (sink.history[-1].value, sink.history[-1].at) == (100 + hours, NOW)


def test_an_older_value_never_follows_a_newer_one(scene: Any) -> None:
    _clock, sink, outlet = scene
    outlet.take([Fact(1, "energy", 2000.0, NOW)], NOW)
    outlet.take([Fact(1, "energy", 1000.0, NOW - 600_000)], NOW)
    assert [m.value for m in sink.history] == [2000]


def test_values_that_were_long_on_their_way_keep_their_order(scene: Any) -> None:
    clock, sink, outlet = scene
    outlet.take([Fact(1, "energy", 2000.0, NOW - 300)], NOW)
    clock.ms += 6_000
    outlet.take([Fact(1, "energy", 2100.0, NOW - 100)], clock.now())
    outlet.take([Fact(1, "energy", 2050.0, NOW - 200)], clock.now())
    assert [(m.value, m.at) for m in sink.history] == [(2000, NOW), (2100, NOW)]


def test_at_rest_nothing_flows_and_nothing_counts(scene: Any) -> None:
    clock, sink, outlet = scene
    outlet.take([Fact(1, "current_l1", 6.0), Fact(1, "power", 1400.0), Fact(1, "energy", 2000.0)], NOW)
    outlet.take([Fact(1, "status", "paused")], NOW)
    clock.ms += 5_000
    outlet.alive(clock.now())
    assert sink.values["wallbox.power"] == 1400  # as long as it is fresh, what was metered stands
    clock.ms += 10_000
    outlet.alive(clock.now())
    told = {m.point: m for m in sink.history if m.at == clock.ms and m.quality is Quality.SUBSTITUTED}
    assert {p: m.value for p, m in told.items()} == {
        "wallbox.power": 0,
        "wallbox.current_l1": 0,
        "wallbox.energy": 2000,
    }


def test_power_is_estimated_for_a_charger_that_meters_currents_only(scene: Any) -> None:
    _clock, sink, outlet = scene
    outlet.take([Fact(1, "current_l1", 10.0), Fact(1, "current_l2", 5.0), Fact(1, "voltage_l1", 240.0)], NOW)
    power = next(m for m in sink.history if m.point == "wallbox.power")
    assert power.value == 10 * 240 + 5 * 230 and power.quality is Quality.SUBSTITUTED


def test_new_quantities_become_points(scene: Any) -> None:
    _clock, sink, outlet = scene
    outlet.take([Fact(1, "soc", 40.0)], NOW)
    assert {p.id for p in sink.devices["wallbox"].points} >= {"wallbox.soc", "wallbox.current_limit"}
    outlet.able(Abilities(switches_phases=True))
    (phases,) = [p for p in sink.devices["wallbox"].points if p.id == "wallbox.phases"]
    assert phases.writable


def test_a_lost_charger_holds_nothing(scene: Any) -> None:
    _clock, sink, outlet = scene
    outlet.take([Fact(1, "status", "charging")], NOW)
    outlet.holds("current_limit", 10.0)
    outlet.lost(sink, "gone")
    before = len(sink.history)
    outlet.found(sink)
    outlet.alive(NOW)
    assert outlet.limit_a is None and len(sink.history) == before


# -- a hub that is gone ----------------------------------------------------------------------------------------------


def obeyed(schedule: dict[str, Any], at: datetime) -> float | None:
    """The limit of an absolute schedule at a moment, as OCPP 1.6 section 3.13 has it; None when it is over."""
    since = (at - datetime.fromisoformat(schedule["startSchedule"])).total_seconds()
    if since < 0 or since >= schedule.get("duration", 1e12):
        return None
    begun = [p for p in schedule["chargingSchedulePeriod"] if p["startPeriod"] <= since]
    return float(begun[-1]["limit"])


START = datetime.fromtimestamp(NOW / 1000, UTC)
MINUTE = timedelta(seconds=60)


@pytest.mark.parametrize("version", [1, 2])
def test_without_renewal_a_limit_lapses_to_the_safe_one(version: int) -> None:
    limit = Limit(1, 16.0, 3, NOW, watchdog_s=60, safe_a=6.0)
    schedule = (
        v16(limit)["csChargingProfiles"]["chargingSchedule"]
        if version == 1
        else v2(limit)["chargingProfile"]["chargingSchedule"][0]
    )
    told = [obeyed(schedule, START + timedelta(seconds=s)) for s in (-30, 0, 59, 60, 86_400)]
    assert told == [16, 16, 16, 6, 6]


def test_with_room_for_one_period_it_gives_way() -> None:
    limit = Limit(1, 16.0, 3, NOW, watchdog_s=60, safe_a=6.0, periods=1)
    schedule = v16(limit)["csChargingProfiles"]["chargingSchedule"]
    assert [obeyed(schedule, START + n * MINUTE) for n in (0, 0.98, 1)] == [16, 16, None]


def test_without_a_watchdog_it_holds() -> None:
    schedule = v16(Limit(1, 16.0, 3, NOW))["csChargingProfiles"]["chargingSchedule"]
    assert obeyed(schedule, START + timedelta(days=30)) == 16
