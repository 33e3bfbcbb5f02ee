"""The real page in Debian's Chromium, in front of a demo house."""

from __future__ import annotations

import json
import os
import shutil
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.cookies import SimpleCookie
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright

from tests.house.demo_kit import Demo, demo, eventually

FLAGS = ["--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking",
         "--disable-component-update", "--disable-sync"]  # fmt: skip
PHONE, DESKTOP = {"width": 390, "height": 844}, {"width": 1280, "height": 900}
SHOTS = os.environ.get("SHEMS_SHOTS")
"""a folder, if the screenshots are wanted"""


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    program = shutil.which("chromium")
    if program is None:
        pytest.skip("chromium is not installed")
    with sync_playwright() as playwright:
        yield playwright.chromium.launch(executable_path=program, args=FLAGS)


@pytest.fixture(scope="module")
def house() -> Iterator[Demo]:
    with demo() as d:
        eventually(lambda: _all_up(d), 20, "every device answers")
        yield d


def _all_up(d: Demo) -> bool:
    return all(x["link"]["state"] == "up" for x in d.api("GET", "/devices")["devices"])


class Visitor:
    """A person at the page: what the figures say, and how to press a control."""

    def __init__(self, page: Page, house: Demo) -> None:
        self.page, self.house = page, house

    def go(self, screen: str) -> None:
        self.page.click(f"nav >> text={screen}")

    def figures(self) -> dict[str, str]:
        """Raw values by point, as they stand on the screen; empty where nothing is known."""
        found: dict[str, str] = self.page.evaluate(
            "Object.fromEntries([...document.querySelectorAll('[data-point][data-value]')]"
            ".map(e => [e.dataset.point, e.dataset.value]))"
        )
        return found

    def control(self, point: str) -> Any:
        return self.page.locator(f'[data-control="{point}"]').first

    def wish(self, point: str) -> Any:
        """What the page says of a wish in force."""
        return self.page.locator(f'[data-wish="{point}"]').first

    def state(self, point: str) -> str:
        return str(self.control(point).get_attribute("data-state"))

    def choose(self, point: str, text: str) -> None:
        self.control(point).get_by_role("radio", name=text, exact=True).click()

    def switch(self, point: str) -> None:
        self.control(point).get_by_role("switch").click()

    def slide(self, point: str, value: float) -> None:
        self.control(point).get_by_role("slider").fill(str(value))

    def shoot(self, name: str) -> None:
        if SHOTS:
            self.page.screenshot(path=Path(SHOTS) / f"{name}.png")


@pytest.fixture(scope="module")
def session(house: Demo) -> Any:
    """The cookie of one who has signed in, as a browser keeps it."""
    who = json.dumps({"user": "owner", "password": house.ready["password"]}).encode()
    ask = urllib.request.Request(f"{house.base}/api/v1/session", who, {"Content-Type": "application/json"})
    with urllib.request.urlopen(ask, timeout=10) as answer:
        (kept,) = SimpleCookie(answer.headers["Set-Cookie"]).values()
    return {"name": kept.key, "value": kept.value, "url": house.base}


@pytest.fixture
def visit(browser: Browser, house: Demo, session: Any) -> Iterator[Callable[..., Visitor]]:
    """`visit(size=PHONE, scheme="dark", at="/energy")`: a fresh browser that was signed in before.

    What the page throws or logs fails the test.
    """
    pages: list[tuple[Page, list[str]]] = []

    def open_(size: dict[str, int] = DESKTOP, scheme: Any = "light", at: str = "") -> Visitor:
        context = browser.new_context(viewport=size, color_scheme=scheme, reduced_motion="reduce")  # type: ignore[arg-type]
        context.add_cookies([session])
        page = context.new_page()
        errors: list[str] = []
        page.on("pageerror", lambda e: errors.append(str(e)))
        pages.append((page, errors))
        page.goto(house.base + at)
        expect(page.get_by_role("navigation")).to_be_visible()
        return Visitor(page, house)

    yield open_
    for page, errors in pages:
        page.context.close()
        assert errors == []


def sign_in(page: Page, house: Demo, password: str = "") -> None:
    page.goto(house.base)
    page.get_by_label("Name").fill("owner")
    page.get_by_label("Password").fill(password or house.ready["password"])
    page.get_by_role("button", name="Sign in").click()


@contextmanager
def healed(house: Demo, device: str, kind: str, points: list[str]) -> Iterator[None]:
    """A fault, and afterwards the device is back before the next test."""
    with house.fault(device, kind):
        yield
    eventually(lambda: all(house.point(p)["v"] is not None for p in points), 20, f"{device} is back")
