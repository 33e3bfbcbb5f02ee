"""The core's inputs are written once each, in the order in which they were noted, and before anybody asks for them."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from pathlib import Path

from hub.store.inputs import Inputs
from hub.store.state import State
from tests.house_kit import ToldClock

T = 1_700_000_000_000


async def opened(folder: Path) -> State:
    return await State.open(folder / "state.db", ToldClock(T))


def note(inputs: Inputs, *seconds: int) -> None:
    for s in seconds:
        inputs.later(T + s * 1000, "step", {"second": s})


async def kept(state: State) -> list[int]:
    return [(row[0] - T) // 1000 for row in await state.db.rows("SELECT t FROM input ORDER BY id")]


def test_two_that_flush_at_once_and_one_that_is_cancelled_write_nothing_twice(tmp_path: Path) -> None:
    async def main() -> None:
        for life in (0, 100):
            state = await opened(tmp_path)
            note(state.inputs, life + 1, life + 2)
            await asyncio.gather(state.inputs.flush(), state.inputs.flush())
            note(state.inputs, life + 3)
            flushing = asyncio.ensure_future(state.inputs.flush())
            await asyncio.sleep(0)
            await asyncio.sleep(0)
            flushing.cancel()
            with suppress(asyncio.CancelledError):
                await flushing
            note(state.inputs, life + 4)
            await state.close()
        state = await opened(tmp_path)
        assert await kept(state) == [1, 2, 3, 4, 101, 102, 103, 104]
        await state.close()

    asyncio.run(main())


def test_what_was_noted_until_a_time_is_durable_when_it_is_asked_for(tmp_path: Path) -> None:
    async def main() -> None:
        state = await opened(tmp_path)
        note(state.inputs, 10, 12)
        await state.inputs.until(T + 9_999)
        assert await kept(state) == [], "nothing is written for a time before"
        await state.inputs.until(T + 10_000)
        assert await kept(state) == [10, 12]
        await state.close()

    asyncio.run(main())


def test_a_damaged_row_keeps_neither_the_memory_nor_the_budget(tmp_path: Path) -> None:
    async def main() -> None:
        state = await State.open(tmp_path / "state.db", ToldClock(T), 4 * 20_000)
        for n in range(100):
            house = {"key": n, "devices": [], "second": 0}
            state.inputs.later(T + n * 1000, "house", house)
            frame = {"house": n, "memory": {"n": n}, "filler": "x" * 500, "second": 0}
            state.inputs.later(T + n * 1000, "frame", frame)
            await state.inputs.flush()
            await state.db.write(("UPDATE input SET json = '{' WHERE id IN (3, 4, 180)", ()))
        await state.db.write(("UPDATE input SET json = '{' WHERE id = (SELECT max(id) FROM input)", ()))
        assert len(await kept(state)) < 100
        assert await state.inputs.memory() == {"n": 98}
        await state.close()

    asyncio.run(main())
