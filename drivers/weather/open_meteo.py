"""Open-Meteo: arrays by hour and by quarter-hour, or what is now.

Source: https://open-meteo.com/en/docs. Radiation is the mean of the step that ends at its time; temperature and cloud
are those of the instant. Times without an offset are UTC plus `utc_offset_seconds`, the same for the whole answer. For
several places the answer is a list of answers.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import timedelta, timezone
from decimal import Decimal
from typing import Any

from drivers.fetch.answer import MOST_ITEMS, NotUnderstoodError, Times, amount, complaint, parsed
from drivers.weather.forecast import Forecast, Step, spacing
from hub.model.heard import Reading

NAME = "open-meteo"
_BLOCKS = ("minutely_15", "hourly", "daily", "current")
MEANS = {
    "temperature_2m": "temperature",
    "cloud_cover": "cloud",
    "cloudcover": "cloud",
    "shortwave_radiation": "irradiance",
    "direct_radiation": "irradiance_direct",
    "diffuse_radiation": "irradiance_diffuse",
    "direct_normal_irradiance": "irradiance_normal",
}
_UNITS = {"temperature": "degC", "cloud": "%"}
_SAID = {
    "°C": "degC",
    "W/m²": "W/m2",
    "°": "deg",
    "%": "%",
    "iso8601": "",
    "unixtime": "",
    "wmo code": "",
    "undefined": "",
}


def recognises(message: object) -> bool:
    first = _first(message)
    return isinstance(first, dict) and (
        any(_times(first, block) for block in ("minutely_15", "hourly", "daily")) or bool(_now(first))
    )


def is_older(message: object) -> bool:
    """An answer to `current_weather=true` of 2021 to 2023: what is now without sun or cloud, and no forecast."""
    first = _first(message)
    return isinstance(first, dict) and isinstance(first.get("current_weather"), dict) and not recognises(message)


def _first(message: object) -> object:
    """The answer for the first of several places."""
    return message[0] if isinstance(message, list) and message else message


def _now(message: Mapping[str, Any]) -> Mapping[str, Any]:
    found = message.get("current")
    return found if isinstance(found, dict) and "time" in found else {}


def read(data: bytes) -> Forecast:
    """Where both are there the quarter-hours count, and the hours for what only they tell; without them what is now."""
    whole = parsed(data)
    if not recognises(whole):
        raise NotUnderstoodError(f"Open-Meteo: {complaint(whole) or 'no hours in the answer'}")
    message: Any = _first(whole)
    offset = message.get("utc_offset_seconds")
    offset = offset if isinstance(offset, int) and abs(offset) < 86_400 else 0
    times, problems = Times(timezone(timedelta(seconds=offset))), list[str]()
    if isinstance(whole, list) and len(whole) > 1:
        problems.append(f"forecasts of {len(whole)} places; the first counts")
    steps: list[Step] = []
    told: set[str] = set()
    for block in ("minutely_15", "hourly"):
        found = list(_steps(message, block, times, told, problems))
        told |= {MEANS[name] for step in found for name in step.values if name in MEANS}
        steps += found
    steps = steps or list(_current(message, times, problems))
    return Forecast(NAME, tuple(steps), problems=tuple(problems), more=tuple(_daily(message)))


def _times(message: Mapping[str, Any], block: str) -> list[Any]:
    found = message.get(block)
    times = found.get("time") if isinstance(found, dict) else None
    return times[:MOST_ITEMS] if isinstance(times, list) else []


def _steps(message: Mapping[str, Any], block: str, times: Times, told: set[str], problems: list[str]) -> Iterator[Step]:
    at = [times.ms(t) for t in _times(message, block)]
    if any(t is None for t in at):
        problems.append(f"{block}.time: {sum(t is None for t in at)} of {len(at)} are no times; left out")
    seconds = spacing((t for t in at if t is not None), 900 if block == "minutely_15" else 3_600)
    columns = {k: v for k, v in message.get(block, {}).items() if k != "time" and isinstance(v, list)}
    units = _told_units(message, block)
    for name, column in columns.items():
        if len(column) != len(at):
            problems.append(f"{block}.{name}: {len(column)} values for {len(at)} times")
    for n, start in enumerate(at):
        if start is None:
            continue
        values = {k: v for k, c in columns.items() if n < len(c) and (v := amount(c[n])) is not None}
        yield from _meant(f"{block}[{n}]", start, seconds, values, units, told)


def _current(message: Mapping[str, Any], times: Times, problems: list[str]) -> Iterator[Step]:
    """What is now, for a quarter of an hour where no `interval` is told."""
    block, units = _now(message), _told_units(message, "current")
    start, interval = times.ms(block.get("time")), block.get("interval")
    if start is None:
        problems += ["current.time: is no time; left out"] if block else []
        return
    seconds = interval if isinstance(interval, int) and 60 <= interval <= 86_400 else 900
    values = {k: v for k, x in block.items() if k not in ("time", "interval") and (v := amount(x)) is not None}
    yield from _meant("current", start, seconds, values, units, set())


def _meant(
    path: str, start: int, seconds: int, values: Mapping[str, Decimal], units: Mapping[str, str], told: set[str]
) -> Iterator[Step]:
    """Without the quantities that are `told` elsewhere; radiation is of the step before."""
    readings: dict[str, tuple[float | str, str]] = {k: (float(v), units.get(k, "")) for k, v in values.items()}
    now, before = dict[str, float](), dict[str, float]()
    for name, value in values.items():
        quantity = MEANS.get(name, "")
        if quantity and quantity not in told and _fits(quantity, units.get(name, "")):
            (before if quantity.startswith("irradiance") else now)[quantity] = float(value)
    yield Step(path, start, seconds, readings, now)
    if before:
        yield Step(path, start - seconds * 1000, seconds, {}, before)


def _told_units(message: Mapping[str, Any], block: str) -> dict[str, str]:
    units = message.get(f"{block}_units")
    told = {k: str(v)[:20] for k, v in units.items()} if isinstance(units, dict) else {}
    usual = {k: _UNITS.get(MEANS[k], "W/m2") for k in MEANS}
    return usual | {k: _SAID.get(v, v) for k, v in told.items()}


def _fits(quantity: str, unit: str) -> bool:
    """Fahrenheit is not taken for Celsius."""
    return unit == _UNITS.get(quantity, "W/m2")


def _daily(message: Mapping[str, Any]) -> Iterator[Reading]:
    units = _told_units(message, "daily")
    days = message.get("daily")
    for name, column in days.items() if isinstance(days, dict) else ():
        for n, value in enumerate(column[:400] if isinstance(column, list) else ()):
            number = amount(value) if name not in ("time", "sunrise", "sunset") else None
            if number is not None:
                yield Reading(f"daily[{n}].{name}", float(number), units.get(name, ""))
