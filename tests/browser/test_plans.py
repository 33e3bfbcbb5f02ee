"""Plans as a person writes them: by clicks, checked while they are written, tried on the past, and taken back."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import Locator, Page, Route, expect

from tests.browser.conftest import DESKTOP, PHONE, SHOTS, Visitor
from tests.browser.test_quality import SIZES, violations
from tests.house.demo_kit import Demo, eventually

Visit = Callable[..., Visitor]
DAY = 86_400_000


@pytest.fixture(autouse=True)
def without_plans(house: Demo) -> Iterator[None]:
    yield
    for kind in ("rules", "schedules"):
        for plan in house.api("GET", f"/{kind}")[kind]:
            house.api("DELETE", f"/{kind}/{plan['id']}")


def at_plans(visit: Visit, size: dict[str, int] = DESKTOP, scheme: str = "light") -> Page:
    visitor = visit(size, scheme)
    visitor.go("Plans")
    expect(visitor.page.get_by_role("heading", name="Rules", exact=True)).to_be_visible()
    return visitor.page


def editor(page: Page) -> Locator:
    return page.locator("[data-editor]")


def new_rule(page: Page, example: str = "From nothing") -> Locator:
    page.get_by_role("button", name="Add a rule").click()
    page.get_by_role("button", name=example).click()
    return editor(page)


def usable(page: Page) -> None:
    expect(editor(page).locator('.verdict[data-state="good"]')).to_be_visible()


def test_nothing_planned_yet_is_said_in_words(visit: Visit) -> None:
    page = at_plans(visit, PHONE)
    expect(page.get_by_text("No schedules yet.")).to_be_visible()
    expect(page.get_by_text("No rules yet.")).to_be_visible()


def test_a_schedule_is_made_by_clicks_and_holds_its_point(visit: Visit, house: Demo) -> None:
    page = at_plans(visit)
    page.get_by_role("button", name="Add a schedule").click()
    form = editor(page)
    form.get_by_role("combobox", name="Set", exact=True).select_option(label="Wallbox mode")
    form.get_by_label("Wallbox mode: value").select_option(label="Fast")
    form.get_by_label("From: time").fill("00:00")
    form.get_by_label("Until: what").select_option(label="for a time")
    form.get_by_label("How long: amount").fill("24")
    expect(form.locator("[data-due] li").first).to_contain_text("00:00")
    form.get_by_role("textbox", name="Name", exact=True).fill("Car always")
    usable(page)
    form.get_by_role("button", name="Save").click()
    expect(page.get_by_role("button", name="Add a schedule")).to_be_focused()
    row = page.locator('[data-plan="car_always"]')
    expect(row).to_contain_text("Set wallbox mode to Fast: Every day, 00:00 for 24 h")
    expect(row).to_contain_text("Active now", timeout=8000)
    assert house.api("GET", "/schedules")["schedules"][0]["document"] == {
        "name": "Car always", "set": "wallbox.mode = fast", "days": "daily", "start": "00:00", "end": "24 h",
    }  # fmt: skip
    eventually(lambda: house.point("wallbox.mode")["v"] == "fast", 5, "the mode is held")


def test_a_schedule_by_the_sun_and_on_dates_is_read_back_as_it_was_written(visit: Visit, house: Demo) -> None:
    document = {
        "name": "Glow", "set": "light_hall.on = on", "dates": ["12-24..01-06", "2027-05-01"],
        "start": {"at": "sunset - 30 min", "not_before": "16:30"}, "end": "23:00",
        "holidays": "skip", "on_missed": "skip",
    }  # fmt: skip
    house.api("PUT", "/schedules/glow", {"document": document})
    page = at_plans(visit, PHONE)
    row = page.locator('[data-plan="glow"]')
    expect(row).to_contain_text(
        "24 Dec to 6 Jan, every year and 1 May 2027, 30 min before sunset (not before 16:30) to 23:00"
    )
    row.get_by_role("button", name="Edit").click()
    usable(page)
    editor(page).get_by_role("button", name="Save").click()
    expect(row.get_by_role("button", name="Edit")).to_be_focused()
    assert house.api("GET", "/schedules")["schedules"][0]["document"] == document


def test_what_is_wrong_with_a_schedule_stands_at_its_field(visit: Visit) -> None:
    page = at_plans(visit)
    page.get_by_role("button", name="Add a schedule").click()
    form = editor(page)
    form.get_by_role("combobox", name="Set", exact=True).select_option(label="Wallbox charging current")
    form.get_by_label("Wallbox charging current: value").fill("99")
    wrong = form.get_by_role("group", name="Set").get_by_role("alert")
    expect(wrong).to_contain_text("goes from 6 to 32 A")
    expect(form.get_by_role("button", name="Save")).to_be_disabled()
    form.get_by_label("Wallbox charging current: value").fill("16")
    expect(wrong).to_have_count(0)
    form.get_by_label("Until: time").fill("06:00")
    until = form.get_by_role("group", name="Until")
    expect(until).to_contain_text("the next day")
    expect(until.get_by_role("alert")).to_have_count(0)


def test_a_wrong_condition_is_marked_at_its_column(visit: Visit) -> None:
    page = at_plans(visit)
    form = new_rule(page)
    form.get_by_role("button", name="Write it as text").click()
    text = form.get_by_label("When: text")
    text.fill("house.surplus > 1500 W and pv_rof.power > 1 W")
    expect(form.get_by_role("alert")).to_contain_text("did you mean 'pv_roof.power'")
    expect(form.locator(".marked")).to_have_attribute("data-column", "28")
    expect(form.locator(".marked mark")).to_have_text("pv_rof.power")
    assert text.get_attribute("aria-invalid") == "true"
    text.fill("max(house.surplus, 0 W) > 1500 W")
    usable(page)
    expect(form.get_by_role("button", name="This says more than lists can show.")).to_be_visible()
    text.fill("house.surplus > 1500 W ± 200 W or not sun.up")
    form.get_by_role("button", name="Pick it from lists").click()
    expect(form.get_by_label("When, part 1: tolerance")).to_have_value("200")
    expect(form.get_by_label("When, part 2: state")).to_have_value("1")


def test_a_wrong_action_is_marked_in_the_text_as_it_was_written(visit: Visit, house: Demo) -> None:
    document = {"when": "sun.up", "then": ["plug_tv.on = on", "wallbox.current_limit <= house.surplus / 230 V / 3"]}
    house.api("PUT", "/rules/share", {"document": document})
    page = at_plans(visit)
    page.locator('[data-plan="share"]').get_by_role("button", name="Edit").click()
    usable(page)
    editor(page).get_by_label("Wallbox charging current: value").fill("house.surplu / 230 V / 3")
    expect(editor(page).get_by_role("alert")).to_contain_text("there is no point 'house.surplu'")
    expect(editor(page).locator(".marked")).to_have_attribute("data-column", "26")
    expect(editor(page).locator(".marked mark")).to_have_text("house.surplu")


def test_a_rule_is_built_tried_saved_watched_switched_off_and_removed_with_undo(visit: Visit, house: Demo) -> None:
    page = at_plans(visit)
    form = new_rule(page)
    form.get_by_label("When, part 1: what").select_option(label="Use at home")
    form.get_by_label("When, part 1: value").fill("1")
    form.get_by_label("When, part 1: tolerance").fill("")
    form.get_by_role("button", name="Add a condition").click()
    form.get_by_label("When, part 2: what").select_option(label="Day of the week")
    for day in ("Sat", "Sun"):
        form.get_by_label("When, part 2: Day of the week").get_by_role("button", name=day).click()
    form.get_by_label("For at least: amount").fill("0")
    form.get_by_role("combobox", name="Then", exact=True).select_option(label="Light hall")
    form.get_by_role("radio", name="On", exact=True).click()
    form.get_by_role("textbox", name="Name", exact=True).fill("Light at home!")
    expect(form.locator(".reads")).to_contain_text("When use at home is over 1 W and it is Monday, Tuesday")
    usable(page)
    form.get_by_role("button", name="Try it on the past").click()
    expect(form.locator(".report")).to_contain_text("Of the last 30 days too little is recorded")
    form.get_by_role("radio", name="A year").click()
    expect(form.locator(".report")).to_contain_text("last 365 days")
    assert house.api("GET", "/rules")["rules"] == [], "trying is not writing"
    form.get_by_role("button", name="Save").click()
    row = page.locator('[data-plan="light_at_home"]')
    expect(row.locator(".state")).to_contain_text("In force: since", timeout=5000)
    kept = house.api("GET", "/rules")["rules"][0]["document"]
    assert kept["when"] == "house.consumption > 1 W and weekday in (mon, tue, wed, thu, fri, sat, sun)"
    row.get_by_role("switch").click()
    expect(row.locator(".state")).to_have_text("Off", timeout=5000)
    assert house.api("GET", "/rules")["rules"][0]["document"]["enabled"] is False
    row.get_by_role("button", name="Remove").click()
    expect(row).to_have_count(0)
    expect(page.get_by_role("button", name="Undo")).to_be_focused()
    assert house.api("GET", "/rules")["rules"] == []
    page.keyboard.press("Enter")
    expect(row.locator(".state")).to_have_text("Off")
    assert house.api("GET", "/rules")["rules"][0]["document"] == {**kept, "enabled": False}


@pytest.mark.parametrize("example", ["Plug washer on solar surplus", "Negative prices", "Wallbox at night"])
def test_each_example_can_be_used_and_read_as_it_is(visit: Visit, house: Demo, example: str) -> None:
    page = at_plans(visit)
    form = new_rule(page, example)
    usable(page)
    expect(form.locator(".reads code")).to_have_count(0)
    form.get_by_role("button", name="Save").click()
    eventually(lambda: house.api("GET", "/rules")["rules"], 4, "the rule is kept")
    rule = house.api("GET", "/rules")["rules"][0]
    assert rule["document"]["name"] == example and rule["problem"] == ""
    expect(page.locator(f'[data-plan="{rule["id"]}"] .state')).not_to_be_empty()


def past(route: Route) -> None:
    """A rehearsal as a house with a year behind it would answer."""
    asked = json.loads(route.request.post_data or "{}")
    runs = [
        {"start": t + h * 3_600_000, "end": t + (h + 2) * 3_600_000, "why": "rule_over"}
        for n, t in enumerate(range(asked["start"], asked["end"] - DAY, DAY))
        for h in ((9, 12) if n % 3 else (10,))
    ]
    told = {
        "start": asked["start"], "end": asked["end"], "step_s": 60, "count": len(runs), "active_s": 7200 * len(runs),
        "runs": runs[-500:], "import_wh": -12_300, "export_wh": 3_000, "cost": -3.2, "unmodelled": ["light_hall.on"],
        "known": 0.83, "per_day": 1.7, "most_an_hour": 9,
        "clashes": [{"rule": "other", "point": "plug_tv.on", "seconds": 7200}],
    }  # fmt: skip
    route.fulfill(json=told)


def test_a_rehearsal_says_what_would_have_changed_and_what_is_not_sure(visit: Visit) -> None:
    page = at_plans(visit)
    page.route("**/rehearse", past)
    form = new_rule(page, "Plug washer on solar surplus")
    usable(page)
    form.get_by_role("button", name="Try it on the past").click()
    report = form.locator(".report")
    for said in (
        "It would have saved about €3.20",
        "12.3\u00a0kWh less taken from the grid",
        "3.00\u00a0kWh more fed in",
        "Only for 83\u00a0% of the time",
        "Not reckoned: what light hall would have changed",
        "up to 9 times in an hour",
        "The rule “other” would have wanted something else of plug TV for 2\u00a0h",
    ):
        expect(report).to_contain_text(said)
    expect(report.get_by_role("img")).to_have_attribute("aria-label", re.compile("Mostly between"))
    form.get_by_role("radio", name="A year").click()
    expect(report).to_have_attribute("data-span", "365")
    report.scroll_into_view_if_needed()
    shoot(page, "year")
    report.locator("summary").click()
    expect(report.locator("ol li")).to_have_count(10)
    form.get_by_label("For at least: amount").fill("7")
    expect(form.get_by_text("The rule has changed since")).to_be_visible()


SOME: dict[str, dict[str, Any]] = {
    "/rules/sun": {
        "name": "Sunny", "when": "house.surplus > 1 kW ± 200 W", "for": "5 min", "then": ["plug_washer.on = on"],
        "until": "20:00", "cooldown": "10 min",
    },
    "/rules/hand": {
        "name": "By hand", "when": "max(house.surplus, 0 W) > 90 kW",
        "then": ["house.export_limit <= 0 W", "wallbox.mode = fast"], "enabled": False,
    },
    "/schedules/warm": {
        "name": "Warm mornings", "set": "living.target_temperature = 21", "days": "workdays", "start": "06:00",
        "end": "08:30",
    },
    "/schedules/glow": {
        "name": "Hall at dusk", "set": "light_hall.on = on", "start": "sunset - 30 min", "end": "23:00",
    },
}  # fmt: skip


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("size", SIZES)
def test_axe_finds_nothing_on_plans(visit: Visit, house: Demo, size: str, scheme: str) -> None:
    for path, document in SOME.items():
        house.api("PUT", path, {"document": document})
    visitor = visit(SIZES[size], scheme)
    visitor.go("Plans")
    page = visitor.page
    expect(page.locator("[data-plan]")).to_have_count(4)
    page.wait_for_timeout(2500)
    assert violations(visitor) == []
    shoot(page, f"plans-{size}-{scheme}")
    page.route("**/rehearse", past)
    page.get_by_role("button", name="Add a rule").click()
    assert violations(visitor) == [], "the examples"
    shoot(page, f"examples-{size}-{scheme}")
    page.get_by_role("button", name="Plug washer on solar surplus").click()
    usable(page)
    editor(page).locator("summary").first.click()
    page.get_by_role("button", name="Try it on the past").click()
    page.get_by_role("radio", name="A year").wait_for()
    page.locator(".report summary").click()
    assert violations(visitor) == [], "the rule's editor"
    shoot(page, f"rule-{size}-{scheme}")
    page.get_by_role("button", name="Write it as text").click()
    page.get_by_label("When: text").fill("house.surpls > 1 W")
    page.locator(".marked").wait_for()
    assert violations(visitor) == [], "with an error"
    shoot(page, f"error-{size}-{scheme}")
    page.locator('[data-plan="glow"]').get_by_role("button", name="Edit").click()
    page.locator('[data-editor="schedule"] [data-due]').wait_for()
    page.locator('[data-editor="schedule"] summary').click()
    assert violations(visitor) == [], "the schedule's editor"
    shoot(page, f"schedule-{size}-{scheme}")


def shoot(page: Page, name: str) -> None:
    """The whole length of the page."""
    if SHOTS:
        page.screenshot(path=f"{SHOTS}/{name}.png", full_page=True)


@pytest.mark.parametrize("width", [320, 360, 640])
def test_plans_do_not_scroll_sideways(visit: Visit, width: int) -> None:
    page = at_plans(visit, {"width": width, "height": 640})
    new_rule(page, "Wallbox at night")
    page.get_by_role("button", name="Add a schedule").click()
    editor(page).first.get_by_label("From: what").select_option(label="sunset")
    over = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    assert over <= 0
