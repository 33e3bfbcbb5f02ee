"""Both engines as processes: ready, guarded, supervised, and gone without a trace."""

from __future__ import annotations

import asyncio
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import aiomqtt
import pytest

from hub.errors import UserError
from hub.mqtt import accounts
from hub.mqtt.engine import EmbeddedEngine, Engine, MosquittoEngine, choose, find_mosquitto

USERS = [accounts.hub("hubpass"), accounts.devices("devpass"), accounts.integration("ha", "hapass")]
needs_mosquitto = pytest.mark.skipif(not find_mosquitto(), reason="mosquitto is not installed")


@pytest.fixture(params=["embedded", pytest.param("mosquitto", marks=needs_mosquitto)])
def engine(request: pytest.FixtureRequest, tmp_path: Path) -> Any:
    return choose(request.param, USERS, tmp_path / "mqtt", port=0)


def client(engine: Engine, user: str = "hub", password: str = "hubpass") -> aiomqtt.Client:
    return aiomqtt.Client(engine.host, engine.port, username=user, password=password, timeout=3)


async def first(client: aiomqtt.Client, seconds: float = 3) -> tuple[str, bytes]:
    async with asyncio.timeout(seconds):
        async for message in client.messages:
            assert isinstance(message.payload, bytes)
            return message.topic.value, message.payload
    raise AssertionError


async def silent(client: aiomqtt.Client, seconds: float = 0.5) -> bool:
    try:
        await first(client, seconds)
    except TimeoutError:
        return True
    return False


def run(engine: Engine, play: Callable[[], Any]) -> None:
    async def main() -> None:
        async with engine.running():
            await play()

    asyncio.run(main())


def test_ready_means_that_a_client_can_connect(engine: Any) -> None:
    start = time.monotonic()

    async def play() -> None:
        assert time.monotonic() - start < 5 and engine.up and engine.health.endswith(": up")
        async with client(engine) as one:
            await one.subscribe("a/#")
            await one.publish("a/b", b"\x00\xff", qos=1)
            assert await first(one) == ("a/b", b"\x00\xff")

    run(engine, play)
    assert engine.health.endswith("stopped")


@pytest.mark.parametrize(("user", "password"), [("hub", "wrong"), ("nobody", "hubpass"), (None, None), ("hub", None)])
def test_nobody_enters_without_the_password(engine: Any, user: str | None, password: str | None) -> None:
    async def play() -> None:
        with pytest.raises(aiomqtt.MqttError):
            async with aiomqtt.Client(engine.host, engine.port, username=user, password=password, timeout=2):
                pass

    run(engine, play)


def test_retained_messages_are_kept(engine: Any) -> None:
    async def play() -> None:
        async with client(engine) as one:
            await one.publish("shems/grid/power", "5", qos=1, retain=True)
        async with client(engine) as two:
            await two.subscribe("shems/#")
            assert await first(two) == ("shems/grid/power", b"5")

    run(engine, play)


def test_a_device_cannot_speak_for_the_house(engine: Any) -> None:
    async def play() -> None:
        async with client(engine) as hub, client(engine, "devices", "devpass") as device:
            await hub.subscribe("#")
            await device.publish("tele/plug/STATE", "1")
            assert (await first(hub))[0] == "tele/plug/STATE"
            await device.publish("shems/wallbox/current_limit/set", "32")
            await device.publish("shems/grid/power", "0", retain=True)
            assert await silent(hub)

    run(engine, play)


def test_an_integration_may_wish_and_nothing_else(engine: Any) -> None:
    async def play() -> None:
        async with client(engine) as hub, client(engine, "ha", "hapass") as other:
            await hub.subscribe("#")
            await other.publish("cmnd/plug/POWER", "ON")
            await other.publish("shems/plug/on", "true")
            assert await silent(hub)
            await other.publish("shems/plug/on/set", "true")
            assert await first(hub) == ("shems/plug/on/set", b"true")

    run(engine, play)


def test_a_killed_broker_comes_back(engine: Any) -> None:
    async def play() -> None:
        before = engine.pid
        os.killpg(before, signal.SIGKILL)
        async with asyncio.timeout(8):
            while engine.pid == before or not engine.up:
                await asyncio.sleep(0.05)
        async with client(engine) as one:
            await one.publish("a", "b", qos=1)
        assert "1 restart" in engine.health

    run(engine, play)


def test_no_process_is_left_after_stop(engine: Any) -> None:
    async def play() -> None:
        groups.append(engine.pid)

    groups: list[int] = []
    run(engine, play)
    with pytest.raises(ProcessLookupError):
        os.killpg(groups[0], 0)


@pytest.mark.parametrize("name", ["embedded", pytest.param("mosquitto", marks=needs_mosquitto)])
def test_it_dies_with_a_hub_that_was_killed(name: str, tmp_path: Path) -> None:
    script = (
        "import asyncio, pathlib, sys\nfrom hub.mqtt import accounts\nfrom hub.mqtt.engine import choose\n"
        f"e = choose({name!r}, [accounts.hub('x')], pathlib.Path({str(tmp_path)!r}), port=0)\n"
        "async def main():\n    async with e.running():\n"
        "        print(e.pid, flush=True)\n        await asyncio.sleep(60)\n"
        "asyncio.run(main())\n"
    )
    with subprocess.Popen(
        [sys.executable, "-c", script], stdout=subprocess.PIPE, text=True, cwd=Path(__file__).parents[2]
    ) as hub:
        assert hub.stdout
        child = int(hub.stdout.readline())
        hub.kill()
        hub.wait()
        deadline = time.monotonic() + 5
        while alive(child) and time.monotonic() < deadline:
            time.sleep(0.05)
    assert not alive(child)


def alive(pid: int) -> bool:
    """A zombie that nobody has collected yet counts as dead."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(") ", 1)[1][0] not in "ZX"
    except (FileNotFoundError, ProcessLookupError):
        return False


def test_a_port_in_use_is_a_clear_error(engine: Any) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        engine.port = taken.getsockname()[1]
        with pytest.raises(UserError, match="another broker"):
            asyncio.run(engine.start())


def test_a_missing_mosquitto_is_a_clear_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("hub.mqtt.engine.find_mosquitto", lambda: None)
    assert isinstance(choose("auto", USERS, tmp_path), EmbeddedEngine)
    with pytest.raises(UserError, match="not installed"):
        asyncio.run(choose("mosquitto", USERS, tmp_path, port=0).start())
    with pytest.raises(UserError, match="none of"):
        choose("rabbit", USERS, tmp_path)


def test_the_embedded_broker_stays_on_this_machine() -> None:
    for host in ("0.0.0.0", "192.168.1.2", "::1"):
        with pytest.raises(UserError, match=r"embedded broker serves this machine only, at 127\.0\.0\.1"):
            EmbeddedEngine(USERS, 1883, host)


@needs_mosquitto
def test_the_newer_address_of_this_machine_will_do(tmp_path: Path) -> None:
    engine = choose("auto", USERS, tmp_path / "mqtt", port=0, host="::1")

    async def play() -> None:
        assert engine.address.shown == f"[::1]:{engine.port}"
        async with client(engine):
            pass

    run(engine, play)


def test_for_every_machine_auto_needs_mosquitto(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("hub.mqtt.engine.find_mosquitto", lambda: None)
    with pytest.raises(UserError, match="apt install mosquitto"):
        choose("auto", USERS, tmp_path, port=0, host="0.0.0.0")


@needs_mosquitto
def test_a_broker_for_every_machine_is_reached_by_the_hub_on_its_own(tmp_path: Path) -> None:
    engine = choose("auto", USERS, tmp_path / "mqtt", port=0, host="0.0.0.0")

    async def play() -> None:
        assert (
            engine.address.host == "127.0.0.1" and engine.address.url == f"mqtt://hub:hubpass@127.0.0.1:{engine.port}"
        )
        async with aiomqtt.Client("127.0.0.2", engine.port, username="devices", password="devpass", timeout=3):
            pass

    run(engine, play)


@needs_mosquitto
def test_an_address_of_another_machine_is_a_clear_error(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"mqtt\.bind: 192\.0\.2\.1 is not an address of this machine"):
        asyncio.run(choose("mosquitto", USERS, tmp_path, port=0, host="192.0.2.1").start())


@needs_mosquitto
def test_its_files_are_ours_alone_and_hold_no_password(tmp_path: Path) -> None:
    engine = MosquittoEngine(USERS, tmp_path / "mqtt", 0)

    async def play() -> None:
        for file in (tmp_path / "mqtt").iterdir():
            assert file.stat().st_mode & 0o077 == 0 and "hubpass" not in file.read_text(errors="replace")

    run(engine, play)
    assert "hubpass" not in repr(USERS)


@pytest.mark.parametrize(
    ("topic", "pattern", "fits"),
    [
        ("a/b", "a/b", True),
        ("a/b", "a/+", True),
        ("a/b/c", "a/+", False),
        ("a", "a/#", True),
        ("a/b/c", "a/#", True),
        ("a/#", "a/+", False),
        ("#", "a/#", False),
        ("a/+", "a/+", True),
        ("a/+", "a/b", False),
        ("$SYS/x", "#", False),
        ("shems/a/b/set", "shems/+/+/set", True),
        ("shems/a/b", "shems/+/+/set", False),
        ("a/b", "a/b/c", False),
    ],
)
def test_filters(topic: str, pattern: str, fits: bool) -> None:
    assert accounts.matches(topic, pattern) is fits
