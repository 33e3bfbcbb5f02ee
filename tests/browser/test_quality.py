"""What every screen owes to everybody: no accessibility violation, nothing that jumps, and its byte budgets."""

from __future__ import annotations

import gzip
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import DESKTOP, PHONE, Visitor
from tests.house.demo_kit import Demo, eventually

UI = Path(__file__).parents[2] / "hub" / "web" / "ui"
AXE = UI / "node_modules" / "axe-core" / "axe.min.js"
STATIC = Path(__file__).parents[2] / "hub" / "web" / "static"
TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
SIZES = {"phone": PHONE, "desktop": DESKTOP}
Visit = Callable[..., Visitor]


def violations(visitor: Visitor) -> list[str]:
    visitor.page.evaluate(AXE.read_text())
    found: list[dict[str, Any]] = visitor.page.evaluate(
        "tags => axe.run(document, {runOnly: tags}).then(r => r.violations)", TAGS
    )
    return [f"{v['id']}: {v['nodes'][0]['html'][:120]}" for v in found]


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("size", SIZES)
def test_axe_finds_nothing_on_any_screen(visit: Visit, house: Demo, size: str, scheme: str) -> None:
    visitor = visit(SIZES[size], scheme)
    visitor.page.locator('[data-point="house.consumption"]:not([data-value=""])').first.wait_for()
    for screen in ("Now", "Energy", "Devices"):
        visitor.go(screen)
        visitor.page.wait_for_load_state("networkidle")
        assert violations(visitor) == [], screen
        visitor.shoot(f"{screen.lower()}-{size}-{scheme}")
    for summary in visitor.page.locator("details > summary").all()[:3]:
        summary.click()
    visitor.page.get_by_role("button", name="Why").first.click()
    visitor.page.get_by_role("dialog").wait_for()
    assert violations(visitor) == [], "the Why dialog"
    visitor.page.keyboard.press("Escape")
    visitor.page.get_by_role("button", name="Settings").click()
    assert violations(visitor) == [], "settings"


@pytest.mark.parametrize("fault", ["silent", "drop"])
def test_axe_finds_nothing_while_devices_are_lost(visit: Visit, house: Demo, fault: str) -> None:
    with house.fault("keba", fault):
        visitor = visit(PHONE, "dark")
        visitor.page.get_by_role("button", name="Wallbox does not answer").wait_for(timeout=15_000)
        assert violations(visitor) == []
        visitor.go("Devices")
        assert violations(visitor) == []
    eventually(lambda: house.point("wallbox.power")["v"] is not None, 20, "the wallbox is back")


def test_a_switch_whose_state_is_unknown_says_so_to_those_who_hear_the_page(visit: Visit, house: Demo) -> None:
    visitor = visit(PHONE)
    visitor.go("Devices")
    switch = visitor.control("plug_tv.on").get_by_role("switch")
    expect(switch).to_have_accessible_description("")
    with house.fault("plug_tv", "drop"):
        expect(switch).to_have_accessible_description("state unknown", timeout=30_000)
        assert violations(visitor) == []
    expect(switch).to_have_accessible_description("", timeout=20_000)


@pytest.mark.parametrize("size", SIZES)
def test_nothing_jumps(visit: Visit, size: str) -> None:
    """Cumulative layout shift from the first paint of each screen, live figures running."""
    visitor = visit(SIZES[size])
    visitor.page.locator("nav").wait_for()
    well = "what needs attention is told, and may take room"
    eventually(lambda: visitor.house.api("GET", "/health")["status"] == "ok", 30, well)
    for path in ("/", "/energy", "/devices"):
        visitor.page.add_init_script(
            "window.shift = 0; new PerformanceObserver(l => l.getEntries().forEach(e => {"
            "if (!e.hadRecentInput) window.shift += e.value })).observe({type: 'layout-shift', buffered: true})"
        )
        visitor.page.goto(visitor.house.base + path)
        visitor.page.wait_for_load_state("networkidle")
        visitor.page.wait_for_timeout(1500)
        assert visitor.page.evaluate("window.shift") <= 0.02, path


def test_the_page_keeps_to_its_budgets(visit: Visit) -> None:
    """gzip sizes: what the first screen needs, and all there is."""
    visitor = visit(PHONE)
    visitor.page.locator('[data-point="house.consumption"]').first.wait_for()
    loaded = visitor.page.evaluate("performance.getEntriesByType('resource').map(e => new URL(e.name).pathname)")
    size = {f"/assets/{f.name}": len(gzip.compress(f.read_bytes(), 9)) for f in (STATIC / "assets").iterdir()}
    first = sum(n for path, n in size.items() if path.endswith(".js") and path in loaded)
    assert 0 < first <= 150_000
    assert sum(n for path, n in size.items() if path.endswith(".js")) <= 350_000
    assert sum(n for path, n in size.items() if path.endswith(".css")) <= 15_000


@pytest.mark.parametrize("width", [320, 640])
def test_narrow_and_enlarged_screens_do_not_scroll_sideways(visit: Visit, width: int) -> None:
    """A small phone; a desktop at 400 % and at 200 %."""
    visitor = visit({"width": width, "height": 640})
    for screen in ("Now", "Energy", "Devices"):
        visitor.go(screen)
        visitor.page.wait_for_load_state("networkidle")
        over = visitor.page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        assert over <= 0, screen


def test_a_keyboard_is_enough(visit: Visit, house: Demo) -> None:
    """Tab reaches a switch, space presses it, and what has the focus can be seen."""
    house.command("light_hall.on", False)
    visitor = visit(DESKTOP)
    switch = visitor.control("light_hall.on").get_by_role("switch")
    switch.wait_for()
    for _ in range(60):
        visitor.page.keyboard.press("Tab")
        outline = visitor.page.evaluate("getComputedStyle(document.activeElement).outlineStyle")
        assert outline != "none", visitor.page.evaluate("document.activeElement.outerHTML")
        if switch.evaluate("e => e === document.activeElement"):
            break
    visitor.page.keyboard.press("Space")
    eventually(lambda: house.truth("light_hall")["on"], 3, "the light is on")
