"""A house of few points for rules that are tried on a past which a test makes up."""

from __future__ import annotations

from hub.model import CommandSpec, quantity
from hub.model.quantity import Quantity
from hub.model.site import BatteryControl, ChargerControl, Site, SwitchControl
from hub.rules import Rule, parse

POINTS: dict[str, Quantity] = {
    p: quantity(p.partition(".")[2])
    for p in (
        *("grid.power", "house.surplus", "house.consumption", "house.export_limit"),
        *("battery.power", "battery.soc", "battery.capacity", "battery.mode", "battery.power_setpoint"),
        *("wallbox.power", "wallbox.connected", "wallbox.soc", "wallbox.mode", "wallbox.current_limit"),
        *("plug.power", "plug.on", "tariff.price_import", "tariff.price_export"),
    )
}
COMMANDS = {
    spec.point: spec
    for spec in (
        CommandSpec("house.export_limit", 0),
        CommandSpec("battery.power_setpoint"),
        CommandSpec("battery.mode", choices=("off", "auto", "hold", "charge", "discharge", "plan")),
        CommandSpec("wallbox.mode", choices=("off", "solar", "min_solar", "fast", "plan")),
        CommandSpec("wallbox.current_limit", 6, 16),
        CommandSpec("plug.on"),
    )
}
BATTERY = BatteryControl("battery", capacity_wh=10_000)
PLUG = SwitchControl("plug", surplus_w=2_000)
SITE = Site(batteries=(BATTERY,), switches=(PLUG,), chargers=(ChargerControl("wallbox"),))


def rule(*then: str, when: str = "grid.power > -100 kW", id_: str = "r") -> Rule:
    return parse(id_, {"when": when, "then": list(then)}, POINTS, COMMANDS)
