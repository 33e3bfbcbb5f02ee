"""Which points tell what the panels made, and what providers told of them when."""

from __future__ import annotations

import numpy as np

from hub.forecast.series import Series
from hub.foresight.panels import Panels, along, made, panels_of, told
from hub.foresight.view import STEP_MS, STEP_S
from hub.model import CommandSpec, Device, Link, Point, Role
from hub.model.feed import Outlook
from tests.foresight.kit import DAY, HOUR, START


def device(id_: str, role: Role, *quantities: str, behind: str = "", high: float | None = None) -> Device:
    commands = (CommandSpec(f"{id_}.power_limit", 0.0, high),) if high else ()
    points = tuple(Point.of(id_, id_, q) for q in quantities)
    return Device(id_, id_, role, Link("fake", id_), behind=behind, points=points, commands=commands)


def series(*watts: float) -> Series:
    return Series(START, STEP_S, np.array(watts))


def test_a_plain_inverter_tells_it_itself() -> None:
    found = panels_of(
        [device("roof", Role.INVERTER, "power", "power_limit", high=8_000), device("m", Role.METER, "power")]
    )
    assert found == [Panels("roof.power", (), "roof.power_limit", 8_000)]


def test_of_a_hybrid_its_dc_side_or_what_its_battery_does_not_give() -> None:
    battery = device("store", Role.BATTERY, "power", behind="roof")
    dc = device("roof", Role.INVERTER, "power", "pv_power")
    assert panels_of([dc, battery]) == [Panels("roof.pv_power")]
    assert panels_of([device("roof", Role.INVERTER, "power"), battery]) == [Panels("roof.power", ("store.power",))]
    assert panels_of([dc]) == [Panels("roof.power")], "without a battery behind it the AC side is the panels'"


def test_several_inverters_are_one_sum_and_never_below_nothing() -> None:
    panels = [Panels("a.power"), Panels("b.power", ("s.power",))]
    known = {"a.power": series(100, 0, 50), "b.power": series(900, -20, np.nan), "s.power": series(300, 10, 0)}
    power, held = made(panels, known)
    assert power.values[:2].tolist() == [700.0, 0.0] and np.isnan(power.values[2]) and not held.any()


def test_what_was_made_at_a_limit_may_have_been_more() -> None:
    """Held back at 60 %; below the limit there was no more to be had; at full power nothing limits."""
    known = {"a.power": series(3_000, 2_000, 5_000), "a.power_limit": series(3_000, 3_000, 5_000)}
    _, held = made([Panels("a.power", (), "a.power_limit", 5_000)], known)
    assert held.tolist() == [True, False, False]


def test_of_the_past_only_what_was_told_a_day_before_counts() -> None:
    outlooks = [
        Outlook("pv_power", START - 2 * DAY, 3_600, (100.0,) * 72, "sky", START - 2 * DAY),
        Outlook("pv_power", START - DAY, 3_600, (200.0,) * 48, "sky", START - DAY),
        Outlook("pv_power", START - HOUR, 3_600, (300.0,) * 24, "sky", START - HOUR),
        Outlook("pv_power", START, 3_600, (7.0,) * 2, "other", START),
    ]
    found = told(outlooks, START - 2 * DAY, START, START + DAY)
    sky = found["sky"].between(START - 2 * DAY, START + DAY).values
    assert np.isnan(sky[:96]).all(), "in its first day nothing had been told for so long"
    assert set(sky[96:192]) == {100.0}, "what was told later was not known the day before"
    assert set(sky[192 : 192 + 92]) == {300.0} and set(sky[192 + 92 :]) == {200.0}
    other = found["other"].between(START - 2 * DAY, START + DAY).values
    assert np.isnan(other[:192]).all() and set(other[192:200]) == {7.0} and np.isnan(other[200:]).all()


def test_finer_and_coarser_steps_are_laid_on_quarter_hours() -> None:
    starts = START + np.arange(4, dtype=np.int64) * STEP_MS
    fine = Outlook("pv_power", START, 300, (3.0, 6.0, 9.0, 1.0, None, 3.0), "x", START)
    assert along(fine, starts)[:2].tolist() == [6.0, 2.0] and np.isnan(along(fine, starts)[2:]).all()
    half = Outlook("pv_power", START - 900_000, 1_800, (1.0, 2.0, 3.0), "x", START)
    assert along(half, starts).tolist() == [1.0, 2.0, 2.0, 3.0]
