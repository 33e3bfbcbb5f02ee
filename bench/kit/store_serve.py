"""The past over HTTP: the hub's own web edge in front of a history that was built, asked by one client."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any, TypeVar, cast

import aiohttp
from aiohttp import web

from bench.kit.store_house import DAY_S
from bench.kit.store_ours import EPOCH
from hub.auth import Doorman
from hub.live import Board
from hub.model import Device, Link, Point, Role
from hub.model.site import Site
from hub.store.accounts import Account
from hub.store.ring import Querier, Ring, Storage
from hub.store.state import State
from hub.web import make_app
from hub.web.rooms import Rooms
from tests.house_kit import ToldClock

POINTS = {
    "grid.power": "grid.power",
    "pv_0.power": "pv0.power",
    "pv_1.power": "pv1.power",
    "battery.power": "bat.power",
    "car.power": "ev.power",
    "heat.power": "hp.power",
    "battery.soc": "bat.soc",
    "grid.energy_import": "grid.imp",
    "grid.energy_export": "grid.exp",
    "heat.energy": "hp.e_el",
}
"""Points of a house of their own, and the built series that they show."""

POWERS = ",".join(p for p in POINTS if p.endswith(".power"))
T = TypeVar("T")


class Built:
    """A history that nothing is added to."""

    def __init__(self, path: Path) -> None:
        self._reader, self.problems = Ring.look(path, POINTS.get)

    async def ask(self, make: Callable[[Querier], T]) -> T:
        return await asyncio.to_thread(make, self._reader)

    async def storage(self) -> Storage:
        raise NotImplementedError

    def version(self, end_ms: int) -> str:
        return str(end_ms)


def board(clock: ToldClock) -> Board:
    made = Board(clock)
    for name in dict.fromkeys(p.partition(".")[0] for p in POINTS):
        points = tuple(Point.of(name, name, p.partition(".")[2]) for p in POINTS if p.startswith(name + "."))
        made.expect(Device(name, name, Role.METER, Link("", ""), points=points))
    return made


def charts(days: int) -> dict[str, str]:
    """The six charts of a page, as it asks for them."""
    end = (EPOCH + days * DAY_S) * 1000
    day, month, year = (end - n * DAY_S * 1000 for n in (1, 30, min(365, days)))
    return {
        "day of powers": f"history?points={POWERS}&from={day}&to={end}&step=auto&width=1000",
        "day of the battery": f"history?points=battery.soc&from={day}&to={end}&step=auto&width=1000",
        "two hours of seconds": f"history?point=grid.power&from={day}&to={day + 7_200_000}&step=raw",
        "month of powers": f"history?points={POWERS}&from={month}&to={end}&step=auto&width=1000",
        "month of energies": f"energy?points=grid.energy_import,grid.energy_export,heat.energy&from={month}&to={end}",
        "year of energies": f"energy?points=grid.energy_import,heat.energy&from={year}&to={end}&step=month",
    }


def served(path: Path, folder: Path, asks: Sequence[str], rounds: int) -> list[list[float]]:
    """Milliseconds of each ask of each round, from sending it to having its last byte, gzip as browsers want it."""
    return asyncio.run(_served(path, folder, asks, rounds))


async def _served(path: Path, folder: Path, asks: Sequence[str], rounds: int) -> list[list[float]]:
    async with AsyncExitStack() as parts:
        clock, built = ToldClock(), Built(path)
        state = await State.open(folder / "state.db", clock)
        parts.push_async_callback(state.close)
        await state.accounts.put(Account("owner", "owner", ""))
        doorman = Doorman(state.accounts, clock)
        health: Any = lambda: ("ok", {})  # noqa: E731
        rooms = Rooms(
            Site(), board(clock), cast(Any, None), doorman, state.journal, built, clock, health, folder, "bench"
        )
        runner = web.AppRunner(make_app(rooms), access_log=None)
        await runner.setup()
        parts.push_async_callback(runner.cleanup)
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        base = f"http://127.0.0.1:{runner.addresses[0][1]}/api/v1/"
        headers = {"Authorization": f"Bearer {await doorman.issue_bearer('owner', 'bench')}"}
        http = await parts.enter_async_context(aiohttp.ClientSession(base, headers=headers, auto_decompress=False))
        taken = [[await _took(http, ask) for ask in asks] for _ in range(rounds + 2)]
        assert not built.problems, built.problems
        return taken[2:]


async def _took(http: aiohttp.ClientSession, ask: str) -> float:
    began = time.perf_counter()
    async with http.get(ask) as answer:
        body = await answer.read()
        assert answer.status == 200, body
    return (time.perf_counter() - began) * 1000


def each(taken: list[list[float]]) -> Iterator[list[float]]:
    """The times of each ask, over the rounds."""
    return (list(times) for times in zip(*taken, strict=True))
