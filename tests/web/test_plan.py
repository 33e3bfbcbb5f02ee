"""The plan and the forecasts over HTTP: as described, with reasons, and a clear word for what cannot be."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from jsonschema import Draft202012Validator  # type: ignore[import-untyped]

from gen.house import SampleHouse, running
from hub.foresight.ledger import TERMS, Item, Ledger
from hub.store.ledgers import KeptLedger
from hub.web.openapi import document

Call = Callable[..., Awaitable[tuple[int, Any]]]


def house(
    folder: Path, play: Callable[[SampleHouse, Call], Awaitable[None]], planned: bool = True, seconds: int = 120
) -> None:
    async def main() -> None:
        async with running(folder, seconds=seconds) as sample:
            headers = {"Authorization": f"Bearer {sample.token}"}
            async with aiohttp.ClientSession(headers=headers) as http:

                async def call(method: str, path: str, body: object = None) -> tuple[int, Any]:
                    async with http.request(method, sample.base + path, json=body) as answer:
                        return answer.status, await answer.json(content_type=None)

                if planned:
                    await plan(sample)
                await play(sample, call)

    asyncio.run(main())


async def plan(sample: SampleHouse) -> None:
    """The planner looks twice, as it waits until the house has settled."""
    await sample.planner.look()
    await sample.live(11)
    await sample.planner.look()


def as_described(method: str, path: str, told: Any) -> None:
    described = document()
    answer = described["paths"][path][method]["responses"]["200"]["content"]["application/json"]["schema"]
    schema = {**answer, "components": described["components"]}
    assert not [f"{e.json_path}: {e.message[:200]}" for e in Draft202012Validator(schema).iter_errors(told)][:5]


def test_before_the_first_plan_there_is_an_answer_without_one(tmp_path: Path) -> None:
    async def play(_sample: SampleHouse, call: Call) -> None:
        status, told = await call("GET", "/plan")
        assert status == 200 and told["steps"] == [] and told["made"] is None and not told["in_force"]
        as_described("get", "/plan", told)
        _, told = await call("GET", "/forecast")
        assert told == {"load": None, "pv": None, "price_import": [], "price_export": [], "estimated_from": None}
        _, told = await call("GET", "/forecast/score")
        assert told == {"scored": None, "scores": []}

    house(tmp_path, play, planned=False)


def test_the_plan_is_told_with_its_reasons(tmp_path: Path) -> None:
    async def play(sample: SampleHouse, call: Call) -> None:
        _, told = await call("GET", "/plan")
        as_described("get", "/plan", told)
        assert told["state"] == sample.planner.health() and told["cause"] == "start" and not told["in_force"]
        assert told["made"] <= sample.clock.now() < told["good_until"]
        assert len(told["steps"]) == 192 and told["steps"][0]["start"] == told["made"] // 900_000 * 900_000
        why = [d["why"] for s in told["steps"] for d in s["devices"].values()]
        assert all(w["code"] for w in why) and told["load"]["by"] == "typical"
        _, ahead = await call("GET", "/forecast")
        as_described("get", "/forecast", ahead)
        assert ahead["load"] == told["load"] and ahead["price_import"] == [s["buy"] for s in told["steps"]]
        assert all(
            low <= mid <= high
            for low, mid, high in zip(*(ahead["load"][b] for b in ("low", "mid", "high")), strict=True)
        )

    house(tmp_path, play)


def test_a_device_that_is_left_to_the_plan_goes_by_it(tmp_path: Path) -> None:
    async def play(sample: SampleHouse, call: Call) -> None:
        status, _ = await call("POST", "/commands", {"point": "battery.mode", "value": "plan"})
        assert status == 200
        await sample.live(61)
        await plan(sample)
        _, told = await call("GET", "/plan")
        assert told["in_force"] and told["devices"] == ["battery"] and told["cause"] == "mode"
        await sample.live(2)
        latest = sample.desk.latest
        assert latest is not None and latest.inputs.plan is not None and latest.inputs.plan.made == told["made"]

    house(tmp_path, play)


def test_what_if_is_answered_and_nothing_is_changed(tmp_path: Path) -> None:
    async def play(_sample: SampleHouse, call: Call) -> None:
        _, before = await call("GET", "/plan")
        status, told = await call("POST", "/plan/what-if", {"change": {"tariff": {"factor": 2}}})
        assert status == 200, told
        as_described("post", "/plan/what-if", told)
        assert told["difference"] > 0 and told["after"] - told["before"] == pytest.approx(told["difference"])
        assert (await call("GET", "/plan"))[1] == before

    house(tmp_path, play)


def test_what_if_over_the_past_is_told_by_the_month(tmp_path: Path) -> None:
    async def play(_sample: SampleHouse, call: Call) -> None:
        status, told = await call("POST", "/plan/what-if/past", {"change": {"tariff": {"factor": 2}}})
        assert status == 200, told
        as_described("post", "/plan/what-if/past", told)
        assert told["months"] and told["rule"] == pytest.approx(sum(m["rule"] for m in told["months"]), abs=0.01)
        status, told = await call("POST", "/plan/what-if/past", {"change": {"batery": {"factor": 2}}})
        assert status == 400 and "battery" in told["detail"]

    house(tmp_path, play, seconds=2_000)


@pytest.mark.parametrize(("body", "said"), [
    ({"change": {"no_snu": True}}, "did you mean 'no_sun'?"),
    ({"change": {}}, "changes nothing"),
    ({"change": {"reserve": "much"}}, "what-if: reserve: must be"),
    ({"change": {"skip": ["nothing"]}}, "'nothing' is not in this plan"),
    ({"change": 3}, "field 'change' must be dict"),
    ({}, "field 'change' is missing"),
])  # fmt: skip
def test_a_what_if_that_cannot_be_is_told_so(tmp_path: Path, body: object, said: str) -> None:
    async def play(_sample: SampleHouse, call: Call) -> None:
        status, told = await call("POST", "/plan/what-if", body)
        assert status == 400 and said in told["detail"]

    house(tmp_path, play, planned=False)


def test_now_or_later(tmp_path: Path) -> None:
    async def play(sample: SampleHouse, call: Call) -> None:
        status, told = await call("GET", "/plan/marginal?power_w=1200&duration_s=5400")
        assert status == 200, told
        as_described("get", "/plan/marginal", told)
        assert len(told["runs"]) == 192 - 5 and told["now"] == told["runs"][0]
        assert told["best"]["cost"] <= told["now"]["cost"]
        start = sample.clock.now() + 7_200_000
        _, told = await call("GET", f"/plan/marginal?power_w=1200&duration_s=5400&from={start}&to={start + 10_800_000}")
        assert told["runs"][0]["start"] <= start < told["runs"][0]["start"] + 900_000 and len(told["runs"]) < 13

    house(tmp_path, play)


@pytest.mark.parametrize(("query", "field"), [
    ("duration_s=3600", "power_w"),
    ("power_w=-3&duration_s=3600", "power_w"),
    ("power_w=nan&duration_s=3600", "power_w"),
    ("power_w=1e9&duration_s=3600", "power_w"),
    ("power_w=1000&duration_s=0", "duration_s"),
    ("power_w=1000&duration_s=3600&from=yesterday", "from"),
])  # fmt: skip
def test_a_run_that_cannot_be_is_told_so(tmp_path: Path, query: str, field: str) -> None:
    async def play(_sample: SampleHouse, call: Call) -> None:
        status, told = await call("GET", f"/plan/marginal?{query}")
        assert status == 400 and told["field"] == field

    house(tmp_path, play, planned=False)


def test_a_run_that_does_not_fit_is_told_so(tmp_path: Path) -> None:
    async def play(sample: SampleHouse, call: Call) -> None:
        end = sample.clock.now() + 3_600_000
        status, told = await call("GET", f"/plan/marginal?power_w=1000&duration_s=7200&to={end}")
        assert status == 400 and "no start fits" in told["detail"]

    house(tmp_path, play, planned=False)


async def settled(sample: SampleHouse) -> None:
    """Two days in March and one in April, as nights have kept them, and a day of which too little was known."""
    state = sample.state
    first = (date(2026, 3, 30) - date(1970, 1, 1)).days
    terms = {name: 0.0 for name in TERMS} | {"pv": 0.3, "rules": 0.120049}
    item = Item("rules", "battery", 1_774_900_000_000, 1_774_907_200_000, "no_plan", 0.12, 0.0)
    for n, total in enumerate((0.420049, 0.52, 0.42)):
        day = (date(1970, 1, 1) + timedelta(first + n)).isoformat()
        more = {**terms, "load": total - sum(terms.values())}
        ledger = Ledger(day, 2.5, total, more, 0.0, {name: 0.0 for name in TERMS}, (item,) if n == 0 else ())
        await state.ledgers.put([KeptLedger(first + n, ledger.told())])
    await state.ledgers.put([KeptLedger(first + 3, {}, "only 25% of what the house used is known")])


def test_what_days_cost_too_much_is_told_by_day_and_month(tmp_path: Path) -> None:
    async def play(sample: SampleHouse, call: Call) -> None:
        _, told = await call("GET", "/regret?to=2026-04-20T12:00:00Z")
        assert told == {"days": [], "months": [], "lacks": []}
        await settled(sample)
        status, told = await call("GET", "/regret?to=2026-04-20T12:00:00Z")
        assert status == 200, told
        as_described("get", "/regret", told)
        assert [d["date"] for d in told["days"]] == ["2026-03-30", "2026-03-31", "2026-04-01"]
        for one in (*told["days"], *told["months"]):
            assert sum(one["terms"].values()) == pytest.approx(one["total"], abs=0.01)
        months = [(m["month"], m["days"], m["paid"], m["worst"]) for m in told["months"]]
        assert months == [("2026-03", 2, 5.0, "2026-03-31"), ("2026-04", 1, 2.5, "2026-04-01")]
        assert [a["cause"] for d in told["days"] for a in d["asks"]] == ["no_plan"]
        assert told["lacks"] == [{"date": "2026-04-02", "why": "only 25% of what the house used is known"}]
        _, part = await call("GET", "/regret?from=2026-03-31T12:00:00Z&to=2026-03-31T12:00:00Z")
        assert [d["date"] for d in part["days"]] == ["2026-03-31"] and part["lacks"] == []

    house(tmp_path, play, planned=False)


@pytest.mark.parametrize("query", ["from=yesterday", "from=2026-04-02T00:00:00Z&to=2026-04-01T00:00:00Z"])
def test_days_that_cannot_be_are_told_so(tmp_path: Path, query: str) -> None:
    async def play(_sample: SampleHouse, call: Call) -> None:
        status, told = await call("GET", f"/regret?{query}")
        assert status == 400 and told["field"] == "from"

    house(tmp_path, play, planned=False)
