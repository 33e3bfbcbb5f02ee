"""A broker as a supervised child process: started, probed, restarted when it dies, ended as a group."""

from __future__ import annotations

import asyncio
import contextlib
import errno
import logging
import os
import signal
import socket
import sys
from abc import ABC, abstractmethod
from collections.abc import AsyncIterator, Sequence
from pathlib import Path

from hub.errors import ShemsError, UserError
from hub.model.broker import BrokerAddress
from hub.mqtt.accounts import Account
from hub.mqtt.probe import accepts

log = logging.getLogger(__name__)

_WILDCARDS = {"0.0.0.0": "127.0.0.1", "::": "::1"}
_TETHER = Path(__file__).with_name("tether.py")
_READY_S = 6.0
_STOP_S = 3.0
_BACKOFF_S = (0.2, 10.0)
_STEADY_S = 30.0
_KEPT = 20


class ChildEngine(ABC):
    """What both engines share. `accounts[0]` is the hub's own; it is the one that probes."""

    name = "child"

    def __init__(self, accounts: Sequence[Account], port: int = 1883, host: str = "127.0.0.1") -> None:
        self.host = host
        self.port = port
        self._accounts = tuple(accounts)
        self._process: asyncio.subprocess.Process | None = None
        self._log_pipe: asyncio.StreamReader | None = None
        self._said: list[str] = []
        self._state = "not started"
        self._restarts = 0
        self._stopping = False

    @property
    def health(self) -> str:
        """One line for people, e.g. `mosquitto on 127.0.0.1:1883: up, 1 restart`."""
        restarts = f", {self._restarts} restart{'s' * (self._restarts > 1)}" if self._restarts else ""
        return f"{self.name} on {self.host}:{self.port}: {self._state}{restarts}"

    @property
    def up(self) -> bool:
        return self._state == "up"

    @property
    def address(self) -> BrokerAddress:
        """Where the hub itself signs in: an engine that listens everywhere is reached on this machine's own address."""
        hub = self._accounts[0]
        return BrokerAddress(_WILDCARDS.get(self.host, self.host), self.port, hub.user, hub.password)

    @property
    def pid(self) -> int | None:
        return self._process.pid if self._process else None

    async def start(self) -> None:
        """Returns when a CONNECT works; raises UserError when the port is taken or the program is missing."""
        self._stopping = False
        self.port = _free(self.host, self.port)
        await self._launch()

    async def supervise(self) -> None:
        """Lives as long as the broker is wanted: restarts it with backoff."""
        backoff = _BACKOFF_S[0]
        loop = asyncio.get_running_loop()
        while True:
            since = loop.time()
            await self._until_dead()
            if self._stopping:
                return
            backoff = _BACKOFF_S[0] if loop.time() - since > _STEADY_S else backoff
            self._died()
            await asyncio.sleep(backoff)
            backoff = min(backoff * 2, _BACKOFF_S[1])
            await self._relaunch()

    async def stop(self) -> None:
        """Ends the whole process group, at the latest after 3 s; nothing is left."""
        self._stopping = True
        if self._process is not None:
            self._signal(signal.SIGTERM)
            try:
                async with asyncio.timeout(_STOP_S):
                    await self._process.wait()
            except TimeoutError:
                pass
            self._signal(signal.SIGKILL)
            await self._process.wait()
        self._state = "stopped"

    @contextlib.asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Started and supervised inside, gone after."""
        try:
            await self.start()
            async with asyncio.TaskGroup() as tasks:
                watcher = tasks.create_task(self.supervise())
                try:
                    yield
                finally:
                    watcher.cancel()
        finally:
            await self.stop()

    @abstractmethod
    def _command(self) -> list[str]:
        """The program and its arguments, its files written."""

    def _input(self) -> bytes:
        """What it gets on its standard input, which then stays open."""
        return b""

    async def _launch(self) -> None:
        self._state = "starting"
        self._said.clear()
        command = [sys.executable, "-I", "-S", str(_TETHER), str(os.getpid()), *self._command()]
        self._process = process = await asyncio.create_subprocess_exec(
            *command,
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
            start_new_session=True,
            env=os.environ | {"PYTHONPATH": str(Path(__file__).parents[2])},
        )
        assert process.stdin and process.stdout
        self._log_pipe = process.stdout
        process.stdin.write(self._input())
        try:
            async with asyncio.timeout(_READY_S):
                await self._until_ready(process)
        except TimeoutError:
            await self._give_up(f"not ready within {_READY_S:g} s")
        self._state = "up"

    async def _until_ready(self, process: asyncio.subprocess.Process) -> None:
        while process.returncode is None:
            try:
                if await accepts(self.address.host, self.port, self._accounts[0]):
                    return
            except OSError:
                pass
            await asyncio.sleep(0.02)
        await self._give_up(f"ended at once with code {process.returncode}")

    async def _give_up(self, reason: str) -> None:
        assert self._process and self._log_pipe
        self._signal(signal.SIGKILL)
        await self._process.wait()
        rest = await self._log_pipe.read()
        self._state = f"down: {reason}"
        raise BrokerDown(f"{self.name}: {reason}: {rest.decode(errors='replace').strip()[-300:]}")

    async def _until_dead(self) -> None:
        """Reads what it says until it ends; the last lines are kept for the reason."""
        assert self._process and self._log_pipe
        while line := await self._log_pipe.readline():
            text = line.decode(errors="replace").rstrip()
            self._said = [*self._said[1 - _KEPT :], text]
            log.debug("%s: %s", self.name, text)
        await self._process.wait()

    def _died(self) -> None:
        assert self._process
        self._signal(signal.SIGKILL)
        self._restarts += 1
        self._state = f"restarting: it ended with code {self._process.returncode}"
        log.warning("%s: %s", self.health, " | ".join(self._said[-3:]))

    async def _relaunch(self) -> None:
        try:
            await self._launch()
            log.info("%s", self.health)
        except (BrokerDown, OSError) as error:
            self._state = f"down: {error}"

    def _signal(self, number: signal.Signals) -> None:
        """To the child's own process group, which we made."""
        if self._process is not None:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self._process.pid, number)


class BrokerDown(ShemsError):
    """The broker's process does not run."""


def _free(host: str, port: int) -> int:
    """`port`, or any for 0; raises UserError when it cannot be had."""
    with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            if error.errno == errno.EADDRNOTAVAIL:
                raise UserError(f"mqtt.bind: {host} is not an address of this machine; choose one that is") from None
            raise UserError(
                f"mqtt.port: {host}:{port} cannot be used ({error.strerror}); is another broker running? "
                "Choose another port, or give that broker's address as mqtt.url"
            ) from None
        return int(probe.getsockname()[1])
