"""Set-points by where a device keeps them: flash within its daily budget, volatile ones renewed at half their watchdog.

The commands are those of the catalogue's device maps; the time is virtual. Four days of nervous optimising here;
`SHEMS_WEAR_DAYS=30 ./shems test tests/control/test_wear.py` for the nervous.
"""

from __future__ import annotations

import asyncio
import os
import random
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from drivers.modbus.catalogue import load, names
from hub.calendar.moments import Calendar
from hub.control import Desk, Dispatcher, Heart, Planned, Recorder
from hub.core import HOUSE
from hub.core import State as Memory
from hub.core.keyframe import older, unpacked
from hub.model import (
    Command,
    CommandSpec,
    Device,
    Link,
    Measurement,
    Point,
    Relation,
    Request,
    Role,
    Sink,
    Source,
    Value,
    Wear,
)
from hub.model.site import BatteryControl, ChargerControl, Site
from hub.store.state import State
from tests.house_kit import DictKeep, ListJournal, ToldClock, board_of

Figure = Callable[[str, object], None]
LINK = Link("fake", "here")
DAY_S, DAYS = 86_400, int(os.environ.get("SHEMS_WEAR_DAYS", "4"))


def most_in_a_day(at: list[int]) -> int:
    """The most writes in any 24 hours, `at` in UTC s and in order."""
    return max((sum(first <= t < first + DAY_S for t in at) for first in at), default=0)


class Box:
    """A device with one set-point `spec`, which the hub may drive and read; `written`: when it was, UTC s."""

    def __init__(self, clock: ToldClock, role: Role, spec: CommandSpec) -> None:
        self.clock, self.spec = clock, spec
        self.shown: Value = 0.0
        self.written: list[int] = []
        id_, _, name = spec.point.partition(".")
        self.devices = (Device("b", id_, role, LINK, points=(rare("b", id_, name),), commands=(spec,)),)
        self.sink: Sink

    async def run(self, sink: Sink) -> None:
        """It is told and read by the test."""
        raise NotImplementedError

    async def apply(self, command: Command) -> None:
        self.shown = self.takes(command.value)
        self.written.append(self.clock.ms // 1000)
        self.tell()

    def takes(self, value: Value) -> Value:
        return value

    def tell(self) -> None:
        self.sink.put([Measurement(self.spec.point, self.shown, self.clock.ms)])


def rare(uid: str, device: str, name: str) -> Point:
    """A point that is read once a minute, and may be as old as that."""
    point = Point.of(uid, device, name)
    return replace(point, quantity=replace(point.quantity, max_age_s=150.0))


def command(map_: str, role: Role, name: str) -> CommandSpec:
    known = load(map_).faces[role].command(name)
    assert known is not None
    return replace(known.spec, point=f"box.{name}")


# -- flash -------------------------------------------------------------------------------------------------------------

STEP_S = 10
"""the longest gap that the core counts in full: a budget refills in it as in ten of a second each"""
FLOOR = command("deye/hybrid-3p-hv", Role.BATTERY, "min_soc")
SOC = rare("m", "meter", "soc")
METER = Device("m", "meter", Role.METER, LINK, points=(SOC,))
RULE = {"name": "Nervous", "when": "meter.soc > 40 %", "then": [f"{FLOOR.point} = meter.soc - 20"]}


class Nervous:
    """Rule, plan and meter are of another mind each minute; the hub ends now and then, and all it keeps is state.db."""

    def __init__(self, folder: Path, box: Box) -> None:
        self.box, self.clock = box, box.clock
        self.lives = 0
        self._random = random.Random(1)
        self._path = folder / "state.db"

    async def live(self, seconds: int, least_s: float, most_s: float) -> None:
        """For so long, in lives of the hub between these lengths, s."""
        end = self.clock.ms + seconds * 1000
        while self.clock.ms < end:
            self.lives += 1
            life_ms = round(self._random.uniform(least_s, most_s) * 1000)
            await self._life(min(end, self.clock.ms + life_ms), in_order=self.lives % 2 == 0)
            self.clock.advance(self._random.uniform(5, 90))

    async def _life(self, end: int, in_order: bool) -> None:
        """Until `end` (UTC ms), in good order or by a power cut, which takes the last minute."""
        async with asyncio.TaskGroup() as tasks:
            state = await State.open(self._path, self.clock)
            heart = await self._start(state, tasks)
            while self.clock.ms < end:
                await self._minute(heart)
                if self.clock.ms // 60_000 % 60 == 0 or end - 120_000 <= self.clock.ms < end - 60_000:
                    await state.inputs.flush()
            if in_order:
                heart.close()
                await state.close()
            else:
                await state.db.close()

    async def _start(self, state: State, tasks: asyncio.TaskGroup) -> Heart:
        """As `hub.app` starts."""
        kept = await state.inputs.memory()
        memory = unpacked(kept) if kept else None
        self._board = board = board_of(self.clock, *self.box.devices, METER, HOUSE)
        for device in (*self.box.devices, METER, HOUSE):
            board.seen(device)
        self.box.sink = board
        dispatcher = Dispatcher(board, self.clock, state.journal, tasks)
        dispatcher.attach(self.box)
        self._desk = Desk(board, self.clock, state.journal, dispatcher, state.requests)
        planned = Planned(board, self.clock, Calendar(ZoneInfo("Europe/Berlin")), state.plans)
        await planned.load()
        if not planned.rules:
            await planned.save("rule", "nervous", RULE, "owner")
        return Heart(
            *(Site(), board, self._desk, dispatcher, self.clock, state.journal, lambda _column: None),
            recorder=Recorder(state.inputs, 1),
            state=older(memory, (self.clock.ms - memory.t) / 1000) if memory else Memory(),
            planned=planned,
        )

    async def _minute(self, heart: Heart) -> None:
        """The devices are read; the rule follows the meter, and when it does not want anything, the plan does."""
        now, dice = self.clock.ms, self._random
        self._board.put([Measurement(SOC.id, dice.uniform(0, 100), now)])
        self.box.tell()
        planned = float(dice.randint(5, 90))
        self._desk.leases.take(
            Request(f"plan-{now}", FLOOR.point, Relation.SET, planned, Source.PLAN, now, now + 70_000)
        )
        for n in range(60 // STEP_S):
            heart.beat()
            if n % 3 == 0:
                await asyncio.sleep(0)  # what was decided is written
            self.clock.advance(STEP_S)


def test_a_flash_backed_set_point_keeps_its_daily_budget_however_nervous_the_optimiser(
    tmp_path: Path, record_property: Figure
) -> None:
    assert FLOOR.wear is Wear.FLASH
    box = Box(ToldClock(), Role.BATTERY, FLOOR)
    nervous = Nervous(tmp_path, box)
    asyncio.run(nervous.live(DAYS * DAY_S, 1.5 * DAY_S, 4 * DAY_S))
    for name, value in {
        "days": DAYS,
        "starts": nervous.lives,
        "writes": len(box.written),
        "most": most_in_a_day(box.written),
        "budget": FLOOR.writes_a_day,
    }.items():
        record_property(name, value)
    assert nervous.lives > DAYS / 4
    assert most_in_a_day(box.written) <= FLOOR.writes_a_day
    assert len(box.written) > DAYS * FLOOR.writes_a_day / 2, "it is not kept by never writing"


def test_a_hub_that_starts_again_and_again_keeps_the_budget_too(tmp_path: Path) -> None:
    box = Box(ToldClock(), Role.BATTERY, FLOOR)
    nervous = Nervous(tmp_path, box)
    asyncio.run(nervous.live(DAY_S, 300, 900))
    assert nervous.lives > 4 * FLOOR.writes_a_day
    assert most_in_a_day(box.written) <= FLOOR.writes_a_day


class Rounding(Box):
    """It takes whole tens only, so that its own reading is never what it was told."""

    def takes(self, value: Value) -> Value:
        return 3.0 + 10 * round(float(value) / 10)


def test_a_device_that_never_shows_what_it_was_told_keeps_its_flash_too(tmp_path: Path) -> None:
    box = Rounding(ToldClock(), Role.BATTERY, replace(FLOOR, settle_ms=0))
    asyncio.run(Nervous(tmp_path, box).live(2 * DAY_S, 3 * DAY_S, 4 * DAY_S))
    assert most_in_a_day(box.written) <= FLOOR.writes_a_day


# -- volatile ----------------------------------------------------------------------------------------------------------


class Forgetful(Box):
    """It lets go of what is not renewed within its watchdog; `let_go`: when, UTC s."""

    def __init__(self, clock: ToldClock, role: Role, spec: CommandSpec) -> None:
        super().__init__(clock, role, spec)
        self.let_go: list[int] = []

    def tell(self) -> None:
        if self.written and self.clock.ms / 1000 - self.written[-1] >= self.spec.heartbeat_s:
            self.let_go.append(self.clock.ms // 1000)
        super().tell()


def guarded() -> list[tuple[str, Role, str]]:
    """Every command of the catalogue with a watchdog: map, role, name."""
    found: dict[tuple[str, Role, str], None] = {}
    for name in names():
        for roles, face in load(name).parted:
            found |= {(name, roles[0], c.name): None for c in face.commands if c.spec.heartbeat_s}
    return list(found)


@pytest.mark.parametrize(("map_", "role", "name"), guarded())
def test_a_set_point_with_a_watchdog_is_renewed_at_half_of_it(
    map_: str, role: Role, name: str, record_property: Figure
) -> None:
    spec = command(map_, role, name)
    box = Forgetful(ToldClock(), role, spec)
    asyncio.run(renewed(box, round(8 * spec.heartbeat_s)))
    gaps = {b - a for a, b in zip(box.written, box.written[1:], strict=False)}
    half = spec.heartbeat_s / 2
    record_property("watchdog_s", spec.heartbeat_s)
    record_property("longest_s", max(gaps))
    record_property("let_go", len(box.let_go))
    assert len(box.written) >= 15 and not box.let_go
    assert all(half <= gap < half + 1 for gap in gaps), gaps


async def renewed(box: Forgetful, seconds: int) -> None:
    """A person's wish for so long, in a house that drives nothing by itself."""
    clock, journal, point = box.clock, ListJournal(), box.spec.point
    site = Site(
        chargers=(ChargerControl("box", mode="off", blind_a=6.0),), batteries=(BatteryControl("box", mode="off"),)
    )
    async with asyncio.TaskGroup() as tasks:
        board = board_of(clock, *box.devices, HOUSE)
        for device in (*box.devices, HOUSE):
            board.seen(device)
        box.sink = board
        dispatcher = Dispatcher(board, clock, journal, tasks)
        dispatcher.attach(box)
        desk = Desk(board, clock, journal, dispatcher, DictKeep())
        heart = Heart(site, board, desk, dispatcher, clock, journal, lambda _column: None)
        wanted = max(6.0, box.spec.low or 0.0)
        desk.leases.take(
            Request("r", point, Relation.SET, wanted, Source.PERSON, clock.ms, clock.ms + 1000 * seconds + 60_000)
        )
        for _ in range(seconds):
            box.tell()
            heart.beat()
            await asyncio.sleep(0)
            clock.advance(1)
