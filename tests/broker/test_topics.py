"""The integration topics on both engines, with a board and a desk made for the test."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import aiomqtt
import pytest

from hub.errors import UserError
from hub.model import Value
from hub.mqtt import accounts
from hub.mqtt.engine import Engine, choose, find_mosquitto
from hub.mqtt.topics import Topics, as_text

USERS = [accounts.hub("hubpass"), accounts.integration("ha", "hapass")]


@dataclass
class Reading:
    value: Value | None


class FakeBoard:
    """Every subscription starts with the full state."""

    def __init__(self, **points: Value | None) -> None:
        self.points = {name.replace("__", "."): Reading(value) for name, value in points.items()}
        self.open: list[asyncio.Queue[Mapping[str, Reading]]] = []

    def subscribe(self) -> Any:
        queue: asyncio.Queue[Mapping[str, Reading]] = asyncio.Queue(100)
        queue.put_nowait(dict(self.points))
        self.open.append(queue)
        return Subscription(queue, self.open)

    def set(self, **points: Value | None) -> None:
        fresh = {name.replace("__", "."): Reading(value) for name, value in points.items()}
        self.points |= fresh
        for queue in self.open:
            queue.put_nowait(fresh)


class Subscription:
    def __init__(self, queue: asyncio.Queue[Mapping[str, Reading]], among: list[Any]) -> None:
        self.get = queue.get
        self._queue, self._among = queue, among

    def close(self) -> None:
        self._among.remove(self._queue)


class FakeDesk:
    def __init__(self) -> None:
        self.wishes: list[tuple[str, str, str]] = []
        self.pump = asyncio.Event()

    async def submit(self, point_id: str, value: str, person: str) -> None:
        if point_id == "no.such":
            raise UserError("no such point")
        if point_id == "heatpump.sg_ready":
            await self.pump.wait()
        self.wishes.append((point_id, value, person))


@pytest.fixture(
    params=[
        "embedded",
        pytest.param("mosquitto", marks=pytest.mark.skipif(not find_mosquitto(), reason="mosquitto is not installed")),
    ]
)
def scene(request: pytest.FixtureRequest, tmp_path: Path) -> Callable[[Callable[..., Any]], None]:
    """Runs `play(engine, board, desk, heard, topics_task)`; `heard` is what an integration has been told."""

    def run(play: Callable[..., Any]) -> None:
        async def main() -> None:
            engine = choose(request.param, USERS, tmp_path / "mqtt", port=0)
            board, desk, heard = FakeBoard(grid__power=-120.0, plug__on=True), FakeDesk(), list[tuple[str, str]]()
            async with engine.running(), client(engine) as other, asyncio.TaskGroup() as tasks:
                topics = Topics(engine.address, board.subscribe, desk.submit)
                running = tasks.create_task(topics.run())
                await until(lambda: topics.health.endswith(": connected"))
                await other.subscribe("shems/#")
                listening = tasks.create_task(listen(other, heard))
                await play(engine, board, desk, heard, running, other)
                running.cancel()
                listening.cancel()

        asyncio.run(main())

    return run


def client(engine: Engine, user: str = "ha", password: str = "hapass") -> aiomqtt.Client:
    return aiomqtt.Client(engine.host, engine.port, username=user, password=password, timeout=3)


async def listen(client: aiomqtt.Client, heard: list[tuple[str, str]]) -> None:
    async for message in client.messages:
        assert isinstance(message.payload, bytes)
        heard.append((message.topic.value, message.payload.decode(errors="replace")))


async def until(done: Callable[[], bool], seconds: float = 8.0) -> None:
    async with asyncio.timeout(seconds):
        while not done():
            await asyncio.sleep(0.01)


def test_the_house_is_mirrored_and_only_changes_are_sent(scene: Any) -> None:
    async def play(engine: Engine, board: FakeBoard, desk: FakeDesk, heard: list[Any], *_: Any) -> None:
        full = {("shems/grid/power", "-120"), ("shems/plug/on", "true"), ("shems/status", "online")}
        await until(lambda: full <= set(heard))
        heard.clear()
        board.set(grid__power=-120.0, plug__on=False)
        board.set(grid__power=None)
        await until(lambda: ("shems/grid/power", "unknown") in heard)
        assert heard == [("shems/plug/on", "false"), ("shems/grid/power", "unknown")]

    scene(play)


def test_a_wish_enters_at_the_desk(scene: Any) -> None:
    async def play(engine: Engine, board: Any, desk: FakeDesk, heard: Any, running: Any, other: aiomqtt.Client) -> None:
        await other.publish("shems/no/such/set", "1")
        await other.publish("shems/plug/on/set", "false")
        await other.publish("shems/wallbox/current_limit/set", b"\xff" * 5000)
        await until(lambda: len(desk.wishes) == 2)
        assert desk.wishes[0] == ("plug.on", "false", "mqtt") and len(desk.wishes[1][1]) == 200

    scene(play)


def test_wishes_to_a_silent_device_do_not_hold_back_another(scene: Any) -> None:
    async def play(engine: Engine, board: Any, desk: FakeDesk, heard: Any, running: Any, other: aiomqtt.Client) -> None:
        for n in (1, 2, 3, 4):
            await other.publish("shems/heatpump/sg_ready/set", str(n))
        await other.publish("shems/plug/on/set", "true")
        await until(lambda: bool(desk.wishes), 2)
        assert desk.wishes == [("plug.on", "true", "mqtt")]
        desk.pump.set()
        await until(lambda: [w[1] for w in desk.wishes[1:]] == ["1", "2", "3", "4"], 2)

    scene(play)


def test_a_retained_wish_is_not_obeyed_at_the_next_start(scene: Any) -> None:
    async def play(engine: Engine, board: FakeBoard, desk: FakeDesk, *_: Any) -> None:
        async with client(engine) as other:
            await other.publish("shems/plug/on/set", "true", qos=1, retain=True)
        await until(lambda: len(desk.wishes) == 1)
        late = FakeDesk()
        again = Topics(engine.address, board.subscribe, late.submit)
        task = asyncio.create_task(again.run())
        await asyncio.sleep(0.5)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        assert late.wishes == []

    scene(play)


def test_an_orderly_end_says_offline(scene: Any) -> None:
    async def play(engine: Engine, board: Any, desk: Any, heard: list[Any], running: Any, *_: Any) -> None:
        await until(lambda: ("shems/status", "online") in heard)
        running.cancel()
        await until(lambda: heard[-1] == ("shems/status", "offline"))
        assert board.open == []

    scene(play)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (True, "true"),
        (False, "false"),
        (230.0, "230"),
        (21.5, "21.5"),
        (-7, "-7"),
        ("charging", "charging"),
        (None, "unknown"),
    ],
)
def test_values_as_text(value: Value | None, text: str) -> None:
    assert as_text(value) == text
