"""A charger restarted at the page: a real hub, a charger of the `ocpp` package, and a browser."""

from __future__ import annotations

import asyncio
import socket
import threading
from collections.abc import Iterator
from functools import partial
from types import SimpleNamespace
from typing import Any

import pytest
from playwright.sync_api import expect

from tests.browser.bare import bare
from tests.browser.conftest import PHONE
from tests.browser.devices_kit import Visit, at_devices
from tests.drivers_ocpp.kit import plugged
from tests.house.demo_kit import Demo, eventually


class Garage:
    """A charger that calls the hub, in a loop of its own."""

    def __init__(self, port: int) -> None:
        self.box: Any = None
        self._loop = asyncio.new_event_loop()
        self._left = asyncio.Event()
        self._thread = threading.Thread(target=self._loop.run_until_complete, args=(self._stay(port),))
        self._thread.start()

    async def _stay(self, port: int) -> None:
        async with plugged(SimpleNamespace(port=port)) as box:  # type: ignore[arg-type]
            await box.boot()
            self.box = box
            await self._left.wait()

    def close(self) -> None:
        self._loop.call_soon_threadsafe(self._left.set)
        self._thread.join()


@pytest.fixture(scope="module")
def port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as free:
        return int(free.getsockname()[1])


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory, port: int) -> Iterator[Demo]:
    charger = f'[devices.wallbox]\nrole = "charger"\ndriver = "ocpp"\nlink = "ocpp://127.0.0.1:{port}"\n'
    with bare(tmp_path_factory.mktemp("garage"), charger + 'charge_point = "CP-wallbox"\n') as running:
        yield running


@pytest.fixture
def garage(house: Demo, port: int) -> Iterator[Garage]:
    made = Garage(port)
    try:
        eventually(partial(answers, house, made), 20, "the charger is in the house")
        yield made
    finally:
        made.close()


def answers(house: Demo, garage: Garage) -> bool:
    link = house.api("GET", "/devices/wallbox")["link"]["state"]
    return garage.box is not None and bool(link == "up")


def test_a_restart_is_behind_a_sheet_and_tells_what_the_charger_said(visit: Visit, garage: Garage) -> None:
    page = at_devices(visit, PHONE)
    card = page.locator('[data-device="wallbox"]')
    expect(card.locator('[data-control="wallbox.current_limit"]')).to_be_visible()
    expect(card.locator('[data-control="wallbox.restart"]')).to_have_count(0)
    card.locator("summary").click()
    card.get_by_role("button", name="Restart: Wallbox").click()
    sheet = page.get_by_role("dialog")
    expect(sheet.get_by_text("The hub never does this by itself")).to_be_visible()
    assert garage.box.resets == []
    sheet.get_by_role("button", name="Restart softly").click()
    expect(sheet.get_by_role("status")).to_contain_text("The charger has accepted")
    assert garage.box.resets == ["Soft"]
    garage.box.reset_answer = "Rejected"
    sheet.get_by_role("button", name="Restart at once").click()
    expect(sheet.get_by_role("status")).to_contain_text("the charger says: Rejected")
    sheet.get_by_role("button", name="Leave it").click()
    expect(sheet).to_have_count(0)
    assert garage.box.resets == ["Soft", "Hard"]
