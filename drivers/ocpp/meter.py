"""Sampled values of a charger's meter: measurands, units and phases to the house's quantities.

Source: OCPP 1.6 sections 7.31 (Measurand), 7.34 (Phase), 7.45 (UnitOfMeasure); OCPP 2.0.1 part 2 section 3
(MeasurandEnumType).
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from typing import Any

_DEFAULT = "Energy.Active.Import.Register"
_UNITS = {
    "Wh": ("Wh", 1.0),
    "kWh": ("Wh", 1e3),
    "varh": ("varh", 1.0),
    "kvarh": ("varh", 1e3),
    "W": ("W", 1.0),
    "kW": ("W", 1e3),
    "VA": ("VA", 1.0),
    "kVA": ("VA", 1e3),
    "var": ("var", 1.0),
    "kvar": ("var", 1e3),
    "A": ("A", 1.0),
    "mA": ("A", 1e-3),
    "V": ("V", 1.0),
    "mV": ("V", 1e-3),
    "Hz": ("Hz", 1.0),
    "Celsius": ("degC", 1.0),
    "Celcius": ("degC", 1.0),
    "C": ("degC", 1.0),
    "Percent": ("%", 1.0),
    "%": ("%", 1.0),
}
_LOOSE = {name.lower(): known for name, known in _UNITS.items()}
"""For chargers that write kwh or kVAr. There is no MW or MA, so nothing small is taken for something large."""
_UNIT_OF = {
    "Energy.Active": "Wh",
    "Energy.Reactive": "varh",
    "Power.Active": "W",
    "Power.Offered": "W",
    "Power.Reactive": "var",
    "Power.Factor": "",
    "Current": "A",
    "Voltage": "V",
    "Frequency": "Hz",
    "Temperature": "degC",
    "SoC": "%",
}
_PLAIN = {
    "Energy.Active.Import.Register": "energy",
    "Voltage": "voltage",
    "Frequency": "frequency",
    "Power.Factor": "power_factor",
    "Temperature": "temperature",
    "SoC": "soc",
}
_DIFFERENCES = {
    "power": ("Power.Active.Import", "Power.Active.Export"),
    "reactive_power": ("Power.Reactive.Import", "Power.Reactive.Export"),
    "current": ("Current.Import", "Current.Export"),
}
_PHASED = ("power", "reactive_power", "voltage", "current")
_PHASES = {"L1": "_l1", "L2": "_l2", "L3": "_l3", "L1-N": "_l1", "L2-N": "_l2", "L3-N": "_l3"}
_SUMMED = ("power", "reactive_power")
_FARTHEST = "Inlet"


@dataclass(frozen=True, slots=True)
class Sample:
    """One sampled value in base units. `path`: where its number stands in the message; `at`: UTC ms, if told."""

    path: str
    measurand: str
    value: float
    unit: str
    phase: str = ""
    location: str = ""
    context: str = ""
    at: int | None = None


def moment(raw: object) -> int | None:
    """UTC ms of an ISO 8601 text; without a zone it is UTC, as the protocol wants it. None for anything else."""
    if not isinstance(raw, str):
        return None
    try:
        found = datetime.fromisoformat(raw.strip())
        return round((found if found.tzinfo else found.replace(tzinfo=UTC)).timestamp() * 1000)
    except (ValueError, OverflowError):
        return None


def number(raw: object) -> float | None:
    """A finite number, also one written as a text; None for anything else."""
    if isinstance(raw, bool) or not isinstance(raw, int | float | Decimal | str):
        return None
    try:
        value = float(Decimal(raw.strip()) if isinstance(raw, str) else raw)
    except (InvalidOperation, ValueError, OverflowError):
        return None
    return value if math.isfinite(value) else None


def samples(values: object, path: str, problems: list[str]) -> list[Sample]:
    """All of a list of `MeterValue`s, in the order of their times; what cannot be read is told in `problems`."""
    found: list[Sample] = []
    for n, entry in enumerate(objects(values)):
        at = moment(entry.get("timestamp"))
        for m, raw in enumerate(objects(entry.get("sampledValue"))):
            sample = _sample(raw, f"{path}[{n}].sampledValue[{m}].value", at, problems)
            if sample:
                found.append(sample)
    return sorted(found, key=lambda s: s.at or 0)


def objects(values: object) -> list[Mapping[str, Any]]:
    """The objects of a list; other things in it become empty ones, so that their places keep their numbers."""
    return [v if isinstance(v, dict) else {} for v in values] if isinstance(values, list) else []


def quantities(found: Iterable[Sample]) -> dict[str, tuple[float, int | None]]:
    """Quantity -> value with its own time: the newest of each; + is consumption.

    What is fed back by the car is taken off, phases are added up where there is no total.
    """
    newest: dict[tuple[str, str], Sample] = {}
    for sample in sorted(found, key=lambda s: s.location != _FARTHEST):
        suffix = _suffix(sample)
        if sample.measurand == "SoC" or (suffix is not None and sample.location != "EV"):
            newest[sample.measurand, suffix or ""] = sample
    told = {name: (s.value, s.at) for (measurand, suffix), s in newest.items() for name in _plain(measurand, suffix)}
    return _summed(_counted(newest) | told | dict(_differences(newest)))


def _sample(raw: Mapping[str, Any], path: str, at: int | None, problems: list[str]) -> Sample | None:
    measurand = raw.get("measurand", _DEFAULT)
    if not isinstance(measurand, str) or "value" not in raw:
        problems.append(f"{path}: has no value that can be read")
        return None
    value = number(raw["value"])
    if value is None:
        kind = "is signed, not a number" if raw.get("format") == "SignedData" else "is not a number"
        problems.append(f"{path}: {str(raw['value'])[:30]!r} {kind}")
        return None
    unit, factor = _unit(raw, measurand, value)
    wanted = next((u for prefix, u in _UNIT_OF.items() if measurand.startswith(prefix)), unit)
    if unit != wanted:
        problems.append(f"{path}: {measurand} in {unit or 'no unit'} makes no sense")
        return None
    scaled = round(factor, 6)
    if not math.isfinite(scaled):
        problems.append(f"{path}: the number is out of all bounds")
        return None
    phase, location, context = (_text(raw.get(key)) for key in ("phase", "location", "context"))
    return Sample(path, measurand, scaled, unit, phase, location, context, at)


def _unit(raw: Mapping[str, Any], measurand: str, value: float) -> tuple[str, float]:
    """(base unit, value in it). 1.6 has `unit`, 2.x `unitOfMeasure` with a power of ten."""
    told, power = raw.get("unit"), 0.0
    measure = raw.get("unitOfMeasure")
    if isinstance(measure, dict):
        told, power = measure.get("unit"), number(measure.get("multiplier", 0)) or 0.0
    scaled = value * 10.0**power if abs(power) <= 30 else math.inf
    base = next((u for prefix, u in _UNIT_OF.items() if measurand.startswith(prefix)), "")
    if not isinstance(told, str) or not told:
        return base, scaled
    if told in ("K", "Fahrenheit"):
        return "degC", scaled - 273.15 if told == "K" else (scaled - 32) / 1.8
    unit, factor = _LOOSE.get(told.lower(), (base if base == "" else told[:20], 1.0))
    return unit, scaled * factor


def _text(raw: object) -> str:
    return raw if isinstance(raw, str) else ""


def _suffix(sample: Sample) -> str | None:
    """`_l1` for a phase, nothing for the whole, None for what is between two phases or on the neutral."""
    return "" if not sample.phase else _PHASES.get(sample.phase)


def _plain(measurand: str, suffix: str) -> Iterator[str]:
    name = _PLAIN.get(measurand)
    if name and (not suffix or name in _PHASED):
        yield name + suffix


def _counted(newest: Mapping[tuple[str, str], Sample]) -> dict[str, tuple[float, int | None]]:
    """The register of a charger that has one for each phase: their sum, when all phases tell theirs at one time."""
    parts = {suffix: s for (measurand, suffix), s in newest.items() if measurand == _DEFAULT and suffix}
    phases = {suffix for _, suffix in newest if suffix}
    times = {s.at for s in parts.values()}
    if not parts or parts.keys() != phases or len(times) != 1:
        return {}
    return {"energy": (round(sum(s.value for s in parts.values()), 6), times.pop())}


def _differences(newest: Mapping[tuple[str, str], Sample]) -> Iterator[tuple[str, tuple[float, int | None]]]:
    for name, (taken, given) in _DIFFERENCES.items():
        for suffix in ("", "_l1", "_l2", "_l3"):
            plus, minus = newest.get((taken, suffix)), newest.get((given, suffix))
            if plus or (minus and name != "current"):
                known = [s for s in (plus, minus) if s]
                value = (plus.value if plus else 0.0) - (minus.value if minus else 0.0)
                yield name + suffix, (round(value, 6), known[0].at)


def _summed(told: dict[str, tuple[float, int | None]]) -> dict[str, tuple[float, int | None]]:
    for name in _SUMMED:
        parts = [told[p] for p in (f"{name}_l1", f"{name}_l2", f"{name}_l3") if p in told]
        if parts and name not in told:
            told[name] = (round(sum(value for value, _ in parts), 6), parts[0][1])
    return told
