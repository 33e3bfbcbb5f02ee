"""The house's past in quarter-hours out of the real ring, and no more read than is new."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

import numpy as np

from hub.foresight.records import Records
from hub.foresight.view import STEP_MS
from hub.model import Column, Point
from hub.store.ring import Querier, Ring, SeriesInfo
from tests.house_kit import ToldClock

T = TypeVar("T")
BEGIN = 1_773_144_000_000
POWER, ENERGY = Point.of("u", "meter", "power"), Point.of("u", "meter", "energy")
SERIES = {p.id: SeriesInfo.of(p) for p in (POWER, ENERGY)}


class Read:
    """The ring's reader, without a thread between."""

    def __init__(self, ring: Ring) -> None:
        known = {p.id: p.series for p in (POWER, ENERGY)}
        self.reader = ring.reader(known.get)

    async def ask(self, make: Callable[[Querier], T]) -> T:
        return make(self.reader)


def test_means_of_what_was_recorded_and_gaps_where_too_little_was(tmp_path: Path) -> None:
    clock = ToldClock(BEGIN)
    ring = Ring.open(tmp_path / "history.db", clock)
    ring.start()
    records = Records(Read(ring), days=1)

    def live(seconds: int, watts: int | None) -> None:
        for _ in range(seconds):
            clock.advance(1)
            at = (clock.now() - BEGIN) // 1000
            values = {POWER.id: watts} if watts is not None else {}
            ring.append(Column(clock.now(), {**values, ENERGY.id: 5_000 + at}), SERIES)

    def until(end: int) -> list[float]:
        found = asyncio.run(records.until(end, [POWER.id, "nobody.power"]))
        assert found[POWER.id].end_ms == found["nobody.power"].end_ms == end
        assert len(found[POWER.id].values) == 96 and np.isnan(found["nobody.power"].values).all()
        return list(found[POWER.id].values)

    try:
        live(899, 300)
        live(900, 700)
        live(100, 900)
        live(800, None)
        assert until(BEGIN + 2 * STEP_MS)[-2:] == [300.0, 700.0]
        last = until(BEGIN + 3 * STEP_MS)
        assert last[-3:-1] == [300.0, 700.0] and np.isnan(last[-1]) and np.isnan(last[:-3]).all()
        assert asyncio.run(records.counted(ENERGY.id, BEGIN + 600_000)) == 5_599
        assert asyncio.run(records.counted(ENERGY.id, BEGIN - 600_000)) is None
        assert asyncio.run(records.counted("nobody.energy", BEGIN)) is None
    finally:
        ring.close()
