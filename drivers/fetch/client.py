"""One question over HTTP(S), asked so that nobody is hurt: limits of size and time, ETag, no secret in any error.

What an address holds after its host is never told: tokens stand there with some services.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from email.utils import parsedate_to_datetime

import aiohttp
from yarl import URL

from hub.errors import NoAnswer, Refused

MOST_BYTES = 8_000_000
TIMEOUT_S = 30.0
_HOPS = 3
_AGENT = "shems (home energy hub)"
Now = Callable[[], int]


@dataclass(frozen=True, slots=True)
class Ask:
    """`headers` may hold secrets; `body` not None makes it a POST of JSON."""

    url: str
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    body: bytes | None = field(default=None, repr=False)

    def __repr__(self) -> str:
        return f"Ask({host(self.url)})"


class TooOftenError(NoAnswer):
    """The service wants to be left alone: 429, or 503 with Retry-After. `wait_s` is 0 if it does not say how long."""

    def __init__(self, message: str, wait_s: float, body: bytes) -> None:
        super().__init__(message)
        self.wait_s, self.body = wait_s, body


def host(url: str) -> str:
    try:
        return URL(url).host or "?"
    except ValueError:
        return "?"


class Client:
    """Remembers the last answer of each address, so that an unchanged one is not sent again."""

    def __init__(self, now: Now, timeout_s: float = TIMEOUT_S, most_bytes: int = MOST_BYTES) -> None:
        self._now = now
        self._timeout = aiohttp.ClientTimeout(total=timeout_s)
        self._most = most_bytes
        self._kept: dict[str, tuple[str, bytes]] = {}

    async def get(self, ask: Ask) -> bytes:
        """Raises NoAnswer (TooOftenError among them) for what may pass by itself, Refused for what will not."""
        try:
            async with aiohttp.ClientSession(timeout=self._timeout, cookie_jar=aiohttp.DummyCookieJar()) as session:
                return await self._follow(session, ask)
        except TimeoutError:
            raise NoAnswer(f"{host(ask.url)}: no answer within {self._timeout.total:g} s") from None
        except aiohttp.ClientConnectorCertificateError:
            raise NoAnswer(f"{host(ask.url)}: its certificate is not valid") from None
        except aiohttp.InvalidURL:
            raise Refused("the address is not valid; write it as https://...") from None
        except (aiohttp.ClientError, OSError, ValueError) as e:  # ValueError: a header or chunk that cannot be read
            raise NoAnswer(f"{host(ask.url)}: {_why(e)}") from None

    async def _follow(self, session: aiohttp.ClientSession, ask: Ask) -> bytes:
        for _ in range(_HOPS + 1):
            answer = await self._once(session, ask)
            if isinstance(answer, bytes):
                return answer
            ask = answer
        raise Refused(f"{host(ask.url)}: sends from one address to the next without end")

    async def _once(self, session: aiohttp.ClientSession, ask: Ask) -> bytes | Ask:
        """The answer, or where it is to be had."""
        kept = self._kept.get(ask.url) if ask.body is None else None
        headers = {"User-Agent": _AGENT, **ask.headers, **({"If-None-Match": kept[0]} if kept else {})}
        method = "GET" if ask.body is None else "POST"
        async with session.request(method, ask.url, headers=headers, data=ask.body, allow_redirects=False) as answer:
            if answer.status == 304 and kept:
                return kept[1]
            if answer.status in (301, 302, 303, 307, 308):
                return _moved(ask, answer)
            body = await self._body(answer)
            self._judge(ask, answer, body)
            if (tag := answer.headers.get("ETag")) and ask.body is None:
                self._kept = {**dict(list(self._kept.items())[-7:]), ask.url: (tag, body)}
            return body

    async def _body(self, answer: aiohttp.ClientResponse) -> bytes:
        parts, size = [], 0
        async for part in answer.content.iter_chunked(65_536):
            parts.append(part)
            size += len(part)
            if size > self._most:
                raise Refused(f"{answer.url.host}: its answer is longer than {self._most // 1_000_000 or 1} MB")
        return b"".join(parts)

    def _judge(self, ask: Ask, answer: aiohttp.ClientResponse, body: bytes) -> None:
        status, name = answer.status, host(ask.url)
        wait_s = retry_after(answer.headers.get("Retry-After", ""), self._now())
        if status == 429 or (status == 503 and wait_s):
            raise TooOftenError(f"{name}: was asked too often ({status})", wait_s, body)
        if status in (401, 403):
            raise Refused(f"{name}: does not accept the token ({status})")
        if 400 <= status < 500:
            raise Refused(f"{name}: {status}{_said(body)}")
        if status not in (200, 204):
            raise NoAnswer(f"{name}: {status}")


def retry_after(text: str, now_ms: int) -> float:
    """Seconds to wait by an HTTP Retry-After (seconds, or a date); 0 when it says nothing."""
    if text.isascii() and text.isdigit() and len(text) < 9:
        return float(text)
    try:
        return max(0.0, parsedate_to_datetime(text).timestamp() - now_ms / 1000)
    except (ValueError, TypeError, IndexError, OverflowError):
        return 0.0


def _moved(ask: Ask, answer: aiohttp.ClientResponse) -> Ask:
    """Where it has moved to. Secrets do not go along to another host, and nothing leaves TLS."""
    try:
        to = answer.url.join(URL(answer.headers.get("Location", "")))
        same = to.scheme in ("http", "https") and to.origin() == answer.url.origin()
    except ValueError:
        raise Refused(f"{host(ask.url)}: has moved to an address that is none") from None
    if to.scheme not in ("http", "https") or (answer.url.scheme == "https" and to.scheme != "https"):
        raise Refused(f"{host(ask.url)}: has moved to an address without TLS")
    return replace(ask, url=str(to), headers=ask.headers if same else {}, body=ask.body if same else None)


def _said(body: bytes) -> str:
    """The service's own words for a refusal, when they are few and plain."""
    text = " ".join(body[:400].decode("utf-8", "replace").split())
    return f": {text[:160]}" if text and not text.startswith("<") else ""


def _why(error: BaseException) -> str:
    """The kind of failure: messages of aiohttp hold the address."""
    if isinstance(error, aiohttp.ClientConnectorDNSError):
        return "the name is not known; is the internet there?"
    if isinstance(error, aiohttp.ClientSSLError):
        return "TLS failed"
    if isinstance(error, aiohttp.ClientConnectorError | ConnectionError):
        return "does not connect"
    return "the connection broke" if isinstance(error, aiohttp.ClientError | OSError) else "its answer cannot be read"
