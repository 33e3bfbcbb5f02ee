"""A device that answers HTTP, with its faults: one request in, one answer (or none) out."""

import asyncio
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from urllib.parse import parse_qsl, urlsplit

from ..device import Device
from ..fault import SLOW_S, Kind


class Refused(Exception):
    """The device does not carry out a command."""


@dataclass(frozen=True, slots=True)
class Asked:
    """`target`: path and query as they came; `headers` by lower-case names."""

    method: str
    target: str
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)

    @property
    def path(self) -> str:
        return urlsplit(self.target).path

    @property
    def query(self) -> dict[str, str]:
        return dict(parse_qsl(urlsplit(self.target).query, keep_blank_values=True))

    def content(self) -> dict[str, object]:
        """The JSON object of the body; empty for anything else."""
        try:
            found = json.loads(self.body)
        except ValueError:
            return {}
        return found if isinstance(found, dict) else {}


@dataclass(frozen=True, slots=True)
class Reply:
    """`content` is sent as JSON, a text as it is."""

    content: object
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)


NOT_FOUND = Reply("Not Found", 404)


@dataclass(frozen=True, slots=True)
class Service:
    """What a device says of itself by mDNS: the kind of service, its own name in it, and the texts."""

    kind: str
    name: str
    texts: Mapping[str, str] = field(default_factory=dict)


WEB = "_http._tcp.local."


class HttpDevice(Device):
    """Subclasses do no input or output. `commands` is False for devices that can only be read."""

    commands = True

    def answer(self, asked: Asked) -> Reply:
        """Raises Refused, out of `carry_out`."""
        return NOT_FOUND

    def services(self) -> tuple[Service, ...]:
        """By mDNS; none for a device that has to be known by its address."""
        return ()

    def refusal(self, asked: Asked) -> Reply:
        """How it says no."""
        return Reply("Forbidden", 403)

    def carry_out(self, change: Callable[[], None]) -> None:
        """A checked command, as far as the device's fault lets it. Raises Refused."""
        if self.fault.kind is Kind.REFUSE:
            raise Refused
        if self.fault.kind is not Kind.IGNORE:
            change()
            self.writes += 1

    async def respond(self, asked: Asked) -> Reply | None:
        """None for silence."""
        kind = self.fault.kind
        if kind in (Kind.SILENT, Kind.DROP):
            return None
        if kind is Kind.SLOW:
            await asyncio.sleep(SLOW_S)
        if kind is Kind.REFUSE and not self.commands:
            return self.refusal(asked)
        try:
            reply = self.answer(asked)
        except Refused:
            return self.refusal(asked)
        self.reads += 1
        return reply


class Talker(HttpDevice):
    """It has a WebSocket, too, and tells there of changes by itself."""

    socket_path = ""

    def talk(self) -> "Talk":
        """With one more client."""
        raise NotImplementedError


class Talk:
    """The device's side of one WebSocket: frames out, as texts. Raises nothing."""

    def heard(self, frame: str) -> list[str]:
        return []

    def tick(self) -> list[str]:
        return []
