"""Looks at one HTTP device before it is in the house: what it is by its signs, and what it tells without a secret."""

from __future__ import annotations

import asyncio
import hashlib
import ssl
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from functools import cache

import aiohttp
from aiohttp.client_exceptions import ClientError
from yarl import URL

from drivers.http.ask import Ask
from drivers.http.kind import Kind
from drivers.http.signs import Known, signs
from drivers.http.table import maker
from drivers.json.options import Options
from hub.errors import ConfigError
from hub.model import DeviceSpec, Role
from hub.model.heard import Heard

KNOCK_S = 0.8
_ANSWER_S = 4.0
_LARGEST = 1_048_576
_MOST_ASKS = 12


@dataclass(frozen=True, slots=True)
class Said:
    """One answer. `heard`: what it means, where a kind has understood it."""

    path: str
    status: int
    body: bytes
    heard: Heard = field(default_factory=Heard)


@dataclass(frozen=True, slots=True)
class Host:
    """A device at `base`; `fingerprint` of its certificate, empty for http."""

    base: URL
    fingerprint: str
    client: aiohttp.ClientSession

    async def get(self, ask: Ask) -> Said | None:
        """None for no answer, or one that is too long to be a device's."""
        try:
            async with (
                asyncio.timeout(_ANSWER_S),
                self.client.get(
                    self.base.join(URL(ask.path, encoded=True)), headers=ask.headers, allow_redirects=False, ssl=False
                ) as answer,
            ):
                body = await answer.content.read(_LARGEST)
                while piece := await answer.content.read(_LARGEST):
                    if len(body) + len(piece) > _LARGEST:
                        return None
                    body += piece
                return Said(ask.path, answer.status, body)
        except (ClientError, OSError, TimeoutError, ValueError):  # ValueError: what aiohttp cannot read
            return None

    async def known(self) -> Known | None:
        """By the first sign that fits; a host that does not answer at all is asked for no second one."""
        for n, sign in enumerate(signs(self.base.scheme == "https")):
            said = await self.get(Ask("sign", sign.path))
            if said is None and n == 0:
                return None
            if said and (known := sign.shows(said.status, said.body)):
                return known
        return None

    async def tell(self, known: Known) -> list[Said]:
        """All that its kind reads without a secret, each answer once."""
        kind = kind_of(known)
        said: list[Said] = []
        if kind is None or known.why:
            return said
        done: set[str] = set()
        while (ask := next((a for a in kind.asks() if a.name not in done), None)) and len(done) < _MOST_ASKS:
            done.add(ask.name)
            answer = await self.get(ask) if ask.method == "GET" else None
            if answer and answer.status in (401, 403) and known.needs:
                break
            if answer is None or answer.status != 200:
                continue
            said.append(Said(answer.path, answer.status, answer.body, kind.read(ask.name, answer.body)))
        return said


@asynccontextmanager
async def visit(base: URL) -> AsyncIterator[Host | None]:
    """One connection at a time; None when nobody opens."""
    fingerprint = await _knock(base)
    if fingerprint is None:
        yield None
        return
    connector = aiohttp.TCPConnector(limit=1)
    async with aiohttp.ClientSession(connector=connector, headers={"User-Agent": "shems"}) as client:
        yield Host(base, fingerprint, client)


async def _knock(base: URL) -> str | None:
    """The certificate's SHA-256, empty for http; None when nobody opens."""
    context = _any_certificate() if base.scheme == "https" else None
    try:
        async with asyncio.timeout(KNOCK_S if context is None else 2 * KNOCK_S):
            _, writer = await asyncio.open_connection(base.host, base.port, ssl=context)
    except (OSError, TimeoutError):  # an SSLError is an OSError
        return None
    wire = writer.get_extra_info("ssl_object")
    certificate = wire.getpeercert(binary_form=True) if wire else b""
    writer.transport.abort()
    return hashlib.sha256(certificate).hexdigest() if certificate else ""


@cache
def _any_certificate() -> ssl.SSLContext:
    """One for all, for it takes milliseconds to make.

    No secret is sent while looking: whose certificate it is, its owner decides when the device is taken in.
    """
    context = ssl.create_default_context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context


def kind_of(known: Known) -> Kind | None:
    """None for a kind that is nothing without its secret."""
    options = Options(DeviceSpec("", "found", Role.METER, "http", "", options=dict(known.options)))
    try:
        return maker(known.kind)(options)
    except ConfigError:
        return None


def facts(said: Sequence[Said]) -> dict[str, str]:
    """Vendor, model, serial and firmware, as far as told."""
    return {key: value for one in said for key, value in one.heard.device.items() if value}


def places(said: Sequence[Said]) -> tuple[str, ...]:
    """What it tells of, in the order in which it does."""
    return tuple(dict.fromkeys(point.partition(".")[0] for one in said for point in one.heard.points))
