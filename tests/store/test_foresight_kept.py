"""Forecasts, scores and plans that are kept: as they were, within bounds."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path

import numpy as np

from hub.model.score import Score
from hub.store.foresight import ALL_PLANS_DAYS, KEPT_DAYS, Foresight, Issued, KeptPlan
from hub.store.state import State
from tests.house_kit import ToldClock

QUARTER, DAY = 900_000, 86_400_000
NOW = 1_770_000_000_000 // DAY * DAY


def kept(folder: Path, play: Callable[[Foresight, State], Awaitable[None]]) -> None:
    async def main() -> None:
        state = await State.open(folder / "state.db", ToldClock(NOW))
        try:
            await play(state.foresight, state)
        finally:
            await state.close()

    asyncio.run(main())


def issued(start: int, seed: int = 0) -> Issued:
    watts = np.random.default_rng(seed).gamma(2, 300, (4, 192))
    return Issued("load", start, start, 900, "ridge", np.sort(watts, axis=0))


def test_a_forecast_comes_back_to_the_watt_and_takes_little_room(tmp_path: Path) -> None:
    async def play(foresight: Foresight, state: State) -> None:
        ones = [issued(NOW + k * QUARTER, k) for k in range(96)]
        for one in ones:
            await foresight.put([one])
        back = await foresight.issued("load", NOW, NOW + DAY)
        assert [b.start for b in back] == [o.start for o in ones]
        assert all(np.array_equal(b.bands, np.round(o.bands)) for b, o in zip(back, ones, strict=True))
        newest = await foresight.newest("load")
        assert newest is not None and newest.start == ones[-1].start and newest.author == "ridge"
        assert await foresight.newest("pv") is None
        size = await state.db.row("SELECT sum(length(body)) FROM forecast")
        assert size is not None and size[0] * KEPT_DAYS * 2 < 20_000_000, "two quantities for all days kept"

    kept(tmp_path, play)


def test_a_later_forecast_of_the_same_quarter_takes_its_place(tmp_path: Path) -> None:
    async def play(foresight: Foresight, _state: State) -> None:
        await foresight.put([issued(NOW, 1)])
        await foresight.put([issued(NOW, 2)])
        [one] = await foresight.issued("load", NOW, NOW + 1)
        assert np.array_equal(one.bands, np.round(issued(NOW, 2).bands))

    kept(tmp_path, play)


def test_plans_are_all_kept_for_days_and_then_one_of_six_hours(tmp_path: Path) -> None:
    async def play(foresight: Foresight, _state: State) -> None:
        for k in range(0, 70 * 24):
            start = NOW - k * 3_600_000
            await foresight.put([], KeptPlan(start, start, start + QUARTER, {"steps": [{"load_w": float(k)}]}))
        await foresight.forget(NOW)
        plans = await foresight.plans(0, NOW + 1)
        recent = [p for p in plans if p.start >= NOW - ALL_PLANS_DAYS * DAY]
        assert len(recent) == ALL_PLANS_DAYS * 24 + 1
        assert len(plans) - len(recent) == (KEPT_DAYS - ALL_PLANS_DAYS) * 4
        assert plans[-1].told == {"steps": [{"load_w": 0.0}]}
        assert min(p.start for p in plans) >= NOW - KEPT_DAYS * DAY

    kept(tmp_path, play)


def test_scores_come_back_and_old_ones_go(tmp_path: Path) -> None:
    async def play(foresight: Foresight, _state: State) -> None:
        today = NOW // DAY
        score = Score("pv", today - 1, "blend", 96, 101.5, 203.25, -3.0, 0.81, 120.0, 240.0)
        old = Score("pv", today - 500, "blend", 96, 1.0, 1.0, 0.0, 0.8, 1.0, 1.0)
        await foresight.put_scores([score, old])
        assert await foresight.scores(today - 28) == [score]
        await foresight.forget(NOW)
        assert await foresight.scores(0) == [score]

    kept(tmp_path, play)
