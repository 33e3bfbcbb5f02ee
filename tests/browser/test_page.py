"""What a person sees and presses: the same as the devices themselves, and never more than they have confirmed."""

from __future__ import annotations

import re
import time
from collections.abc import Callable

import pytest
from playwright.sync_api import Browser, expect

from tests.browser.conftest import DESKTOP, PHONE, Visitor, healed, sign_in
from tests.house.demo_kit import Demo, eventually

Visit = Callable[..., Visitor]


def test_a_wrong_password_is_said_and_the_right_one_lets_in(browser: Browser, house: Demo) -> None:
    page = browser.new_page()
    sign_in(page, house, "wrong")
    expect(page.get_by_role("alert")).to_contain_text("wrong")
    sign_in(page, house)
    expect(page.get_by_role("navigation")).to_be_visible()
    page.reload()
    expect(page.get_by_role("navigation")).to_be_visible()
    page.get_by_role("button", name="Settings").click()
    page.get_by_role("button", name="Sign out").click()
    expect(page.get_by_label("Password")).to_be_visible()
    page.context.close()


@pytest.mark.parametrize("screen", ["Now", "Devices"])
def test_figures_are_those_of_the_hub(visit: Visit, screen: str) -> None:
    """Within one poll: a figure that moves may be a second apart."""
    visitor = visit()
    visitor.go(screen)

    def agree() -> bool:
        points = visitor.house.points()
        shown = {p: v for p, v in visitor.figures().items() if p in points}
        return len(shown) > 5 and all(_same(v, points[p]["v"]) for p, v in shown.items())

    eventually(agree, 15, f"the figures of {screen} are those of GET /points")


def _same(shown: str, value: object) -> bool:
    if value is None or isinstance(value, bool | str):
        return shown == ("" if value is None else str(value).lower() if isinstance(value, bool) else value)
    return shown != "" and abs(float(shown) - float(value)) < 0.5 + 0.001 * abs(float(value))  # type: ignore[arg-type]


def test_the_picture_is_the_true_state_of_the_house(visit: Visit) -> None:
    visitor = visit(PHONE)

    def true() -> bool:
        inverter, shown = visitor.house.truth("inverter"), visitor.figures()
        solar = abs(float(shown.get("pv_roof.pv_power") or 0) - inverter["pv_power"]) < 150
        return solar and abs(float(shown.get("battery.soc") or 0) - inverter["soc"]) < 0.5

    eventually(true, 10, "solar and battery on the page are those of the inverter")
    visitor.shoot("now-phone")


# point, how, simulated device, key of its true state, true value
PRESSES: list[tuple[str, Callable[[Visitor], None], str, str, object]] = [
    ("plug_tv.on", lambda v: v.switch("plug_tv.on"), "plug_tv", "on", False),
    ("light_kitchen.on", lambda v: v.switch("light_kitchen.on"), "light_kitchen", "on", False),
    ("light_kitchen.brightness", lambda v: v.slide("light_kitchen.brightness", 40), "light_kitchen", "brightness", 102),
    ("living.target_temperature", lambda v: v.slide("living.target_temperature", 19.5), "living", "setpoint", 19.5),
    ("heatpump.sg_ready", lambda v: v.choose("heatpump.sg_ready", "Boost advised"), "heatpump", "sg_state", 3),
    ("wallbox.current_limit", lambda v: v.slide("wallbox.current_limit", 11), "keba", "current_limit", 11),
    ("wallbox2.current_limit", lambda v: v.slide("wallbox2.current_limit", 8), "heidelberg", "current_limit", 8),
]


@pytest.mark.parametrize(("point", "press", "device", "key", "true"), PRESSES, ids=[p[0] for p in PRESSES])
def test_every_control_works_against_the_true_state(
    visit: Visit, house: Demo, point: str, press: Callable[[Visitor], None], device: str, key: str, true: object
) -> None:
    before = {"plug_tv.on": True, "light_kitchen.on": True, "heatpump.sg_ready": 2}.get(point)
    if before is not None:
        assert house.command(point, before)["state"] == "confirmed"
    visitor = visit()
    visitor.go("Devices")
    expect(visitor.control(point)).to_be_visible()
    press(visitor)
    expect(visitor.control(point)).to_have_attribute("data-state", "confirmed", timeout=3000)
    eventually(lambda: abs(house.truth(device)[key] - true) < 1, 2, f"{device} says {house.truth(device)}")  # type: ignore[operator]


def test_the_batterys_mode_reaches_the_battery(visit: Visit, house: Demo) -> None:
    visitor = visit()
    visitor.choose("battery.mode", "Charge")
    eventually(lambda: house.truth("inverter")["battery_power"] < -1000, 5, "the battery charges")
    visitor.choose("battery.mode", "Auto")
    expect(visitor.control("battery.mode")).to_have_attribute("data-state", "confirmed")


@pytest.mark.parametrize(
    ("fault", "state", "said"), [("silent", "no_answer", "No answer"), ("ignore", "refused", "Refused")]
)
def test_what_the_device_has_not_confirmed_is_not_shown_as_done(
    visit: Visit, house: Demo, fault: str, state: str, said: str
) -> None:
    answer = house.command("plug_tv.on", True)
    assert answer["state"] == "confirmed", answer
    visitor = visit(PHONE)
    switch = visitor.control("plug_tv.on").get_by_role("switch")
    expect(switch).to_be_visible()
    asked = house.api("GET", "/decisions?point=plug_tv.on"), house.point("plug_tv.on"), house.truth("plug_tv")
    assert asked[1]["v"] is True, asked
    expect(switch).to_be_checked()
    with healed(house, "plug_tv", fault, ["plug_tv.on"]):
        started = time.monotonic()
        visitor.switch("plug_tv.on")
        expect(visitor.control("plug_tv.on")).to_have_attribute("data-state", state, timeout=2000)
        assert time.monotonic() - started < 1.8
        expect(visitor.control("plug_tv.on").get_by_role("status")).to_contain_text(said)
        visitor.shoot(f"control-{state}")
        if state == "refused":
            expect(visitor.control("plug_tv.on").get_by_role("switch")).to_be_checked()
    assert house.truth("plug_tv")["on"] is True


def test_a_click_on_a_light_tells_of_no_wish_that_is_held(visit: Visit, house: Demo) -> None:
    """What is decided right after the answer still knows the wish; the light keeps the state by itself."""
    light, told = "light_kitchen.on", "window.wishes"
    visitor = visit(PHONE)
    visitor.go("Devices")
    row = visitor.control(light)
    expect(row.get_by_role("switch")).to_have_accessible_description("")
    row.evaluate(
        f"row => {{ {told} = 0; new MutationObserver(() => {told} += row.querySelectorAll('.wish').length)"
        ".observe(row, {subtree: true, childList: true}) }"
    )
    done: list[str] = []
    visitor.page.on("response", lambda r: done.append(r.url) if r.url.endswith("/commands") else None)
    with visitor.page.expect_response(lambda r: bool(done) and r.url.endswith("/decisions")) as asked:
        visitor.switch(light)
    (known,) = [d for d in asked.value.json()["decisions"] if d["point"] == light] or [{"request": "", "ends": None}]
    assert (known["request"], known["ends"]) == ("", None)
    visitor.page.evaluate("() => new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))")
    assert visitor.page.evaluate(told) == 0
    assert row.get_by_role("combobox").count() == 0, "nor of how long it is to hold"


def test_a_refusal_says_states_as_the_control_does(visit: Visit, house: Demo) -> None:
    house.command("heatpump.sg_ready", 2)
    visitor = visit()
    visitor.go("Devices")
    with healed(house, "heatpump", "ignore", ["heatpump.sg_ready"]):
        visitor.choose("heatpump.sg_ready", "Block")
        came = visitor.control("heatpump.sg_ready").get_by_role("status")
        expect(came).to_contain_text("still reads Normal", timeout=4000)


def test_a_limit_that_binds_is_named_and_a_change_can_be_undone(visit: Visit, house: Demo) -> None:
    house.command("battery.mode", "hold")
    house.world(irradiance=0, load_w=18_500)
    try:
        visitor = visit()
        visitor.go("Devices")
        eventually(lambda: house.point("grid.power")["v"] > 17_000, 8, "the house draws 27 A on each phase")
        visitor.slide("wallbox.current_limit", 16)
        expect(visitor.wish("wallbox.current_limit")).to_contain_text("fuse", timeout=4000)
        assert house.truth("keba")["current_limit"] < 16
    finally:
        house.world(irradiance=None, load_w=None)
        house.command("battery.mode", "auto")
    visitor.go("Now")
    visitor.choose("wallbox.mode", "Fast")
    expect(visitor.control("wallbox.mode")).to_have_attribute("data-state", "confirmed")
    visitor.control("wallbox.mode").get_by_role("button", name="Undo").click()
    eventually(lambda: house.point("wallbox.mode")["v"] == "solar", 3, "the mode is back")


def test_why_tells_who_asked_what_was_decided_and_what_the_device_said(visit: Visit, house: Demo) -> None:
    house.command("plug_washer.on", False)
    house.command("plug_washer.on", True)
    visitor = visit()
    visitor.control("plug_washer.on").get_by_role("button", name="Why").click()
    dialog = visitor.page.get_by_role("dialog")
    expect(dialog).to_contain_text("Owner asked for")
    expect(dialog).to_contain_text("device confirmed")
    visitor.shoot("why")
    visitor.page.keyboard.press("Escape")
    expect(dialog).to_have_count(0)
    expect(visitor.control("plug_washer.on").get_by_role("button", name="Why")).to_be_focused()


def test_a_device_pulled_out_goes_dark_alone_and_comes_back(visit: Visit, house: Demo) -> None:
    visitor = visit(PHONE)
    expect(visitor.page.locator('[data-kind="heat"]')).to_have_attribute("data-known", "true")
    with healed(house, "keba", "drop", ["wallbox.power"]):
        expect(visitor.page.get_by_role("button", name="Wallbox does not answer")).to_be_visible(timeout=15_000)
        assert visitor.figures()["grid.power"] != ""
        visitor.shoot("pulled-out")
        visitor.go("Devices")
        card = visitor.page.locator('[data-device="wallbox"]')
        expect(card).to_have_attribute("data-link", "lost", timeout=12_000)
        expect(card.locator('[data-point="wallbox.power"]').first).to_have_attribute("data-value", "")
    expect(visitor.page.locator('[data-device="wallbox"]')).to_have_attribute("data-link", "up", timeout=15_000)


def test_the_day_is_drawn_and_each_chart_has_its_table(visit: Visit, house: Demo) -> None:
    visitor = visit(DESKTOP)
    visitor.go("Energy")
    charts = visitor.page.locator("canvas")
    expect(charts).to_have_count(3, timeout=10_000)
    buttons = visitor.page.get_by_role("button", name="Show table")
    assert buttons.count() == 3
    for n in range(3):
        buttons.nth(0).click()
        table = visitor.page.get_by_role("table").nth(n)
        expect(table.locator("caption")).not_to_be_empty()
        assert table.get_by_role("row").count() >= 2
    visitor.shoot("energy-tables")


def test_today_grows_by_its_newest_end_alone(visit: Visit, house: Demo) -> None:
    visitor = visit(DESKTOP)
    visitor.go("Energy")
    plot = visitor.page.locator(".plot").first
    expect(plot).to_be_visible(timeout=10_000)
    with visitor.page.expect_request(lambda r: bool(re.search(r"/history\?.*step=\d", r.url)), timeout=40_000) as asked:
        pass
    answer = asked.value.response()
    assert answer
    assert all(len(s["t"]) < 20 for s in answer.json()["series"].values())


def test_without_the_hub_the_last_figures_are_marked_as_old(visit: Visit, house: Demo) -> None:
    visitor = visit(PHONE)
    expect(visitor.page.get_by_text("Live")).to_be_visible()
    visitor.page.context.set_offline(True)
    visitor.page.evaluate("dispatchEvent(new Event('offline'))")
    expect(visitor.page.get_by_text("No connection to the hub since")).to_be_visible(timeout=20_000)
    expect(visitor.page.locator('[data-point="house.consumption"]').first).to_be_visible()
    visitor.shoot("offline")
    visitor.page.context.set_offline(False)
    expect(visitor.page.get_by_text("Live")).to_be_visible(timeout=20_000)
