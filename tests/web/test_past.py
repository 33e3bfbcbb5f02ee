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
import numpy as np
import pytest

from gen.house import SITE, START, SampleHouse, ToldClock, running
from hub import config
from hub.model import Column, Point
from hub.store.ring import Ring, SeriesInfo
from hub.store.ring.past import PastWriter
from hub.store.ring.rollup import roll
from hub.web.past import Past

HOUR = f"from={START}&to={START + 3_600_000}"
DAY = 86_400
POWERS = [f"{device}.power" for device in ("grid", "pv_roof", "battery", "wallbox", "heatpump", "plug_tv")]
PHASES = [f"grid.{quantity}_l{n}" for quantity in ("power", "voltage") for n in (1, 2, 3)]
DAY_BEFORE = START // 1000 // DAY - 1
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


def test_a_line_of_csv_has_the_mean_and_the_newest_reading_of_what_has_none(with_house: Callable[[Play], None]) -> None:
    async def play(_: SampleHouse, http: aiohttp.ClientSession) -> None:
        asked = f"history?points=grid.power,grid.energy_import&{HOUR}&step=900"
        found = await data(http, asked)
        _, _, body = await get(http, f"{asked}&format=csv")
        rows = [line.split(",") for line in body.decode().split("\r\n")[1:-1]]
        assert [float(row[1]) for row in rows] == found["series"]["grid.power"]["mean"]
        assert [float(row[2]) for row in rows] == found["series"]["grid.energy_import"]["last"]

    with_house(play)


def test_how_many_values_a_bucket_is_of_is_told_when_asked_for(with_house: Callable[[Play], None]) -> None:
    async def play(_: SampleHouse, http: aiohttp.ClientSession) -> None:
        asked = f"history?point=grid.power&{HOUR}&step=900"
        raw = (await data(http, asked.replace("step=900", "step=raw")))["last"]
        wanted = [sum(v is not None for v in raw[k : k + 900]) for k in range(0, 3600, 900)]
        assert "count" not in await data(http, asked)
        found = await data(http, f"{asked}&fields=mean,count")
        assert found["count"] == wanted and set(found) == {"step_ms", "t", "mean", "count"}
        _, _, body = await get(http, f"{asked}&format=csv&fields=count")
        lines = body.decode().split("\r\n")
        assert lines[0] == "time,grid.power,count of grid.power"
        assert [int(line.split(",")[2]) for line in lines[1:-1]] == wanted
        for wrong in ("fields=mean&format=csv", "fields=mean,cuont"):
            status, _, body = await get(http, f"{asked}&{wrong}")
            assert status == 400 and json.loads(body)["field"] == "fields"

    with_house(play)


def test_a_device_that_the_house_has_no_more_has_its_past(with_house: Callable[[Play], None]) -> None:
    async def play(house: SampleHouse, http: aiohttp.ClientSession) -> None:
        oven = Point.of(config.uid_of("oven"), "oven", "power")
        house.ring.append(Column(START + 3_650_000, {oven.id: 900}), {oven.id: SeriesInfo.of(oven)})
        minute = f"from={START + 3_600_000}&to={START + 3_660_000}&step=60"
        assert (await data(http, f"history?point=oven.power&{minute}"))["last"] == [900]
        both = (await data(http, f"history?points=grid.power,oven.power&{minute}"))["series"]
        assert both["oven.power"]["last"] == [900] and set(both) == {"grid.power", "oven.power"}
        path = f"history?point=oven.power&{minute}&format=csv"
        assert (await get(http, path))[2].decode().split("\r\n")[1].endswith(",900.0")
        before = await tag(http, path)
        house.ring.append(Column(START + 3_651_000, {oven.id: 800}), {oven.id: SeriesInfo.of(oven)})
        assert await tag(http, path) != before
        told = await data(http, f"energy?point=oven.power&from={START + 3_600_000}&to={START + 4_500_000}&step=quarter")
        assert list(told["series"]) == ["oven.power"] and told["series"]["oven.power"]["unit"] == "Wh"
        for unknown in ("oven.soc", "ovn.power", "oven.powr", "oven", ""):
            status, _, body = await get(http, f"history?points=grid.power,{unknown}&{minute}")
            assert status == 404 and json.loads(body)["field"] == "point", unknown

    with_house(play)


def test_a_date_without_dashes_is_no_time(with_house: Callable[[Play], None]) -> None:
    async def play(_: SampleHouse, http: aiohttp.ClientSession) -> None:
        status, _, body = await get(http, "history?point=grid.power&from=20240131&step=day")
        assert status == 400 and json.loads(body)["field"] == "from"
        assert (
            json.loads(body)["detail"] == "from='20240131' is a date without its zone; write it like 2024-01-31T00:00Z"
        )
        assert (await get(http, "history?point=grid.power&from=99999999&to=100000000"))[0] == 200

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


def series_of(point: str) -> SeriesInfo:
    device, _, name = point.partition(".")
    uid = next(d.uid for d in config.parse(SITE).devices if d.id == device)
    return SeriesInfo.of(Point.of(uid, device, name))


async def tag(http: aiohttp.ClientSession, path: str) -> str:
    status, headers, _ = await get(http, path)
    assert status == 200
    return str(headers["ETag"])


@pytest.mark.parametrize(
    "ask", ["history?step=60", "history?step=year", "history?step=auto&width=1", "energy?step=day"]
)
def test_what_reaches_past_the_end_is_told_anew(with_house: Callable[[Play], None], ask: str) -> None:
    async def play(house: SampleHouse, http: aiohttp.ClientSession) -> None:
        reaching = f"{ask}&point=grid.power&from={START}&to={START + 3_605_000}"
        await house.live(6)
        before = await tag(http, reaching)
        await house.live(3)
        assert await tag(http, reaching) != before

    with_house(play)


def test_a_second_that_comes_late_is_told(with_house: Callable[[Play], None]) -> None:
    async def play(house: SampleHouse, http: aiohttp.ClientSession) -> None:
        house.clock.ms += 100_000
        await house.live(100)
        past = f"history?point=grid.power&from={START + 3_600_000}&to={START + 3_750_000}&step=1"
        missing, before = (await data(http, past))["last"][50], await tag(http, past)
        house.ring.append(Column(START + 3_650_000, {"grid.power": 77}), {"grid.power": series_of("grid.power")})
        assert (missing, (await data(http, past))["last"][50]) == (None, 77)
        assert await tag(http, past) != before

    with_house(play)


def test_a_gap_that_reaches_over_the_end_is_told_when_the_counter_is_read_again(
    with_house: Callable[[Play], None],
) -> None:
    async def play(house: SampleHouse, http: aiohttp.ClientSession) -> None:
        begin, point = START + 3_600_000, "pv_roof.energy"
        past = f"energy?point={point}&from={begin}&to={begin + 1_800_000}&step=quarter"
        house.ring.append(Column(begin + 2_000_000, {"grid.power": 77}), {"grid.power": series_of("grid.power")})
        before, unread = await tag(http, past), (await data(http, past))["series"][point]["plus"]
        house.clock.ms = begin + 2_500_000
        await house.live(1)
        assert unread[-1] is None and (await data(http, past))["series"][point]["plus"][-1] > 0
        assert (await get(http, past, **{"If-None-Match": before}))[0] == 200

    with_house(play)


def test_what_flowed_in_a_time_that_is_wholly_known_is_not_sent_again(with_house: Callable[[Play], None]) -> None:
    async def play(house: SampleHouse, http: aiohttp.ClientSession) -> None:
        past = f"energy?point=pv_roof.energy&from={START + 900_000}&to={START + 2_700_000}&step=quarter"
        before = await tag(http, past)
        await house.live(3)
        assert (await get(http, past, **{"If-None-Match": before}))[::2] == (304, b"")

    with_house(play)


def test_nothing_is_the_same_after_a_restart(tmp_path: Path) -> None:
    """What was imported meanwhile must be seen."""
    path, versions = tmp_path / "history.db", list[str]()
    for _ in range(2):
        with PastWriter.opened(path, START, 1 << 28) as past:
            past.seconds(series_of("grid.power"), DAY_BEFORE - len(versions), np.ones(DAY, np.int32))
        ring = Ring.open(path, ToldClock())
        history = Past(ring, lambda p: p)
        versions.append(history.version(START))
        assert history.version(START) == versions[-1]
        history.close()
        ring.close()
    assert len(set(versions)) == 2


def test_points_that_are_kept_unequally_are_all_told(tmp_path: Path) -> None:
    async def main() -> None:
        with PastWriter.opened(tmp_path / "history.db", START, 1 << 28) as past:
            seconds = np.arange(DAY, dtype=np.int32)
            past.seconds(series_of("grid.power"), DAY_BEFORE, seconds)
            past.means(series_of("plug_tv.power"), DAY_BEFORE, 300, roll(seconds, 300))
        async with running(tmp_path, seconds=3) as house:
            async with aiohttp.ClientSession(house.base + "/", headers={"Authorization": f"Bearer {house.token}"}) as h:
                day = f"from={DAY_BEFORE * DAY * 1000}&to={(DAY_BEFORE + 1) * DAY * 1000}&step=auto&width=720"
                alone = await data(h, f"history?point=grid.power&{day}")
                both = await data(h, f"history?points=grid.power,plug_tv.power&{day}")
        assert alone["step_ms"] == 120_000 and both["step_ms"] == 900_000
        assert [len([v for v in s["mean"] if v is not None]) for s in both["series"].values()] == [96, 96]

    asyncio.run(main())


def test_by_itself_no_step_is_chosen_that_would_be_refused(with_house: Callable[[Play], None]) -> None:
    async def play(_: SampleHouse, http: aiohttp.ClientSession) -> None:
        days = f"from={START - 290_000_000}&to={START + 10_000_000}&width=10000&fields=mean"
        assert (await data(http, f"history?point=grid.power&{days}&step=auto"))["step_ms"] == 30_000
        assert (await data(http, f"history?points={','.join(POWERS + PHASES)}&{days}&step=auto"))["step_ms"] == 60_000

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
            ("history?point=grid.power&step=86401&from=0", "step"),
            ("history?point=grid.power&step=86340&from=0", "step"),
            (f"history?point=grid.power&step=31622399&{HOUR}", "step"),
            ("history?point=grid.power&step=year&from=0&to=16725225600000", "step"),
            ("history?points=grid.power,battery.soc&step=hour&from=1000000000000", "step"),
            (f"history?points={','.join(POWERS + PHASES)}&step=month&from=0", "step"),
            ("history?point=grid.power&step=year&from=0&to=253402300799999", "to"),
            ("energy?point=grid.power&step=year&from=253402300799998", "from"),
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
