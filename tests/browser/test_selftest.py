"""The self-test as an installer runs it: on a simulated house with a battery and a car."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import DESKTOP, PHONE, SHOTS
from tests.browser.devices_kit import Visit, sample
from tests.browser.test_quality import SIZES, violations
from tests.house.demo_kit import Demo, eventually


@pytest.fixture(autouse=True)
def at_rest(house: Demo) -> Iterator[None]:
    yield
    house.api("DELETE", "/commissioning")
    eventually(lambda: not house.api("GET", "/commissioning")["running"], 10, "the self-test has ended")


def at_self_test(visit: Visit, size: dict[str, int] = DESKTOP, scheme: str = "light") -> Page:
    visitor = visit(size, scheme)
    visitor.go("Devices")
    visitor.page.get_by_role("link", name="Self-test").click()
    expect(visitor.page.get_by_role("heading", name="Self-test")).to_be_visible()
    return visitor.page


def showing(page: Page, **change: object) -> None:
    """The page is told a sample of the real edge's answers."""
    told: dict[str, Any] = {**sample("commissioning"), **change}
    page.route("**/api/v1/commissioning", lambda r: r.fulfill(json=told))


def shoot(page: Page, name: str) -> None:
    if SHOTS:
        page.screenshot(path=f"{SHOTS}/{name}.png", full_page=True)


def test_it_tells_what_it_will_move_goes_and_is_stopped(visit: Visit, house: Demo) -> None:
    page = at_self_test(visit, PHONE)
    moved = set(house.api("GET", "/commissioning")["devices"])
    assert "battery" in moved
    expect(page.locator(".moved li")).to_have_count(len(moved))
    expect(page.locator(".moved")).to_contain_text("charges and discharges")
    expect(page.get_by_text("switched for some minutes")).to_be_visible()
    page.get_by_role("radio", name="Thorough").click()
    expect(page.get_by_text("when the hub falls silent")).to_be_visible()
    page.get_by_role("radio", name="Quick").click()
    page.get_by_role("button", name="Start the self-test").click()
    expect(page.get_by_role("heading", name="The self-test is running")).to_be_focused()
    expect(page.get_by_role("status").filter(has_text="Switching")).to_contain_text("and watching the meters")
    expect(page.get_by_role("status").filter(has_text="Switching")).to_contain_text("left")
    bar = page.get_by_role("progressbar")
    all_ = house.api("GET", "/commissioning")["all"]
    expect(bar).to_have_attribute("aria-valuemax", str(all_))
    eventually(lambda: int(bar.get_attribute("aria-valuenow") or 0) > 0, 10, "the bar moves on")
    shoot(page, "selftest-running-phone")
    page.get_by_role("button", name="Stop").click()
    expect(page.get_by_role("heading", name="Last result")).to_be_focused(timeout=15_000)
    expect(page.get_by_text("It was stopped early")).to_be_visible()
    findings = house.api("GET", "/commissioning")["findings"]
    expect(page.locator(".verdict li")).to_have_count(len(findings))
    assert not house.api("GET", "/commissioning")["running"]


def test_the_last_result_is_there_for_whoever_comes_later_and_can_be_printed(visit: Visit, house: Demo) -> None:
    house.api("POST", "/commissioning", {"thorough": False})
    house.api("DELETE", "/commissioning")
    eventually(lambda: house.api("GET", "/commissioning")["ended"], 10, "it has ended")
    page = at_self_test(visit)
    expect(page.get_by_role("heading", name="Last result")).to_be_visible()
    with page.expect_popup() as opened:
        page.get_by_role("link", name="Print the report").click()
    expect(opened.value.get_by_role("heading", name="Self-test")).to_be_visible()
    expect(opened.value.get_by_text("Demo house")).to_be_visible()
    page.get_by_role("link", name="Devices").first.click()
    expect(page.get_by_role("heading", name="Devices", exact=True)).to_be_visible()


def test_one_under_way_is_shown_to_whoever_comes_and_a_second_one_is_refused(visit: Visit, house: Demo) -> None:
    page = at_self_test(visit)
    expect(
        page.get_by_role("button", name="Start the self-test").or_(page.get_by_role("button", name="Test again"))
    ).to_be_visible()
    page.route(
        "**/api/v1/commissioning",
        lambda r: r.fulfill(json=sample("commissioning")) if r.request.method == "GET" else r.continue_(),
    )
    house.api("POST", "/commissioning", {"thorough": False})
    page.get_by_role("button").filter(has_text="est").last.click()
    expect(page.get_by_role("alert").filter(has_text="Not started")).to_contain_text("a self-test is under way")
    page.unroute("**/api/v1/commissioning")
    page.reload()
    expect(page.get_by_role("heading", name="The self-test is running")).to_be_visible()


def test_faults_come_first_with_what_to_do(visit: Visit) -> None:
    page = visit(PHONE).page
    showing(page)
    page.click("nav >> text=Devices")
    page.get_by_role("link", name="Self-test").click()
    expect(page.get_by_text("One thing is wrong.")).to_be_visible()
    assert page.locator(".verdict h3").all_inner_texts() == ["To mend", "Not known", "Good"]
    fault = page.locator('.verdict[data-verdict="fault"] li')
    expect(fault).to_contain_text("The current transformer on L2 is the wrong way round.")
    expect(fault).to_contain_text("What to do: Turn it, or swap its two wires.")
    expect(page.locator("nav a[aria-current=page]")).to_have_text("Devices")


def test_with_nothing_to_move_it_says_so(visit: Visit) -> None:
    page = visit(PHONE).page
    showing(page, devices=[], ended=None, findings=[])
    page.click("nav >> text=Devices")
    page.get_by_role("link", name="Self-test").click()
    expect(page.get_by_text("Nothing can be moved now")).to_be_visible()
    expect(page.get_by_role("heading", name="Last result")).to_have_count(0)


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("size", SIZES)
def test_axe_finds_nothing_on_the_self_test(visit: Visit, size: str, scheme: str) -> None:
    visitor = visit(SIZES[size], scheme)
    page = visitor.page
    page.locator("nav").wait_for()
    states: dict[str, dict[str, Any]] = {
        "before": {"ended": None, "findings": []},
        "running": {"running": True, "what": "step", "device": "wallbox", "done": 63},
        "result": {},
    }
    for name, change in states.items():
        page.unroute_all()
        showing(page, **change)
        page.goto(f"{visitor.house.base}/devices/self-test")
        page.locator(".self-test .card").first.wait_for()
        page.wait_for_load_state("networkidle")
        assert violations(visitor) == [], name
        shoot(page, f"selftest-{name}-{size}-{scheme}")


@pytest.mark.parametrize("width", [320, 360, 640])
def test_it_does_not_scroll_sideways_and_can_be_pressed(visit: Visit, width: int) -> None:
    visitor = visit({"width": width, "height": 640})
    page = visitor.page
    page.locator("nav").wait_for()
    showing(page)
    page.goto(f"{visitor.house.base}/devices/self-test")
    page.locator(".verdict").first.wait_for()
    assert page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth") <= 0
    low = page.locator("main button, main a").evaluate_all(
        "all => all.filter(e => e.getBoundingClientRect().height < 44).map(e => e.outerHTML)"
    )
    assert low == []
