"""A session with the npm package ocpp-rpc 2.2.1, a charger's side that neither we nor the `ocpp` package wrote."""

from __future__ import annotations

import asyncio
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.drivers_ocpp.kit import Hub, spec

PACKAGE = "ocpp-rpc@2.2.1"
FOLDER = Path.home() / ".cache" / "shems-test-npm"
HERE = Path(__file__).parent


def _node() -> str | None:
    own = Path(sys.executable).with_name("node")
    return str(own) if own.exists() else shutil.which("node")


@pytest.fixture(scope="module")
def node() -> str:
    """Node with the package beside it, installed once; skips with the reason when it cannot be had."""
    found, npm = _node(), shutil.which("npm")
    if not found:
        pytest.skip("node is not installed")
    if not (FOLDER / "node_modules" / "ocpp-rpc").is_dir():
        if not npm:
            pytest.skip("npm is not installed")
        FOLDER.mkdir(parents=True, exist_ok=True)
        command = [npm, "install", "--no-save", "--no-audit", "--no-fund", "--ignore-scripts", PACKAGE]
        try:
            made = subprocess.run(command, cwd=FOLDER, capture_output=True, text=True, timeout=120, check=False)
        except subprocess.TimeoutExpired:
            pytest.skip("npm has not answered within two minutes")
        if made.returncode:
            pytest.skip(f"npm cannot install {PACKAGE}: {made.stderr.strip().splitlines()[-1:]}")
    return found


class Peer:
    """The running script, and what it has said."""

    def __init__(self) -> None:
        self.said: list[dict[str, Any]] = []

    async def listen(self, process: asyncio.subprocess.Process) -> None:
        assert process.stdout
        async for line in process.stdout:
            self.said.append(json.loads(line))

    def all(self, key: str) -> list[Any]:
        return [line[key] for line in self.said if key in line]


async def test_a_session_whose_power_obeys_the_profile(node: str) -> None:
    password = "correct horse battery staple"
    async with Hub(spec(password=password, tags=["tag"])) as hub:
        process = await asyncio.create_subprocess_exec(
            node,
            str(HERE / "peer.cjs"),
            f"ws://127.0.0.1:{hub.port}",
            "CP-wallbox",
            password,
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            env=os.environ | {"NODE_PATH": str(FOLDER / "node_modules")},
        )
        peer = Peer()
        listening = asyncio.create_task(peer.listen(process))
        try:
            await hub.sink.shows("wallbox.power", 16 * 690)
            await hub.sink.shows("wallbox.current_limit", 16)
            assert hub.sink.values["wallbox.status"] == "charging"
            for amps in (10, 6.5, 0, 16):
                await hub.set("wallbox.current_limit", amps)
                assert hub.sink.values["wallbox.current_limit"] == amps
                await hub.sink.shows("wallbox.power", round(amps * 690))
            assert process.stdin
            process.stdin.write(b"stop\n")
            assert await process.wait() == 0
            await listening
            (stopped,) = peer.all("stopped")
            assert hub.sink.values["wallbox.energy"] == stopped
            assert hub.sink.values["wallbox.session_energy"] == stopped - 123_456
            assert hub.sink.values["wallbox.status"] == "no_vehicle"
        finally:
            if process.returncode is None:
                process.kill()
                await process.wait()
            await asyncio.gather(listening, return_exceptions=True)
    assert not peer.all("failure")
    assert peer.all("authorize") == [{"idTagInfo": {"status": "Accepted"}}]
    assert {"key": "MeterValueSampleInterval", "value": "5"} in peer.all("changed")
    assert all(p["stackLevel"] == 3 for p in peer.all("profile")) and len(peer.all("profile")) == 4
