""" "Why?" where people look first: at the nodes of the picture, and at what is planned and not obeyed."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest
from playwright.sync_api import Locator, expect

from tests.browser.conftest import DESKTOP, PHONE, Visitor
from tests.browser.test_quality import SIZES, violations
from tests.browser.test_why import wishes
from tests.house.demo_kit import Demo, eventually

Visit = Callable[..., Visitor]
NODES = {"battery": "Why: Battery mode", "car": "Why: Wallbox mode", "heat": "Why: Heatpump mode"}
SMALL = {"width": 320, "height": 640}


def node(visitor: Visitor, kind: str) -> Locator:
    return visitor.page.locator(f'.node[data-kind="{kind}"] button')


def overflow(visitor: Visitor) -> int:
    return int(visitor.page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth"))


@pytest.mark.parametrize("kind", NODES)
def test_a_node_of_the_picture_opens_why_its_devices_do_what_they_do(visit: Visit, kind: str) -> None:
    visitor = visit(PHONE)
    box = node(visitor, kind).bounding_box()
    assert box and box["width"] >= 44 and box["height"] >= 44
    node(visitor, kind).focus()
    visitor.page.keyboard.press("Enter")
    dialog = visitor.page.get_by_role("dialog")
    expect(dialog.get_by_role("heading", name=re.compile("^Why: "))).to_be_visible()
    expect(dialog.locator(".changes li").first).to_be_visible()
    visitor.page.keyboard.press("Escape")
    expect(node(visitor, kind)).to_be_focused()


def test_of_two_cars_each_has_its_own_answer(visit: Visit, house: Demo) -> None:
    house.command("wallbox.mode", "off")
    house.command("wallbox2.mode", "fast")
    visitor = visit(PHONE)
    node(visitor, "car").click()
    dialog = visitor.page.get_by_role("dialog")
    expect(dialog.get_by_role("heading", name="Why: Wallbox mode")).to_be_visible()
    expect(dialog.locator(".holding")).to_contain_text("Charging is switched off")
    dialog.get_by_role("radio", name="Wallbox 2").click()
    expect(dialog.get_by_role("heading", name="Why: Wallbox 2 mode")).to_be_visible()
    expect(dialog.locator(".holding")).to_contain_text("Fast charging")
    house.command("wallbox2.mode", "off")


@pytest.mark.parametrize("kind", ["grid", "other"])
def test_what_the_hub_does_not_drive_is_no_button(visit: Visit, kind: str) -> None:
    visitor = visit(PHONE)
    expect(visitor.page.locator(f'.node[data-kind="{kind}"]')).to_be_visible()
    expect(node(visitor, kind)).to_have_count(0)


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("size", SIZES)
def test_the_picture_stays_calm_and_its_answer_is_for_everybody(visit: Visit, size: str, scheme: str) -> None:
    visitor = visit(SIZES[size], scheme)
    node(visitor, "car").wait_for()
    visitor.shoot(f"flow-{size}-{scheme}")
    node(visitor, "car").focus()
    visitor.shoot(f"flow-focus-{size}-{scheme}")
    node(visitor, "car").click()
    expect(visitor.page.get_by_role("dialog").locator(".changes li").first).to_be_visible()
    visitor.shoot(f"flow-why-{size}-{scheme}")
    assert violations(visitor) == []


# -- what is planned ---------------------------------------------------------------------------------------------------


@contextmanager
def planned(house: Demo, mode: str) -> Iterator[None]:
    """A schedule that holds the wallbox's mode all day, and what people asked of it is taken back afterwards."""
    document = {
        "name": "Night charging",
        "set": f"wallbox.mode = {mode}",
        "days": "daily",
        "start": "00:00",
        "end": "24 h",
    }
    house.api("PUT", "/schedules/night", {"document": document})
    eventually(lambda: house.point("wallbox.mode")["v"] == mode, 5, "the schedule holds the mode")
    try:
        yield
    finally:
        house.api("DELETE", "/schedules/night")
        for wish in wishes(house):
            house.api("DELETE", f"/requests/{wish}")


def row_of(visitor: Visitor) -> Locator:
    visitor.go("Plans")
    return visitor.page.locator('[data-plan="night"]')


def test_a_schedule_in_force_says_why_and_how_to_end_it(visit: Visit, house: Demo) -> None:
    with planned(house, "fast"):
        visitor = visit(PHONE)
        row = row_of(visitor)
        expect(row).to_contain_text("Active now")
        expect(row).not_to_contain_text("Not as asked")
        row.get_by_role("button", name="Why: Night charging").focus()
        visitor.page.keyboard.press("Enter")
        dialog = visitor.page.get_by_role("dialog")
        expect(dialog).to_contain_text("Fast charging")
        expect(dialog.locator(".changes")).to_contain_text(
            re.compile(r"Change the schedule or switch it off, or wait until .*\d\d:\d\d")
        )


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("size", SIZES)
def test_a_schedule_that_is_not_obeyed_says_so_and_why(visit: Visit, house: Demo, size: str, scheme: str) -> None:
    with planned(house, "fast"):
        house.command("wallbox.mode", "off", for_s=900)
        visitor = visit(SIZES[size], scheme)
        row = row_of(visitor)
        expect(row).to_contain_text(
            re.compile(r"Active now, until .*\. Not as asked: what a person wants comes first\.")
        )
        row.scroll_into_view_if_needed()
        visitor.shoot(f"plan-held-{size}-{scheme}")
        button = row.get_by_role("button", name="Why: Night charging")
        box = button.bounding_box()
        assert box and box["width"] >= 44 and box["height"] >= 44
        assert violations(visitor) == [], "Plans"
        button.click()
        dialog = visitor.page.get_by_role("dialog")
        expect(dialog).to_contain_text("A schedule asked for Fast; Off now: what a person wants comes first")
        expect(dialog.locator(".changes")).to_contain_text(
            "The other wish has its turn when the person’s wish is over or taken back."
        )
        assert violations(visitor) == [], "the Why dialog"
        visitor.shoot(f"plan-why-{size}-{scheme}")
        dialog.get_by_role("button", name="Take back").click()
        expect(dialog).to_contain_text("Fast charging", timeout=6000)
        visitor.page.keyboard.press("Escape")
        expect(row).not_to_contain_text("Not as asked")


def test_a_rule_in_force_that_is_not_obeyed_says_why(visit: Visit, house: Demo) -> None:
    document = {"name": "Always on", "when": "known(grid.power)", "then": ["wallbox2.mode = fast"]}
    house.api("PUT", "/rules/always", {"document": document})
    try:
        eventually(lambda: house.point("wallbox2.mode")["v"] == "fast", 5, "the rule holds the mode")
        house.command("wallbox2.mode", "off", for_s=900)
        visitor = visit(DESKTOP)
        visitor.go("Plans")
        row = visitor.page.locator('[data-plan="always"]')
        expect(row).to_contain_text("Not as asked: what a person wants comes first.")
        row.get_by_role("button", name="Why: Always on").click()
        expect(visitor.page.get_by_role("dialog").locator(".changes")).to_contain_text("The other wish has its turn")
    finally:
        house.api("DELETE", "/rules/always")
        for wish in wishes(house):
            house.api("DELETE", f"/requests/{wish}")


def test_a_small_phone_shows_it_all_without_scrolling_sideways(visit: Visit, house: Demo) -> None:
    with planned(house, "fast"):
        house.command("wallbox.mode", "off", for_s=900)
        visitor = visit(SMALL)
        node(visitor, "car").click()
        dialog = visitor.page.get_by_role("dialog")
        expect(dialog.locator(".changes li").first).to_be_visible()
        assert dialog.evaluate("e => e.scrollWidth - e.clientWidth") <= 0 and overflow(visitor) <= 0
        visitor.shoot("flow-why-320")
        visitor.page.keyboard.press("Escape")
        visitor.shoot("flow-320")
        row = row_of(visitor)
        expect(row).to_contain_text("Not as asked")
        row.scroll_into_view_if_needed()
        visitor.shoot("plan-320")
        assert overflow(visitor) <= 0


@pytest.mark.parametrize("size", SIZES)
def test_nothing_jumps_on_the_plans_screen_with_a_schedule_in_force(visit: Visit, house: Demo, size: str) -> None:
    with planned(house, "fast"):
        house.command("wallbox.mode", "off", for_s=900)
        visitor = visit(SIZES[size])
        visitor.page.locator("nav").wait_for()
        visitor.page.add_init_script(
            "window.shift = 0; new PerformanceObserver(l => l.getEntries().forEach(e => {"
            "if (!e.hadRecentInput && e.sources.some(s => s.node?.parentElement?.closest('.plan-list')))"
            " window.shift += e.value })).observe({type: 'layout-shift', buffered: true})"
        )
        visitor.page.goto(visitor.house.base + "/plans")
        expect(visitor.page.locator('[data-plan="night"]')).to_contain_text("Not as asked")
        visitor.page.wait_for_timeout(2500)
        assert visitor.page.evaluate("window.shift") <= 0.02
