"""The days ahead on the page: the plan of the running house, its reasons, what-ifs, and a page without a plan."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from playwright.sync_api import Route, expect

from tests.browser.conftest import DESKTOP, PHONE, Visitor
from tests.browser.test_quality import SIZES, violations
from tests.house.demo_kit import Demo, eventually

Visit = Callable[..., Visitor]


@pytest.fixture(scope="module")
def planned(house: Demo) -> Demo:
    """A house that has made a plan."""
    eventually(lambda: bool(house.api("GET", "/plan")["steps"]), 60, "the house has made a plan")
    return house


def asked_of(house: Demo, point: str) -> list[Any]:
    """The wishes in force for it."""
    return [d for d in house.api("GET", "/decisions")["decisions"] if d["point"] == point and d["request"]]


def runs(house: Demo, device: str) -> list[int]:
    """When the plan has it run, UTC ms."""
    steps = house.api("GET", "/plan")["steps"]
    return [s["start"] for s in steps if s["devices"].get(device, {"power_w": 0})["power_w"] > 0]


def card(visitor: Visitor) -> Any:
    visitor.go("Plans")
    return visitor.page.get_by_role("region", name="What is ahead")


@pytest.mark.parametrize("size", SIZES)
def test_the_days_ahead_are_one_picture_with_the_reasons_of_a_moment(visit: Visit, planned: Demo, size: str) -> None:
    visitor = visit(SIZES[size])
    ahead = card(visitor)
    picture = ahead.get_by_role("img", name=re.compile("plan from six hours ago to a day and a half ahead"))
    expect(picture).to_be_visible()
    for strip in ("Price", "Sun", "Use at home", "Charge", "now"):
        expect(picture.locator("text", has_text=strip).first).to_be_attached()
    slider = ahead.get_by_role("slider", name="Which time the reasons below are for")
    first = ahead.locator(".slot").inner_text()
    slider.fill("40")
    expect(ahead.locator(".slot")).not_to_have_text(first)
    expect(ahead.locator(".slot")).to_contain_text("One more kWh now costs")
    expect(ahead.locator(".slot")).to_contain_text("Battery")
    assert violations(visitor) == []
    visitor.shoot(f"ahead-{size}")


def test_a_touch_in_the_picture_chooses_the_moment(visit: Visit, planned: Demo) -> None:
    visitor = visit(PHONE)
    ahead = card(visitor)
    picture = ahead.get_by_role("img")
    expect(picture).to_be_visible()
    before = ahead.locator(".slot h3").inner_text()
    box = picture.bounding_box()
    assert box
    picture.click(position={"x": box["width"] * 0.7, "y": 30})
    expect(ahead.locator(".slot h3")).not_to_have_text(before)


def test_what_if_there_were_no_sun_is_reckoned_and_nothing_changes(visit: Visit, planned: Demo) -> None:
    visitor = visit(PHONE)
    ahead = card(visitor)
    ahead.get_by_role("button", name="What if").click()
    sheet = visitor.page.get_by_role("dialog", name="What if")
    before = planned.api("GET", "/plan")["devices"], planned.point("battery.mode")["v"]
    sheet.get_by_role("button", name="There is no sun").click()
    expect(sheet.get_by_role("status")).to_contain_text(
        re.compile(r"There is no sun: (costs .* more|saves|makes no)"), timeout=30_000
    )
    sheet.get_by_role("button", name="And over the last months?").click()
    expect(sheet.get_by_role("alert")).to_contain_text("nothing is recorded", timeout=30_000)  # this house is new
    assert violations(visitor) == []
    assert (planned.api("GET", "/plan")["devices"], planned.point("battery.mode")["v"]) == before


def test_a_change_over_the_last_months_is_a_table(visit: Visit, planned: Demo) -> None:
    def lived(route: Route) -> None:
        months = [
            {"month": "2026-10", "rule": -3.2, "best": -6.41, "missing": 0},
            {"month": "2026-11", "rule": 0.4, "best": -1.1, "missing": 0.02},
        ]
        route.fulfill(json={"months": months, "rule": -2.8, "best": -7.51})

    visitor = visit(PHONE)
    visitor.page.route("**/plan/what-if/past", lived)
    card(visitor).get_by_role("button", name="What if").click()
    sheet = visitor.page.get_by_role("dialog", name="What if")
    sheet.get_by_role("button", name="twice the size").click()
    sheet.get_by_role("button", name="And over the last months?").click(timeout=30_000)
    rows = sheet.get_by_role("table").get_by_role("row")
    expect(rows).to_have_count(4)
    expect(rows.nth(1)).to_contain_text(re.compile("November 2026.*0.40.*-.*1.10"))
    expect(rows.nth(3)).to_contain_text(re.compile("All of them.*2.80.*7.51"))
    assert violations(visitor) == []
    visitor.shoot("what-if-past-phone")


def test_a_reserve_is_reckoned_before_it_is_kept_and_can_be_taken_back(visit: Visit, planned: Demo) -> None:
    visitor = visit(PHONE)
    card(visitor).get_by_role("button", name="What if").click()
    sheet = visitor.page.get_by_role("dialog", name="What if")
    slider = sheet.get_by_role("slider", name="in reserve")
    slider.focus()
    slider.press("ArrowRight")
    expect(sheet.get_by_text(re.compile("35.% in reserve: ")).first).to_be_visible(timeout=30_000)
    assert not asked_of(planned, "battery.reserve")
    sheet.get_by_role("button", name="Keep it so for a day").click()
    expect(sheet).to_contain_text("is kept until tomorrow")
    (kept,) = asked_of(planned, "battery.reserve")
    assert kept["value"] == 35
    visitor.shoot("reserve-phone")
    sheet.get_by_role("button", name="Close").click()
    visitor.go("Devices")
    wish = visitor.page.locator("[data-wish='battery.reserve']")
    expect(wish).to_contain_text("35")
    wish.get_by_role("button", name="Take back").click()
    eventually(lambda: not asked_of(planned, "battery.reserve"), 10, "the reserve is taken back")


def test_a_plug_is_asked_to_run_by_a_time_and_moved_to_another(visit: Visit, planned: Demo) -> None:
    visitor = visit(DESKTOP)
    planned.command("plug_washer.mode", "plan", for_s=600)
    try:
        eventually(lambda: "plug_washer" in planned.api("GET", "/plan")["devices"], 30, "the plug is left to the plan")
        ahead = card(visitor)
        ahead.get_by_role("button", name="washer: ready by").click(timeout=40_000)
        sheet = visitor.page.get_by_role("dialog", name="washer: ready by")
        sheet.get_by_label("Energy").fill("0.8")
        sheet.get_by_role("button", name="Plan for it").click()
        expect(ahead).to_contain_text("the next plan keeps to it")
        eventually(lambda: runs(planned, "plug_washer"), 60, "the run is planned")
        move = ahead.get_by_role("button", name="washer: ready by").filter(has_text="Move")
        move.click(timeout=40_000)
        zone = ZoneInfo(planned.api("GET", "/site")["timezone"])
        begin = (datetime.now(zone) + timedelta(hours=15)).replace(minute=0, second=0, microsecond=0)
        sheet.get_by_label("Not before").fill(f"{begin:%H:%M}")
        sheet.get_by_label("Ready by").fill(f"{begin + timedelta(hours=6):%H:%M}")
        expect(sheet.get_by_role("status")).to_contain_text(
            re.compile(r"Between .* and .*: (costs .* more|saves|makes no)"), timeout=30_000
        )
        assert violations(visitor) == []
        visitor.shoot("move-desktop")
        sheet.get_by_role("button", name="Plan for it").click()
        first = begin.timestamp() * 1000
        eventually(lambda: min(runs(planned, "plug_washer"), default=0) >= first, 60, "it is planned for then")
    finally:
        for wish in asked_of(planned, "plug_washer.target_energy"):
            planned.api("DELETE", f"/requests/{wish['request']}")
        planned.command("plug_washer.mode", "manual")


def test_a_car_that_tells_how_full_it_is_is_asked_to_be_so_full(visit: Visit, planned: Demo) -> None:
    asked: list[Any] = []

    def devices(route: Route) -> None:
        told = planned.api("GET", "/devices")
        box = next(d for d in told["devices"] if d["id"] == "wallbox")
        energy = next(c for c in box["commands"] if c["point"] == "wallbox.target_energy")
        box["commands"].append({**energy, "point": "wallbox.target_soc", "high": 100.0})
        route.fulfill(json=told)

    def commands(route: Route) -> None:
        asked.append(route.request.post_data_json)
        sent = asked[-1]
        done = {"state": "confirmed", "asked": sent["value"], "applied": sent["value"], "limit": None, "ms": 1.0}
        route.fulfill(json={"id": sent["id"], **done, "reason": {"code": "confirmed", "numbers": {}}})

    visitor = visit(PHONE)
    planned.command("wallbox.mode", "plan", for_s=600)
    try:
        eventually(lambda: "wallbox" in planned.api("GET", "/plan")["devices"], 30, "the car is left to the plan")
        visitor.page.route("**/api/v1/devices", devices)
        visitor.page.route("**/api/v1/commands", commands)
        visitor.page.reload()
        ahead = card(visitor)
        ahead.get_by_role("button", name="wallbox: ready by").click(timeout=40_000)
        sheet = visitor.page.get_by_role("dialog", name="wallbox: ready by")
        sheet.get_by_role("combobox").select_option("% of the car's battery")
        sheet.get_by_label("How full").fill("75")
        assert violations(visitor) == []
        visitor.shoot("so-full-phone")
        sheet.get_by_role("button", name="Plan for it").click()
        expect(ahead).to_contain_text("75\u00a0% full by")
        assert (asked[0]["point"], asked[0]["value"]) == ("wallbox.target_soc", 75) and asked[0]["for_s"] > 0
    finally:
        planned.command("wallbox.mode", "solar")


def test_left_to_the_plan_a_device_is_said_to_be(visit: Visit, planned: Demo) -> None:
    visitor = visit(DESKTOP)
    planned.command("battery.mode", "plan", for_s=600)
    try:
        eventually(lambda: planned.api("GET", "/plan")["in_force"] is True, 30, "the plan is in force")
        expect(card(visitor)).to_contain_text(re.compile(r"In force, made at"), timeout=40_000)
    finally:
        planned.command("battery.mode", "auto")


def test_the_table_tells_the_same_for_those_who_read(visit: Visit, planned: Demo) -> None:
    visitor = visit(DESKTOP)
    ahead = card(visitor)
    ahead.get_by_role("button", name="table").click()
    table = ahead.get_by_role("table", name="The plan as a table")
    expect(table.get_by_role("row")).to_have_count(49)


def test_without_a_plan_the_page_says_what_it_takes(visit: Visit, house: Demo) -> None:
    def none(route: Route) -> None:
        told = house.api("GET", "/plan")
        route.fulfill(json={**told, "steps": [], "state": "the price of the next hours is not known"})

    visitor = visit(PHONE)
    visitor.page.route("**/api/v1/plan", none)
    ahead = card(visitor)
    expect(ahead).to_contain_text("There is no plan yet")
    expect(ahead).to_contain_text("the price of the next hours is not known")


def test_a_hub_that_cannot_tell_is_said_to(visit: Visit, house: Demo) -> None:
    visitor = visit(PHONE)
    visitor.page.route("**/api/v1/plan", lambda route: route.fulfill(status=503, json={"detail": "x", "status": 503}))
    expect(card(visitor)).to_contain_text("The plan could not be fetched", timeout=15_000)


def test_what_days_have_cost_is_told_by_day_and_month_with_its_causes(visit: Visit, planned: Demo) -> None:
    names = ("solver", "limits", "following", "load", "pv", "price", "people", "refused", "rules", "execution")
    terms = {name: 0.0 for name in names} | {"pv": 0.31, "people": 0.2}
    costs = {"paid": 2.5, "total": 0.51, "terms": terms, "wishes": 0.0}
    ask = {"who": "people", "device": "battery", "start": 1_774_900_000_000, "end": 1_774_907_200_000}
    told = {
        "days": [{"date": "2026-03-30", **costs, "asks": [{**ask, "cause": "anna", "money": 0.2, "wishes": 0.0}],
                  "missing": 0.0}],
        "months": [{"month": "2026-03", "days": 1, **costs, "worst": "2026-03-30"}],
        "lacks": [{"date": "2026-03-31", "why": "only 25% of what the house used is known"}],
    }  # fmt: skip
    visitor = visit(PHONE)
    visitor.page.route("**/api/v1/regret", lambda route: route.fulfill(json=told))
    card(visitor).get_by_role("button", name="What did it cost?").click()
    sheet = visitor.page.get_by_role("dialog", name="What did it cost?")
    days = sheet.get_by_role("table", name="By day")
    assert days.get_by_role("columnheader").all_inner_texts() == [
        "Day", "Paid", "Too much", "Forecast of sun", "Your wishes",
    ]  # fmt: skip
    expect(days.get_by_role("row").nth(1)).to_contain_text("\u20ac0.31")
    expect(sheet.get_by_role("table", name="By month")).to_contain_text("March 2026 (1 day)")
    expect(sheet).to_contain_text("was in anna's hands")
    expect(sheet).to_contain_text("31 Mar: only 25% of what the house used is known.")
    assert violations(visitor) == []
    visitor.shoot("regret-phone")
