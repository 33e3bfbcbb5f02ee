"""From SunSpec points to the house's vocabulary: one table for each kind of model. W, Wh, V, A, Hz, degC, %.

Signs of the models: AC power + = generation; DC ports + = injected into the inverter, so a battery's + is discharge;
meters + = import, except for makers that count from the other side (`makers`, option `sign = "export"`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import TypeAlias

from drivers.sunspec.layout import Values
from hub.model import Value

Readings: TypeAlias = dict[str, Value]
Reader: TypeAlias = Callable[[Values], Readings]

_PHASES = (("l1", "A"), ("l2", "B"), ("l3", "C"))
_PV, _ESS = 0, 1

_INVERTER = {
    "power": ("W",),
    **{f"voltage_{line}": (f"PhVph{letter}",) for line, letter in _PHASES},
    **{f"current_{line}": (f"Aph{letter}",) for line, letter in _PHASES},
    "frequency": ("Hz",),
    "energy": ("WH",),
    "temperature": ("TmpCab", "TmpSnk", "TmpTrns", "TmpOt"),
}
_DER = {
    "power": ("W",),
    **{f"power_l{n}": (f"WL{n}",) for n in (1, 2, 3)},
    **{f"voltage_l{n}": (f"VL{n}",) for n in (1, 2, 3)},
    **{f"current_l{n}": (f"AL{n}",) for n in (1, 2, 3)},
    "frequency": ("Hz",),
    "energy": ("TotWhInj",),
    "temperature": ("TmpCab", "TmpSnk", "TmpTrns", "TmpSw", "TmpOt"),
}
_METER = {
    "power": ("W",),
    **{f"power_{line}": (f"Wph{letter}",) for line, letter in _PHASES},
    **{f"voltage_{line}": (f"PhVph{letter}",) for line, letter in _PHASES},
    **{f"current_{line}": (f"Aph{letter}",) for line, letter in _PHASES},
    "frequency": ("Hz",),
    "energy_import": ("TotWhImp",),
    "energy_export": ("TotWhExp",),
}
_STATES = ("off", "sleeping", "starting", "running", "throttled", "stopping", "fault", "standby")
_ASLEEP = ("off", "sleeping", "standby")
"""an inverter that says so gives nothing: many have no power to tell then, and mark it as not implemented all night"""
_BATTERY_STATES = ("off", "empty", "discharging", "charging", "full", "idle")


def inverter(values: Values) -> Readings:
    """Models 101-103 and 111-113; their states count from 1."""
    return _at_rest(_pick(_INVERTER, values) | _state(values, "St", _STATES, 1))


def der(values: Values) -> Readings:
    """Model 701; its states count from 0."""
    return _at_rest(_pick(_DER, values) | _state(values, "InvSt", _STATES, 0))


def meter(values: Values) -> Readings:
    """Models 201-204 and 211-214, + = import."""
    return _pick(_METER, values)


def export_meter(values: Values) -> Readings:
    """A meter whose maker counts export as +. Its energy counters are named for what they count, and stay."""
    flipped = ("power", "current")
    return {k: -v if k.startswith(flipped) and isinstance(v, float) else v for k, v in meter(values).items()}


def direct(values: Values) -> Readings:
    """The one DC side of an inverter that has no battery."""
    return _pick({"pv_power": ("DCW",)}, values)


def ports(values: Values) -> Readings:
    """Model 714: the power of the ports of PV."""
    return _named(pv_power=_sum(_ports(values, _PV), "DCW"))


def port_flow(values: Values) -> Readings:
    """Model 714: the power of the battery's ports, as the inverter has it."""
    return _named(battery_power=_sum(_ports(values, _ESS), "DCW"))


def modules(values: Values) -> Readings:
    """Model 160: the strings."""
    return _named(pv_power=_sum(_strings(values), "DCW"))


def module_flow(values: Values) -> Readings:
    """Model 160: two modules of opposite direction for a battery, told by their names."""
    return _named(battery_power=_module_flow(values))


def bank_flow(values: Values) -> Readings:
    """Model 802: what the battery gives to the inverter it is on the DC side of."""
    return _pick({"battery_power": ("W",)}, values)


def port_battery(values: Values) -> Readings:
    """Model 714, seen as a battery."""
    found = list(_ports(values, _ESS))
    return _named(
        power=_sum(found, "DCW"), energy_charged=_sum(found, "DCWhAbs"), energy_discharged=_sum(found, "DCWhInj")
    )


def module_battery(values: Values) -> Readings:
    """Model 160, seen as a battery."""
    return _named(
        power=_module_flow(values),
        energy_charged=_sum(_storage(values, "stcha"), "DCWH"),
        energy_discharged=_sum(_storage(values, "stdischa"), "DCWH"),
    )


def bank(values: Values) -> Readings:
    """Model 802: the battery's own power."""
    return _pick({"power": ("W",)}, values)


def ac_battery(values: Values) -> Readings:
    """Models 701 and 101-113 of a battery with an inverter of its own: the AC side counts."""
    return _pick({"power": ("W",), "energy_charged": ("TotWhAbs",), "energy_discharged": ("TotWhInj",)}, values)


def charge(values: Values) -> Readings:
    """Models 713, 802 and 124."""
    return _pick({"soc": ("SoC", "ChaState"), "soh": ("SoH",)}, values)


def capacity(values: Values) -> Readings:
    """Models 713, 802 and 120; a nameplate of 0 Wh is an inverter without battery."""
    return {k: v for k, v in _pick({"capacity": ("WHRtg",)}, values).items() if v}


def battery_state(values: Values) -> Readings:
    """Models 124 and 802; their states count from 1."""
    return _state(values, "ChaSt", _BATTERY_STATES, 1)


def has_pv(values: Values) -> bool:
    """Whether DC ports (714) or modules (160) belong to PV."""
    return any(_ports(values, _PV)) or any(_strings(values))


def has_storage_alone(values: Values) -> bool:
    """Whether there are DC ports (714) or modules (160), and all of them belong to a battery."""
    return bool(values.parts) and len([*_ports(values, _ESS), *_storage(values, "st")]) == len(values.parts)


def _pick(table: Mapping[str, tuple[str, ...]], values: Values) -> Readings:
    """The first of each quantity's points that the device has."""
    found = {quantity: next((n for n in names if n in values.numbers), "") for quantity, names in table.items()}
    return {quantity: values.numbers[name] for quantity, name in found.items() if name}


def _state(values: Values, point: str, names: tuple[str, ...], first: int) -> Readings:
    if point not in values.numbers:
        return {}
    index = int(values.numbers[point]) - first
    return {"status": names[index] if 0 <= index < len(names) else "unknown"}


def _at_rest(found: Readings) -> Readings:
    """With 0 W for an inverter that sleeps and has no power to tell, W."""
    if "power" in found or found.get("status") not in _ASLEEP:
        return found
    return {**found, "power": 0.0}


def _named(**values: float | None) -> Readings:
    return {name: value for name, value in values.items() if value is not None}


def _sum(parts: Iterable[Values], name: str) -> float | None:
    """The sum over the parts that have the point; None when none has."""
    known = [part.numbers[name] for part in parts if name in part.numbers]
    return round(sum(known), 3) if known else None


def _ports(values: Values, kind: int) -> Iterable[Values]:
    return (part for part in values.parts if part.numbers.get("PrtTyp") == kind)


def _storage(values: Values, name: str) -> Iterable[Values]:
    return (part for part in values.parts if _name(part).startswith(name))


def _strings(values: Values) -> Iterable[Values]:
    return (part for part in values.parts if "PrtTyp" not in part.numbers and not _name(part).startswith("st"))


def _name(part: Values) -> str:
    """Lower case; a string module called "String 1" must not pass for "StCha" or "StDisCha"."""
    name = part.texts.get("IDStr", "").lower().replace(" ", "")
    return name if name.startswith(("stcha", "stdischa")) else "pv"


def _module_flow(values: Values) -> float | None:
    out, back = _sum(_storage(values, "stdischa"), "DCW"), _sum(_storage(values, "stcha"), "DCW")
    return None if out is None and back is None else (out or 0.0) - (back or 0.0)
