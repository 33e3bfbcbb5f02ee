"""Wishes and answers: what holds, on whose wish, until when, what would change it, and how it was at another time."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from zoneinfo import ZoneInfo

import pytest
from playwright.sync_api import Locator, expect

from tests.browser.conftest import DESKTOP, PHONE, Visitor
from tests.browser.test_quality import SIZES, violations
from tests.house.demo_kit import Demo, eventually

Visit = Callable[..., Visitor]
CAR, LIMIT = "wallbox.current_limit", "house.import_limit"
ZONE = ZoneInfo("Europe/Berlin")
UNTIL = r"until (?:\d\d? \w+, )?\d\d:\d\d"
"""The page names the day too, where it is not today."""


def wishes(house: Demo) -> list[str]:
    """The ids of what people ask of devices and have not taken back."""
    known = house.api("GET", "/decisions")
    told = [d for d in known["decisions"] + known["unmet"] if d["point"] != LIMIT]
    return sorted({d["request"] for d in told if d["source"] == "person" and d["request"]})


@contextmanager
def tight(house: Demo, watts: int = 11_000) -> Iterator[None]:
    """A dark house that may take little from the grid, with a car that waits."""
    house.command("battery.mode", "hold")
    house.command("wallbox.mode", "off")
    house.world(irradiance=0, load_w=2500, ev_present={"keba": True, "heidelberg": False})
    limit = house.command(LIMIT, watts, for_s=600)["id"]
    eventually(lambda: house.point("battery.power")["v"] == 0, 15, "the battery holds")
    eventually(lambda: house.point("grid.power")["v"] > 2400, 10, "it is dark")
    try:
        yield
    finally:
        house.api("DELETE", f"/requests/{limit}")
        for wish in wishes(house):
            house.api("DELETE", f"/requests/{wish}")
        house.world(irradiance=None, load_w=None, ev_present={"keba": None, "heidelberg": None})
        house.command("wallbox.mode", "solar")
        house.command("battery.mode", "auto")


def why(visitor: Visitor, point: str) -> Locator:
    visitor.control(point).get_by_role("button", name="Why").click()
    return visitor.page.get_by_role("dialog")


@pytest.mark.parametrize("size", SIZES)
def test_a_wish_that_a_limit_holds_back_is_told_and_taken_back_by_keyboard(
    visit: Visit, house: Demo, size: str
) -> None:
    with tight(house):
        visitor = visit(SIZES[size])
        line = visitor.page.locator(f'[data-limit="{LIMIT}"]')
        expect(line).to_contain_text(re.compile(r"From the grid 11.0.kW at most: set by you"))
        visitor.go("Devices")
        visitor.slide(CAR, 16)
        wish = visitor.wish(CAR)
        expect(wish).to_contain_text(
            re.compile(r"You asked for 16.A; \d+.A now: the house may take 11.0.kW"), timeout=10_000
        )
        expect(wish).to_contain_text(re.compile(rf"It returns to 16.A when that is free; {UNTIL}"))
        expect(visitor.control("wallbox.mode")).to_contain_text("A wish comes before the mode")
        assert 6 <= house.truth("keba")["current_limit"] < 16
        visitor.shoot(f"wish-{size}")
        back = wish.get_by_role("button", name="Take back")
        back.focus()
        visitor.page.keyboard.press("Enter")
        expect(wish).to_contain_text("Taken back")
        eventually(lambda: house.truth("keba")["current_limit"] == 0, 3, "the mode has the car again")
        assert not wishes(house)
        expect(wish.get_by_role("button", name="Undo")).to_be_focused()
        visitor.page.keyboard.press("Enter")
        expect(wish).to_contain_text("You asked for", timeout=10_000)
        wish.get_by_role("button", name="Take back").click()
        expect(wish).to_have_count(0, timeout=12_000)
        expect(visitor.control(CAR).get_by_role("button", name="Why")).to_be_focused()


def test_a_wish_that_is_met_says_until_when_on_the_now_screen_too(visit: Visit, house: Demo) -> None:
    visitor = visit(PHONE)
    house.command("heatpump.sg_ready", 3, for_s=1800)
    try:
        wish = visitor.control("heatpump.mode").locator("[data-wish]")
        expect(wish).to_contain_text("Your wish of Boost advised holds until", timeout=6000)
        wish.get_by_role("button", name="Take back").click()
        eventually(lambda: not wishes(house), 3, "the wish is taken back; the heat pump keeps its least time")
        expect(wish).to_contain_text("Taken back")
    finally:
        for wish_id in wishes(house):
            house.api("DELETE", f"/requests/{wish_id}")


@pytest.mark.parametrize("choice", ["for 1 h", "for good"])
def test_a_mode_is_chosen_for_a_time_or_for_good(visit: Visit, house: Demo, choice: str) -> None:
    house.command("wallbox.mode", "solar")
    visitor = visit(PHONE)
    control = visitor.control("wallbox.mode")
    control.get_by_label("how long").select_option(label=choice)
    with visitor.page.expect_request("**/api/v1/commands") as sent:
        visitor.choose("wallbox.mode", "Fast")
    assert sent.value.post_data_json.get("for_s") == (3600 if choice == "for 1 h" else None)
    expect(control).to_have_attribute("data-state", "confirmed")
    expect(control).to_contain_text("Charges as fast as the house allows")
    if choice == "for 1 h":
        expect(control).to_contain_text(re.compile(UNTIL))
    visitor.shoot(f"mode-{choice.replace(' ', '-')}")
    control.get_by_role("button", name=re.compile("Undo|Take back")).first.click()
    eventually(lambda: house.point("wallbox.mode")["v"] == "solar", 3, "the mode is back")


def test_a_set_point_always_has_an_end_and_says_so(visit: Visit, house: Demo) -> None:
    visitor = visit(DESKTOP)
    visitor.go("Devices")
    how_long = visitor.control(CAR).get_by_label("how long")
    expect(how_long).to_have_value("hour")
    assert "for good" not in how_long.inner_text()
    expect(visitor.control("light_hall.brightness").get_by_label("how long")).to_have_count(0)


def test_what_is_switched_by_hand_against_a_mode_has_an_end(visit: Visit, house: Demo) -> None:
    house.command("plug_tv.mode", "surplus")
    visitor = visit(PHONE)
    try:
        plug = visitor.control("plug_tv.on")
        expect(plug).to_contain_text("What you switch by hand holds", timeout=6000)
        with visitor.page.expect_request("**/api/v1/commands") as sent:
            visitor.switch("plug_tv.on")
        assert sent.value.post_data_json["for_s"] == 3600
        expect(plug.locator("[data-wish]")).to_contain_text(re.compile(r"Your wish of (On|Off) holds until"))
    finally:
        for wish in wishes(house):
            house.api("DELETE", f"/requests/{wish}")
        house.command("plug_tv.mode", "manual")


NAMES = {
    "wallbox.mode": ["Off", "Solar", "Min+Solar", "Fast", "Plan"],
    "battery.mode": ["Hands off", "Auto", "Hold", "Charge", "Discharge", "Plan"],
    "heatpump.mode": ["Normal", "Boost", "Solar", "Plan"],
    "plug_tv.mode": ["By hand", "Solar", "Plan"],
}


@pytest.mark.parametrize("point", NAMES)
def test_every_mode_has_its_word_and_is_explained(visit: Visit, house: Demo, point: str) -> None:
    visitor = visit(PHONE)
    visitor.go("Devices")
    control = visitor.control(point)
    expect(control.get_by_role("radio")).to_have_text(NAMES[point])
    expect(control.locator(".does")).to_have_text(re.compile(r"\w+.*\."))
    dialog = why(visitor, point)
    dialog.get_by_text("What the modes do").click()
    for name in NAMES[point]:
        expect(dialog.get_by_role("term").filter(has_text=name).first).to_be_visible()


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("size", SIZES)
def test_why_tells_what_holds_and_what_would_have_to_change(visit: Visit, house: Demo, size: str, scheme: str) -> None:
    with tight(house):
        house.command(CAR, 16, for_s=1800)
        visitor = visit(SIZES[size], scheme)
        expect(visitor.wish(CAR)).to_be_visible(timeout=6000)
        assert violations(visitor) == [], "Now, with a wish and a limit"
        visitor.shoot(f"now-wish-{size}-{scheme}")
        dialog = why(visitor, "wallbox.mode")
        expect(dialog).to_contain_text(re.compile(r"Charging current: \d+.A"))
        expect(dialog).to_contain_text(re.compile(rf"On your wish, {UNTIL}"))
        expect(dialog).to_contain_text("What would have to change")
        expect(dialog).to_contain_text(re.compile(rf"Take the wish back, or wait {UNTIL}"))
        expect(dialog).to_contain_text("Wait until the house takes less elsewhere")
        visitor.shoot(f"why-{size}-{scheme}")
        dialog.get_by_text("Decided on").first.click()
        expect(dialog.get_by_role("row").filter(has_text="Grid: power").first).to_contain_text("W")
        assert violations(visitor) == [], "the Why dialog"
        dialog.get_by_role("button", name="Take back").click()
        expect(dialog).to_contain_text("As the mode Off has it", timeout=6000)
        expect(dialog.locator(".changes")).to_contain_text("Choose another mode")
        visitor.page.keyboard.press("Escape")
        visitor.go("Devices")
        assert violations(visitor) == [], "Devices"


def test_why_shows_another_time(visit: Visit, house: Demo) -> None:
    house.command("wallbox2.mode", "fast")
    time.sleep(3)
    fast = datetime.now(ZONE)
    house.command("wallbox2.mode", "off")
    time.sleep(14)  # what was decided is on the disk with the next flush
    visitor = visit(DESKTOP)
    dialog = why(visitor, "wallbox2.mode")
    expect(dialog).to_contain_text("As the mode Off has it")
    dialog.get_by_label("Time of today").fill(fast.strftime("%H:%M:%S"))
    dialog.get_by_role("button", name="Show", exact=True).click()
    expect(dialog.get_by_role("heading", name=f"At {fast:%H:%M:%S}")).to_be_visible()
    holding = dialog.locator(".holding")
    expect(holding).to_contain_text("Fast charging", timeout=10_000)
    visitor.shoot("why-then")
    dialog.get_by_role("button", name="Back to now").click()
    expect(holding).to_contain_text("Charging is switched off")
    dialog.get_by_role("button", name="Show what was decided at").first.click()
    expect(dialog.get_by_role("heading", name=re.compile(r"^At \d"))).to_be_visible()
    expect(holding).to_contain_text(re.compile("Charging current|not kept"))
    dialog.get_by_label("Time of today").fill("00:00:01")
    dialog.get_by_role("button", name="Show", exact=True).click()
    expect(holding).to_contain_text("is not kept any more", timeout=10_000)


def test_decisions_are_asked_for_when_something_changes_and_not_each_second(visit: Visit, house: Demo) -> None:
    house.command("battery.mode", "hold")
    visitor = visit(DESKTOP)
    expect(visitor.control("plug_tv.on")).to_be_visible()
    visitor.page.wait_for_timeout(5000)
    asked: list[str] = []
    visitor.page.on("request", lambda r: asked.append(r.url) if "/decisions" in r.url else None)
    visitor.page.wait_for_timeout(6000)
    assert len(asked) <= 2
    asked.clear()
    house.command("battery.mode", "auto")
    visitor.page.wait_for_timeout(5500)
    assert asked


@pytest.mark.parametrize("size", SIZES)
def test_nothing_jumps_while_wishes_are_in_force(visit: Visit, house: Demo, size: str) -> None:
    with tight(house):
        house.command(CAR, 16, for_s=1800)
        visitor = visit(SIZES[size])
        visitor.page.locator("nav").wait_for()
        for path in ("/", "/devices"):
            visitor.page.add_init_script(
                "window.shift = 0; new PerformanceObserver(l => l.getEntries().forEach(e => {"
                "if (!e.hadRecentInput) window.shift += e.value })).observe({type: 'layout-shift', buffered: true})"
            )
            visitor.page.goto(visitor.house.base + path)
            expect(visitor.wish(CAR)).to_be_visible()
            visitor.page.wait_for_timeout(2500)
            assert visitor.page.evaluate("window.shift") <= 0.02, path
