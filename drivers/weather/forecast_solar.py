"""Forecast.Solar: what one's own panels will give, by times of the day.

Source: https://doc.forecast.solar (API: estimate). `watts` is the power at its time, `watt_hours_period` the energy
since the time before it, `watt_hours` that since sunrise, `watt_hours_day` that of the day. The answer begins at
sunrise and ends at sunset; between them it is dark. Times are local, with their offset in ISO form. The answers of
`estimate/watts` and its like hold one of these columns alone, and do not say which.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from itertools import pairwise
from typing import Any
from zoneinfo import ZoneInfo

from drivers.fetch.answer import MOST_ITEMS, NotUnderstoodError, Times, amount, at, parsed
from drivers.weather.forecast import MOST_STEPS, Forecast, Step, spacing
from hub.model.heard import Reading

NAME = "forecast-solar"
_UNITS = {"watts": "W", "watt_hours_period": "Wh", "watt_hours": "Wh"}
_BY_DAY = "watt_hours_day"
_OFFSET = re.compile(r"(?:Z|[+-]\d\d:?\d\d|^\d{9,13})$", re.ASCII)
_DATE = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)
_NIGHT_MS = 6 * 3_600_000


def recognises(message: object) -> bool:
    return (
        at(message, "message.ratelimit") is not None
        or any(isinstance(at(message, f"result.{name}"), dict) for name in (*_UNITS, _BY_DAY))
        or is_flat(message)
    )


def is_flat(message: object) -> bool:
    """Whether the result is one column: numbers by their times."""
    result = at(message, "result")
    first = list(result.items())[:3] if isinstance(result, dict) else []
    times = Times(ZoneInfo("UTC"))
    return bool(first) and all(amount(v) is not None and times.ms(_when(k)) is not None for k, v in first)


def _when(text: str) -> str | int:
    """Seconds, when it was asked for those."""
    return int(text) if text.isascii() and text.isdigit() and 9 <= len(text) <= 13 else text


def read(data: bytes, name: str = "") -> Forecast:
    """Raises NotUnderstoodError for what holds no forecast, with the service's own words.

    `name` of the capture tells of a lone column whether it is energy: `watthours`, `watthours_period`.
    """
    message = parsed(data)
    found = _columns(message, name)
    columns = {column: found[column] for column in _UNITS if column in found}
    if not any(found.values()):
        said = at(message, "message.text")
        raise NotUnderstoodError(
            f"Forecast.Solar: {said[:200] if isinstance(said, str) and said else 'no forecast in the answer'}"
        )
    zone = at(message, "message.info.timezone")
    times, problems = Times(_zone(zone)), list[str]()
    if not isinstance(zone, str) and not all(_OFFSET.search(t) for column in columns.values() for t in column):
        problems.append("no time zone is told; times are taken as UTC")
    by_time: dict[int, dict[str, float]] = {}
    for kind, column in columns.items():
        for text, value in list(column.items())[:MOST_ITEMS]:
            start, number = times.ms(_when(text)), amount(value)
            if start is None or number is None or not 0 <= number < 10**9:
                problems.append(f"result.{kind}.{text[:30]}: no energy at a time; left out")
            else:
                by_time.setdefault(start, {})[kind] = float(number)
    made = times.ms(at(message, "message.info.time_utc") or at(message, "message.info.time"))
    steps = [*_shown(by_time), *_periods(by_time)]
    return Forecast(NAME, tuple(steps), made, tuple(problems), tuple(_days(message, found.get(_BY_DAY, {}))))


def retry_at(data: bytes) -> int | None:
    """UTC ms from when on it may be asked again, of an answer that says it was asked too often."""
    try:
        return Times(ZoneInfo("UTC")).ms(at(parsed(data), "message.ratelimit.retry-at"))
    except NotUnderstoodError:
        return None


def account(data: bytes) -> list[Reading]:
    """What the answer to a question for the key's validity says."""
    message = parsed(data)
    told = at(message, "result") if at(message, "message.code") == 0 else None
    found = [Reading(f"result.{k}", str(v)[:80]) for k, v in told.items()] if isinstance(told, dict) else []
    return found + _limits(message)


def _limits(message: object) -> list[Reading]:
    limits = at(message, "message.ratelimit")
    names = ("limit", "remaining", "period") if isinstance(limits, dict) else ()
    units = {"period": "s"}
    found = ((k, amount(limits.get(k))) for k in names) if isinstance(limits, dict) else iter(())
    return [Reading(f"message.ratelimit.{k}", float(v), units.get(k, "")) for k, v in found if v is not None]


def _columns(message: object, name: str) -> dict[str, Mapping[str, Any]]:
    """By what they tell. A lone column is power, unless the capture's name says something else or it is by day."""
    if is_flat(message):
        return {_kind(message["result"], name.lower()): message["result"]}  # type: ignore[index]
    found = ((kind, at(message, f"result.{kind}")) for kind in (*_UNITS, _BY_DAY))
    return {kind: column for kind, column in found if isinstance(column, dict)}


def _kind(column: Mapping[str, Any], name: str) -> str:
    if all(_DATE.fullmatch(key) for key in column):
        return _BY_DAY
    if not re.search(r"watt_?hours|period", name):
        return "watts"
    return "watt_hours_period" if "period" in name else "watt_hours"


def _zone(name: object) -> ZoneInfo:
    try:
        return ZoneInfo(name if isinstance(name, str) else "UTC")
    except (ValueError, OSError, KeyError):
        return ZoneInfo("UTC")


def _shown(by_time: Mapping[int, Mapping[str, float]]) -> Iterator[Step]:
    for start in sorted(by_time):
        values: dict[str, tuple[float | str, str]] = {k: (v, _UNITS[k]) for k, v in by_time[start].items()}
        yield Step("result", start, 0, values)


def _periods(by_time: Mapping[int, Mapping[str, float]]) -> Iterator[Step]:
    """The mean power of equal steps: the energies of their parts; what lies between sunset and sunrise is dark."""
    starts = sorted(t for t, told in by_time.items() if "watt_hours_period" in told)
    if len(starts) < 2:
        return
    step = max(spacing(starts), 60) * 1000
    energy: dict[int, float] = {}
    for before, end in pairwise(starts):
        if end - before < _NIGHT_MS:
            slot = (end - 1) // step * step
            energy[slot] = energy.get(slot, 0.0) + by_time[end]["watt_hours_period"]
    first, last = starts[0] // step, (starts[-1] - 1) // step
    for slot in range(first, min(last + 1, first + MOST_STEPS)):
        power = energy.get(slot * step, 0.0) * 3_600_000 / step
        yield Step("result", slot * step, step // 1000, {}, {"pv_power": round(power, 1)})


def _days(message: object, column: Mapping[str, Any]) -> Iterator[Reading]:
    for day, value in list(column.items())[:60]:
        number = amount(value)
        if number is not None:
            yield Reading(f"result.watt_hours_day.{day[:10]}", float(number), "Wh")
    yield from _limits(message)
