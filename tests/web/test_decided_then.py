"""What was decided at a past moment is told as it was, or not at all; a point that never was is said to be none."""

from __future__ import annotations

import asyncio
import re
from pathlib import Path
from typing import Any

import pytest

from hub.errors import ShemsError
from tests.web.test_plans import Client, in_a_house

CAR = "wallbox.current_limit"


async def told(c: Client, t: int, point: str = CAR) -> Any:
    """The value that was in force at `t`, or the status."""
    status, known = await c.call("GET", f"/decisions?t={t}&point={point}")
    return next((d["value"] for d in known["decisions"]), None) if status == 200 else status


def test_a_decision_is_told_as_it_was_from_the_moment_of_its_wish(tmp_path: Path) -> None:
    """Nothing is flushed here but by the question itself."""

    async def play(c: Client) -> None:
        await c.call("POST", "/commands", {"point": CAR, "value": 8, "for_s": 3600})
        await c.house.live(5)
        c.house.clock.ms += 300
        t0 = c.house.clock.ms
        await c.call("POST", "/commands", {"point": CAR, "value": 9, "for_s": 3600})
        c.house.clock.ms += 700
        for _ in range(14):
            await c.house.live(1)
            now = c.house.clock.ms
            asked = {t: await told(c, t) for t in (t0 - 1, t0, t0 + 1_500, now - 1_999, now) if t <= now}
            assert asked == {t: 8.0 if t < t0 else 9.0 for t in asked}

    asyncio.run(in_a_house(tmp_path, play))


def test_a_moment_without_a_step_is_not_known(tmp_path: Path) -> None:
    async def play(c: Client) -> None:
        await c.call("POST", "/commands", {"point": CAR, "value": 8, "for_s": 3600})
        await c.house.live(70)
        last = c.house.clock.ms
        c.house.clock.ms += 3_000_000
        assert [await told(c, last + ms) for ms in (2_900, 3_300, 9_900, 3_000_000)] == [8.0, 404, 404, 404]
        await c.house.live(70)
        assert [await told(c, last + ms) for ms in (2_900, 3_300, 9_900)] == [8.0, 404, 404]
        assert await told(c, c.house.clock.ms + 10_000) == 404, "nobody knows what comes"
        assert (await c.call("GET", "/decisions"))[0] == 200

    asyncio.run(in_a_house(tmp_path, play))


def test_nothing_is_told_while_its_inputs_cannot_be_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async def play(c: Client) -> None:
        await c.call("POST", "/commands", {"point": CAR, "value": 8, "for_s": 3600})
        t = c.house.clock.ms
        await c.house.live(5)

        async def full(*_statements: object) -> int:
            raise ShemsError("not saved: the disk is full")

        with monkeypatch.context() as patched:
            patched.setattr(type(c.house.state.db), "write", full)
            status, problem = await c.call("GET", f"/decisions?t={t + 1_500}")
        assert status == 503 and "the disk is full" in problem["detail"]
        assert await told(c, t + 1_500) == 8.0

    asyncio.run(in_a_house(tmp_path, play))


def test_a_point_that_never_was_is_said_to_be_none(tmp_path: Path) -> None:
    async def play(c: Client) -> None:
        await c.house.live(3)
        t = c.house.clock.ms - 1_500
        for path in ("/decisions?", f"/decisions?t={t}&", "/journal?", "/journal?from=1&to=2&"):
            status, problem = await c.call("GET", f"{path}point=wallbox.curent_limit")
            assert (status, problem["field"]) == (404, "point")
            assert problem["detail"] == f"there is no point 'wallbox.curent_limit'; did you mean {CAR!r}?"
            assert "foo.bar" in (await c.call("GET", f"{path}point=foo.bar"))[1]["detail"]
            assert (await c.call("GET", f"{path}point=grid.voltage_l1"))[0] == 200
        assert (await c.call("GET", "/journal?point=heatpump"))[0] == 200, "rows of links are those of a device"
        gone = "INSERT INTO journal SELECT id + 1000, t, kind, 'gone.on', request, asked, value, source, person, cause,"
        rest = " reason, limits, inputs, state, applied, ms, bytes FROM journal ORDER BY id LIMIT 1"
        await c.house.state.journal.flush()
        await c.house.state.db.write((gone + rest, ()))
        assert len((await c.call("GET", "/journal?point=gone.on"))[1]["rows"]) == 1
        assert (await c.call("GET", "/journal?point=gone.on&to=1"))[1] == {"rows": []}
        assert (await c.call("GET", "/decisions?point=gone.on"))[1]["decisions"] == []

    asyncio.run(in_a_house(tmp_path, play))


def test_inputs_name_only_points_that_the_house_has(tmp_path: Path) -> None:
    async def play(c: Client) -> None:
        await c.house.live(5)
        have = set((await c.call("GET", "/points"))[1]["points"])
        for query in ("", f"?t={c.house.clock.ms - 3_000}"):
            decisions = (await c.call("GET", f"/decisions{query}"))[1]["decisions"]
            named = {i["point"] for d in decisions for i in d["inputs"]}
            assert named and named <= have, re.sub("'", "", str(sorted(named - have)))

    asyncio.run(in_a_house(tmp_path, play))
