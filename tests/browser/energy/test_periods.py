"""Weeks, months, years and ranges: by address, compared, with the devices that used most, for everybody."""

from __future__ import annotations

import re
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.conftest import DESKTOP, PHONE
from tests.browser.energy.conftest import Opened, Visit, ago, monday
from tests.browser.energy.past import GAP_DAY, LOST_DAY
from tests.browser.test_quality import violations
from tests.house.demo_kit import Demo

ZONE = ZoneInfo("Europe/Berlin")


def test_an_address_is_a_period_and_the_back_button_goes_back(opened: Opened) -> None:
    page = opened(f"period=week&on={monday(9)}")
    expect(page.get_by_role("radio", name="Week")).to_be_checked()
    expect(page.locator("[data-bar]")).to_have_count(7)
    first = monday(9)
    expect(page.locator(".pager")).to_contain_text(f"{first.day}")
    page.get_by_role("button", name="Previous week").click()
    expect(page).to_have_url(re.compile(f"on={first - timedelta(days=7)}"))
    page.get_by_role("radio", name="Month").click()
    expect(page.locator("[data-bar]")).to_have_count(_days_in_month(first - timedelta(days=7)))
    page.go_back()
    page.go_back()
    expect(page).to_have_url(re.compile(f"on={first}"))
    expect(page.locator("[data-bar]")).to_have_count(7)
    page.reload()
    expect(page.locator("[data-bar]")).to_have_count(7)
    page.get_by_label("Date").fill(ago(40))
    expect(page).to_have_url(re.compile(f"on={ago(40)}"))
    page.get_by_role("button", name="Today").click()
    expect(page.locator(".pager")).to_contain_text("This week")


def _days_in_month(day: date) -> int:
    return ((day.replace(day=28) + timedelta(days=4)).replace(day=1) - timedelta(days=1)).day


def test_a_range_of_ones_own(opened: Opened) -> None:
    page = opened(f"period=custom&from={ago(12)}&to={ago(3)}")
    expect(page.locator("[data-bar]")).to_have_count(10)
    page.get_by_label("From", exact=True).fill(ago(7))
    expect(page.locator("[data-bar]")).to_have_count(5)


def test_a_bar_opens_its_day(opened: Opened) -> None:
    page = opened(f"period=week&on={monday(9)}")
    chart = page.get_by_role("application")
    chart.focus()
    for key in ("ArrowRight", "ArrowRight", "Enter"):
        page.keyboard.press(key)
    expect(page.locator(".readout")).to_contain_text("Tue")
    page.get_by_role("button", name="Show this day").click()
    expect(page).to_have_url(re.compile(f"on={monday(9) + timedelta(days=1)}"))
    expect(page.locator("canvas")).to_have_count(3)


def test_what_is_not_sure_looks_and_reads_so(opened: Opened) -> None:
    page = opened(f"period=custom&from={ago(10)}&to={ago(2)}")
    bars = page.locator('[data-flow="used"][data-trust]')
    trust = [b.get_attribute("data-trust") for b in bars.all()]
    assert "derived" in trust
    hatched = page.locator(f'[data-bar="{10 - GAP_DAY}"] [data-flow="used"][data-trust]')
    expect(hatched).to_have_attribute("data-trust", "unsure")
    assert "url(" in (hatched.get_attribute("fill") or "")
    page.get_by_role("button", name="Show table").click()
    rows = page.get_by_role("row")
    expect(rows.nth(1 + 10 - GAP_DAY)).to_contain_text("% recorded")
    expect(rows.nth(1 + 10 - LOST_DAY)).to_contain_text("% recorded")
    expect(rows.nth(1)).to_contain_text("from power")


def test_what_was_imported_by_whole_hours_is_known(opened: Opened) -> None:
    """Light, not hatched; and a counter that was not read for a while has counted on."""
    page = opened(f"period=week&on={monday(30)}")
    trust = {b.get_attribute("data-trust") for b in page.locator(".piece").all()}
    assert trust == {"derived"}
    expect(page.locator('[data-flow="bought"] dd')).to_contain_text("from other records")
    expect(page.locator(".trusts")).not_to_contain_text("Hatched")
    page.goto(page.url.split("/energy")[0] + f"/energy?on={ago(GAP_DAY)}")
    expect(page.locator('[data-flow="made"] dd')).to_contain_text("% recorded")
    expect(page.locator('[data-flow="bought"] dd')).to_contain_text("from other records")


def test_where_nothing_is_recorded_that_is_all_there_is(opened: Opened, visit: Visit) -> None:
    page = visit(at="/energy?period=month&on=2020-01-01").page
    expect(page.locator(".empty h2")).to_have_text("No energy was recorded in this month")
    expect(page.locator("canvas, .bars, .zoom, .totals, .top-list")).to_have_count(0)
    page.locator(".empty").get_by_role("button", name="Go to").click()
    page.wait_for_url(re.compile(r"on=(?!2020)"))
    first = date.fromisoformat(page.url[-10:])
    expect(page.locator("[data-bar]")).to_have_count(_days_in_month(first))
    expect(page.locator(".storage")).to_contain_text(f"reaches back to {first.day} {first:%B %Y}")


def test_a_gap_of_months_leads_to_today(visit: Visit) -> None:
    page = visit(at=f"/energy?on={ago(200)}").page
    expect(page.locator(".empty")).to_contain_text(re.compile(r"reaches back to \d+ \w+ \d{4}, but has a gap here"))
    page.get_by_role("button", name="Go to today").click()
    expect(page.locator(".pager")).to_contain_text("Today")
    expect(page.locator("canvas")).to_have_count(3)


def test_what_came_and_what_went_are_told_apart_by_their_swatches(opened: Opened) -> None:
    """As the bars are drawn: in the upper half what came, in the lower half what went; in all places."""
    page = opened(f"period=week&on={monday(9)}")
    page.locator(".bars").click(position={"x": 120, "y": 80})
    page.get_by_role("button", name="Show table").click()
    for place in (".totals dt", ".keys .key", ".readout dt", "thead th"):
        ways = {
            e.inner_text(): e.locator("i").get_attribute("data-way")
            for e in page.locator(place).all()
            if e.locator("i").count()
        }
        up, down = ("Solar", "Discharged", "Bought"), ("Used", "Charged", "Sold")
        assert ways == {**dict.fromkeys(up, "up"), **dict.fromkeys(down, "down")}, place


@pytest.mark.parametrize("compare", ["", "&compare=before", "&compare=year"])
@pytest.mark.parametrize("period", ["day", "week", "month"])
def test_on_a_phone_date_today_and_comparison_are_one_row(opened: Opened, period: str, compare: str) -> None:
    page = opened(f"period={period}&on={monday(40)}{compare}", PHONE)
    boxes = [box for e in page.locator(".tools .pill").all() if (box := e.bounding_box())]
    assert len(boxes) == 3 and len({round(b["y"]) for b in boxes}) == 1
    assert all(b["height"] >= 44 for b in boxes)


def test_a_bar_that_is_pointed_at_moves_no_chart(opened: Opened) -> None:
    page = opened(f"period=week&on={monday(9)}&compare=before", PHONE)
    place = "document.querySelector('.bars').getBoundingClientRect().y + scrollY"
    before = page.evaluate(place)
    page.locator(".bars").click(position={"x": 120, "y": 80})
    expect(page.locator(".readout dd")).to_have_count(6)
    assert page.evaluate(place) == before


def test_a_week_is_compared_with_the_one_before_and_with_a_year_ago(opened: Opened) -> None:
    page = opened(f"period=week&on={monday(20)}")
    assert page.locator('[data-ghost="true"]').count() == 0
    page.get_by_label("Compare").select_option(label="the week before")
    expect(page.locator(".compared")).to_contain_text(
        re.compile(r"The home used (\d+\s% (less|more) than|about as much as) the week before")
    )
    assert page.locator('.piece[data-ghost="true"]').count() > 20
    expect(page).to_have_url(re.compile("compare=before"))
    now, then = _used(page, monday(20)), _used(page, monday(27))
    said = page.locator('[data-flow="used"] .differs').inner_text()
    assert abs(100 * (now / then - 1)) < 1 or f"{abs(100 * (now / then - 1)):.0f}" in said
    page.get_by_label("Compare").select_option(label="a year ago")
    expect(page.locator(".compared")).to_contain_text("a year ago")
    page.get_by_role("button", name="Show table").click()
    expect(page.get_by_role("rowheader", name="a year ago")).to_be_visible()


def _used(page: Page, first: date) -> float:
    """kWh in a week, as the hub tells it."""
    found = page.evaluate(
        "q => fetch(`/api/v1/energy?points=house.consumption&step=day&${q}`).then(r => r.json())",
        f"from={_ms(first)}&to={_ms(first + timedelta(days=7))}",
    )
    return float(sum(v or 0 for v in found["series"]["house.consumption"]["plus"])) / 1000


def _ms(day: date) -> int:
    return int(datetime(day.year, day.month, day.day, tzinfo=ZONE).timestamp() * 1000)


def test_a_day_is_compared_with_the_day_before(opened: Opened) -> None:
    page = opened(f"on={ago(2)}&compare=before")
    expect(page.locator(".legend").first).to_contain_text("Used, the day before")
    expect(page.locator(".compared")).to_contain_text("the day before")
    page = opened(f"on={ago(GAP_DAY)}&compare=before")
    missing = r"Compared per day, because parts are missing: [\d.]+\skWh a day now, [\d.]+\skWh then\."
    expect(page.locator(".compared")).to_contain_text(re.compile(missing))


def test_who_used_most(opened: Opened) -> None:
    page = opened(f"period=week&on={monday(20)}")
    places = page.locator(".top-list li")
    names = [p.get_attribute("data-device") for p in places.all()]
    assert names[0] == "heatpump"
    assert names[-1] == "rest"
    values = [float(p.get_attribute("data-value") or 0) for p in places.all()]
    assert values[:-1] == sorted(values[:-1], reverse=True)
    assert abs(sum(values) / 1000 - _used(page, monday(20))) < 0.1
    shares = [int(s) for s in re.findall(r"(\d+)\s%", page.locator(".top-list ol").inner_text())]
    assert 97 <= sum(shares) <= 103


def test_what_keeping_it_costs_is_said(opened: Opened) -> None:
    page = opened(f"period=month&on={ago(12)}")
    expect(page.locator(".storage")).to_contain_text(re.compile(r"reaches back to \d+ \w+ \d{4}.*\sMB of 1.1\sGB"))


VIEWS = {
    "day": f"on={ago(GAP_DAY)}&compare=before",
    "week": f"period=week&on={monday(9)}&compare=before",
    "month": f"period=month&on={ago(12)}",
    "year": "period=year&compare=before",
    "custom": f"period=custom&from={ago(12)}&to={ago(3)}",
    "empty": "on=2020-01-01",
}


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("size", ["phone", "desktop"])
def test_every_view_is_for_everybody(visit: Visit, size: str, scheme: str) -> None:
    """axe, no sideways scrolling, and nothing that jumps while the figures come."""
    visitor = visit({"phone": PHONE, "desktop": DESKTOP}[size], scheme)
    page = visitor.page
    page.add_init_script(
        "window.shift = 0; new PerformanceObserver(l => l.getEntries().forEach(e => {"
        "if (!e.hadRecentInput) window.shift += e.value })).observe({type: 'layout-shift', buffered: true})"
    )
    for name, search in VIEWS.items():
        page.goto(f"{visitor.house.base}/energy?{search}")
        expect(page.locator("canvas, .bars svg, .empty button").first).to_be_visible()
        page.wait_for_load_state("networkidle")
        page.wait_for_timeout(300)
        assert page.evaluate("window.shift") <= 0.02, name
        visitor.shoot(f"energy-{name}-{size}-{scheme}")
        if name != "empty":
            page.get_by_role("button", name="Show table").first.click()
        if page.locator(".bars").count():
            page.locator(".bars").click(position={"x": 120, "y": 80})
        assert violations(visitor) == [], name
        assert page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth") <= 0, name


def test_a_narrow_phone_does_not_scroll_sideways(opened: Opened) -> None:
    page = opened(VIEWS["week"], {"width": 320, "height": 640})
    page.locator(".bars").click(position={"x": 80, "y": 80})
    page.get_by_role("button", name="Show table").click()
    assert page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth") <= 0


def test_a_finger_is_told_to_tap(browser: Browser, house: Demo, session: Any) -> None:
    for touch, said in ((True, "Tap the chart"), (False, "Point at the chart")):
        context = browser.new_context(viewport=PHONE, has_touch=touch)  # type: ignore[arg-type]
        context.add_cookies([session])
        page = context.new_page()
        for search, hint in ((f"period=week&on={monday(9)}", ".readout"), (f"on={ago(2)}", ".legend .hint")):
            page.goto(f"{house.base}/energy?{search}")
            expect(page.locator(hint).first).to_have_text(re.compile(f"^{said}"), use_inner_text=True)
        context.close()
