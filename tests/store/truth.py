"""A small house over some days, all that can be read of its history, and how two such readings differ."""

from __future__ import annotations

import functools
import gc
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from hub.model import Column
from hub.store.ring import Ring, SeriesInfo
from hub.store.ring.energy import Mark
from hub.store.ring.levels import DAY
from tests.store.house import T0, StillClock

BUDGET = 64 << 20
SERIES = {
    "grid.power": SeriesInfo("g.power", "gauge", 1.0, "W"),
    "plug.on": SeriesInfo("p.on", "state", boolean=True),
    "car.mode": SeriesInfo("c.mode", "intent", choices=("off", "solar", "fast")),
    "grid.energy_import": SeriesInfo("g.energy_import", "counter", 1.0, "Wh"),
    **{f"d{i}.power": SeriesInfo(f"d{i}.power", "gauge", 1.0, "W") for i in range(4)},
}
STEPS = (1, 60, 900, 3600, DAY)
FED = 900
"""Seconds of each hour that are fed."""


@functools.cache
def power() -> NDArray[np.int64]:
    return np.cumsum(np.random.default_rng(3).integers(-30, 31, 40 * DAY))


@functools.cache
def counter() -> NDArray[np.int64]:
    whole: NDArray[np.int64] = np.cumsum(np.maximum(power(), 0)) // 3600
    return whole


def column(k: int) -> Column:
    """The k-th second after T0."""
    p = int(power()[k])
    values = {"grid.power": p, "plug.on": k // 500 % 2, "car.mode": k // 40_000 % 3}
    values["grid.energy_import"] = int(counter()[k])
    return Column((T0 + k) * 1000, values | {f"d{i}.power": p * (i + 1) // 7 for i in range(4)})


def feed(ring: Ring, first: int, last: int) -> None:
    """The seconds of [first, last) after T0 in which the house is awake: the first FED ones of each hour."""
    for k in range(first, last):
        if k % 3600 < FED:
            ring.append(column(k), SERIES)


def lived(path: Path, seconds: int) -> Ring:
    """A ring that has seen so much of the house: days that are over packed, the last minutes in the hot log."""
    ring = Ring.open(path, StillClock(), budget=BUDGET)
    ring.start()
    for k in range(0, seconds, 3600):
        feed(ring, k, min(k + 3600, seconds - 100))
        assert ring.settle()
    for k in range(seconds - 100, seconds, 10):
        feed(ring, k, k + 10)
        assert ring.flush()
    return ring


@dataclass(slots=True)
class Read:
    """Arrays by (step or "energy", day or 0, point): known seconds, values of them."""

    known: dict[tuple[object, int, str], NDArray[np.float64]] = field(default_factory=dict)
    values: dict[tuple[object, int, str], NDArray[np.float64]] = field(default_factory=dict)


def read(ring: Ring, days: int) -> Read:
    """Everything there is to be read, at all resolutions."""
    reader = ring.reader(lambda p: SERIES[p].key if p in SERIES else None)
    out = Read()
    for day in range(days):
        start, end = (T0 + day * DAY) * 1000, (T0 + day * DAY + DAY) * 1000
        for step in STEPS:
            for point, b in reader.query(list(SERIES), start, end, step * 1000).items():
                out.known[step, day, point] = b.count.astype(np.float64)
                out.values[step, day, point] = np.array([b.mean, b.min, b.max, numbers(b.last)])
    edges = np.arange(T0, T0 + days * DAY + 1, 900)
    for point, flow in reader.energy(list(SERIES), edges).items():
        out.known["energy", 0, point] = flow.known
        out.values["energy", 0, point] = np.array([flow.plus, flow.minus, flow.marks.astype(np.float64)])
    del reader
    gc.collect()  # its connection too
    return out


def numbers(last: Iterable[object]) -> NDArray[np.float64]:
    names = {None: np.nan, "off": 0.0, "solar": 1.0, "fast": 2.0, "unknown": 9.0}
    return np.array([names[v] if v is None or isinstance(v, str) else float(str(float(v))) for v in last])  # type: ignore[arg-type]


def compare(right: Read, got: Read) -> tuple[list[object], set[tuple[object, int, str]]]:
    """(what is told wrongly, what is not told any more): buckets that know as much must say the same.

    A quarter whose energy is told otherwise must be marked as less sure.
    """
    wrong: list[object] = []
    lost: set[tuple[object, int, str]] = set()
    for key, n in right.known.items():
        mine, theirs, have = right.values[key], got.values[key], got.known[key]
        if (have > n).any():
            wrong.append((key, "made up"))
        if (have < n).any():
            lost.add(key)
        same = (have == n) & (n > 0)
        if key[0] == "energy":
            same[np.flatnonzero(n > 0)[-1:]] = False  # this quarter is told as far as it has come
            same &= (mine[2] == theirs[2]) & (mine[2].astype(np.int64) & Mark.INTERPOLATED == 0)
        off = np.abs(np.nan_to_num(mine) - np.nan_to_num(theirs))
        off[0] = np.where(off[0] <= (1.0 if key[0] not in (1, "energy") else 0.0), 0.0, off[0])
        if off[:, same].any():
            wrong.append((key, np.flatnonzero((off > 0).any(0) & same)[:5].tolist()))
    return wrong, lost
