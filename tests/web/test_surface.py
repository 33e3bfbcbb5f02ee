"""The description of the surface, held against the surface: every route described, every answer as described."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from jsonschema import Draft202012Validator  # type: ignore[import-untyped]

from gen.house import SampleHouse, running
from hub.web.app import RESOURCES
from hub.web.openapi import document
from hub.web.surface import CALLS, PREFIX

ROUTES = {(method, path) for resource in RESOURCES for method, path, _ in resource.ROUTES}


def test_every_route_is_described_once_and_nothing_else_is() -> None:
    assert sorted((c.method, c.path) for c in CALLS) == sorted(ROUTES)


def test_every_call_says_what_it_does_and_which_problems_it_has() -> None:
    for path, calls in document()["paths"].items():
        for method, call in calls.items():
            assert call["summary"].endswith("."), f"{method} {path}"
            problems = [a for s, a in call["responses"].items() if s >= "400"]
            assert all(list(a["content"]) == ["application/problem+json"] for a in problems), f"{method} {path}"


def test_every_reference_leads_to_a_schema() -> None:
    found = document()
    names = set(found["components"]["schemas"])
    assert {r.rpartition("/")[2] for r in _references(found)} <= names


def _references(node: Any) -> list[str]:
    if isinstance(node, dict):
        here = [node["$ref"]] if "$ref" in node else []
        return here + [r for v in node.values() for r in _references(v)]
    return [r for v in node for r in _references(v)] if isinstance(node, list) else []


READS = {
    "/health": "",
    "/session": "",
    "/site": "",
    "/points": "",
    "/devices": "",
    "/devices/{id}": "/devices/battery",
    "/devices/{id}/raw": "/devices/grid/raw",
    "/found": "",
    "/commissioning": "",
    "/commissioning/report": "",
    "/journal": "/journal?limit=1000",
    "/decisions": "",
    "/observed": "",
    "/rules": "",
    "/schedules": "",
    "/history": "/history?points=wallbox.status,grid.power&step=600",
    "/energy": "/energy?points=grid.energy_import,grid.power&step=quarter",
    "/storage": "",
    "/prices": "",
    "/plan": "",
    "/plan/marginal": "/plan/marginal?power_w=1000&duration_s=3600",
    "/regret": "",
    "/forecast": "",
    "/forecast/score": "",
    "/commands/{id}": "/commands/x",
    "/openapi.json": "",
}


HISTORIES = {
    "points=wallbox.status,grid.power": "History",
    "point=grid.power": "PointHistory",
    "points=grid.power&fields=mean": "HistoryPart",
    "point=grid.power&fields=last,max": "PointHistoryPart",
}


def test_every_answer_is_as_described(tmp_path: Path) -> None:
    async def play(house: SampleHouse, http: aiohttp.ClientSession) -> None:
        wish = {"point": "plug_tv.on", "value": False, "id": "x"}
        async with http.post(f"{house.base}/commands", json=wish) as answer:
            _check("CommandAnswer", await answer.json())
        for call in CALLS:
            if call.method != "GET" or call.messages:
                continue
            async with http.get(house.base + (READS[call.path] or call.path)) as answer:
                assert answer.status == call.status, call.path
                if call.html:
                    assert "<h1>" in await answer.text()
                elif call.answer is not dict:
                    _check_answer(call.path, await answer.json())
        for query, shape in HISTORIES.items():
            async with http.get(f"{house.base}/history?step=600&{query}") as answer:
                _check(shape, await answer.json())
        async with http.get(f"{house.base}/nothing") as answer:
            _check("Problem", await answer.json(content_type=None))
        async with http.ws_connect(f"{house.base}/live") as socket:
            _check("LiveState", await socket.receive_json(timeout=5))
            await house.live(1)
            _check("LiveChange", await socket.receive_json(timeout=5))

    async def main() -> None:
        async with running(tmp_path) as house:
            async with aiohttp.ClientSession(headers={"Authorization": f"Bearer {house.token}"}) as http:
                await play(house, http)

    asyncio.run(main())


def _check(shape: str, answer: Any) -> None:
    _hold(shape, {"$ref": f"#/components/schemas/{shape}"}, answer)


def _check_answer(path: str, answer: Any) -> None:
    _hold(path, document()["paths"][path]["get"]["responses"]["200"]["content"]["application/json"]["schema"], answer)


def _hold(name: str, shape: dict[str, Any], answer: Any) -> None:
    schema = {**shape, "components": document()["components"]}
    errors = [f"{name}{e.json_path[1:]}: {e.message[:200]}" for e in Draft202012Validator(schema).iter_errors(answer)]
    assert not errors, errors[:5]


def test_nobody_signed_in_is_an_answer_without_a_body() -> None:
    responses = document()["paths"]["/session"]["get"]["responses"]
    assert set(responses) == {"200", "204", "400", "500"}
    assert "content" not in responses["204"]


def test_the_hub_answers_with_its_own_description(tmp_path: Path) -> None:
    async def main() -> Any:
        async with running(tmp_path) as house:
            async with aiohttp.ClientSession() as http, http.get(f"{house.base}/openapi.json") as answer:
                return await answer.json()

    answer = asyncio.run(main())
    assert answer == document()
    assert answer["servers"] == [{"url": PREFIX}]


@pytest.mark.parametrize("call", CALLS, ids=lambda c: f"{c.method} {c.path}")
def test_a_path_names_its_parameters(call: Any) -> None:
    operation = document()["paths"][call.path][call.method.lower()]
    inside = [p["name"] for p in operation.get("parameters", ()) if p["in"] == "path"]
    assert inside == [p[1:-1] for p in call.path.split("/") if p.startswith("{")]
