"""A self-test lived second by second, in simulated time: an export limit is stepped, judged, and put back."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator

import pytest

from hub.commission.finding import Finding, Verdict
from hub.commission.session import QUICK, Progress, Session
from hub.commission.words import said
from hub.control import Desk, Dispatcher, Heart
from hub.control.intents import IntentSink
from hub.core import HOUSE
from hub.errors import Refused
from hub.live import Board
from hub.model import Command, CommandSpec, Device, DeviceSpec, Link, Role, Wear
from hub.model.site import Site
from tests.house_kit import DictKeep, FakeDriver, ListJournal, LoopClock, ToldClock, board_of, points
from tests.simulated_loop import SimulatedLoop

SUN_W, LOAD_W, LIMIT_W = 5_000.0, 500.0, 8_000.0


class House(FakeDriver):
    """Panels that feed in what nobody uses, as far as their inverter lets them."""

    def __init__(self, clock: ToldClock, obeys: bool, takes: int, limit_w: float) -> None:
        keeps = CommandSpec("pv.export_limit", 0, 10_000, 100, settle_ms=3_000, wear=Wear.FLASH, writes_a_day=20)
        link = Link("fake", "here")
        inverter = Device(
            "u1", "pv", Role.INVERTER, link, points=points("u1", "pv", "power", "export_limit"), commands=(keeps,)
        )
        grid = Device("u2", "grid", Role.GRID, link, points=points("u2", "grid", "power"))
        super().__init__(clock, [inverter, grid])
        self.obeys, self.takes, self.limit_w = obeys, takes, limit_w

    async def live(self) -> None:
        while True:
            made = min(SUN_W, LOAD_W + self.limit_w) if self.obeys else SUN_W
            self.show(pv__power=made, grid__power=LOAD_W - made, pv__export_limit=self.limit_w)
            await asyncio.sleep(1)

    async def apply(self, command: Command) -> None:
        """Takes 2 s, as such inverters do, and no more than `takes` of them."""
        await asyncio.sleep(2)
        if len(self.written) == self.takes:
            raise Refused("exception 4")
        await super().apply(command)
        self.limit_w = float(command.value)


async def _lived(obeys: bool, takes: int, limit_w: float, stop_after_s: float) -> tuple[House, Progress]:
    clock = LoopClock()
    house = House(clock, obeys, takes, limit_w)
    site = Site(devices=tuple(DeviceSpec(d.uid, d.id, d.role, "fake", "") for d in house.devices))
    board: Board = board_of(clock, *house.devices, HOUSE)
    house.start(IntentSink(board))
    board.seen(HOUSE)
    async with asyncio.TaskGroup() as tasks:
        dispatcher = Dispatcher(board, clock, ListJournal(), tasks)
        dispatcher.attach(house)
        desk = Desk(board, clock, ListJournal(), dispatcher, DictKeep())
        heart = Heart(site, board, desk, dispatcher, clock, ListJournal(), lambda column: None)
        living = [tasks.create_task(house.live()), tasks.create_task(heart.run())]
        await asyncio.sleep(3)
        session = Session(board, desk, dispatcher, clock, site, lambda: True, lambda: {"grid": -75.0})
        assert session.start(tasks, "owner", QUICK)
        if stop_after_s:
            await asyncio.sleep(stop_after_s)
            session.stop()
        while session.progress.running:
            await asyncio.sleep(1)
        for task in living:
            task.cancel()
    return house, session.progress


def lived(
    obeys: bool = True, takes: int = 9, limit_w: float = LIMIT_W, stop_after_s: float = 0.0
) -> tuple[House, Progress]:
    with asyncio.Runner(loop_factory=SimulatedLoop) as runner:
        return runner.run(_lived(obeys, takes, limit_w, stop_after_s))


def control(progress: Progress) -> Iterator[Finding]:
    """Each has its words."""
    for finding in progress.findings:
        if finding.check == "control":
            told, mend = said(finding)
            assert "{" not in told + mend and (mend or finding.verdict is Verdict.GOOD)
            yield finding


def test_an_export_limit_is_stepped_to_half_of_what_flows_and_put_back() -> None:
    house, progress = lived()
    assert house.written == [("pv.export_limit", 2200.0), ("pv.export_limit", LIMIT_W)]
    assert [(f.code, f.device) for f in control(progress)] == [("set_obeyed", "pv")]
    assert progress.done == progress.all


def test_one_that_is_shown_and_not_kept_is_named() -> None:
    house, progress = lived(obeys=False)
    (found,) = control(progress)
    assert (found.code, found.verdict, found.device) == ("export_not_held", Verdict.FAULT, "pv")
    assert found.numbers["flows"] == SUN_W - LOAD_W and house.limit_w == LIMIT_W


def test_one_that_cannot_be_put_back_is_said() -> None:
    _, progress = lived(takes=1)
    assert [f.code for f in control(progress)] == ["not_put_back", "set_obeyed"]


@pytest.mark.parametrize("limit_w", [0.0, 3_000.0])
def test_one_that_is_not_in_force_is_left_alone(limit_w: float) -> None:
    """More flows than it says: writing it back afterwards would switch it on."""
    house, progress = lived(obeys=False, limit_w=limit_w)
    assert house.written == [] and not list(control(progress))


def test_a_test_that_is_stopped_puts_it_back() -> None:
    house, progress = lived(stop_after_s=15)
    assert house.written[-1] == ("pv.export_limit", LIMIT_W) and len(house.written) == 2
    assert progress.stopped == "stopped"


@pytest.mark.parametrize("stop_after_s", [n / 2 for n in range(1, 60)])
def test_whenever_it_is_stopped_the_limit_is_as_it_was(stop_after_s: float) -> None:
    """Also while the inverter is being told, which takes 2 s."""
    house, _ = lived(stop_after_s=stop_after_s)
    assert house.limit_w == LIMIT_W


def test_a_clock_that_is_off_is_told_and_is_no_fault() -> None:
    _, progress = lived()
    (hub, grid) = (f for f in progress.findings if f.check == "clock")
    assert (hub.code, hub.verdict) == ("clock_right", Verdict.GOOD)
    assert (grid.code, grid.verdict, grid.device) == ("clock_off", Verdict.UNKNOWN, "grid")
    assert grid.numbers == {"seconds": 75, "way": "behind"}
