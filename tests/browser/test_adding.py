"""The sheet that takes devices in, with a found device of every kind in it: asking, refusing, for everybody to use."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.conftest import PHONE
from tests.browser.devices_kit import Visit, adding, at_devices, sample, shoot
from tests.browser.test_quality import SIZES, violations


def all_kinds(page: Page) -> Locator:
    """The sheet with a found device of every kind: one whose owner must be asked, one that nobody knows."""
    page.unroute("**/api/v1/found")
    page.route("**/api/v1/found", lambda r: r.fulfill(json={**sample("found"), "since": 1}))
    sheet = adding(page)
    expect(sheet.locator("[data-found]")).to_have_count(4)
    return sheet


def test_copying_works_without_the_clipboard_that_plain_http_has_not(visit: Visit) -> None:
    page = at_devices(visit)
    page.evaluate("Object.defineProperty(navigator, 'clipboard', {value: undefined})")
    page.route(
        "**/raw", lambda r: r.fulfill(json={"id": "grid", "readings": [{"code": "1.8.0", "value": 12, "unit": "Wh"}]})
    )
    card = page.locator('[data-device="grid"]')
    card.locator("summary").click()
    card.get_by_role("button", name="Raw values").click()
    sheet = page.get_by_role("dialog")
    sheet.get_by_role("button", name="Copy as text").click()
    expect(sheet.get_by_text("Copied.")).to_be_visible()
    sheet.get_by_label("Filter").press("Control+V")
    expect(sheet.get_by_label("Filter")).to_have_value(re.compile(r"^1\.8\.0\s12\sWh$"))


def test_what_only_the_owner_knows_is_asked_for_and_a_secret_stays_one(visit: Visit) -> None:
    page = at_devices(visit, PHONE)
    sheet = all_kinds(page)
    envoy = sheet.locator('[data-found="https://192.168.1.60"]')
    envoy.get_by_role("button", name="Add: Enphase").click()
    token = envoy.get_by_label("Access token", exact=True)
    expect(token).to_be_focused()
    expect(token).to_have_attribute("type", "password")
    envoy.get_by_role("button", name="Add: Enphase").click()
    expect(envoy.get_by_role("alert")).to_have_text("This is needed.")
    envoy.get_by_role("button", name="Show: Access token").click()
    expect(token).to_have_attribute("type", "text")
    unsure = sheet.locator('[data-found="tcp://192.168.1.70:502"]')
    expect(unsure).to_contain_text("Not sure what this is: port 502 is open.")
    unsure.get_by_role("button", name="Add: Unknown device").click()
    expect(unsure.get_by_label("What it is")).to_be_focused()
    unsure.get_by_label("What it is").select_option(label="Heat pump")
    unsure.get_by_label("Device map").fill("stiebel/is")
    unsure.get_by_role("button", name="Add: Unknown device").click()
    expect(unsure.get_by_role("alert")).to_contain_text("did you mean 'stiebel/isg'")
    expect(unsure.get_by_label("Device map")).to_be_focused()


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("size", SIZES)
def test_axe_finds_nothing_while_devices_are_added(visit: Visit, size: str, scheme: str) -> None:
    visitor = visit(SIZES[size], scheme)
    page = visitor.page
    visitor.go("Devices")
    sheet = all_kinds(page)
    shoot(page, f"adding-{size}-{scheme}")
    assert violations(visitor) == [], "the list"
    for name in ("Add: Enphase", "Add: Unknown device"):
        sheet.get_by_role("button", name=name).click()
        sheet.get_by_role("button", name=name).click()
    sheet.get_by_text("More settings").first.click()
    sheet.get_by_role("button", name="Name and settings").first.click()
    assert violations(visitor) == [], "the forms"
    shoot(page, f"adding-forms-{size}-{scheme}")
    sheet.get_by_text("Look elsewhere").click()
    sheet.get_by_text("Enter an address yourself").click()
    assert violations(visitor) == [], "by hand"
    sheet.locator("[data-by-hand]").scroll_into_view_if_needed()
    shoot(page, f"adding-by-hand-{size}-{scheme}")


@pytest.mark.parametrize("width", [320, 360, 640])
def test_adding_does_not_scroll_sideways(visit: Visit, width: int) -> None:
    page = at_devices(visit, {"width": width, "height": 640})
    sheet = all_kinds(page)
    sheet.get_by_role("button", name="Add: Unknown device").click()
    sheet.get_by_text("Enter an address yourself").click()
    for part in ("document.documentElement", "document.querySelector('dialog')"):
        assert page.evaluate(f"{part}.scrollWidth - {part}.clientWidth") <= 0, part


def test_a_keyboard_stays_in_the_sheet_and_can_press_what_it_shows(visit: Visit) -> None:
    page = at_devices(visit)
    all_kinds(page)
    reached = set()
    for _ in range(40):
        page.keyboard.press("Tab")
        inside, label = page.evaluate(
            "(at => [at === document.body || at.closest('dialog') !== null, at.getAttribute('aria-label')])"
            "(document.activeElement)"
        )
        assert inside, "the focus has left the sheet"
        reached.add(label)
    assert {"Close", "Add: Fluxwerk Hybrid 10.0", "Add: Shelly Plus Plug S"} <= reached
    low = page.locator("dialog button, dialog summary, dialog input").evaluate_all(
        "all => all.filter(e => e.checkVisibility() && e.getBoundingClientRect().height < 44).map(e => e.outerHTML)"
    )
    assert low == []
