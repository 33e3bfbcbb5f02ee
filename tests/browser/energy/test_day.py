"""The day: from all its hours down to single seconds, by wheel, mouse, fingers, keys and buttons; its gaps are gaps."""

from __future__ import annotations

import re

from playwright.sync_api import Page, expect

from tests.browser.conftest import PHONE
from tests.browser.energy.conftest import Opened, Visit, ago, asked
from tests.browser.energy.past import GAP, GAP_DAY, today
from tests.house.demo_kit import eventually


def seconds(page: Page) -> float:
    """How long a stretch the power chart shows."""
    view = page.locator(".plot").first
    return (float(view.get_attribute("data-to") or 0) - float(view.get_attribute("data-from") or 0)) / 1000


def step(page: Page) -> int:
    return int(page.locator("[data-step]").get_attribute("data-step") or 0)


def middle(page: Page, part: float = 0.75) -> tuple[float, float]:
    box = page.locator(".u-over").first.bounding_box()
    assert box
    return box["x"] + part * box["width"], box["y"] + box["height"] / 2


def test_a_day_is_one_question_for_all_lines_and_one_for_all_energies(visit: Visit) -> None:
    visitor = visit()
    history, energy = asked(visitor.page, "/history"), asked(visitor.page, "/energy")
    visitor.page.goto(f"{visitor.house.base}/energy?on={ago(2)}")
    expect(visitor.page.locator("canvas")).to_have_count(3)
    visitor.page.wait_for_load_state("networkidle")
    assert (len(history), len(energy)) == (1, 1)
    visitor.page.get_by_role("radio", name="Month").click()
    expect(visitor.page.locator("[data-bar]").first).to_be_visible()
    visitor.page.wait_for_load_state("networkidle")
    assert (len(history), len(energy)) == (1, 2)


def test_the_wheel_comes_down_to_raw_seconds_and_the_button_back(opened: Opened) -> None:
    page = opened(f"on={ago(2)}")
    assert (seconds(page), step(page) > 60_000) == (86_400, True)
    page.mouse.move(*middle(page))
    for _ in range(40):
        page.mouse.wheel(0, -150)
    assert seconds(page) == 60
    expect(page.locator("[data-step]")).to_have_attribute("data-step", "1000")
    expect(page.get_by_text("Each second as it was measured")).to_be_visible()
    page.get_by_role("button", name="Show table: Power").click()
    assert 25 <= page.get_by_role("table").get_by_role("row").count() <= 34
    page.get_by_role("button", name="Reset zoom").click()
    assert (seconds(page), step(page) > 60_000) == (86_400, True)


def test_what_is_looked_at_closely_stands_in_the_address(opened: Opened) -> None:
    page = opened(f"on={ago(2)}")
    whole = page.url
    for _ in range(3):
        page.get_by_role("button", name="Zoom in").click()
    page.wait_for_url(re.compile(r"view=\d+-\d+"))
    assert seconds(page) == 86_400 / 8
    close, span = page.url, page.locator(".plot").first.get_attribute("data-from")
    page.get_by_label("Compare").select_option("before")
    page.wait_for_url(re.compile("compare=before"))
    assert seconds(page) == 86_400 / 8 and "view=" in page.url
    page.go_back()
    page.wait_for_url(close)
    page.go_back()
    page.wait_for_url(whole)
    expect(page.locator(".plot").first).not_to_have_attribute("data-from", span or "")
    assert seconds(page) == 86_400
    page.go_forward()
    expect(page.locator(".plot").first).to_have_attribute("data-from", span or "")
    page.goto(close)
    expect(page.locator(".plot").first).to_have_attribute("data-from", span or "")
    assert seconds(page) == 86_400 / 8
    page.get_by_role("button", name="Reset zoom").click()
    page.wait_for_url(lambda url: "view=" not in url)
    assert seconds(page) == 86_400


def test_a_page_that_is_scrolled_past_the_chart_is_not_held_by_it(opened: Opened) -> None:
    page = opened(f"on={ago(2)}")
    page.mouse.move(600, 300)
    page.mouse.wheel(0, 350)
    eventually(lambda: page.evaluate("scrollY") > 300, 2, "the page has scrolled, and the chart is below the pointer")
    page.mouse.wheel(0, -200)
    eventually(lambda: page.evaluate("scrollY") < 200, 2, "the page scrolls back")
    assert seconds(page) == 86_400


def test_the_mouse_marks_a_stretch_and_with_shift_moves_it(opened: Opened) -> None:
    page = opened(f"on={ago(2)}")
    (x, y), (to, _) = middle(page, 0.5), middle(page, 0.625)
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move(to, y, steps=4)
    page.mouse.up()
    assert abs(seconds(page) - 3 * 3600) < 120
    start = page.locator(".plot").first.get_attribute("data-from")
    page.keyboard.down("Shift")
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move(to, y, steps=4)
    page.mouse.up()
    page.keyboard.up("Shift")
    moved = int(start or 0) - int(page.locator(".plot").first.get_attribute("data-from") or 0)
    assert abs(moved / 1000 - 3 * 3600 / 8) < 120
    assert abs(seconds(page) - 3 * 3600) < 120
    page.get_by_role("button", name="Later").click()
    assert abs(seconds(page) - 3 * 3600) < 120


def test_two_fingers_zoom_and_one_moves(opened: Opened) -> None:
    page = opened(f"on={ago(2)}", PHONE)
    page.locator(".u-over").first.scroll_into_view_if_needed()
    x, y = middle(page, 0.5)
    session = page.context.new_cdp_session(page)

    def touch(kind: str, *xs: float) -> None:
        points = [{"x": px, "y": y, "id": i} for i, px in enumerate(xs)]
        session.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})

    touch("touchStart", x - 20, x + 20)
    for apart in (30, 40, 60, 80):
        touch("touchMove", x - apart, x + apart)
    touch("touchEnd")
    eventually(lambda: abs(seconds(page) - 6 * 3600) < 600, 3, f"a quarter of the day, not {seconds(page)} s")
    before = page.locator(".plot").first.get_attribute("data-from")
    touch("touchStart", x)
    for by in (20, 40, 60):
        touch("touchMove", x - by)
    touch("touchEnd")
    eventually(lambda: (page.locator(".plot").first.get_attribute("data-from") or "") > (before or ""), 3, "later")


def test_the_keyboard_zooms_moves_and_points(opened: Opened) -> None:
    page = opened(f"on={ago(2)}")
    page.get_by_role("application").first.focus()
    legend = page.locator(".legend").first
    page.keyboard.press("ArrowRight")
    first = legend.locator("strong").inner_text()
    page.keyboard.press("ArrowRight")
    assert legend.locator("strong").inner_text() != first
    assert "kW" in legend.inner_text()
    for _ in range(3):
        page.keyboard.press("+")
    assert seconds(page) == 86_400 / 8
    start = page.locator(".plot").first.get_attribute("data-from")
    page.keyboard.press("Shift+ArrowRight")
    assert page.locator(".plot").first.get_attribute("data-from") != start
    page.keyboard.press("-")
    assert seconds(page) == 86_400 / 4
    page.keyboard.press("0")
    assert seconds(page) == 86_400


def test_a_gap_is_drawn_as_a_gap(opened: Opened) -> None:
    """In the missing hour and a half no line's colour is on the canvas, nor is any figure in the table."""
    page = opened(f"on={ago(GAP_DAY)}")
    start = (today() - GAP_DAY) * 86_400

    def coloured(at: float) -> int:
        """Pixels in saturated colour in one column of the power chart."""
        return int(
            page.evaluate(
                """at => {
                  const [frame, over] = [document.querySelector('.plot'), document.querySelector('.plot .u-over')];
                  const canvas = frame.querySelector('canvas');
                  const [from, to] = [Number(frame.dataset.from), Number(frame.dataset.to)];
                  const x = over.offsetLeft + (at * 1000 - from) / (to - from) * over.offsetWidth;
                  const pixels = canvas.getContext('2d').getImageData(Math.round(x), 0, 1, canvas.height).data;
                  let n = 0;
                  for (let i = 0; i < pixels.length; i += 4) {
                    const c = pixels.slice(i, i + 3);
                    if (pixels[i + 3] > 40 && Math.max(...c) - Math.min(...c) > 30) n += 1;
                  }
                  return n;
                }""",
                at,
            )
        )

    inside, beside = start + (GAP.start + GAP.stop) / 2, start + GAP.stop + 1800
    eventually(lambda: coloured(beside) > 0, 5, "the lines are drawn")
    assert coloured(inside) == 0
    page.get_by_role("button", name="Show table: Power").click()
    empty = page.get_by_role("row").filter(has_text=re.compile(r"^\d\d:00\s*–\s*–\s*–\s*–"))
    assert empty.count() == 1


def test_the_price_is_drawn_in_steps(opened: Opened) -> None:
    page = opened(f"on={ago(2)}")
    page.get_by_role("button", name="Show table: Price").click()
    assert {"21.0", "34.0"} <= set(re.findall(r"([\d.]+)\sct/kWh", page.get_by_role("table").inner_text()))
