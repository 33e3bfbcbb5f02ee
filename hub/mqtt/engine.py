"""The two engines and the choice between them."""

from __future__ import annotations

import json
import os
import pwd
import shutil
import sys
from collections.abc import Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import asdict
from ipaddress import ip_address
from pathlib import Path
from typing import Protocol

from hub.errors import UserError
from hub.model.broker import BrokerAddress
from hub.mqtt.accounts import Account, mosquitto_hash
from hub.mqtt.child import ChildEngine
from hub.mqtt.files import write_private

_PLACES = ("/usr/sbin/mosquitto", "/usr/local/sbin/mosquitto", "/opt/homebrew/sbin/mosquitto")


class Engine(Protocol):
    """A broker of our own. The hub is an ordinary client of it."""

    name: str
    host: str
    port: int

    @property
    def health(self) -> str:
        """One line for people."""

    @property
    def up(self) -> bool: ...

    @property
    def address(self) -> BrokerAddress:
        """Where the hub itself signs in."""

    async def start(self) -> None:
        """Returns when CONNECT works."""

    async def supervise(self) -> None:
        """Restarts it when it dies; a task of the caller's group."""

    async def stop(self) -> None: ...

    def running(self) -> AbstractAsyncContextManager[None]:
        """start, supervise and stop in one."""


class EmbeddedEngine(ChildEngine):
    """amqtt in a process of its own: needs nothing installed, loopback only (see docs on its gaps)."""

    name = "embedded"

    def __init__(self, accounts: Sequence[Account], port: int = 1883, host: str = "127.0.0.1") -> None:
        address = ip_address(host)
        if not address.is_loopback or address.version == 6:  # amqtt does not listen on the latter
            raise UserError(
                f"mqtt.bind: {host}: the embedded broker serves this machine only, at 127.0.0.1; "
                "let others connect with mosquitto: `apt install mosquitto`"
            )
        super().__init__(accounts, port, host)

    def _command(self) -> list[str]:
        return [sys.executable, "-m", "hub.mqtt.embedded"]

    def _input(self) -> bytes:
        """The secrets go by pipe, never by argument; the pipe's end is the end of the broker."""
        settings = {"host": self.host, "port": self.port, "accounts": [asdict(account) for account in self._accounts]}
        return json.dumps(settings).encode() + b"\n"


class MosquittoEngine(ChildEngine):
    """Mosquitto with generated configuration, password and access files in `folder` (0700)."""

    name = "mosquitto"

    def __init__(
        self,
        accounts: Sequence[Account],
        folder: Path,
        port: int = 1883,
        host: str = "127.0.0.1",
        program: str | None = None,
    ) -> None:
        super().__init__(accounts, port, host)
        self._folder = folder
        self._program = program or find_mosquitto()
        if not self._program:
            raise UserError('mqtt.engine: mosquitto is not installed; `apt install mosquitto` or engine = "embedded"')

    def _command(self) -> list[str]:
        assert self._program
        self._folder.mkdir(parents=True, exist_ok=True)
        self._folder.chmod(0o700)
        self._write_users()
        write_private(self._folder / "mosquitto.conf", self._configuration())
        return [self._program, "-c", str(self._folder / "mosquitto.conf")]

    def _configuration(self) -> str:
        lines = {
            "user": pwd.getpwuid(os.getuid()).pw_name,  # started as root it would drop to a user who cannot read these
            "per_listener_settings": "false",
            "allow_anonymous": "false",
            "password_file": self._folder / "passwords",
            "acl_file": self._folder / "access",
            "persistence": "true",
            "persistence_location": f"{self._folder}/",
            "autosave_interval": 60,
            "set_tcp_nodelay": "true",
            "max_queued_messages": 1000,
            "max_packet_size": 1_048_576,
            "max_keepalive": 120,
            "log_dest": "stdout",
            "connection_messages": "false",
            "listener": f"{self.port} {self.host}",
        }
        return "".join(f"{key} {value}\n" for key, value in lines.items())

    def _write_users(self) -> None:
        write_private(
            self._folder / "passwords", "".join(f"{a.user}:{mosquitto_hash(a.password)}\n" for a in self._accounts)
        )
        write_private(self._folder / "access", "\n".join(_rights(account) for account in self._accounts))


def choose(engine: str, accounts: Sequence[Account], folder: Path, port: int = 1883, host: str = "127.0.0.1") -> Engine:
    """`auto` takes mosquitto where it is installed. Raises UserError for what cannot be."""
    if engine not in ("auto", "embedded", "mosquitto"):
        raise UserError(f"mqtt.engine: {engine!r} is none of auto, embedded, mosquitto")
    program = find_mosquitto()
    if engine == "mosquitto" or (engine == "auto" and program):
        return MosquittoEngine(accounts, folder, port, host, program)
    return EmbeddedEngine(accounts, port, host)


def find_mosquitto() -> str | None:
    """The program, also where a plain user's PATH does not look."""
    return shutil.which("mosquitto") or next((place for place in _PLACES if os.access(place, os.X_OK)), None)


def _rights(account: Account) -> str:
    rows = [f"user {account.user}"]
    if "#" in account.reads and "#" in account.writes:
        rows.append("topic read $SYS/#")
    rows += [f"topic read {topic}" for topic in account.reads] + [f"topic write {topic}" for topic in account.writes]
    return "\n".join(rows) + "\n"
