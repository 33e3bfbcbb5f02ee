"""What would have to change is told over HTTP: of what is decided now, of what was, and of wishes without their way."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

from gen.house import HOUR_S
from tests.web.test_plans import NIGHT, Client, in_a_house, run

CAR = "wallbox.current_limit"


def _codes(told: dict[str, Any]) -> list[str]:
    return [c["code"] for c in told["changes"]]


def test_a_wish_that_a_fuse_holds_back_tells_how_much_is_missing_now_and_afterwards(tmp_path: Path) -> None:
    async def play(c: Client) -> None:
        await c.call("POST", "/commands", {"point": "battery.power_setpoint", "value": -5000})
        await c.house.live(2)
        await c.call("POST", "/commands", {"point": CAR, "value": 16, "for_s": 3600, "id": "mine"})
        await c.house.live(2)
        known = (await c.call("GET", f"/decisions?point={CAR}"))[1]
        (decision,), (unmet,) = known["decisions"], known["unmet"]
        assert _codes(decision) == ["take_back", "less_on_fuse"] and _codes(unmet) == ["less_on_fuse"]
        assert decision["changes"][0]["numbers"] == {"ends": decision["ends"]}
        lacks = decision["changes"][1]["numbers"]
        assert lacks["asked_a"] == 16 and lacks["less_a"] == round(16 - unmet["by"]["numbers"]["free_a"], 1)
        row = (await c.call("GET", f"/journal?point={CAR}&limit=1"))[1]["rows"][0]
        assert (row["kind"], row["request"]) == ("write", "mine") and row["changes"] == decision["changes"]
        await c.call("DELETE", "/requests/mine")
        await c.house.live(2)
        then = (await c.call("GET", f"/journal?point={CAR}&to={row['t'] + 1}&limit=1"))[1]["rows"][0]
        assert then["id"] == row["id"]
        assert then["changes"] == [{"code": "take_back", "numbers": {}}, row["changes"][1]], (
            "the wish has no end any more"
        )
        record = (await c.call("GET", "/commands/mine"))[1]
        assert _codes(record["journal"][0]) == ["take_back"]

    asyncio.run(in_a_house(tmp_path, play, HOUR_S))  # by then the house draws more than the car can spare


def test_of_a_schedule_it_is_told_that_it_can_be_changed_and_whom_it_waits_for(tmp_path: Path) -> None:
    async def play(c: Client) -> None:
        await c.call("PUT", "/schedules/night", {"document": {**NIGHT, "start": "00:00", "end": "24 h"}})
        await c.house.live(2)
        (mode,) = (await c.call("GET", "/decisions?point=wallbox.mode"))[1]["decisions"]
        assert mode["changes"][0] == {"code": "change_schedule", "numbers": {"ends": mode["ends"]}}
        (car,) = (await c.call("GET", f"/decisions?point={CAR}"))[1]["decisions"]
        assert _codes(car)[:2] == ["change_schedule", "ask_yourself"]
        await c.call("POST", "/commands", {"point": "wallbox.mode", "value": "off", "for_s": 600})
        await c.house.live(2)
        known = (await c.call("GET", "/decisions?point=wallbox.mode"))[1]
        (mine,), (waits,) = known["decisions"], known["unmet"]
        assert (mine["value"], mine["source"]) == ("off", "person") and _codes(mine) == ["take_back"]
        assert waits["cause"] == "schedule:night"
        assert waits["changes"] == [{"code": "its_turn", "numbers": {"source": "person"}}]

    run(tmp_path, play)


def test_a_schedule_without_an_end_has_none(tmp_path: Path) -> None:
    async def play(c: Client) -> None:
        endless = {"set": "wallbox.mode = fast", "dates": ["2025-06-21"], "start": "00:00", "name": "On"}
        await c.call("PUT", "/schedules/on", {"document": endless})
        await c.house.live(2)
        (mode,) = (await c.call("GET", "/decisions?point=wallbox.mode"))[1]["decisions"]
        assert mode["ends"] is None and mode["changes"][0] == {"code": "change_schedule", "numbers": {}}

    run(tmp_path, play)


def test_only_a_wish_that_is_held_has_an_end_and_can_be_taken_back(tmp_path: Path) -> None:
    async def told(c: Client, point: str, query: str = "") -> Any:
        return (await c.call("GET", f"/decisions?point={point}{query}"))[1]

    async def play(c: Client) -> None:
        await c.house.live(2)
        await c.call("POST", "/commands", {"point": "plug_tv.on", "value": False, "id": "once"})
        asked_at = c.house.clock.ms
        for query in ("", f"&t={asked_at}"):
            (once,) = (await told(c, "plug_tv.on", query))["decisions"]
            assert (once["value"], once["source"], once["person"]) == (False, "person", "owner")
            assert (once["request"], once["ends"]) == ("", None), "the device keeps it, and it is over"
            assert once["changes"] == [{"code": "take_back", "numbers": {}}]
        row = (await c.call("GET", "/journal?point=plug_tv.on&limit=1"))[1]["rows"][0]
        assert row["request"] == "once" and row["changes"] == once["changes"]
        await c.call("POST", "/commands", {"point": "light_hall.on", "value": True, "id": "dark"})
        assert (await told(c, "light_hall.on"))["unmet"] == [], "the light does not answer"
        await c.call("POST", "/commands", {"point": CAR, "value": 8, "id": "held"})
        (held,) = (await told(c, CAR))["decisions"]
        assert held["request"] == "held" and held["ends"] == c.house.clock.ms + 3_600_000
        rule = {"when": "known(grid.power)", "then": ["plug_tv.on = off"]}
        await c.call("PUT", "/rules/dark", {"document": rule})
        await c.house.live(70)
        await c.call("POST", "/commands", {"point": "plug_tv.on", "value": True, "id": "against"})
        (against,) = (await told(c, "plug_tv.on"))["decisions"]
        assert against["request"] == "against" and against["ends"], "the rule would have its way again at once"

    run(tmp_path, play)
