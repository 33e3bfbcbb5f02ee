"""What the hub knows after a power cut: since when its devices are on or off. The file is state.db; time is told."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from hub.control import Desk, Dispatcher, Heart, Recorder, heart
from hub.control.intents import IntentSink, with_intents
from hub.core import HOUSE, House, Inputs
from hub.core import State as Memory
from hub.core import step as decide
from hub.core.keyframe import older, unpacked
from hub.model import Device, Link, Measurement, Role, Source
from hub.model.site import Site, SwitchControl
from hub.rehearse.replay import Row
from hub.store import inputs
from hub.store.state import State
from tests.house_kit import DictKeep, FakeDriver, ListJournal, ToldClock, board_of, plug, points
from tests.rehearse.test_replay import ListLog

SITE = Site(switches=(SwitchControl("plug", min_on_s=300, min_off_s=300),))
SWITCHED_S = 5
"""What the core does by itself is flushed every ten seconds at the latest; the power is cut before that."""


class Life:
    """From a start of the hub to its power cut."""

    def __init__(self, clock: ToldClock, state: State, tasks: asyncio.TaskGroup, memory: Memory) -> None:
        devices = [with_intents(plug()), HOUSE]
        self.clock, self.state = clock, state
        self.board = board_of(clock, *devices)
        self.driver = FakeDriver(clock, devices[:1])
        self.driver.start(IntentSink(self.board))
        self.board.seen(HOUSE)
        dispatcher = Dispatcher(self.board, clock, ListJournal(), tasks)
        dispatcher.attach(self.driver)
        self.desk = Desk(self.board, clock, ListJournal(), dispatcher, DictKeep())
        self.heart = Heart(
            *(SITE, self.board, self.desk, dispatcher, clock, ListJournal(), lambda _column: None),
            recorder=Recorder(state.inputs, 1),
            state=memory,
        )

    async def second(self) -> None:
        self.heart.beat()
        await asyncio.sleep(0)
        self.clock.advance(1)

    def show(self, on: bool) -> None:
        self.board.put([Measurement("plug.on", on, self.clock.ms)])


@asynccontextmanager
async def life(folder: Path, clock: ToldClock) -> AsyncIterator[Life]:
    """It ends by a power cut: what is not on the disk by then is lost."""
    state = await State.open(folder / "state.db", clock)
    kept = await state.inputs.memory()
    memory = unpacked(kept) if kept else None
    async with asyncio.TaskGroup() as tasks:
        keeping = tasks.create_task(state.inputs.keep())
        yield Life(clock, state, tasks, older(memory, (clock.ms - memory.t) / 1000) if memory else Memory())
        keeping.cancel()
    await state.db.close()


async def on_disk(state: State, point: str, value: object) -> None:
    """Waits until the memory there says so."""
    async with asyncio.timeout(10):
        while True:
            kept = await state.inputs.memory()
            if kept and (held := kept["held"].get(point)) and held["value"] == value:
                return


def test_a_switch_directly_before_a_power_cut_keeps_its_least_time(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(inputs, "FLUSH_S", 10_000.0)
    clock = ToldClock()

    async def main() -> None:
        async with life(tmp_path, clock) as first:
            first.show(False)
            for _ in range(SWITCHED_S):
                await first.second()
            answer = await first.desk.ask("plug.on", True, person="", source=Source.RULE)
            assert answer.applied is True
            await on_disk(first.state, "plug.on", True)
        clock.advance(2)
        async with life(tmp_path, clock) as second:
            second.show(True)
            await second.desk.ask("plug.on", False, person="", source=Source.RULE)
            assert [v for p, v in second.driver.written if p == "plug.on" and v is False] == []
            made = second.desk.latest
            assert made is not None
            [command] = [c for c in made.step.commands if c.point == "plug.on"]
            [limit] = command.limits
            assert limit.code == "least_time" and float(limit.numbers["wait_s"]) >= 290

    asyncio.run(main())


def recorded(*seconds: int) -> list[Row]:
    """What is written down of steps at these times, with a plug that stays on."""
    log, state, house = ListLog(), Memory(), House.of(SITE, (plug(), HOUSE))
    recorder = Recorder(log, 1)
    for s in seconds:
        given = Inputs(ToldClock().ms + s * 1000, house, {"plug.on": True})
        recorder.before(state, given, (), {}, urgent=False)
        made = decide(state, given)
        recorder.after(given.t, made, given.t)
        state = made.state
    return log.rows


def test_the_memory_is_not_written_down_while_nothing_is_switched() -> None:
    assert "memory" not in [row.kind for row in recorded(*range(100))]


@pytest.mark.parametrize("jump_s", [2_400, -2_400])
def test_a_clock_that_jumps_is_no_time_that_a_device_has_rested(jump_s: int) -> None:
    """The memory goes on with the new time: what is between it and the last second that was stored is time gone by."""
    [row] = [row for row in recorded(0, 1, jump_s, jump_s + 1) if row.kind == "memory"]
    assert row.t == ToldClock().ms + jump_s * 1000 == row.data["memory"]["t"]


# -- the first look ----------------------------------------------------------------------------------------------------

METER = Device("m", "grid", Role.GRID, Link("fake", "here"), points=points("m", "grid", "power"))


def looking(*devices: Device, told: float | None = None) -> bool:
    """Whether a start still waits after a while, in which the meter has `told` its power, W."""

    async def main() -> bool:
        async with asyncio.TaskGroup() as tasks:
            clock = ToldClock()
            board = board_of(clock, *devices, HOUSE)
            dispatcher = Dispatcher(board, clock, ListJournal(), tasks)
            desk = Desk(board, clock, ListJournal(), dispatcher, DictKeep())
            beating = Heart(SITE, board, desk, dispatcher, clock, ListJournal(), lambda _column: None)
            look = tasks.create_task(beating.look())
            await asyncio.sleep(0)
            if told is not None:
                board.put([Measurement("grid.power", told, clock.ms)])
            for _ in range(5):
                await asyncio.sleep(0)
            waits = not look.done()
            look.cancel()
        return waits

    return asyncio.run(main())


def test_a_start_decides_nothing_before_the_grid_meter_has_told_its_power() -> None:
    """A car that goes on charging would be paused, as if the meter had been lost."""
    assert looking(METER) and not looking(METER, told=300.0)


def test_a_start_does_not_wait_for_a_meter_that_is_not_there(monkeypatch: pytest.MonkeyPatch) -> None:
    assert not looking(plug())
    monkeypatch.setattr(heart, "LOOK_S", 0.0)
    assert not looking(METER)
