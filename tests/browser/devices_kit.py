"""Devices on the page, as the tests of several screens need them."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from playwright.sync_api import Locator, Page, Route, expect

from tests.browser.bare import HOST
from tests.browser.conftest import DESKTOP, SHOTS, Visitor

Visit = Callable[..., Visitor]
FIXTURES = Path(__file__).parents[2] / "hub" / "web" / "ui" / "src" / "api" / "fixtures.gen.ts"


def near(route: Route) -> None:
    """A search of this machine's networks would take minutes: it is kept to the simulated inverter's place."""
    if route.request.method == "POST":
        route.continue_(post_data=json.dumps({"addresses": [HOST]}))
    else:
        route.continue_()


def at_devices(visit: Visit, size: dict[str, int] = DESKTOP, scheme: str = "light") -> Page:
    visitor = visit(size, scheme)
    visitor.page.route("**/api/v1/found", near)
    visitor.go("Devices")
    expect(visitor.page.get_by_role("button", name="Add a device")).to_be_visible()
    return visitor.page


def adding(page: Page) -> Locator:
    page.get_by_role("button", name="Add a device").click()
    return page.get_by_role("dialog")


def row(sheet: Locator) -> Locator:
    found = sheet.locator("[data-found]").first
    expect(found).to_be_visible(timeout=20_000)
    return found


def shoot(page: Page, name: str) -> None:
    if SHOTS:
        page.screenshot(path=f"{SHOTS}/{name}.png")


def sample(name: str) -> Any:
    """A real answer of the real edge, as the page's unit tests have it."""
    text = FIXTURES.read_text(encoding="utf-8").partition(f"export const {name}: ")[2]
    return json.loads(text.partition(" = ")[2].partition(";\n")[0])
