"""What holds at the points that no device shows."""

from __future__ import annotations

from hub.core import House, Inputs
from hub.core.heed import in_force
from hub.model import CommandSpec, Device, Link, Relation, Request, Role, Source
from hub.model.site import BatteryControl, ChargerControl, Site

LINK, T = Link("test", "test"), 1_700_000_000_000
SITE = Site(chargers=(ChargerControl("car"),), batteries=(BatteryControl("battery", outage_reserve=20.0),))


def house() -> House:
    commands = CommandSpec("battery.power_setpoint"), CommandSpec("battery.reserve", 0, 100)
    battery = Device("b", "battery", Role.BATTERY, LINK, commands=commands)
    wants = CommandSpec("car.current_limit", 6, 16, 1), CommandSpec("car.target_energy", 0, 200_000)
    return House.of(SITE, (battery, Device("c", "car", Role.CHARGER, LINK, commands=wants)))


def asked(point: str, value: float, source: Source = Source.PERSON, starts: int = T) -> Request:
    return Request(f"{point}{value}", point, Relation.SET, value, source, starts, T + 3_600_000)


def test_without_wishes_it_is_what_the_site_document_says() -> None:
    assert in_force(Inputs(T, house(), {})) == {"battery.reserve": 20.0, "car.target_energy": 0.0}


def test_the_highest_wish_that_has_begun_holds_and_never_less_than_the_site_documents() -> None:
    wishes = (
        asked("battery.reserve", 60, Source.RULE),
        asked("battery.reserve", 10),
        asked("car.target_energy", 9_000),
        asked("car.target_energy", 12_000, starts=T + 1),
    )
    assert in_force(Inputs(T, house(), {}, wishes)) == {"battery.reserve": 20.0, "car.target_energy": 9_000.0}
    assert in_force(Inputs(T, house(), {}, wishes[:1])) == {"battery.reserve": 60.0, "car.target_energy": 0.0}


def test_what_a_device_has_not_is_not_shown() -> None:
    assert in_force(Inputs(T, House.of(SITE, ()), {})) == {}
