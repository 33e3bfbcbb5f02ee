"""Rules and schedules over HTTP: written, in force, rehearsed, refused with the field that is wrong."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from gen.house import SampleHouse, running

WHEN = "pv_roof.power > 100 W"
RULE = {"when": WHEN, "then": ["plug_tv.on = on"], "for": "2 min"}
NIGHT = {"set": "wallbox.mode = fast", "start": "22:00", "end": "06:00", "name": "Night"}


class Client:
    def __init__(self, house: SampleHouse, http: aiohttp.ClientSession) -> None:
        self.house, self._http = house, http

    async def call(self, method: str, path: str, body: object = None) -> tuple[int, Any]:
        async with self._http.request(method, self.house.base + path, json=body) as answer:
            return answer.status, await answer.json(content_type=None) if answer.status != 204 else None


async def in_a_house(tmp_path: Path, play: Callable[[Client], Awaitable[None]], seconds: int = 400) -> None:
    async with running(tmp_path, seconds) as house:
        headers = {"Authorization": f"Bearer {house.token}"}
        async with aiohttp.ClientSession(headers=headers) as http:
            await play(Client(house, http))


def run(tmp_path: Path, play: Callable[[Client], Awaitable[None]]) -> None:
    import asyncio

    asyncio.run(in_a_house(tmp_path, play))


def test_a_rule_is_in_force_as_soon_as_it_is_written_and_gone_when_it_is_removed(tmp_path: Path) -> None:
    async def play(c: Client) -> None:
        assert await c.call("GET", "/rules") == (200, {"rules": []})
        status, accepted = await c.call("PUT", "/rules/sunny", {"document": {**RULE, "when": "known(grid.power)"}})
        assert (status, accepted["points"]) == (200, ["grid.power", "plug_tv.on"])
        await c.house.live(3)
        (rule,) = (await c.call("GET", "/rules"))[1]["rules"]
        assert (rule["id"], rule["now"]["state"], rule["problem"]) == ("sunny", "waiting", "")
        await c.house.live(130)
        (rule,) = (await c.call("GET", "/rules"))[1]["rules"]
        assert (rule["now"]["state"], rule["version"], rule["author"]) == ("active", 1, "owner")
        (held,) = (await c.call("GET", "/decisions?point=plug_tv.on"))[1]["decisions"]
        assert (held["value"], held["source"], held["cause"]) == (True, "rule", "rule:sunny")
        assert (await c.call("DELETE", "/rules/sunny"))[0] == 204
        await c.house.live(2)
        assert (await c.call("GET", "/decisions?point=plug_tv.on"))[1]["decisions"] == []
        assert (await c.call("DELETE", "/rules/sunny"))[0] == 404

    run(tmp_path, play)


@pytest.mark.parametrize(
    ("path", "document", "field", "said"),
    [
        ("/rules/a", {**RULE, "when": "pv_rof.power > 1"}, "when", "at column 1 of 'pv_rof.power > 1': "),
        ("/rules/a", {**RULE, "then": ["pv_roof.power = 5"]}, "then", "at column 1 of 'pv_roof.power = 5': "),
        ("/rules/a", {**RULE, "then": ["wallbox.current_limit = 4 kW"]}, "then", "at column 25 of 'wallbox.current_l"),
        ("/rules/A", RULE, "id", "rename it"),
        ("/schedules/a", {**NIGHT, "start": "25:00"}, "start", "is no time of day"),
        ("/schedules/a", {**NIGHT, "set": "wallbox.mode = fats"}, "set", "did you mean 'fast'"),
        (
            "/schedules/a",
            {**NIGHT, "set": "wallbox.current_limit = 2 kW"},
            "set",
            "is in W, and wallbox.current_limit is",
        ),
        ("/schedules/a", {**NIGHT, "dates": ["2020-01-01"]}, "dates", "it is past 2020-01-01; write a date to come"),
    ],
)
def test_what_cannot_be_used_is_refused_with_its_field_and_changes_nothing(
    tmp_path: Path, path: str, document: object, field: str, said: str
) -> None:
    async def play(c: Client) -> None:
        for method, where in (("PUT", path), ("POST", f"{path}/check")):
            status, problem = await c.call(method, where, {"document": document})
            assert (status, problem["field"]) == (400, field) and said in problem["detail"]
        assert (await c.call("GET", "/rules"))[1] == {"rules": []}
        assert (await c.call("GET", "/schedules"))[1] == {"schedules": []}

    run(tmp_path, play)


def test_a_schedule_tells_when_it_is_due_and_holds_its_mode_then(tmp_path: Path) -> None:
    async def play(c: Client) -> None:
        status, accepted = await c.call("POST", "/schedules/night/check", {"document": NIGHT})
        assert status == 200 and len(accepted["next"]) >= 7
        always = {**NIGHT, "start": "00:00", "end": "24 h"}
        await c.call("PUT", "/schedules/night", {"document": always})
        await c.house.live(2)
        (told,) = (await c.call("GET", "/schedules"))[1]["schedules"]
        assert told["active"] and told["document"] == always
        assert (await c.call("GET", "/points"))[1]["points"]["wallbox.mode"]["v"] == "fast"
        (held,) = (await c.call("GET", "/decisions?point=wallbox.current_limit"))[1]["decisions"]
        assert held["reason"]["code"] == "charge_fast"
        status, _ = await c.call("POST", "/commands", {"point": "wallbox.mode", "value": "off"})
        await c.house.live(2)
        points = (await c.call("GET", "/points"))[1]["points"]
        assert status == 200 and points["wallbox.mode"]["v"] == "off", "a person comes first"
        (unmet,) = (await c.call("GET", "/decisions?point=wallbox.mode"))[1]["unmet"]
        assert (unmet["cause"], unmet["by"]["code"]) == ("schedule:night", "overruled")

    run(tmp_path, play)


def test_a_rule_is_rehearsed_on_what_was_recorded(tmp_path: Path) -> None:
    async def play(c: Client) -> None:
        document = {"when": "grid.power > -100 kW", "then": ["wallbox.mode = off"], "for": "1 min"}
        status, told = await c.call("POST", "/rules/try/rehearse", {"document": document})
        assert status == 200 and told["step_s"] == 60
        assert told["count"] >= 1 and told["active_s"] > 0 and told["unmodelled"] == []
        assert told["import_wh"] <= 0 <= told["known"] <= 1
        assert (await c.call("GET", "/rules"))[1] == {"rules": []}, "trying is not writing"
        status, problem = await c.call("POST", "/rules/try/rehearse", {"document": document, "start": 5, "end": 4})
        assert (status, problem["field"]) == (400, "start")
        for start, end in ((0, 1_000_000_000_000), (1_000, 10**15)):
            status, problem = await c.call(
                "POST", "/rules/try/rehearse", {"document": document, "start": start, "end": end}
            )
            assert (status, problem["field"]) == (400, "start"), "what would take all memory is not begun"

    run(tmp_path, play)
