"""A house of a few series, and a clock that stands still unless it is moved."""

from __future__ import annotations

import math
import zlib
from collections.abc import Iterable

import numpy as np

from hub.model import Column
from hub.store.ring import Ring, SeriesInfo
from hub.store.ring.reader import Reader

T0 = 1_700_000_000 // 86_400 * 86_400
"""The first second (UTC s) of a day."""


class StillClock:
    trusted = True
    provisional_since = None

    def __init__(self) -> None:
        self.ms = T0 * 1000

    def now(self) -> int:
        return self.ms

    def monotonic(self) -> float:
        return self.ms / 1000


SERIES = {
    "grid.power": SeriesInfo("g.power", "gauge", 1.0, "W"),
    "grid.voltage": SeriesInfo("g.voltage", "gauge", 0.1, "V"),
    "plug.on": SeriesInfo("p.on", "state", boolean=True),
    "car.mode": SeriesInfo("c.mode", "intent", choices=("off", "solar", "fast")),
    "grid.energy": SeriesInfo("g.energy", "counter", 1.0, "Wh"),
}


def values_at(k: int) -> dict[str, int]:
    """The k-th second's stored integers: one series each that is noise, wanders, switches, rests and counts."""
    power = zlib.crc32(k.to_bytes(8, "little", signed=True)) % 5000 - 2500
    return {"grid.power": power, "grid.voltage": 2300 + k % 7, "plug.on": k // 600 % 2, "car.mode": 1, "grid.energy": k}


def feed(ring: Ring, first: int, last: int) -> None:
    """Seconds [first, last) after T0."""
    for k in range(first, last):
        ring.append(Column((T0 + k) * 1000, values_at(k)), SERIES)


def reader_of(ring: Ring) -> Reader:
    return ring.reader(lambda p: SERIES[p].key if p in SERIES else None)


def known(ring: Ring, first: int, last: int, point: str = "grid.power") -> list[object]:
    """The raw values of seconds [first, last) after T0, None where missing."""
    last_known = reader_of(ring).query([point], (T0 + first) * 1000, (T0 + last) * 1000, None)[point].last
    return plain(last_known)


def plain(values: Iterable[object]) -> list[object]:
    """Values as Python has them, None where nothing is known."""
    python = (v.item() if isinstance(v, np.generic) else v for v in values)
    return [None if isinstance(v, float) and math.isnan(v) else v for v in python]
