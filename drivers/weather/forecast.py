"""What every forecast comes down to: steps with what the wire says of each, and outlooks made of them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from itertools import pairwise

from hub.model.feed import UNITS, Outlook
from hub.model.heard import Capture, Heard, Reading, Rejected

MOST_STEPS = 5_000
_RANGE = {"W": (0.0, 1e6), "degC": (-90.0, 60.0), "W/m2": (0.0, 1_500.0), "%": (0.0, 100.0)}
"""By unit: what can be. A forecast beyond it is none."""


@dataclass(frozen=True, slots=True)
class Step:
    """`start_ms` (UTC) and `seconds`: the time that it is of. `values`: by the wire's name, with unit.

    `means`: what they are in an outlook: quantity -> the wire's name.
    """

    path: str
    start_ms: int
    seconds: int
    values: Mapping[str, tuple[float | str, str]]
    means: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Forecast:
    """One answer. `made_ms`: when it was made, if it says so. `more`: what it says as a whole."""

    source: str
    steps: tuple[Step, ...]
    made_ms: int | None = None
    problems: tuple[str, ...] = ()
    more: tuple[Reading, ...] = ()


def outlooks(forecast: Forecast, source: str, made_ms: int) -> list[Outlook]:
    """One for each quantity, in equal steps from the first to the last; what is not told is None."""
    by_quantity: dict[str, dict[int, float]] = {}
    lengths: Counter[int] = Counter()
    for step in forecast.steps:
        for quantity, value in step.means.items():
            low, high = _RANGE[UNITS[quantity]]
            if low <= value <= high:
                by_quantity.setdefault(quantity, {})[step.start_ms] = value
                lengths[step.seconds] += 1
    if not lengths:
        return []
    seconds = lengths.most_common(1)[0][0]
    made = forecast.made_ms if forecast.made_ms is not None else made_ms
    found = (_grid(quantity, values, seconds, source, made) for quantity, values in by_quantity.items())
    return [outlook for outlook in found if outlook]


def _grid(quantity: str, values: Mapping[int, float], seconds: int, source: str, made_ms: int) -> Outlook | None:
    phase = Counter(start % (seconds * 1000) for start in values).most_common(1)[0][0]
    first = min(start for start in values if start % (seconds * 1000) == phase)
    count = (max(values) - first) // (seconds * 1000) + 1
    if count > MOST_STEPS:
        return None
    row = tuple(values.get(first + n * seconds * 1000) for n in range(count))
    return Outlook(quantity, first, seconds, row, source, made_ms)


def spacing(starts: Iterable[int], usual_s: int = 3_600) -> int:
    """The most common distance of times (ms), in seconds."""
    found = Counter((b - a) // 1000 for a, b in pairwise(sorted(set(starts))) if b - a >= 60_000)
    return found.most_common(1)[0][0] if found else usual_s


def capture(forecast: Forecast) -> Capture:
    """One message for each step; its `time` is when that begins. What is foretold is not measured, so no points."""
    device = {"vendor": forecast.source}
    messages = [_heard(step, device) for step in forecast.steps if step.values]
    if forecast.more or (forecast.problems and not messages):
        messages.insert(0, Heard(forecast.more, device=device, time=forecast.made_ms, problems=forecast.problems))
    elif messages:
        messages[0] = Heard(messages[0].readings, {}, device, messages[0].time, problems=forecast.problems)
    if not messages:
        return Capture((), (Rejected(0, f"{forecast.source}: an answer without any forecast"),))
    return Capture(tuple(messages))


def _heard(step: Step, device: Mapping[str, str]) -> Heard:
    told = [Reading(f"{step.path}.{name}", value, unit, step.start_ms) for name, (value, unit) in step.values.items()]
    return Heard(tuple(told), device=device, time=step.start_ms)
