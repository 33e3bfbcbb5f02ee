"""Where chargers call: a WebSocket server, one path for each, with basic authentication and TLS (security 1 and 2)."""

from __future__ import annotations

import asyncio
import base64
import binascii
import hmac
import logging
import ssl
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from urllib.parse import unquote

from aiohttp import WSMsgType, web

from drivers.ocpp import schema
from drivers.ocpp.options import Address
from drivers.ocpp.station import Station
from hub.errors import LinkError
from hub.model import Clock, Sink

log = logging.getLogger(__name__)

PROTOCOLS = {"ocpp2.1": schema.V21, "ocpp2.0.1": schema.V201, "ocpp1.6": schema.V16}
_LARGEST = 1 << 20
_STRANGERS = 50
_CLOSE_S = 1.0
_ENDED = (WSMsgType.CLOSE, WSMsgType.CLOSING, WSMsgType.CLOSED, WSMsgType.ERROR)


@dataclass(frozen=True, slots=True)
class Stranger:
    """A charger that has called and was not let in. `identity`: the end of its path; `first`, `last`: UTC ms."""

    identity: str
    address: str
    first: int
    last: int
    reason: str


class Strangers:
    """Who has called and was not let in: the last 50 by identity, the newest at the end."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._known: dict[str, Stranger] = {}

    def called(self, identity: str, address: str, reason: str) -> bool:
        """Notes a call; whether it is the first for this reason."""
        now = self._clock.now()
        before = self._known.pop(identity, None)
        first = before.first if before else now
        self._known[identity] = Stranger(identity, address, first, now, reason)
        for old in list(self._known)[:-_STRANGERS]:
            del self._known[old]
        return before is None or before.reason != reason

    def let_in(self, identity: str) -> None:
        self._known.pop(identity, None)

    def __iter__(self) -> Iterator[Stranger]:
        return iter(tuple(self._known.values()))


class Line:
    """An accepted WebSocket; implements station.Line."""

    def __init__(self, socket: web.WebSocketResponse) -> None:
        self._socket = socket

    async def send(self, text: str) -> None:
        await self._socket.send_str(text)

    async def ping(self) -> None:
        try:
            await self._socket.ping()
        except (ConnectionError, RuntimeError) as error:
            raise LinkError(f"the connection has ended: {error}") from None

    async def receive(self) -> str | bytes | None:
        message = await self._socket.receive()
        if message.type in _ENDED:
            raise LinkError("the charger has hung up")
        if message.type is WSMsgType.PING:
            try:
                await self._socket.pong(message.data)
            except (ConnectionError, RuntimeError) as error:
                raise LinkError(f"the connection has ended: {error}") from None
        return message.data if message.type in (WSMsgType.TEXT, WSMsgType.BINARY) else None

    async def close(self, reason: str) -> None:
        """The charger may be dead: whoever waits for its goodbye waits for a second at most."""
        try:
            async with asyncio.timeout(_CLOSE_S):
                await self._socket.close(code=1001, message=reason.encode()[:120])
        except (TimeoutError, ConnectionError, RuntimeError):
            log.debug("no goodbye")


class Server:
    """`passwords` by identity, empty for none. `on_bug` is given what should never be raised while serving."""

    def __init__(
        self,
        address: Address,
        stations: Mapping[str, Station],
        passwords: Mapping[str, str],
        strangers: Strangers,
        on_bug: Callable[[Exception], None],
    ) -> None:
        self._address, self._stations, self._passwords = address, stations, passwords
        self._strangers, self._on_bug = strangers, on_bug
        self._sink: Sink | None = None
        self._runner: web.AppRunner | None = None
        self._open: set[web.WebSocketResponse] = set()
        self.port = address.port

    async def open(self, sink: Sink, context: ssl.SSLContext | None) -> None:
        """Raises OSError."""
        self._sink = sink
        app = web.Application()
        app.router.add_get("/{path:.*}", self._called)
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=_CLOSE_S)
        await self._runner.setup()
        try:
            site = web.TCPSite(self._runner, self._address.host, self._address.port, ssl_context=context)
            await site.start()
        except OSError:
            await self.close()
            raise
        self.port = int(self._runner.addresses[0][1])

    async def close(self) -> None:
        """Says goodbye to every charger, so that each calls again at once when the hub is back."""
        await asyncio.gather(*(Line(socket).close("the hub is closing") for socket in tuple(self._open)))
        if self._runner:
            await self._runner.cleanup()
            self._runner = None

    async def _called(self, request: web.Request) -> web.StreamResponse:
        identity = unquote(request.rel_url.raw_path.rstrip("/").rpartition("/")[2])
        refusal = self._refusal(request, identity)
        if refusal is not None:
            return refusal
        version = _version(request)
        socket = web.WebSocketResponse(
            protocols=tuple(PROTOCOLS), autoping=False, max_msg_size=_LARGEST, timeout=_CLOSE_S
        )
        await socket.prepare(request)
        if not version:
            self._note(identity, request, "speaks no version of OCPP that the hub knows")
            known = ", ".join(PROTOCOLS)
            await socket.close(code=1002, message=f"no common subprotocol; known: {known}".encode())
            return socket
        self._strangers.let_in(identity)
        await self._serve(self._stations[identity], socket, version)
        return socket

    async def _serve(self, station: Station, socket: web.WebSocketResponse, version: str) -> None:
        assert self._sink is not None
        self._open.add(socket)
        try:
            await station.serve(Line(socket), version, self._sink)
        except Exception as bug:  # noqa: BLE001  aiohttp would swallow it; the driver's task raises it
            self._on_bug(bug)
        finally:
            self._open.discard(socket)

    def _refusal(self, request: web.Request, identity: str) -> web.Response | None:
        if request.headers.get("Upgrade", "").lower() != "websocket":
            return web.Response(status=426, headers={"Upgrade": "websocket"}, text="Only chargers call here (OCPP).\n")
        if identity not in self._stations:
            self._note(identity, request, "is no charge_point of this house")
            return web.Response(status=404, text="This charge point is not known here.\n")
        if not _admitted(request.headers.get("Authorization", ""), self._passwords[identity]):
            self._note(identity, request, "has no password, or a wrong one")
            return web.Response(status=401, headers={"WWW-Authenticate": 'Basic realm="OCPP"'})
        return None

    def _note(self, identity: str, request: web.Request, reason: str) -> None:
        address = request.remote or ""
        if self._strangers.called(identity[:64], address, reason):
            log.warning("ocpp: the charger %r at %s %s", identity[:64], address, reason)


def context(certificate: str, key: str) -> ssl.SSLContext:
    """TLS of security profile 2: the charger checks us, we check its password. Raises OSError (SSLError is one)."""
    made = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    made.minimum_version = ssl.TLSVersion.TLSv1_2
    made.load_cert_chain(certificate, key)
    return made


def _version(request: web.Request) -> str:
    """The version of the first subprotocol offered that is known."""
    offered = [p.strip() for p in request.headers.get("Sec-WebSocket-Protocol", "").split(",")]
    return next((PROTOCOLS[p] for p in offered if p in PROTOCOLS), "")


def _admitted(header: str, password: str) -> bool:
    """The password's bytes, or those it writes in hexadecimal as 1.6's AuthorizationKey does. In constant time."""
    if not password:
        return True
    kind, _, encoded = header.partition(" ")
    try:
        given = base64.b64decode(encoded, validate=True).partition(b":")[2] if kind.lower() == "basic" else b""
    except (binascii.Error, ValueError):
        given = b""
    plain = hmac.compare_digest(given, password.encode())
    hexed = hmac.compare_digest(given, _unhexed(password))
    return bool(given) and (plain or hexed)


def _unhexed(password: str) -> bytes:
    try:
        return bytes.fromhex(password)
    except ValueError:
        return password.encode()
