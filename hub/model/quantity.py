"""The vocabulary: every quantity a point can carry, with its unit, resolution, range and sign.

Signs are those of the whole product and are converted at the wire and nowhere else:
grid + = import; PV and inverter AC + = production; battery + = discharge; loads, chargers, heat pumps + = consumption.
"""

from __future__ import annotations

import difflib
from dataclasses import dataclass
from enum import StrEnum


class Kind(StrEnum):
    GAUGE = "gauge"
    COUNTER = "counter"
    STATE = "state"
    INTENT = "intent"


@dataclass(frozen=True, slots=True)
class Quantity:
    """One entry of the vocabulary. `scale` is the stored resolution: stored integer x scale = value in `unit`."""

    name: str
    unit: str
    kind: Kind
    scale: float = 1.0
    low: float | None = None
    high: float | None = None
    sign: str = ""
    choices: tuple[str, ...] = ()
    max_age_s: float = 10.0

    def quantise(self, value: float | bool | str) -> int:
        """The stored integer for `value`; raises ValueError for a text that is not one of `choices`."""
        if isinstance(value, str):
            return self.choices.index(value)
        return round(value / self.scale)

    def restore(self, stored: int) -> float | str | bool:
        """The value in base units for a stored integer."""
        if self.choices:
            return self.choices[stored] if 0 <= stored < len(self.choices) else "unknown"
        if self.kind is Kind.STATE and self.high == 1:
            return bool(stored)
        return stored * self.scale if self.scale >= 1 else round(stored / round(1 / self.scale), 6)


def _phases(name: str, unit: str, scale: float, low: float, high: float, sign: str = "") -> list[Quantity]:
    return [Quantity(f"{name}_l{n}", unit, Kind.GAUGE, scale, low, high, sign) for n in (1, 2, 3)]


BY_ROLE = "grid + import; inverter + production; battery + discharge; loads + consumption"
KW_200 = 200_000.0

_ALL = [
    Quantity("power", "W", Kind.GAUGE, 1, -KW_200, KW_200, BY_ROLE),
    *_phases("power", "W", 1, -KW_200, KW_200, BY_ROLE),
    Quantity("pv_power", "W", Kind.GAUGE, 1, -1_000, KW_200, "+ production, DC side"),
    Quantity("battery_power", "W", Kind.GAUGE, 1, -KW_200, KW_200, "+ discharge, DC side"),
    Quantity("reactive_power", "var", Kind.GAUGE, 1, -KW_200, KW_200),
    *_phases("reactive_power", "var", 1, -KW_200, KW_200),
    Quantity("apparent_power", "VA", Kind.GAUGE, 1, -KW_200, KW_200),
    *_phases("apparent_power", "VA", 1, -KW_200, KW_200),
    Quantity("power_factor", "", Kind.GAUGE, 0.001, -1, 1),
    Quantity("voltage", "V", Kind.GAUGE, 0.1, 0, 1_500),
    *_phases("voltage", "V", 0.1, 0, 1_000),
    Quantity("current", "A", Kind.GAUGE, 0.01, -1_000, 1_000),
    *_phases("current", "A", 0.01, -1_000, 1_000),
    Quantity("frequency", "Hz", Kind.GAUGE, 0.01, 0, 100),
    Quantity("demand_import", "W", Kind.GAUGE, 1, 0, KW_200, "mean import of the interval that runs, by the meter"),
    Quantity("peak_import", "W", Kind.GAUGE, 1, 0, KW_200, "highest mean import of the billing period, by the meter"),
    Quantity("energy_import", "Wh", Kind.COUNTER, 1, 0, 2e9),
    Quantity("energy_export", "Wh", Kind.COUNTER, 1, 0, 2e9),
    Quantity("energy_import_t1", "Wh", Kind.COUNTER, 1, 0, 2e9),
    Quantity("energy_import_t2", "Wh", Kind.COUNTER, 1, 0, 2e9),
    Quantity("energy_export_t1", "Wh", Kind.COUNTER, 1, 0, 2e9),
    Quantity("energy_export_t2", "Wh", Kind.COUNTER, 1, 0, 2e9),
    Quantity("energy", "Wh", Kind.COUNTER, 1, 0, 2e9),
    Quantity("energy_charged", "Wh", Kind.COUNTER, 1, 0, 2e9),
    Quantity("energy_discharged", "Wh", Kind.COUNTER, 1, 0, 2e9),
    Quantity("session_energy", "Wh", Kind.COUNTER, 1, 0, 2e9),
    Quantity("target_energy", "Wh", Kind.GAUGE, 1, 0, 200_000, max_age_s=1e12),
    Quantity("target_soc", "%", Kind.GAUGE, 0.1, 0, 100, max_age_s=1e12),
    Quantity("gas", "m3", Kind.COUNTER, 0.001, 0, 2e6, max_age_s=7_200),
    Quantity("water", "m3", Kind.COUNTER, 0.001, 0, 2e6, max_age_s=7_200),
    Quantity("soc", "%", Kind.GAUGE, 0.1, 0, 100),
    Quantity("soh", "%", Kind.GAUGE, 0.1, 0, 100),
    Quantity("capacity", "Wh", Kind.GAUGE, 1, 0, 1e6),
    Quantity("reserve", "%", Kind.GAUGE, 0.1, 0, 100, max_age_s=1e12),
    Quantity("temperature", "degC", Kind.GAUGE, 0.1, -60, 200, max_age_s=3_600),
    Quantity("tank_temperature", "degC", Kind.GAUGE, 0.1, -60, 200),
    Quantity("outdoor_temperature", "degC", Kind.GAUGE, 0.1, -60, 80, max_age_s=3_600),
    Quantity("supply_temperature", "degC", Kind.GAUGE, 0.1, -60, 200),
    Quantity("return_temperature", "degC", Kind.GAUGE, 0.1, -60, 200),
    Quantity("target_tank_temperature", "degC", Kind.GAUGE, 0.1, 0, 100, max_age_s=3_600),
    Quantity("target_temperature", "degC", Kind.GAUGE, 0.1, 0, 100, max_age_s=3_600),
    Quantity("humidity", "%", Kind.GAUGE, 0.1, 0, 100, max_age_s=3_600),
    Quantity("battery_level", "%", Kind.GAUGE, 1, 0, 100, max_age_s=86_400),
    Quantity("valve", "%", Kind.GAUGE, 1, 0, 100, max_age_s=3_600),
    Quantity("on", "", Kind.STATE, 1, 0, 1, max_age_s=3_600),
    Quantity("brightness", "%", Kind.GAUGE, 0.1, 0, 100, max_age_s=3_600),
    Quantity("connected", "", Kind.STATE, 1, 0, 1),
    Quantity("contact", "", Kind.STATE, 1, 0, 1, "1 closed"),
    Quantity("signal", "dBm", Kind.GAUGE, 1, -150, 0, max_age_s=3_600),
    Quantity(
        "status",
        "",
        Kind.STATE,
        choices=(
            "unknown",
            "off",
            "sleeping",
            "starting",
            "running",
            "throttled",
            "stopping",
            "fault",
            "standby",
            "ready",
            "charging",
            "paused",
            "discharging",
            "idle",
            "full",
            "empty",
            "heating",
            "locked",
            "derating",
            "no_vehicle",
        ),
    ),
    Quantity("restart", "", Kind.STATE, choices=("soft", "hard")),
    Quantity("error_code", "", Kind.STATE, 1, 0, 2e9),
    Quantity("current_limit", "A", Kind.GAUGE, 0.1, 0, 1_000),
    Quantity("power_limit", "W", Kind.GAUGE, 1, 0, KW_200),
    Quantity("power_setpoint", "W", Kind.GAUGE, 1, -KW_200, KW_200, "+ discharge"),
    Quantity("export_limit", "W", Kind.GAUGE, 1, 0, KW_200),
    Quantity("import_limit", "W", Kind.GAUGE, 1, 0, KW_200),
    Quantity("charge_limit", "W", Kind.GAUGE, 1, 0, KW_200),
    Quantity("discharge_limit", "W", Kind.GAUGE, 1, 0, KW_200),
    Quantity("grid_charge", "", Kind.STATE, 1, 0, 1),
    Quantity("min_soc", "%", Kind.GAUGE, 0.1, 0, 100),
    Quantity("max_soc", "%", Kind.GAUGE, 0.1, 0, 100),
    Quantity("pv_surplus", "W", Kind.GAUGE, 1, -KW_200, KW_200, "+ surplus, as told to a heat pump"),
    Quantity("phases", "", Kind.GAUGE, 1, 0, 3),
    Quantity("sg_ready", "", Kind.GAUGE, 1, 1, 4, "1 block, 2 normal, 3 boost advised, 4 forced on"),
    Quantity("price_import", "1e-5/kWh", Kind.GAUGE, 1, -1e7, 1e7, max_age_s=90_000),
    Quantity("price_export", "1e-5/kWh", Kind.GAUGE, 1, -1e7, 1e7, max_age_s=90_000),
    Quantity("price_lowest", "1e-5/kWh", Kind.GAUGE, 1, -1e7, 1e7, "of the next 24 h, as far as known", max_age_s=900),
    Quantity("cheaper_today", "min", Kind.GAUGE, 1, 0, 1_500, "of this day it costs less than now", max_age_s=900),
    Quantity("pv_left_today", "Wh", Kind.GAUGE, 1, 0, 5e6, "foreseen from now until midnight", max_age_s=900),
    Quantity("pv_tomorrow", "Wh", Kind.GAUGE, 1, 0, 5e6, "foreseen for the next local day", max_age_s=900),
    Quantity("pv_next_hour", "W", Kind.GAUGE, 1, 0, KW_200, "foreseen mean of the next 60 min", max_age_s=900),
    Quantity("load_until_sunrise", "Wh", Kind.GAUGE, 1, 0, 5e6, "foreseen from now until sunrise", max_age_s=900),
    Quantity("load_tomorrow", "Wh", Kind.GAUGE, 1, 0, 5e6, "foreseen for the next local day", max_age_s=900),
    Quantity(
        "mode",
        "",
        Kind.INTENT,
        choices=(
            "off",
            "solar",
            "min_solar",
            "fast",
            "auto",
            "hold",
            "charge",
            "discharge",
            "normal",
            "boost",
            "surplus",
            "manual",
            "plan",
        ),
        max_age_s=1e12,
    ),
    Quantity("consumption", "W", Kind.GAUGE, 1, -KW_200, KW_200, "+ consumption"),
    Quantity("unexplained", "W", Kind.GAUGE, 1, -KW_200, 0, "- use that the devices tell and the meter does not"),
    Quantity("surplus", "W", Kind.GAUGE, 1, -KW_200, KW_200, "+ power that would be exported without flexible loads"),
    Quantity("autarky", "%", Kind.GAUGE, 0.1, 0, 100),
    Quantity("irradiance", "W/m2", Kind.GAUGE, 1, 0, 2_000),
]

QUANTITIES: dict[str, Quantity] = {q.name: q for q in _ALL}

TARGETS = ("target_energy", "target_soc")
"""What people ask a device to have taken by a time: so much energy, or a car to be so full."""
HEEDED = frozenset({*TARGETS, "reserve"})
"""What people ask of a device for some time and no device shows: the core heeds it in what it decides."""


MOMENTARY = frozenset({"restart"})
"""What is done once, when a person asks for it: never by a schedule, a rule or the plan."""


def quantity(name: str) -> Quantity:
    """The vocabulary entry called `name`; raises KeyError with the nearest known name."""
    try:
        return QUANTITIES[name]
    except KeyError:
        near = difflib.get_close_matches(name, QUANTITIES, 1)
        hint = f"; did you mean {near[0]!r}?" if near else ""
        raise KeyError(f"unknown quantity {name!r}{hint}") from None
