"""A service that answers what it was told to, over real HTTP, and remembers what it was asked; a clock that is told."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from datetime import datetime
from zoneinfo import ZoneInfo

from aiohttp import web

from hub.model.feed import Outlook, Rate

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]
ZONE = ZoneInfo("Europe/Berlin")


def ms(text: str) -> int:
    """UTC ms of a local time in Berlin."""
    return round(datetime.fromisoformat(text).replace(tzinfo=ZONE).timestamp() * 1000)


class Time:
    """Sleeping is what moves it on, until the end (UTC ms) that is set."""

    trusted = True
    provisional_since: int | None = None

    def __init__(self, at: str) -> None:
        self.ms = ms(at)
        self.slept: list[float] = []
        self.over = asyncio.Event()
        self.end = 1 << 62

    def now(self) -> int:
        return self.ms

    def monotonic(self) -> float:
        return self.ms / 1000

    async def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.ms += round(seconds * 1000)
        if self.ms >= self.end:
            self.over.set()
            await asyncio.Event().wait()


@dataclass
class Taken:
    """A sink that keeps what it is given."""

    given: list[tuple[str, str, list[Rate]]] = field(default_factory=list)
    outlooks: list[Outlook] = field(default_factory=list)
    misses: list[tuple[str, str]] = field(default_factory=list)
    known: tuple[int, int] = (0, 0)
    made: dict[str, tuple[str, int]] = field(default_factory=dict)

    async def rates(self, source: str, currency: str, rates: Sequence[Rate]) -> None:
        self.given.append((source, currency, list(rates)))

    async def outlook(self, outlooks: Sequence[Outlook]) -> None:
        self.outlooks += outlooks

    def last(self, source: str) -> tuple[int, int]:
        return self.known

    def calls(self, source: str) -> tuple[str, int]:
        return self.made.get(source, ("", 0))

    async def called(self, source: str, day: str, count: int) -> None:
        self.made[source] = (day, count)

    def missed(self, source: str, reason: str) -> None:
        self.misses.append((source, reason))


@dataclass
class Service:
    """`base`: its address. `answers` are given one after the other, the last for ever."""

    base: str
    answers: list[Handler] = field(default_factory=list)
    asked: list[web.Request] = field(default_factory=list)


async def service(parts: AsyncExitStack, *answers: Handler) -> Service:
    found = Service("", list(answers))

    async def answer(request: web.Request) -> web.StreamResponse:
        found.asked.append(request)
        await request.read()
        handler = found.answers.pop(0) if len(found.answers) > 1 else found.answers[0]
        return await handler(request)

    app = web.Application()
    app.router.add_route("*", "/{path:.*}", answer)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    parts.push_async_callback(runner.cleanup)
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    host, port = runner.addresses[0][:2]
    found.base = f"http://{host}:{port}"
    return found


def text(body: str | bytes, status: int = 200, **headers: str) -> Handler:
    async def answer(_request: web.Request) -> web.StreamResponse:
        data = body.encode() if isinstance(body, str) else body
        return web.Response(body=data, status=status, headers={k.replace("_", "-"): v for k, v in headers.items()})

    return answer
