"""What the panels have made, and what they will be told to make: the past that their forecasters are given. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from hub.forecast.series import Floats, Series
from hub.foresight.view import STEP_MS, STEP_S
from hub.model import Device, Role
from hub.model.feed import Outlook

_DAY_MS = 86_400_000
_AT_THE_LIMIT = 0.97


@dataclass(frozen=True, slots=True)
class Panels:
    """The points of one inverter that tell its panels' power: `plus` less `minus`. `limit`: what holds it back, and
    `most`: what that is while it does not, W.
    """

    plus: str
    minus: tuple[str, ...] = ()
    limit: str = ""
    most: float = 0.0

    @property
    def points(self) -> tuple[str, ...]:
        return (self.plus, *self.minus, *((self.limit,) if self.limit else ()))


def panels_of(devices: Iterable[Device]) -> list[Panels]:
    """All inverters; of a hybrid its DC side, else what its batteries do not give."""
    listed = sorted(devices, key=lambda d: d.id)
    return [_panels(d, listed) for d in listed if d.role is Role.INVERTER]


def _panels(inverter: Device, devices: Sequence[Device]) -> Panels:
    points = {p.quantity.name for p in inverter.points}
    behind = [d for d in devices if d.role is Role.BATTERY and d.behind == inverter.id]
    command = inverter.command(f"{inverter.id}.power_limit")
    held = (f"{inverter.id}.power_limit", command.high or 0.0) if command and "power_limit" in points else ("", 0.0)
    if behind and "pv_power" in points:
        return Panels(f"{inverter.id}.pv_power", (), *held)
    return Panels(f"{inverter.id}.power", tuple(f"{b.id}.power" for b in behind), *held)


def made(panels: Sequence[Panels], known: Mapping[str, Series]) -> tuple[Series, NDArray[np.bool_]]:
    """(W of all panels, where they were held back), on the grid of what is known."""
    first = known[panels[0].plus]
    total, held = np.zeros(len(first.values)), np.zeros(len(first.values), np.bool_)
    for one in panels:
        power = known[one.plus].values - sum((known[m].values for m in one.minus), np.zeros(len(total)))
        total += power
        if one.limit:
            limit = known[one.limit].values
            held |= (limit < _AT_THE_LIMIT * one.most) & (power >= _AT_THE_LIMIT * limit)
    return Series(first.start_ms, STEP_S, np.maximum(total, 0.0)), held


def told(outlooks: Iterable[Outlook], start: int, now: int, end: int) -> dict[str, Series]:
    """By provider, from `start` until before `end` (UTC ms): of steps before `now` what was told a day before them or
    earlier, of those after what was told last. `outlooks`: in the order in which they were made.
    """
    found: dict[str, Floats] = {}
    count = (end - start) // STEP_MS
    starts = start + np.arange(count, dtype=np.int64) * STEP_MS
    for one in outlooks:
        values = found.setdefault(one.source, np.full(count, np.nan))
        said = along(one, starts)
        use = ~np.isnan(said) & ((starts >= now) | (starts >= one.made_ms + _DAY_MS))
        values[use] = said[use]
    return {source: Series(start, STEP_S, values) for source, values in found.items()}


def along(outlook: Outlook, starts: NDArray[np.int64]) -> Floats:
    """What is told of each step of a quarter-hour that begins at `starts` (UTC ms): the mean of the parts that it is
    told in; NaN where nothing is.
    """
    values = np.array([np.nan if v is None else v for v in outlook.values], np.float64)
    each = max(1, STEP_S // outlook.seconds)
    parts = starts[:, None] + np.arange(each, dtype=np.int64) * (STEP_MS // each)
    at = (parts - outlook.start_ms) // (outlook.seconds * 1000)
    inside = (at >= 0) & (at < len(values))
    said = np.where(inside, np.append(values, np.nan)[np.where(inside, at, -1)], np.nan)
    known = ~np.isnan(said)
    out: Floats = np.where(known, said, 0.0).sum(axis=1) / np.where(known.any(axis=1), known.sum(axis=1), 1)
    return np.where(known.any(axis=1), out, np.nan)
