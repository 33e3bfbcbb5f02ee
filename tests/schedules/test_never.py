"""Schedules that never come: refused when they are written, with their field; told when they have grown old."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from hub.calendar import Calendar, Place
from hub.control.planned import Kind, Planned
from hub.errors import ConfigError
from hub.model import CommandSpec, quantity
from hub.schedules import Schedule, is_over, must_come, parse
from tests.house_kit import ToldClock, board_of, plug

POINTS, COMMANDS = {"plug.on": quantity("on")}, {"plug.on": CommandSpec("plug.on")}
BERLIN = Calendar(ZoneInfo("Europe/Berlin"), Place(52.52, 13.4), "DE")
TROMSO = Calendar(ZoneInfo("Europe/Oslo"), Place(69.65, 18.96))
NOW = "2026-05-10T12:00"


def schedule(**document: object) -> Schedule:
    return parse("a", {"set": "plug.on = on", "start": "07:00", **document}, POINTS, COMMANDS, True)


def ms(text: str) -> int:
    return round(datetime.fromisoformat(text).replace(tzinfo=BERLIN.zone).timestamp() * 1000)


@pytest.mark.parametrize(
    ("document", "said"),
    [
        ({"dates": ["2020-01-01"], "end": "09:00"}, "schedules.a.dates: it is past 2020-01-01; write a date to come"),
        ({"dates": ["2026-05-09", "2025-12-24"]}, "schedules.a.dates: it is past 2026-05-09, 2025-12-24; write"),
        ({"dates": ["2026-05-10"], "end": "12:00"}, "schedules.a.dates: it is past 2026-05-10"),
        ({"dates": ["12-25"], "holidays": "skip"}, "schedules.a.holidays: leaves none of its days, as all of them are"),
        ({"start": "sunset", "end": "sunset - 30 min"}, "schedules.a.end: sunset - 30 min never comes after sunset on"),
        (
            {"start": {"at": "sunset", "not_before": "21:00"}, "end": "20:59", "dates": ["06-21"], "holidays": "skip"},
            "schedules.a.end: 20:59 never comes after sunset on its days; write another time, or a duration like '2 h'",
        ),
        (
            {"dates": ["2027-03-28"], "start": "02:10", "end": "02:50"},
            "schedules.a.end: 02:50 never comes after 02:10 on its days",
        ),
    ],
)
def test_what_never_comes_is_refused_with_its_field(document: dict[str, object], said: str) -> None:
    with pytest.raises(ConfigError) as e:
        must_come(schedule(**document), BERLIN, ms(NOW))
    assert said in str(e.value)


def test_where_the_sun_does_not_rise_the_start_is_wrong() -> None:
    with pytest.raises(ConfigError, match=r"schedules\.a\.start: there is no sunrise on its days; write HH:MM"):
        must_come(schedule(start="sunrise", dates=["12-10..12-31"]), TROMSO, ms(NOW))


@pytest.mark.parametrize(
    "document",
    [
        {},
        {"end": "09:00", "days": ["mon"]},
        {"dates": ["2020-01-01", "2026-05-11"]},
        {"dates": ["2026-05-10"], "end": "12:01"},
        {"dates": ["2026-05-10"]},
        {"dates": ["2026-05-09"], "start": "13:00", "end": "24 h"},
        {"dates": ["02-29"], "end": "09:00"},
        {"dates": ["2061-01-01"], "end": "09:00"},
        {"dates": ["9999-12-31"], "start": "22:00", "end": "06:00"},
        {"dates": ["05-09"], "end": "09:00"},
        {"start": "08:12", "end": "sunrise", "days": ["sun"]},
        {"start": "sunrise", "days": ["sat"]},
    ],
)
def test_what_comes_some_day_may_be_written(document: dict[str, object]) -> None:
    must_come(schedule(**document), BERLIN, ms(NOW))


def test_what_holds_since_long_ago_is_not_over() -> None:
    assert is_over(schedule(dates=["2020-01-01"]), BERLIN, ms(NOW)) == ""
    assert is_over(schedule(end="09:00"), BERLIN, ms(NOW)) == ""
    assert is_over(schedule(dates=["2020-01-01"], end="09:00"), BERLIN, ms(NOW)).startswith(
        "schedules.a.dates: it is past"
    )


@dataclass(frozen=True)
class Row:
    id: str
    document: Mapping[str, Any]
    version: int = 1
    t: int = 0
    author: str = "owner"


class Shelf:
    """Keeps schedules in a dictionary."""

    def __init__(self) -> None:
        self.rows: dict[str, Row] = {}

    async def all(self, kind: Kind) -> list[Any]:
        return [*self.rows.values()] if kind == "schedule" else []

    async def put(self, kind: Kind, id_: str, document: Mapping[str, Any], author: str, t: int) -> None:
        self.rows[id_] = Row(id_, document)

    async def remove(self, kind: Kind, id_: str, author: str, t: int) -> None:
        del self.rows[id_]


OLD = {"set": "plug.on = on", "start": "07:00", "end": "09:00", "dates": ["2026-05-01"]}


def test_one_that_has_grown_old_is_told_at_the_start_and_may_be_kept(caplog: pytest.LogCaptureFixture) -> None:
    async def play() -> None:
        clock, shelf = ToldClock(ms(NOW)), Shelf()
        shelf.rows = {"old": Row("old", OLD), "off": Row("off", {**OLD, "enabled": False})}
        planned = Planned(board_of(clock, plug()), clock, BERLIN, shelf)
        await planned.load()
        assert [s.id for s in planned.schedules] == ["old", "off"] and not planned.problems
        assert [r.message for r in caplog.records] == [
            "schedules.old.dates: it is past 2026-05-01; write a date to come, or one of every year like 12-24"
        ]
        await planned.save("schedule", "old", {**OLD, "name": "May Day"}, "owner")
        await planned.save("schedule", "old", {**OLD, "enabled": False}, "owner")
        assert len(caplog.records) == 1, "once for each start"

    with caplog.at_level(logging.WARNING, "hub.control.planned"):
        asyncio.run(play())


@pytest.mark.parametrize(("id_", "dates"), [("new", ["2026-05-01"]), ("old", ["2026-05-02"])])
def test_a_new_one_and_a_new_time_have_to_come(id_: str, dates: list[str]) -> None:
    async def play() -> None:
        clock, shelf = ToldClock(ms(NOW)), Shelf()
        shelf.rows = {"old": Row("old", OLD)}
        planned = Planned(board_of(clock, plug()), clock, BERLIN, shelf)
        await planned.load()
        with pytest.raises(ConfigError, match=rf"schedules\.{id_}\.dates: it is past"):
            await planned.save("schedule", id_, {**OLD, "dates": dates}, "owner")
        assert {i: row.document for i, row in shelf.rows.items()} == {"old": OLD}, "what is kept stays as it was"
        await planned.save("schedule", id_, {**OLD, "dates": ["2026-06-01"]}, "owner")
        assert shelf.rows[id_].document["dates"] == ["2026-06-01"]

    asyncio.run(play())
