"""Devices as a person takes them in and out: a real hub, a simulated hybrid in the network, and a browser."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from tests.browser.bare import account, at_a_known_place, bare
from tests.browser.conftest import PHONE
from tests.browser.devices_kit import Visit, adding, at_devices, row, shoot
from tests.house.demo_kit import Demo, eventually
from tests.sim.conftest import Sim, end, start


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("new")


@pytest.fixture(scope="module")
def sim(folder: Path) -> Iterator[Sim]:
    running = start(folder)
    yield running
    end(running)


@pytest.fixture(scope="module")
def house(folder: Path, sim: Sim) -> Iterator[Demo]:
    meter = '[devices.meter]\nrole = "grid"\ndriver = "modbus"\nmap = "eastron/sdm630"\nunit = 1\n'
    meter += f'link = "{sim.links["meter_tcp"]}"\n'
    with at_a_known_place(sim.port("inverter")), bare(folder, meter) as running:
        yield running


@pytest.fixture(autouse=True)
def only_the_meter(house: Demo) -> Iterator[None]:
    yield
    for device in ("battery", "inverter", "roof_solar", "spare"):
        if device in ids(house):
            house.api("DELETE", f"/devices/{device}")
            eventually(partial(gone, house, device), 20, f"{device} is out")


def gone(house: Demo, device: str) -> bool:
    return device not in ids(house)


def ids(house: Demo) -> set[str]:
    """Of the devices in the house, which may just be starting anew."""
    found: set[str] = set()

    def listed() -> bool:
        try:
            found.update(d["id"] for d in house.api("GET", "/devices")["devices"])
        except OSError:
            return False
        return True

    eventually(listed, 20, "the hub answers")
    return found


def test_a_hybrid_is_in_the_house_after_two_clicks(visit: Visit, house: Demo) -> None:
    page = at_devices(visit, PHONE)
    sheet = adding(page)
    found = row(sheet)
    expect(found.get_by_role("heading")).to_have_text("Fluxwerk Hybrid 10.0", timeout=20_000)
    expect(sheet.locator(".unseen[role=status]")).to_contain_text(
        "Found: Fluxwerk Hybrid 10.0, SunSpec, 127.0.0.2:1502"
    )
    found.get_by_role("button", name="Add: Fluxwerk").click()
    expect(found.get_by_role("heading")).to_be_focused()
    expect(found.get_by_role("status").first).to_contain_text("Taking in Inverter (1 of 2)")
    expect(found).to_contain_text("In your house as Inverter and Battery", timeout=30_000)
    expect(found).to_contain_text("connected since", timeout=20_000)
    listed = {d["id"]: d for d in house.api("GET", "/devices")["devices"]}
    assert (listed["inverter"]["role"], listed["battery"]["role"]) == ("inverter", "battery")
    assert listed["battery"]["behind"] == "inverter"
    eventually(lambda: house.point("battery.soc")["v"] is not None, 20, "the battery tells its level")
    found.get_by_role("button", name="Show it").click()
    expect(sheet).to_have_count(0)
    expect(page.locator("#device-inverter")).to_be_focused()


def test_what_is_in_the_house_already_is_said_and_its_other_parts_can_be_added(visit: Visit, house: Demo) -> None:
    page = at_devices(visit)
    sheet = adding(page)
    found = row(sheet)
    found.get_by_role("group", name="What to add of it").get_by_role("button", name="Battery").click()
    found.get_by_role("button", name="Name and settings").click()
    name = found.get_by_label("Name", exact=True)
    name.fill("Meter")
    expect(found.get_by_role("alert")).to_have_text("There is a Meter already. Choose another name.")
    name.fill("")
    expect(found.get_by_role("alert")).to_have_text("Give it a name.")
    name.fill("Roof solar")
    expect(found).to_contain_text("call it roof_solar.")
    found.get_by_role("button", name="Add: Fluxwerk").click()
    expect(found).to_contain_text("In your house as Roof solar", timeout=30_000)
    assert "battery" not in ids(house)
    eventually(lambda: house.api("GET", "/devices/roof_solar")["serial"], 20, "the inverter tells who it is")
    page.keyboard.press("Escape")
    expect(page.get_by_role("button", name="Add a device")).to_be_focused()
    found = row(adding(page))
    expect(found).to_contain_text("Already in your house as Roof solar", timeout=15_000)
    found.get_by_role("button", name="Add another part of it").click()
    found.get_by_role("button", name="Add: Fluxwerk").click()
    expect(found).to_contain_text("In your house as Roof solar and Battery", timeout=30_000)
    assert house.api("GET", "/devices/battery")["behind"] == "roof_solar"


def test_a_device_is_entered_by_hand_and_what_is_wrong_stands_at_its_field(visit: Visit, house: Demo, sim: Sim) -> None:
    page = at_devices(visit)
    sheet = adding(page)
    sheet.get_by_text("Enter an address yourself").click()
    form = sheet.locator("[data-by-hand]")
    form.get_by_role("button", name="Add").click()
    expect(form.get_by_label("What it is")).to_be_focused()
    expect(form.get_by_role("alert")).to_have_text(["Choose what it is.", "This is needed.", "This is needed."])
    form.get_by_label("What it is").select_option(label="Meter")
    form.get_by_label("How it talks").fill("modbuss")
    form.get_by_label("Address", exact=True).fill(sim.links["meter_tcp"])
    form.get_by_label("Name", exact=True).fill("Spare")
    form.get_by_text("More settings").click()
    form.get_by_label("Options").fill("map = eastron/sdm63\nunit 1")
    form.get_by_role("button", name="Add").click()
    expect(form.get_by_role("alert")).to_have_text("“unit 1” is not written as name = value.")
    form.get_by_label("Options").fill("map = eastron/sdm63\nunit = 1")
    form.get_by_role("button", name="Add").click()
    expect(form.get_by_role("alert")).to_contain_text("did you mean 'modbus'")
    expect(form.get_by_label("How it talks")).to_be_focused()
    form.get_by_label("How it talks").fill("modbus")
    form.get_by_role("button", name="Add").click()
    expect(form.get_by_role("alert")).to_contain_text("did you mean 'eastron/sdm630'")
    assert "spare" not in ids(house)
    form.get_by_label("Options").fill("map = eastron/sdm630\nunit = 1")
    form.get_by_role("button", name="Add").click()
    expect(sheet.get_by_text("In your house as Spare")).to_be_visible(timeout=30_000)
    eventually(lambda: house.point("spare.voltage_l1")["v"] is not None, 20, "the meter is read")


def test_a_device_is_taken_out_again_and_one_of_the_document_is_not(visit: Visit, house: Demo) -> None:
    house.api("POST", "/devices", {"id": "spare", "role": "meter", "driver": "modbus", "link": "tcp://127.0.0.1:1",
                                   "options": {"map": "eastron/sdm630"}})  # fmt: skip
    eventually(lambda: "spare" in ids(house), 20, "the spare meter is in")
    page = at_devices(visit, PHONE)
    for device, refused in (("meter", True), ("spare", False)):
        card = page.locator(f'[data-device="{device}"]')
        card.locator("summary").click()
        card.get_by_role("button", name="Take out of the house").click()
        sheet = page.get_by_role("dialog")
        expect(sheet).to_contain_text("What was recorded of it stays")
        shoot(page, f"take-out-{device}")
        sheet.get_by_role("button", name="Take it out").click()
        if refused:
            expect(sheet.get_by_role("alert")).to_contain_text("It stays in your house:")
            expect(sheet.get_by_role("alert")).to_contain_text("site document")
            sheet.get_by_role("button", name="Keep it").click()
            expect(card.get_by_role("button", name="Take out of the house")).to_be_focused()
    expect(page.locator(".gone")).to_contain_text("Spare is out of your house", timeout=30_000)
    expect(page.get_by_role("heading", name="Devices", exact=True)).to_be_focused()
    expect(page.locator('[data-device="spare"]')).to_have_count(0)
    assert "meter" in ids(house) and "spare" not in ids(house)


def test_what_the_wire_says_is_shown_filtered_and_copied(visit: Visit, house: Demo) -> None:
    page = at_devices(visit, PHONE)
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    told = house.api("GET", "/devices/meter/raw")["readings"]
    card = page.locator('[data-device="meter"]')
    card.locator("summary").click()
    card.get_by_role("button", name="Raw values").click()
    sheet = page.get_by_role("dialog")
    if not told:
        expect(sheet).to_contain_text("Nothing to show")
        return
    expect(sheet.locator("tbody tr")).to_have_count(len(told))
    shoot(page, "raw-phone")
    first = told[0]
    sheet.get_by_label("Filter").fill(first["code"])
    wanted = [r for r in told if first["code"].lower() in f"{r['code']} {r['value']} {r['unit']}".lower()]
    expect(sheet.get_by_role("rowheader", name=first["code"], exact=True)).to_be_visible()
    assert sheet.locator("tbody tr").count() <= max(len(wanted), 1)
    sheet.get_by_role("button", name="Copy as text").click()
    expect(sheet.get_by_text("Copied.")).to_be_visible()
    assert page.evaluate("navigator.clipboard.readText()").startswith(first["code"] + "\t")
    sheet.get_by_label("Filter").fill("no such code")
    expect(sheet.locator("tbody tr")).to_have_count(0)


def test_guests_look_and_change_nothing(browser: Browser, house: Demo, folder: Path) -> None:
    made = account(folder / "data", "add", "visitor", "--role", "guest")
    page = browser.new_context(viewport=PHONE).new_page()  # type: ignore[arg-type]
    page.goto(house.base)
    page.get_by_label("Name").fill("visitor")
    page.get_by_label("Password").fill(made["password"])
    page.get_by_role("button", name="Sign in").click()
    page.click("nav >> text=Devices")
    card = page.locator('[data-device="meter"]')
    card.locator("summary").click()
    expect(card.get_by_text("Model")).to_be_visible()
    for name in ("Add a device", "Take out of the house", "Raw values"):
        expect(page.get_by_role("button", name=name)).to_have_count(0)
    expect(page.get_by_role("link", name="Self-test")).to_have_count(0)
    page.context.close()


def test_looking_elsewhere_waits_for_its_turn_and_tells_a_wrong_address(visit: Visit) -> None:
    page = at_devices(visit)
    sheet = adding(page)
    row(sheet)
    expect(sheet.locator(".search")).to_contain_text("The search has ended", timeout=60_000)
    page.unroute("**/api/v1/found")
    sheet.get_by_text("Look elsewhere").click()
    sheet.get_by_role("button", name="Look there").click()
    expect(sheet.get_by_role("alert")).to_have_text("This is needed.")
    sheet.get_by_label("Addresses").fill("10.0.0.0/4")
    sheet.get_by_role("button", name="Look there").click()
    expect(sheet.get_by_role("alert")).to_contain_text("name a network of at most 1024")
    sheet.get_by_label("Addresses").fill("127.0.0.3")
    sheet.get_by_role("button", name="Look there").click()
    expect(sheet.locator(".search")).to_contain_text("Looking around your house")
    expect(sheet.locator("[data-found]")).to_have_count(1)
