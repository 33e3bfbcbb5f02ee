"""What the hub has decided is decided again, bit for bit, from the columns and the inputs that were kept."""

from __future__ import annotations

import asyncio
import os
import random
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import orjson

from hub.calendar import calendar_of
from hub.control import Desk, Dispatcher, Heart, Planned, Recorder
from hub.control.intents import IntentSink, with_intents
from hub.core import HOUSE, State
from hub.core.keyframe import older, packed, unpacked
from hub.model import Column, CommandSpec, Device, Link, Measurement, Role, Source
from hub.model.plan import Plan, Slot, Stored, Task
from hub.model.site import (
    BatteryControl,
    ChargerControl,
    Circuit,
    ConnectionLimits,
    HeatPumpControl,
    Price,
    Site,
    TariffSpec,
)
from hub.rehearse.replay import Replay, Replayed, Row, Second
from hub.tariff.ahead import ahead
from tests.house_kit import DictKeep, FakeDriver, ListJournal, ToldClock, board_of, points

LINK = Link("fake", "here")
SITE = Site(
    circuits=(Circuit("main", 25.0), Circuit("garage", 16.0, 3, "main", ("wallbox",))),
    limits=ConnectionLimits(import_w=9_000),
    chargers=(ChargerControl("wallbox", mode="solar", start_delay_s=20, stop_delay_s=20),),
    batteries=(BatteryControl("battery", ramp_w_s=300.0),),
    heat_pumps=(HeatPumpControl("heatpump", mode="surplus", min_run_s=120),),
    tariff=TariffSpec((28_000,), (8_000,)),
)
DEVICES = [
    Device("g", "grid", Role.GRID, LINK, points=points("g", "grid", "power", *(f"power_l{n}" for n in (1, 2, 3)))),
    Device("p", "pv", Role.INVERTER, LINK, points=points("p", "pv", "power")),
    Device(
        "w", "wallbox", Role.CHARGER, LINK,
        points=points("w", "wallbox", "power", "current_limit"),
        commands=(CommandSpec("wallbox.current_limit", 6, 32, 1),),
    ),
    Device(
        "b", "battery", Role.BATTERY, LINK,
        points=points("b", "battery", "power", "soc", "power_setpoint"),
        commands=(CommandSpec("battery.power_setpoint"),),
    ),
    Device(
        "h", "heatpump", Role.HEATPUMP, LINK,
        points=points("h", "heatpump", "sg_ready"), commands=(CommandSpec("heatpump.sg_ready", 1, 4, 1),),
    ),
]  # fmt: skip


def random_plan(rng: random.Random, t: int) -> Plan:
    """Slots of a minute, for a few of them good."""
    slots = []
    for n in range(rng.randint(1, 12)):
        stored = Stored(rng.choice(tuple(Task)), rng.uniform(-3_000, 3_000), rng.randint(5_000, 35_000), 1 / 3)
        start, cars = t + n * 60_000, {"wallbox": rng.choice((0.0, 5_000.0, 7_777.7))}
        slots.append(Slot(start, start + 60_000, {"battery": stored}, cars if rng.random() < 0.8 else {}))
    return Plan(f"plan of {t}", t, t + rng.randint(60_000, 600_000), tuple(slots), {"battery": (0.95, 0.94)})


class NoShelf:
    """Nobody has rules or schedules."""

    async def all(self, kind: str) -> list[Any]:
        return []

    async def put(self, kind: str, id_: str, document: Mapping[str, Any], author: str, t: int) -> None:
        raise AssertionError(id_)

    async def remove(self, kind: str, id_: str, author: str, t: int) -> None:
        raise AssertionError(id_)


class ListLog:
    """Rows as a file would give them back."""

    def __init__(self) -> None:
        self.rows: list[Row] = []

    def later(self, t: int, kind: str, data: Mapping[str, Any]) -> None:
        self.rows.append(Row(t, kind, orjson.loads(orjson.dumps(data))))

    def soon(self, t: int, kind: str, data: Mapping[str, Any]) -> None:
        self.later(t, kind, data)


class Life:
    """A house that lives: the weather turns, people wish, a device drops out, the hub starts anew."""

    def __init__(self, tasks: asyncio.TaskGroup, seed: int) -> None:
        self.clock, self.random, self.log = ToldClock(), random.Random(seed), ListLog()
        self.seconds: list[Second] = []
        self.tasks = tasks
        self.now: dict[str, float] = dict.fromkeys(
            ("grid.power", "pv.power", "wallbox.power", "battery.power", "heatpump.sg_ready"), 0.0
        ) | {"battery.soc": 50.0}
        self.memory = State()
        self.plan: Plan | None = None
        self.start()

    def start(self) -> None:
        devices = [with_intents(d) for d in DEVICES]
        self.board = board_of(self.clock, *devices, HOUSE)
        self.board.seen(HOUSE)
        self.driver = FakeDriver(self.clock, devices)
        self.driver.start(IntentSink(self.board))
        journal = ListJournal()
        dispatcher = Dispatcher(self.board, self.clock, journal, self.tasks)
        dispatcher.attach(self.driver)
        self.desk = Desk(self.board, self.clock, journal, dispatcher, DictKeep())
        self.desk.resume({}, {"wallbox": "solar", "battery": "plan", "heatpump": "surplus"})
        self.recorder = Recorder(self.log, 1)
        planned = Planned(self.board, self.clock, calendar_of(SITE), NoShelf(), self._prices, 0, lambda _t: self.plan)
        self.heart = Heart(
            SITE, self.board, self.desk, dispatcher, self.clock, journal, self._append,
            recorder=self.recorder, state=self.memory, planned=planned,
        )  # fmt: skip
        self.heart.now()

    def _prices(self, t: int) -> tuple[Price, ...]:
        return ahead(SITE.tariff, calendar_of(SITE).zone, t)

    def replan(self) -> None:
        """Now and then another plan, or none."""
        if self.random.random() < 0.01:
            self.plan = None if self.random.random() < 0.2 else random_plan(self.random, self.clock.ms)

    def _append(self, column: Column) -> None:
        self.seconds.append(Second(column.t, dict(column.values)))

    async def second(self) -> None:
        self._weather()
        self.replan()
        self.heart.beat()
        await asyncio.sleep(0)
        self.clock.advance(0.4)
        if self.random.random() < 0.03:
            await self._wish()
        self.clock.advance(0.6)

    def _weather(self) -> None:
        r, now = self.random, self.now
        for point, step, low, high in (
            ("grid.power", 400, -9_000, 12_000), ("pv.power", 300, 0, 9_000), ("wallbox.power", 500, 0, 11_000),
            ("battery.power", 300, -5_000, 5_000), ("battery.soc", 0.3, 5, 100),
        ):  # fmt: skip
            now[point] = min(max(now[point] + r.gauss(0, step), low), high)
        phases = {f"grid.power_l{n}": now["grid.power"] / 3 + r.gauss(0, 50) for n in (1, 2, 3)}
        told = {**now, **phases}
        if self.clock.ms // 100_000 % 7 == 3:
            told = {p: v for p, v in told.items() if not p.startswith("grid.")}
        self.board.put([Measurement(p, v, self.clock.ms) for p, v in told.items()])

    async def _wish(self) -> None:
        point, value = self.random.choice(
            [("wallbox.current_limit", 10), ("wallbox.mode", "fast"), ("wallbox.mode", "solar"),
             ("house.import_limit", 4_200), ("heatpump.sg_ready", 1), ("battery.mode", "hold"),
             ("wallbox.mode", "plan")]
        )  # fmt: skip
        source = self.random.choice([Source.PERSON, Source.GRID_OPERATOR, Source.RULE])
        await self.desk.ask(point, value, person="", source=source, for_s=self.random.choice([5, 60, 600]))

    def restart(self) -> None:
        self.heart.close()
        last = self.log.rows[-1]
        assert last.kind == "memory"
        kept = unpacked(last.data["memory"])
        assert kept is not None
        self.memory = older(kept, 0)
        self.clock.advance(30)
        self.start()


def lived(seed: int = 1, seconds: int = 4_000) -> Life:
    lives = []

    async def main() -> None:
        async with asyncio.TaskGroup() as tasks:
            life = Life(tasks, seed)
            lives.append(life)
            for n in range(seconds):
                if n == seconds // 2:
                    life.restart()
                await life.second()

    asyncio.run(main())
    return lives[0]


def again(rows: list[Row], seconds: list[Second]) -> Replayed:
    return Replay(lambda _version: SITE).run(rows, seconds)


def test_a_life_with_a_restart_is_decided_again_step_by_step() -> None:
    """`SHEMS_LIFE_S=86400` for a whole day."""
    seconds = int(os.environ.get("SHEMS_LIFE_S", "4000"))
    life = lived(seconds=seconds)
    done = again(life.log.rows, life.seconds)
    assert done.difference is None and again(life.log.rows, life.seconds) == done
    assert done.steps > seconds + 50 and done.checked >= seconds
    assert {row.kind for row in life.log.rows} == {"house", "frame", "memory", "step", "digest", "plan"}


def test_it_may_begin_at_any_frame() -> None:
    life = lived(seed=2)
    frames = [k for k, row in enumerate(life.log.rows) if row.kind == "frame" and "requests" in row.data]
    house = [row for row in life.log.rows if row.kind == "house"][:1]
    for k in frames[1::7]:
        rows = house + [row for row in life.log.rows[:k] if row.kind == "plan"][-1:] + life.log.rows[k:]
        seconds = [s for s in life.seconds if s.t > life.log.rows[k].data["second"]]
        done = again(rows, seconds)
        assert done.difference is None and done.steps > 0


def test_what_was_decided_by_a_plan_that_is_lost_is_not_decided_again() -> None:
    life = lived(seed=6)
    frames = [k for k, row in enumerate(life.log.rows) if row.kind == "frame" and row.data.get("plan")]
    house, k = [row for row in life.log.rows if row.kind == "house"][:1], frames[0]
    plan = [row for row in life.log.rows[:k] if row.kind == "plan"][-1:]
    seconds = [s for s in life.seconds if s.t > life.log.rows[k].data["second"]]
    done, whole = again(house + life.log.rows[k:], seconds), again(house + plan + life.log.rows[k:], seconds)
    assert whole.difference is None
    assert done.difference is None and 0 < done.steps < whole.steps


def test_a_plan_that_is_changed_afterwards_is_found() -> None:
    life = lived(seed=7, seconds=1_500)
    found = []
    for k, row in enumerate(life.log.rows):
        if row.kind == "plan" and row.data["plan"]:
            told = {
                **row.data["plan"],
                "batteries": {"battery": [["charge", -4_000.0, 60_000, 1.0]] * len(row.data["plan"]["starts"])},
            }
            rows = [*life.log.rows[:k], replace(row, data={**row.data, "plan": told}), *life.log.rows[k + 1 :]]
            found.append(again(rows, life.seconds).difference)
    assert len(found) >= 5 and sum(d is not None for d in found) >= len(found) / 2


def test_a_changed_reading_is_found_where_it_was_changed() -> None:
    life = lived(seed=3, seconds=600)
    k = next(k for k in range(300, 600) if "grid.power" in life.seconds[k].stored)
    second = life.seconds[k]
    life.seconds[k] = replace(second, stored={**second.stored, "grid.power": second.stored["grid.power"] + 50})
    found = again(life.log.rows, life.seconds).difference
    assert found is not None and found.start <= second.t + 200 and second.t <= found.end
    assert found.point.startswith("house.")


def test_a_wish_that_is_not_noted_is_found() -> None:
    life = lived(seed=4, seconds=900)
    k = next(k for k, row in enumerate(life.log.rows) if row.kind == "step" and "requests" in row.data and k > 20)
    t = life.log.rows[k].t
    found = again(life.log.rows[:k] + life.log.rows[k + 1 :], life.seconds).difference
    assert found is not None and found.start <= t <= found.end + 60_000


def test_the_memory_comes_back_bit_for_bit() -> None:
    for row in lived(seed=5, seconds=300).log.rows:
        if row.kind in ("frame", "memory"):
            memory = unpacked(row.data["memory"])
            assert memory is not None and orjson.loads(orjson.dumps(packed(memory))) == row.data["memory"]
    assert unpacked({"format": 0}) is None and unpacked({"format": 1, "t": 3}) is None
