"""The past over HTTP: by step, by local time, by width; not sent twice, small on the wire, and what flowed."""

from __future__ import annotations

import asyncio
import importlib.util
import io
import json
from collections.abc import Awaitable, Callable, Iterator
from datetime import datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import aiohttp
import pytest

from gen.house import START, SampleHouse, running

HOUR = f"from={START}&to={START + 3_600_000}"
Play = Callable[[SampleHouse, aiohttp.ClientSession], Awaitable[None]]


@pytest.fixture
def with_house(tmp_path: Path) -> Iterator[Callable[[Play], None]]:
    async def main(play: Play) -> None:
        async with running(tmp_path) as house:
            headers = {"Authorization": f"Bearer {house.token}"}
            async with aiohttp.ClientSession(house.base + "/", headers=headers, auto_decompress=False) as http:
                await play(house, http)

    yield lambda play: asyncio.run(main(play))


async def get(http: aiohttp.ClientSession, path: str, **headers: str) -> tuple[int, Any, bytes]:
    async with http.get(path, headers={"Accept-Encoding": "identity"} | headers) as answer:
        return answer.status, answer.headers, await answer.read()


async def data(http: aiohttp.ClientSession, path: str) -> Any:
    status, _, body = await get(http, path)
    assert status == 200, body
    return json.loads(body)


def test_the_width_of_a_screen_decides_the_step(with_house: Callable[[Play], None]) -> None:
    async def play(_: SampleHouse, http: aiohttp.ClientSession) -> None:
        for width, step in ((10_000, 1), (1000, 5), (300, 15), (60, 60), (8, 600)):
            found = await data(http, f"history?point=grid.power&{HOUR}&step=auto&width={width}")
            assert found["step_ms"] == step * 1000 and len(found["t"]) == 3600 // step

    with_house(play)


def test_a_part_of_a_second_is_asked_for_by_its_name(with_house: Callable[[Play], None]) -> None:
    async def play(_: SampleHouse, http: aiohttp.ClientSession) -> None:
        found = await data(http, f"history?point=grid.power&from={START}&to={START + 60_000}&step=200ms")
        assert found["step_ms"] == 200 and len(found["t"]) == 300
        assert found["last"][-1] is not None and set(found["last"][3::5]) == {None}

    with_house(play)


def test_parquet_is_an_extra(with_house: Callable[[Play], None]) -> None:
    async def play(_: SampleHouse, http: aiohttp.ClientSession) -> None:
        path = f"history?points=grid.power,battery.soc&{HOUR}&step=60&format=parquet"
        status, headers, body = await get(http, path)
        if importlib.util.find_spec("pyarrow") is None:
            assert status == 406 and json.loads(body)["field"] == "format"
            assert "pip install 'shems[parquet]'" in json.loads(body)["detail"]
            return
        table = importlib.import_module("pyarrow.parquet").read_table(io.BytesIO(body))
        wanted = (await data(http, path.removesuffix("&format=parquet")))["series"]["grid.power"]
        assert headers["Content-Type"] == "application/vnd.apache.parquet"
        assert table["grid.power.mean"].to_pylist() == wanted["mean"] and table.num_rows == 60

    with_house(play)


def test_a_local_day_is_one_bucket(with_house: Callable[[Play], None]) -> None:
    async def play(_: SampleHouse, http: aiohttp.ClientSession) -> None:
        found = await data(http, f"history?point=grid.power&{HOUR}&step=day")
        midnight = datetime(2025, 6, 21, tzinfo=ZoneInfo("Europe/Berlin")).timestamp() * 1000
        assert found["t"] == [midnight] and found["step_ms"] == 0
        seconds = await data(http, f"history?point=grid.power&{HOUR}&step=raw")
        assert found["min"] == [min(v for v in seconds["min"] if v is not None)]

    with_house(play)


def test_what_the_client_has_is_not_sent_again(with_house: Callable[[Play], None]) -> None:
    async def play(house: SampleHouse, http: aiohttp.ClientSession) -> None:
        past = f"history?point=grid.power&from={START}&to={START + 1_800_000}&step=1"
        status, headers, body = await get(http, past)
        assert status == 200 and body
        assert (await get(http, past, **{"If-None-Match": headers["ETag"]}))[::2] == (304, b"")
        await house.live(3)
        assert (await get(http, past, **{"If-None-Match": headers["ETag"]}))[0] == 304
        assert (await get(http, past + "&fields=mean", **{"If-None-Match": headers["ETag"]}))[0] == 200
        open_end = f"history?point=grid.power&from={START}&to={START + 7_200_000}&step=1"
        _, headers, _ = await get(http, open_end)
        await house.live(3)
        assert (await get(http, open_end, **{"If-None-Match": headers["ETag"]}))[0] == 200

    with_house(play)


def test_a_long_answer_is_small_on_the_wire(with_house: Callable[[Play], None]) -> None:
    async def play(_: SampleHouse, http: aiohttp.ClientSession) -> None:
        path = f"history?point=grid.power&{HOUR}&step=raw"
        _, plain, whole = await get(http, path)
        _, pressed, part = await get(http, path, **{"Accept-Encoding": "gzip"})
        assert "Content-Encoding" not in plain and pressed["Content-Encoding"] == "gzip"
        assert len(part) < len(whole) / 3
        short = await get(http, f"history?point=grid.power&{HOUR}&step=3600", **{"Accept-Encoding": "gzip"})
        assert "Content-Encoding" not in short[1]

    with_house(play)


def test_what_flowed_adds_up(with_house: Callable[[Play], None]) -> None:
    async def play(_: SampleHouse, http: aiohttp.ClientSession) -> None:
        ask = f"points=grid.energy_import,house.consumption,grid.voltage_l1&{HOUR}"
        quarters, day = [(await data(http, f"energy?{ask}&step={s}"))["series"] for s in ("quarter", "day")]
        for point in ("grid.energy_import", "house.consumption"):
            whole = day[point]["plus"][0]  # it has the seconds after the hour too
            assert sum(quarters[point]["plus"]) == pytest.approx(whole, abs=5)
            assert quarters[point]["unit"] == "Wh"
        counts = await data(http, f"history?point=grid.energy_import&{HOUR}&step=raw")
        counted = [v for v in counts["last"] if v is not None]
        assert day["grid.energy_import"]["plus"][0] == pytest.approx(counted[-1] - counted[0], abs=0.2)
        assert day["grid.voltage_l1"]["plus"] == [None] and 0 < day["house.consumption"]["known"][0] < 0.1
        assert {m & 2 for m in quarters["house.consumption"]["marks"]} == {2}

    with_house(play)


def test_a_senseless_question_is_a_problem_that_names_its_field(with_house: Callable[[Play], None]) -> None:
    async def play(_: SampleHouse, http: aiohttp.ClientSession) -> None:
        for path, field in (
            ("energy?point=grid.power&step=fortnight", "step"),
            ("energy?point=grid.power&from=9&to=5", "from"),
            ("energy?points=grid.power,x.y", "point"),
            ("history?point=grid.power&step=auto&width=0", "width"),
            ("history?point=grid.power&step=raw&from=0", "step"),
            (f"energy?point=grid.power&step=quarter&from=0&to={START * 2}", "points"),
        ):
            status, _, body = await get(http, path)
            assert status in (400, 404) and json.loads(body)["field"] == field, path

    with_house(play)


def test_what_it_takes_is_told(with_house: Callable[[Play], None]) -> None:
    async def play(_: SampleHouse, http: aiohttp.ClientSession) -> None:
        found = await data(http, "storage")
        assert found["budget"] == 1 << 30 and found["window_s"] == 10
        assert found["file"] + found["wal"] + found["hot"] < 16 << 20 and found["hot"] == 4 << 20
        assert [r["step"] for r in found["reach"]] == [1, 60, 900, 3600, 86_400]
        assert (found["ours_a_day"] is None and found["card_years"] is None) or found["card_years"] > 0

    with_house(play)
