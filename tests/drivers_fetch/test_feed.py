"""Feeds as they run for days: against a service over real HTTP, with time that is told."""

from __future__ import annotations

import asyncio
import json
import logging
from contextlib import AsyncExitStack
from datetime import datetime

import pytest
from aiohttp import web

from drivers.fetch.client import Ask, Client
from drivers.fetch.feed import PolledFeed
from drivers.fetch.pace import Budget, Daily, Every
from drivers.prices import market, supplier
from drivers.prices.source import PriceSource
from drivers.weather import forecast_solar
from drivers.weather.driver import WeatherSource
from tests.drivers_fetch.kit import ZONE, Handler, Service, Taken, Time, ms, service, text

SECRET = "abc123secret"
PUBLISHED = 13 * 60


def prices_until(end: str, start: str = "2026-03-01T00:00") -> str:
    """aWATTar's answer with an hour each, 1 EUR/MWh more than the last."""
    hours = range(ms(start), ms(end), 3_600_000)
    rows = [
        {"start_timestamp": h, "end_timestamp": h + 3_600_000, "marketprice": n, "unit": "Eur/MWh"}
        for n, h in enumerate(hours)
    ]
    return json.dumps({"data": rows})


def source(there: Service, calls: int = 100) -> PriceSource:
    return PriceSource(
        "awattar", Daily(PUBLISHED, ZONE), lambda now: [Ask(f"{there.base}/v1?token={SECRET}")], market.awattar,
        calls=calls, secrets=(SECRET,),
    )  # fmt: skip


def feed(what: PriceSource | WeatherSource, clock: Time) -> PolledFeed:
    return PolledFeed(what, Client(clock.now), Budget(what.calls, ZONE), clock, clock.sleep, lambda: 0.5)


def lived(
    start: str, until: str, *answers: Handler, calls: int = 100, known: tuple[int, int] = (0, 0)
) -> tuple[Taken, Service, Time, list[str]]:
    """Runs from `start` to `until` (local time); gives also the times of the questions."""
    times: list[str] = []

    async def main() -> tuple[Taken, Service, Time]:
        async with AsyncExitStack() as parts:
            clock = Time(start)
            clock.end = ms(until)
            there = await service(parts, *(_noting(a, clock, times) for a in answers))
            taken = Taken(known=known)
            one = feed(source(there, calls), clock)
            running = asyncio.create_task(one.run(taken))
            async with asyncio.timeout(20):
                await clock.over.wait()
            running.cancel()
            await asyncio.gather(running, return_exceptions=True)
            return taken, there, clock

    return *asyncio.run(main()), times


def _noting(handler: Handler, clock: Time, times: list[str]) -> Handler:
    async def answer(request: web.Request) -> web.StreamResponse:
        times.append(datetime.fromtimestamp(clock.now() / 1000, ZONE).isoformat()[:16])
        return await handler(request)

    return answer


def test_a_day_costs_two_questions() -> None:
    """One at the start, one after the publication; then nothing until the next publication."""
    taken, _, _, times = lived(
        "2026-03-01T09:00",
        "2026-03-02T12:00",
        text(prices_until("2026-03-02T00:00")),
        text(prices_until("2026-03-03T00:00")),
    )
    assert times[:2] == ["2026-03-01T09:00", "2026-03-01T13:05"] and not taken.misses
    assert [len(rates) for _, _, rates in taken.given][:2] == [24, 48]
    name, currency, rates = taken.given[1]
    assert (name, currency) == ("awattar", "EUR") and {r.source for r in rates} == {"awattar"}
    assert (rates[0].import_price, rates[47].import_price) == (0, 4700)


def test_late_prices_are_asked_for_until_they_come() -> None:
    today, both = text(prices_until("2026-03-02T00:00")), text(prices_until("2026-03-03T00:00"))
    taken, _, _, times = lived("2026-03-01T13:01", "2026-03-01T20:00", today, today, today, both)
    assert times[:4] == ["2026-03-01T13:01", "2026-03-01T13:11", "2026-03-01T13:21", "2026-03-01T13:31"]
    assert len(times) == 4 and not taken.misses


def test_a_silent_service_is_asked_ever_more_rarely_and_told_of_once(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO):
        taken, _, clock, times = lived("2026-03-01T09:00", "2026-03-04T09:00", text("", 500))
    waits = [b - a for a, b in zip(map(ms, times), map(ms, times[1:]), strict=False)]
    assert waits[:5] == [60_000, 120_000, 240_000, 480_000, 960_000] and set(waits[7:]) == {3_600_000}
    assert taken.misses and not taken.given
    assert len([r for r in caplog.records if "goes on with what is known" in r.getMessage()]) == 1
    assert SECRET not in caplog.text and clock.slept


def test_who_wants_to_be_left_alone_is_left_alone() -> None:
    good = text(prices_until("2026-03-02T00:00"))
    taken, _, _, times = lived("2026-03-01T09:00", "2026-03-01T12:00", text("", 429, Retry_After="7200"), good)
    assert times == ["2026-03-01T09:00", "2026-03-01T11:00"]
    assert taken.misses == [("awattar", "127.0.0.1: was asked too often (429)")] and len(taken.given) == 1


def test_the_days_calls_are_not_exceeded() -> None:
    taken, _, _, times = lived("2026-03-01T09:00", "2026-03-02T01:00", text("", 500), calls=4)
    assert sum(t.startswith("2026-03-01") for t in times) == 4 and times[4].startswith("2026-03-02T00:00")
    assert "4 calls a day are used up" in taken.misses[4][1]


def test_after_a_restart_nothing_is_asked_that_is_known() -> None:
    known = (ms("2026-03-01T13:10"), ms("2026-03-03T00:00"))
    _, there, _, times = lived("2026-03-01T15:00", "2026-03-02T12:00", text(""), known=known)
    assert times == [] and there.asked == []


def test_an_answer_that_is_no_price_is_told_and_its_token_is_not() -> None:
    said = json.dumps({"error": f"token {SECRET} is not known"})
    taken, _, _, _ = lived("2026-03-01T09:00", "2026-03-01T09:30", text(f"no {SECRET}", 400), text(said))
    assert taken.misses[0] == ("awattar", "127.0.0.1: 400: no ...")
    assert not any(SECRET in reason for _, reason in taken.misses) and len(taken.misses) > 1


def test_tomorrow_that_is_not_there_yet_does_not_lose_today() -> None:
    async def main() -> None:
        async with AsyncExitStack() as parts:
            clock, taken = Time("2026-03-01T13:01"), Taken()
            there = await service(parts, text(prices_until("2026-03-02T00:00")), text("", 204))
            asks = [Ask(f"{there.base}/1"), Ask(f"{there.base}/2")]
            what = PriceSource("two", Daily(PUBLISHED, ZONE), lambda _now: asks, market.awattar)
            await feed(what, clock).once(taken)
            there.answers = [text(prices_until("2026-03-02T00:00")), text("", 404)]
            await feed(what, clock).once(taken)
            assert [len(rates) for _, _, rates in taken.given] == [24, 24] and len(there.asked) == 4

    asyncio.run(main())


def test_all_pages_of_an_answer_are_read() -> None:
    def page(start: int, more: str | None) -> str:
        at = [datetime.fromtimestamp((start + n * 1800_000) / 1000, ZONE).isoformat() for n in range(3)]
        rows = [{"value_inc_vat": n, "valid_from": at[n], "valid_to": at[n + 1]} for n in (1, 0)]
        return json.dumps({"next": more, "results": rows})

    async def main() -> None:
        async with AsyncExitStack() as parts:
            clock, taken, start = Time("2026-03-01T10:00"), Taken(), ms("2026-03-01T10:00")
            there = await service(parts)
            there.answers = [text(page(start + 3_600_000, f"{there.base}/p2")), text(page(start, None))]

            def more(data: bytes) -> Ask | None:
                return Ask(url) if (url := supplier.next_page(data)) else None

            what = PriceSource("oct", Daily(PUBLISHED, ZONE), lambda _n: [Ask(there.base)], supplier.octopus, page=more)
            await feed(what, clock).once(taken)
            assert [(r.start_ms - start) // 1_800_000 for r in taken.given[0][2]] == [0, 1, 2, 3]

    asyncio.run(main())


def test_a_forecast_service_that_names_its_hour_in_the_body() -> None:
    """Forecast.Solar says in its answer from when on it may be asked again."""
    body = {"result": "too often", "message": {"code": 429, "ratelimit": {"retry-at": "2026-03-01T15:30:00+01:00"}}}

    async def main() -> None:
        async with AsyncExitStack() as parts:
            clock, taken = Time("2026-03-01T15:00"), Taken()
            there = await service(parts, text(json.dumps(body), 429))
            what = WeatherSource("fs", Every(3600), lambda _n: [Ask(there.base)], forecast_solar.read, 10)
            assert await feed(what, clock).once(taken) == ms("2026-03-01T15:30")
            watts = {"2026-03-01 08:00:00": 0, "2026-03-01 09:00:00": 120, "2026-03-01 10:00:00": 250}
            good = {
                "result": {"watt_hours_period": watts, "watts": watts},
                "message": {"info": {"timezone": "Europe/Berlin"}},
            }
            there.answers = [text(json.dumps(good))]
            await feed(what, clock).once(taken)
            told = taken.outlooks[0]
            assert (told.quantity, told.start_ms, told.values, told.made_ms) == (
                *("pv_power", ms("2026-03-01T08:00"), (120.0, 250.0)), ms("2026-03-01T15:00")
            )  # fmt: skip

    asyncio.run(main())
