"""One device's connection: requests one at a time, its login, and what of its answers may be believed."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import TypeAlias

import aiohttp
from aiohttp.client_exceptions import ClientConnectionError, ClientError
from yarl import URL

from drivers.http.ask import Ask
from drivers.http.latency import Latency
from drivers.http.login import Login
from hub.errors import NoAnswer, Refused

LARGEST = 1_048_576
"""Bytes of an answer; the largest we know (an Envoy with 50 micro-inverters) has 60 kB."""
_HOPS = 3
_CONNECTIONS = 2
"""One for requests, one for a WebSocket."""
_HEARTBEAT_S = 20.0
_REDIRECTS = (301, 302, 303, 307, 308)
_NOT_TRUSTED = "its certificate is not trusted; give its SHA-256 as fingerprint, or ca, or insecure = true"

Trust: TypeAlias = ssl.SSLContext | aiohttp.Fingerprint | bool


@dataclass(frozen=True, slots=True)
class Place:
    """Where the device is, how long it may take (s), and whose certificate is believed. `shown` holds no secret."""

    base: URL
    shown: str
    longest_s: float
    trust: Trust = True
    tls_name: str | None = None


@dataclass(frozen=True, slots=True)
class Answer:
    """`headers` by lower-case name."""

    status: int
    headers: Mapping[str, str]
    body: bytes


class HttpSession:
    """Opens nothing before the first request; `close` ends it, and a request after that begins anew."""

    def __init__(self, place: Place, login: Login) -> None:
        self.login = login
        self._place = place
        self._latency = Latency(place.longest_s)
        self._turn = asyncio.Lock()
        self._client: aiohttp.ClientSession | None = None

    async def ask(self, ask: Ask) -> bytes:
        """The body of a 2xx answer. Raises NoAnswer, or Refused for a 4xx."""
        async with self._turn:
            answer = await self._with_login(ask)
        return _believed(answer, ask)

    @asynccontextmanager
    async def socket(self, path: str) -> AsyncIterator[aiohttp.ClientWebSocketResponse]:
        """A WebSocket beside the requests. Raises aiohttp's and the system's errors."""
        place = self._place
        async with asyncio.timeout(place.longest_s):
            socket = await self._opened_client().ws_connect(
                place.base.join(URL(path, encoded=True)),
                heartbeat=_HEARTBEAT_S,
                max_msg_size=LARGEST,
                ssl=place.trust,
                server_hostname=place.tls_name,
            )
        try:
            yield socket
        finally:
            await socket.close()

    async def close(self) -> None:
        if self._client is not None:
            client, self._client = self._client, None
            await client.close()

    async def _with_login(self, ask: Ask) -> Answer:
        await self._open()
        answer = await self._send(ask, self.login.headers(ask.method, ask.path))
        if answer.status in (401, 403) and self.login.challenged(answer.status, answer.headers):
            await self._open()
            answer = await self._send(ask, self.login.headers(ask.method, ask.path))
        return answer

    async def _open(self) -> None:
        opening = self.login.opening()
        if opening is not None:
            answer = await self._send(opening, {})
            self.login.opened(_believed(answer, opening))

    async def _send(self, ask: Ask, more: Mapping[str, str]) -> Answer:
        """With its redirects, as far as they stay on this device."""
        path = URL(ask.path, encoded=True)
        for _ in range(_HOPS):
            answer = await self._once(ask, path, more)
            if answer.status not in _REDIRECTS or ask.method != "GET":
                return answer
            path = self._sent_on(ask, answer.headers.get("location", ""))
        raise NoAnswer(f"{_shown(ask)} is sent on for ever")

    def _sent_on(self, ask: Ask, location: str) -> URL:
        base = self._place.base
        try:
            target = base.join(URL(location))
            origin = target.origin()
        except ValueError:
            raise NoAnswer(f"{_shown(ask)} is sent on to an address that is none") from None
        if origin != base.origin():
            raise NoAnswer(f"{_shown(ask)} is sent on to {origin}; give that as link if it is the device")
        return target.relative()

    async def _once(self, ask: Ask, path: URL, more: Mapping[str, str]) -> Answer:
        loop = asyncio.get_running_loop()
        start = loop.time()
        try:
            async with asyncio.timeout(self._latency.timeout):
                answer = await self._exchange(ask, path, more)
        except TimeoutError:
            self._latency.missed()
            raise NoAnswer(f"no answer to {_shown(ask)} in {loop.time() - start:.1f} s") from None
        except (aiohttp.ClientSSLError, aiohttp.ServerFingerprintMismatch) as error:
            raise NoAnswer(_tls_trouble(error)) from None
        except (ClientError, OSError, ValueError) as error:  # ValueError: a header or chunk that aiohttp cannot read
            raise NoAnswer(f"{_shown(ask)}: {_without_url(error)}") from None
        self._latency.answered(loop.time() - start)
        return answer

    async def _exchange(self, ask: Ask, path: URL, more: Mapping[str, str]) -> Answer:
        """A device closes an idle connection when it likes: what meets a closed one is sent once more on a new one."""
        try:
            return await self._request(ask, path, more)
        except ClientConnectionError as error:
            if not isinstance(error, aiohttp.ServerDisconnectedError | aiohttp.ClientOSError) or _never_open(error):
                raise
        await asyncio.sleep(0)
        return await self._request(ask, path, more)

    async def _request(self, ask: Ask, path: URL, more: Mapping[str, str]) -> Answer:
        place = self._place
        async with self._opened_client().request(
            ask.method,
            place.base.join(path),
            data=ask.body or None,
            headers={**ask.headers, **more},
            allow_redirects=False,
            ssl=place.trust,
            server_hostname=place.tls_name,
        ) as response:
            body = await _limited(response.content)
            headers = {name.lower(): value for name, value in response.headers.items()}
            return Answer(response.status, headers, body)

    def _opened_client(self) -> aiohttp.ClientSession:
        if self._client is None:
            self._client = aiohttp.ClientSession(
                connector=aiohttp.TCPConnector(limit=_CONNECTIONS, keepalive_timeout=60),
                cookie_jar=aiohttp.CookieJar(unsafe=True),  # unsafe = of a device that is known by its number only
                timeout=aiohttp.ClientTimeout(total=None),
                headers={"User-Agent": "shems", "Accept": "application/json, */*"},
                auto_decompress=True,
            )
        return self._client


async def _limited(content: aiohttp.StreamReader) -> bytes:
    body = bytearray()
    async for piece in content.iter_any():
        body += piece
        if len(body) > LARGEST:
            raise NoAnswer(f"the answer is larger than {LARGEST} bytes")
    return bytes(body)


def _believed(answer: Answer, ask: Ask) -> bytes:
    status = answer.status
    if 200 <= status < 300:
        return answer.body
    if status in (401, 403):
        raise Refused(f"{_shown(ask)} is not allowed ({status}): password or token missing or wrong")
    if 400 <= status < 500 and status not in (408, 429):
        raise Refused(f"{_shown(ask)} is answered with {status}")
    raise NoAnswer(f"{_shown(ask)} is answered with {status}")


def _shown(ask: Ask) -> str:
    return f"{ask.method} {ask.shown or ask.path.partition('?')[0]}"


def _never_open(error: ClientConnectionError) -> bool:
    return isinstance(error, aiohttp.ClientConnectorError)


def _tls_trouble(error: Exception) -> str:
    if isinstance(error, aiohttp.ServerFingerprintMismatch):
        return f"its certificate has another SHA-256: {error.got.hex()}"
    if isinstance(error, aiohttp.ClientConnectorCertificateError):
        return _NOT_TRUSTED
    return "no TLS connection: is it https, and on this port?"


def _without_url(error: Exception) -> str:
    """What went wrong, in words that cannot hold the request's query."""
    if isinstance(error, aiohttp.ClientConnectorError):
        return f"cannot connect: {error.os_error.strerror or 'unknown reason'}"
    return {"ServerDisconnectedError": "the connection was closed", "ClientPayloadError": "the answer is cut off"}.get(
        type(error).__name__, f"no HTTP answer ({type(error).__name__})"
    )
