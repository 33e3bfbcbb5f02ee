"""Tests here may be coroutines: each gets an event loop as the hub has it, 15 s, and must leave no error in it.

A module whose tests touch nothing outside may have a loop of its own kind, as `new_loop`.
"""

from __future__ import annotations

import asyncio
import inspect
import itertools
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
import uvloop

from drivers.modbus import latency, pulse
from drivers.modbus import link as link_module
from drivers.modbus.link import ModbusLink
from tests.drivers_modbus.kit import Peer, SerialPeer, TcpPeer
from tests.sim.conftest import Sim, end, start

_LIMIT_S = 15


@pytest.hookimpl(tryfirst=True)
def pytest_pyfunc_call(pyfuncitem: pytest.Function) -> bool | None:
    if not inspect.iscoroutinefunction(pyfuncitem.obj):
        return None
    wanted = inspect.signature(pyfuncitem.obj).parameters
    arguments = {name: value for name, value in pyfuncitem.funcargs.items() if name in wanted}
    new_loop = getattr(pyfuncitem.module, "new_loop", uvloop.new_event_loop)
    with asyncio.Runner(loop_factory=new_loop) as runner:
        runner.run(_play(pyfuncitem.obj(**arguments)))
    return True


async def _play(test: Any) -> None:
    errors: list[dict[str, Any]] = []
    asyncio.get_running_loop().set_exception_handler(lambda _, context: errors.append(context))
    async with asyncio.timeout(_LIMIT_S):
        await test
    await asyncio.sleep(0)
    assert errors == [], "errors of the event loop"


Stage = Callable[..., Any]


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Shorter time-outs than in the house, where a test needs many of them."""
    monkeypatch.setattr(latency, "INITIAL_S", 0.15)
    monkeypatch.setattr(latency, "CAP_S", 0.2)
    monkeypatch.setattr(link_module, "_LATE_S", 0.2)
    monkeypatch.setattr(pulse, "_SOON_S", 0.05)
    monkeypatch.setattr(pulse, "_FIRST_S", 0.2)
    monkeypatch.setattr(pulse, "_LAST_S", 0.5)


@pytest.fixture
def stage(tmp_path: Path) -> Stage:
    """`async with stage("tcp") as (peer, link)`: a peer on "tcp", "rtu+tcp" or "serial", and a link to it."""

    count = itertools.count()

    @asynccontextmanager
    async def make(carrier: str, pause_s: float = 0.0, **options: Any) -> AsyncIterator[tuple[Peer, ModbusLink]]:
        peer: Peer = (
            SerialPeer(tmp_path / f"tty{next(count)}", **options)
            if carrier == "serial"
            else TcpPeer(carrier == "rtu+tcp")
        )
        await peer.start()
        link = ModbusLink(peer.link, pause_s)
        try:
            yield peer, link
        finally:
            link.close()
            await peer.stop()

    return make


@pytest.fixture(scope="session")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sim]:
    running = start(tmp_path_factory.mktemp("house"))
    yield running
    end(running)


@pytest.fixture
def sim(house: Sim) -> Iterator[Sim]:
    """The house with a car at both chargers, and every fault taken back afterwards."""
    house.world(ev_present={"keba": True, "heidelberg": True}, ev_soc=40)
    yield house
    for name in house.devices():
        house.fault(name, "none")
