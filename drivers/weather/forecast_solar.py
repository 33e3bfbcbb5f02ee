"""Forecast.Solar: what one's own panels will give, by times of the day.

Source: https://doc.forecast.solar (API: estimate). `watts` is the power at its time, `watt_hours_period` the energy
since the time before it, `watt_hours` that since sunrise, `watt_hours_day` that of the day. The answer begins at
sunrise and ends at sunset; between them it is dark. Times are local, with their offset in ISO form.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import pairwise
from typing import Any
from zoneinfo import ZoneInfo

from drivers.fetch.answer import MOST_ITEMS, NotUnderstoodError, Times, amount, at, parsed
from drivers.weather.forecast import MOST_STEPS, Forecast, Step, spacing
from hub.model.heard import Reading

NAME = "forecast-solar"
_UNITS = {"watts": "W", "watt_hours_period": "Wh", "watt_hours": "Wh"}
_NIGHT_MS = 6 * 3_600_000


def recognises(message: object) -> bool:
    return at(message, "message.ratelimit") is not None or isinstance(at(message, "result.watts"), dict)


def read(data: bytes) -> Forecast:
    """Raises NotUnderstoodError for what holds no forecast, with the service's own words."""
    message = parsed(data)
    columns = {name: _column(message, name) for name in _UNITS}
    if not any(columns.values()):
        said = at(message, "message.text")
        raise NotUnderstoodError(
            f"Forecast.Solar: {said[:200] if isinstance(said, str) and said else 'no forecast in the answer'}"
        )
    zone = at(message, "message.info.timezone")
    times, problems = Times(_zone(zone)), list[str]()
    by_time: dict[int, dict[str, float]] = {}
    for name, column in columns.items():
        for text, value in list(column.items())[:MOST_ITEMS]:
            start, number = times.ms(text), amount(value)
            if start is None or number is None or not 0 <= number < 10**9:
                problems.append(f"result.{name}.{text[:30]}: no energy at a time; left out")
            else:
                by_time.setdefault(start, {})[name] = float(number)
    made = times.ms(at(message, "message.info.time_utc") or at(message, "message.info.time"))
    steps = [*_shown(by_time), *_periods(by_time)]
    return Forecast(NAME, tuple(steps), made, tuple(problems), tuple(_days(message)))


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


def _column(message: object, name: str) -> Mapping[str, Any]:
    found = at(message, f"result.{name}")
    return found if isinstance(found, dict) else {}


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


def _days(message: object) -> Iterator[Reading]:
    for day, value in list(_column(message, "watt_hours_day").items())[:60]:
        number = amount(value)
        if number is not None:
            yield Reading(f"result.watt_hours_day.{day[:10]}", float(number), "Wh")
    yield from _limits(message)
