"""A house that can be looked at: its Board, its state, a past out of a formula, and time as the test says it is."""

from __future__ import annotations

import asyncio
import pickle
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar, cast
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray

from hub import config
from hub.control.intents import with_intents
from hub.core import HOUSE
from hub.foresight.books import Books
from hub.foresight.bygone import Bygone
from hub.foresight.lookout import Lookout
from hub.foresight.nightly import Nightly
from hub.foresight.planner import Planner
from hub.foresight.process import Answered, ask
from hub.foresight.view import Question
from hub.live import Board
from hub.model import CommandSpec, Device, Link, Measurement, Point, Request, Role, Value
from hub.store.ring import Buckets, Flow, Querier
from hub.store.state import State
from hub.tariff.prices import Prices
from tests.house_kit import ToldClock

T = TypeVar("T")
START = 1_773_144_000_000  # 2026-03-10 12:00 UTC
PRICES = [0.15] * 17 + [0.40] * 5 + [0.15] * 2
SITE = """
[site]
timezone = "Europe/Berlin"
[tariff]
import_price = PRICES
export_price = 0.08
[calendar]
latitude = 52.5
longitude = 13.4
[devices.pv_roof]
role = "inverter"
driver = "sunspec"
link = "tcp://192.168.1.21:502"
[devices.battery]
role = "battery"
driver = "sunspec"
link = "tcp://192.168.1.22:502"
control = {}
[devices.wallbox]
role = "charger"
driver = "modbus"
link = "tcp://192.168.1.23:502"
map = "keba/p30"
control = { mode = "solar" }
[devices.plug]
role = "plug"
driver = "mqtt"
link = "hub"
map = "tasmota/plug"
control = { surplus_w = 1000 }
""".replace("PRICES", str(PRICES))
_POINTS = {
    "grid": (Role.GRID, ("power",), ()),
    "pv_roof": (Role.INVERTER, ("power", "power_limit"), (("power_limit", 0.0, 5000.0),)),
    "battery": (Role.BATTERY, ("power", "soc", "capacity", "power_setpoint"), (("power_setpoint", -5000.0, 5000.0),)),
    "wallbox": (
        Role.CHARGER, ("power", "energy", "soc", "connected", "current_limit"), (("current_limit", 0.0, 32.0),),
    ),
    "plug": (Role.PLUG, ("on", "power", "energy"), (("on", None, None),)),
    "heatpump": (
        Role.HEATPUMP, ("power", "tank_temperature", "outdoor_temperature", "sg_ready"), (("sg_ready", 1.0, 4.0),),
    ),
    "bedroom": (Role.THERMOSTAT, ("temperature", "target_temperature"), (("target_temperature", 5.0, 30.0),)),
}  # fmt: skip


def device(id_: str) -> Device:
    role, names, settable = _POINTS[id_]
    commands = tuple(CommandSpec(f"{id_}.{q}", low, high) for q, low, high in settable)
    points = tuple(Point.of(id_, id_, n) for n in names)
    return with_intents(Device(id_, id_, role, Link("fake", id_), points=points, commands=commands))


class Recorded:
    """What was, by a formula of UTC s: W, or the stored value of a counter."""

    def __init__(self, of: dict[str, Callable[[Any], Any]]) -> None:
        self.of = of
        self.asked: list[tuple[tuple[str, ...], int, int]] = []

    def query(self, points: Sequence[str], start: int, end: int, step_ms: int | None) -> dict[str, Buckets]:
        assert step_ms is not None
        self.asked.append((tuple(points), start, end))
        t = np.arange(start // step_ms * step_ms, end, step_ms, dtype=np.int64)
        found = {}
        for p in points:
            values = np.asarray(self.of[p](t / 1000), np.float64) if p in self.of else np.full(len(t), np.nan)
            count = np.where(np.isnan(values), 0, step_ms // 1000).astype(np.int32)
            found[p] = Buckets(t, values, values, values, values, count)
        return found

    def energy(self, points: Sequence[str], edges: NDArray[np.int64]) -> dict[str, Flow]:
        """Of powers, which do not change within a quarter-hour."""
        self.asked.append((tuple(points), int(edges[0]) * 1000, int(edges[-1]) * 1000))
        found, hours = {}, np.diff(edges) / 3600
        for p in points:
            wh = np.asarray(self.of[p](edges[:-1].astype(float)), np.float64) * hours
            known = (~np.isnan(wh)).astype(np.float64)
            found[p] = Flow(np.fmax(wh, 0 * wh), np.fmax(-wh, 0 * wh), known, np.zeros(len(wh), np.uint8))
        return found

    async def ask(self, make: Callable[[Querier], T]) -> T:
        return make(cast(Querier, self))


@dataclass
class Living:
    """`answers`: what the planner's process says to each question instead of the real one."""

    clock: ToldClock
    board: Board
    state: State
    history: Recorded
    prices: Prices
    lookout: Lookout
    planner: Planner
    wishes: list[Request] = field(default_factory=list)
    answers: list[Answered] = field(default_factory=list)
    questions: list[Question] = field(default_factory=list)

    def show(self, **values: Value) -> None:
        now = self.clock.now()
        self.board.put(Measurement(k.replace("__", "."), v, now) for k, v in values.items())

    async def pass_by(self, seconds: float) -> None:
        """Looks every 5 s, as the planner does; what was shown goes on being so."""
        for _ in range(round(seconds / 5)):
            self.clock.advance(5)
            latest = {p: self.board.read(p) for p in self.board.points}
            self.board.put(Measurement(p, r.value, self.clock.now()) for p, r in latest.items() if r.value is not None)
            await self.planner.look()


_ANSWERS: dict[bytes, Answered] = {}


async def _answer(question: Question) -> Answered:
    """Of the real planner, which is pure: most houses ask it the same first."""
    key = pickle.dumps(question)
    if key not in _ANSWERS:
        _ANSWERS[key] = await ask(question)
    return _ANSWERS[key]


def living(folder: Path, play: Callable[[Living], Awaitable[None]], document: str = SITE) -> None:
    async def main() -> None:
        clock = ToldClock(START)
        site = config.parse(document)
        state = await State.open(folder / "state.db", clock)
        try:
            board = Board(clock)
            for spec in site.devices:
                board.expect(device(spec.id))
            board.expect(HOUSE)
            prices = Prices(site, state.feeds, clock)
            history = Recorded({"house.consumption": lambda t: 400 + 300 * (t // 3600 % 24 > 16)})
            wishes: list[Request] = []
            lookout = Lookout(site, board, clock, prices, history, state.foresight, lambda _t: tuple(wishes))
            nightly = Nightly(lookout, clock, state.foresight, ZoneInfo(site.timezone))
            answers: list[Answered] = []
            questions: list[Question] = []

            async def asked(question: Question) -> Answered:
                questions.append(question)
                return answers.pop(0) if answers else await _answer(question)

            books = Books(Bygone(board, prices, history, state.journal), clock, state.ledgers, ZoneInfo(site.timezone))
            planner = Planner(lookout, clock, state.foresight, nightly, books, asked)
            house = Living(clock, board, state, history, prices, lookout, planner, wishes, answers, questions)
            house.show(house__consumption=700.0, battery__soc=40.0, battery__capacity=10_000.0, battery__mode="auto",
                       wallbox__mode="solar", wallbox__connected=False, plug__mode="manual")  # fmt: skip
            await play(house)
        finally:
            await state.close()

    asyncio.run(main())
