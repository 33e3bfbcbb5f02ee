"""The demo house with a past (built once), and its Energy screen."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date, timedelta
from typing import TypeAlias

import pytest
from playwright.sync_api import Page, Request, expect

from tests.browser.conftest import DESKTOP, Visitor
from tests.browser.energy.past import today, write_past
from tests.house.demo_kit import Demo, demo, eventually

Visit: TypeAlias = Callable[..., Visitor]
Opened: TypeAlias = Callable[..., Page]


@pytest.fixture(scope="session")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Demo]:
    data = tmp_path_factory.mktemp("energy") / "data"
    write_past(data)
    with demo("--data", str(data)) as d:
        eventually(lambda: d.point("house.consumption")["v"] is not None, 20, "the house is live")
        yield d


@pytest.fixture
def opened(visit: Visit) -> Opened:
    """`opened("period=week")`: the Energy screen at an address, its figures there."""

    def open_(search: str, size: dict[str, int] = DESKTOP, scheme: str = "light") -> Page:
        page = visit(size, scheme, f"/energy?{search}").page
        expect(page.locator('[data-flow="used"] dd')).not_to_have_attribute("data-value", "")
        if page.get_by_role("radio", name="Day").is_checked():
            expect(page.locator("canvas")).to_have_count(3)
        return page

    return open_


def ago(days: int) -> str:
    """A local day that lies wholly in the written past, from two days ago on."""
    return (date(1970, 1, 1) + timedelta(days=today() - days)).isoformat()


def monday(days: int) -> date:
    """Of the week of `days` ago."""
    day = date.fromisoformat(ago(days))
    return day - timedelta(days=day.weekday())


def asked(page: Page, path: str) -> list[str]:
    """What is asked of the hub from now on."""
    found: list[str] = []

    def note(request: Request) -> None:
        if f"/api/v1{path}?" in request.url:
            found.append(request.url)

    page.on("request", note)
    return found
