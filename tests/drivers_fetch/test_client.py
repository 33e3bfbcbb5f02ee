"""Questions over real HTTP: what is sent, what comes back, and what no error may tell."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack

import pytest
from aiohttp import web

from drivers.fetch.client import Ask, Client, TooOftenError, retry_after
from hub.errors import NoAnswer, Refused
from tests.drivers_fetch.kit import Handler, Service, Time, service, text

SECRET = "s3cret-t0ken"


def play(test: Callable[[Service], Awaitable[None]], *answers: Handler) -> None:
    async def main() -> None:
        async with AsyncExitStack() as parts:
            await test(await service(parts, *answers))

    asyncio.run(main())


def client(**more: float) -> Client:
    return Client(Time("2026-03-01T12:00").now, **more)  # type: ignore[arg-type]


def test_an_unchanged_answer_is_not_sent_again() -> None:
    async def test(there: Service) -> None:
        here, ask = client(), Ask(f"{there.base}/prices", {"Authorization": f"Bearer {SECRET}"})
        assert await here.get(ask) == b"[1]" and await here.get(ask) == b"[1]"
        first, second = (r.headers for r in there.asked)
        assert "If-None-Match" not in first and second["If-None-Match"] == '"v1"'
        assert first["Authorization"] == f"Bearer {SECRET}" and "shems" in first["User-Agent"]

    play(test, text("[1]", ETag='"v1"'), text("", 304))


def test_a_body_makes_it_a_post() -> None:
    async def test(there: Service) -> None:
        assert await client().get(Ask(f"{there.base}/gql", {"Content-Type": "application/json"}, b"{}")) == b"ok"
        assert there.asked[0].method == "POST" and await there.asked[0].read() == b"{}"

    play(test, text("ok"))


@pytest.mark.parametrize(("status", "body", "kind", "said"), [
    (401, "", Refused, "does not accept the token"),
    (403, "", Refused, "does not accept the token"),
    (404, "no such zone", Refused, "404: no such zone"),
    (500, "", NoAnswer, "500"),
    (502, "<html>", NoAnswer, "502"),
])  # fmt: skip
def test_a_refusal_is_told_without_the_address(status: int, body: str, kind: type[Exception], said: str) -> None:
    async def test(there: Service) -> None:
        with pytest.raises(kind) as caught:
            await client().get(Ask(f"{there.base}/x?securityToken={SECRET}"))
        assert said in str(caught.value) and SECRET not in str(caught.value)

    play(test, text(body, status))


def test_being_asked_too_often_tells_how_long_to_wait() -> None:
    async def test(there: Service) -> None:
        for wait_s in (0, 120, 86_400):
            with pytest.raises(TooOftenError) as caught:
                await client().get(Ask(there.base))
            assert caught.value.wait_s == wait_s

    play(test, text("", 429), text("", 503, Retry_After="120"), text("", 429, Retry_After="86400"))


def test_retry_after_as_a_date() -> None:
    now = Time("2026-03-01T13:00").now()  # 12:00 UTC
    assert retry_after("Sun, 01 Mar 2026 12:05:00 GMT", now) == 300
    assert retry_after("Sun, 01 Mar 2026 11:00:00 GMT", now) == 0
    assert [retry_after(t, now) for t in ("", "soon", "-5", "9" * 30)] == [0, 0, 0, 0]


def test_what_is_too_long_is_not_read_to_its_end() -> None:
    async def test(there: Service) -> None:
        with pytest.raises(Refused, match="longer than"):
            await client(most_bytes=10_000).get(Ask(there.base))

    play(test, text(b"x" * 200_000))


def test_who_does_not_answer_is_given_up() -> None:
    async def silent(_request: web.Request) -> web.StreamResponse:
        await asyncio.sleep(5)
        return web.Response()

    async def test(there: Service) -> None:
        with pytest.raises(NoAnswer, match="no answer within"):
            await client(timeout_s=0.05).get(Ask(there.base))

    play(test, silent)


def test_who_is_not_there_is_told_by_name_only() -> None:
    async def test() -> None:
        for url in (f"http://127.0.0.1:1/?t={SECRET}", f"https://nowhere.invalid/{SECRET}", f"http://[::bad/{SECRET}"):
            with pytest.raises((NoAnswer, Refused)) as caught:
                await client().get(Ask(url))
            assert SECRET not in str(caught.value)

    asyncio.run(test())
    assert SECRET not in repr(Ask(f"https://host/{SECRET}", {"Authorization": SECRET}, SECRET.encode()))


def test_secrets_do_not_go_along_to_another_host() -> None:
    async def main() -> None:
        async with AsyncExitStack() as parts:
            there = await service(parts, text("arrived"))
            start = await service(parts, text("", 302, Location="/here"), text("", 307, Location=f"{there.base}/x"))
            ask = Ask(f"{start.base}/a", {"Authorization": SECRET})
            assert await client().get(ask) == b"arrived"
            assert [r.path for r in start.asked] == ["/a", "/here"]
            assert start.asked[1].headers["Authorization"] == SECRET
            assert "Authorization" not in there.asked[0].headers

    asyncio.run(main())


def test_addresses_without_end_and_such_that_leave_http() -> None:
    async def test(there: Service) -> None:
        with pytest.raises(Refused, match="without TLS"):
            await client().get(Ask(there.base))
        with pytest.raises(Refused, match="without end"):
            await client().get(Ask(there.base))
        assert len(there.asked) <= 6

    play(test, text("", 302, Location="file:///etc/passwd"), text("", 302, Location="/again"))


@pytest.mark.parametrize("location", ["https:///x", "http://[::1", "http://host:99999/"])
def test_an_address_that_is_none_is_a_refusal(location: str) -> None:
    async def test(there: Service) -> None:
        with pytest.raises(Refused, match="an address that is none"):
            await client().get(Ask(there.base))

    play(test, text("", 302, Location=location))
