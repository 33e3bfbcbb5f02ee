"""A battery rests while a charger is stepped, to the last second: else it would answer the load that is tried."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from itertools import pairwise

import pytest

from hub.commission.session import QUICK, Session
from hub.control import Desk, Dispatcher, Heart
from hub.control.intents import IntentSink
from hub.core import HOUSE
from hub.model import Command, CommandSpec, Device, DeviceSpec, Link, Role
from hub.model.site import BatteryControl, ChargerControl, Site
from tests.house_kit import DictKeep, FakeDriver, ListJournal, LoopClock, ToldClock, board_of, points
from tests.simulated_loop import SimulatedLoop

LOAD_W = 1_500.0
LINK = Link("fake", "here")
WATCHDOG_S = 20.0


class Home(FakeDriver):
    """A battery and a charger behind one meter, both at once where they are told to be.

    An oven of `oven_w` goes on with the charger's first step, and stays on.
    """

    def __init__(self, clock: ToldClock, oven_w: float) -> None:
        battery = Device(
            *("u1", "battery", Role.BATTERY, LINK),
            points=points("u1", "battery", "power", "soc", "power_setpoint"),
            commands=(CommandSpec("battery.power_setpoint", -5_000, 5_000, heartbeat_s=WATCHDOG_S, tolerance=20),),
        )
        wallbox = Device(
            *("u2", "wallbox", Role.CHARGER, LINK),
            points=points("u2", "wallbox", "power", "current_limit"),
            commands=(CommandSpec("wallbox.current_limit", 6, 16, 1),),
        )
        told = points("u3", "grid", "power", "current_l1", "current_l2", "current_l3")
        grid = Device("u3", "grid", Role.GRID, LINK, points=told)
        super().__init__(clock, [battery, wallbox, grid])
        self.battery_w, self.limit_a = 0.0, 0.0
        self.load_w, self.oven_w = LOAD_W, oven_w
        self.told: list[tuple[float, str, float]] = []
        """loop time in s, point, value"""

    async def live(self) -> None:
        while True:
            charging_w = 3 * 230 * self.limit_a
            self.show(battery__power=self.battery_w, battery__soc=50.0, battery__power_setpoint=self.battery_w)
            self.show(wallbox__power=charging_w, wallbox__current_limit=self.limit_a)
            bought_w = self.load_w + charging_w - self.battery_w
            self.show(grid__power=bought_w, **{f"grid__current_l{n}": bought_w / 690 for n in (1, 2, 3)})
            await asyncio.sleep(1)

    async def apply(self, command: Command) -> None:
        await super().apply(command)
        self.told.append((asyncio.get_running_loop().time(), command.point, float(command.value)))
        if command.point == "wallbox.current_limit":
            self.limit_a = float(command.value)
            if self.limit_a:
                self.load_w = LOAD_W + self.oven_w
        else:
            self.battery_w = float(command.value)


async def _lived(thorough: bool, oven_w: float) -> tuple[Home, Session, float]:
    """The home, the session, and the loop time at its end."""
    clock = LoopClock()
    home = Home(clock, oven_w)
    site = Site(
        devices=tuple(DeviceSpec(d.uid, d.id, d.role, "fake", "") for d in home.devices),
        chargers=(ChargerControl("wallbox", mode="off"),),
        batteries=(BatteryControl("battery", mode="auto"),),
    )
    board = board_of(clock, *home.devices, HOUSE)
    home.start(IntentSink(board))
    board.seen(HOUSE)
    async with asyncio.TaskGroup() as tasks:
        dispatcher = Dispatcher(board, clock, ListJournal(), tasks)
        dispatcher.attach(home)
        desk = Desk(board, clock, ListJournal(), dispatcher, DictKeep())
        heart = Heart(site, board, desk, dispatcher, clock, ListJournal(), lambda column: None)
        living = [tasks.create_task(home.live()), tasks.create_task(heart.run())]
        await asyncio.sleep(3)
        session = Session(board, desk, dispatcher, clock, site, lambda: True)
        assert session.start(tasks, "owner", replace(QUICK, thorough=thorough))
        while session.progress.running:
            await asyncio.sleep(0.1)
        ended = asyncio.get_running_loop().time()
        await asyncio.sleep(5)
        for task in living:
            task.cancel()
    return home, session, ended


def lived(thorough: bool = False, oven_w: float = 0.0) -> tuple[Home, Session, float]:
    with asyncio.Runner(loop_factory=SimulatedLoop) as runner:
        return runner.run(_lived(thorough, oven_w))


def test_the_battery_rests_until_the_charger_has_been_stepped() -> None:
    home, _, ended = lived()
    stepped = next(t for t, point, value in home.told if (point, value) == ("wallbox.current_limit", 10.0))
    told = [(t, value) for t, point, value in home.told if point.startswith("battery")]
    assert not [value for t, value in told if stepped <= t < ended - 1 and value]
    assert any(value for t, value in told if t >= ended - 1), "it goes on by itself then"


@pytest.mark.parametrize(("oven_w", "times"), [(0.0, 1), (300.0, 1), (1_500.0, 2)])
def test_a_step_is_made_again_when_the_house_changed_meanwhile(oven_w: float, times: int) -> None:
    home, session, _ = lived(oven_w=oven_w)
    starts = [before[2] < value for before, (_, _, value) in pairwise(t for t in home.told if "wallbox" in t[1])]
    assert starts.count(True) == times
    assert session.progress.done == session.progress.all
    assert ("grid_right", "grid") in {(f.code, f.device) for f in session.progress.findings}


def test_a_watchdog_is_waited_for_once_though_its_set_point_is_stepped_both_ways() -> None:
    quick, thorough = lived()[1].progress, lived(thorough=True)[1].progress
    assert thorough.all - quick.all == round(1.3 * WATCHDOG_S + 5)
    assert thorough.done == thorough.all
    assert [f.device for f in thorough.findings if f.check == "reversion"] == ["battery"]
