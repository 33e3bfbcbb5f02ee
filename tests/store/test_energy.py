"""Quarter-hours add up to what the counter counted; a reset is no negative bar, a swap no spike; gaps are marked."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hub.errors import UserError
from hub.model import Column
from hub.store.ring import Ring, SeriesInfo
from hub.store.ring.civil import edges
from hub.store.ring.codec import MISSING
from hub.store.ring.energy import (
    PARTS,
    Energy,
    Flow,
    Mark,
    Reading,
    classify,
    counted,
    disagree,
    integrated,
    pack,
    summed,
    tail,
    unpack,
)
from hub.store.ring.levels import DAY, QUARTER
from tests.store.house import T0, StillClock

VIENNA = ZoneInfo("Europe/Vienna")


def steady(watts: float, seconds: int, start: int = 1000) -> np.ndarray:
    """A counter of Wh, read every second."""
    return (start + np.arange(seconds) * watts / 3600).astype(np.int32)


def kwh(found: Energy) -> list[float]:
    return [round(v / PARTS, 1) for v in found.plus.tolist()]


def test_a_counter_that_is_always_read_is_exact() -> None:
    """The second before a stretch is counted in its first quarter, the last one in the next stretch."""
    found = counted(T0, steady(3600, 4 * QUARTER), [Reading(T0 - 1, 999)], 1.0)
    assert kwh(found.energy) == [901.0, 900.0, 900.0, 899.0]
    assert set(found.energy.marks.tolist()) == {Mark.KNOWN} and not found.events
    assert found.last == Reading(T0 + 3599, 4599)


def test_without_a_reading_before_the_first_quarter_lacks_a_second_and_is_exact_all_the_same() -> None:
    found = counted(T0, steady(3600, QUARTER), (), 1.0)
    assert kwh(found.energy) == [899.0] and found.energy.marks.tolist() == [Mark.KNOWN]


def test_a_missed_edge_is_interpolated_and_marked() -> None:
    values = steady(3600, 4 * QUARTER)
    values[800:1000] = MISSING
    found = counted(T0, values, (), 1.0)
    assert kwh(found.energy)[1:] == [900.0, 900.0, 899.0]
    assert [bool(m & Mark.INTERPOLATED) for m in found.energy.marks.tolist()] == [True, True, False, False]


def test_a_gap_over_whole_quarters_is_shared_out_evenly_and_marked() -> None:
    values = steady(3600, 8 * QUARTER)
    values[600 : 6 * QUARTER + 300] = MISSING
    found = counted(T0, values, (), 1.0)
    assert kwh(found.energy)[1:] == [900.0] * 6 + [899.0]
    assert all(m & Mark.INTERPOLATED for m in found.energy.marks[:7].tolist())


def periods(found: Energy, quarters: int) -> list[bool]:
    """Which periods of so many quarter-hours are estimated."""
    flow = summed(found, np.arange(0, len(found.marks) + 1, quarters), 1.0)
    return [bool(m & Mark.INTERPOLATED) for m in flow.marks.tolist()]


def test_what_is_estimated_of_quarters_only_is_none_of_the_hours_that_begin_and_end_with_a_reading() -> None:
    hourly = np.full(6 * 3600, MISSING, np.int32)
    hourly[3599::3600] = 2000 + 700 * np.arange(6)
    found = counted(T0, hourly, [Reading(T0 - 1, 1500)], 1.0).energy
    assert found.plus.sum() == 4000 * PARTS
    assert (periods(found, 1), periods(found, 4), periods(found, 24)) == ([True] * 24, [False] * 6, [False])
    assert periods(found, 3) == [True] * 8, "no reading is near both of its ends"
    late = counted(T0, hourly, (), 1.0).energy
    assert periods(late, 4) == [True] + [False] * 5, "how it began is not known"


def test_a_counter_that_was_unread_for_a_while_has_counted_on() -> None:
    values = steady(3600, 8 * QUARTER)
    values[2 * QUARTER + 300 : 3 * QUARTER + 300] = MISSING
    found = counted(T0, values, (), 1.0).energy
    assert (periods(found, 1), periods(found, 4)) == ([k in (2, 3) for k in range(8)], [False] * 2)
    values[-2 * QUARTER :] = MISSING
    assert periods(counted(T0, values, (), 1.0).energy, 8) == [False], "its last reading is at a quarter's end"
    values[-3 * QUARTER + 300 :] = MISSING
    assert periods(counted(T0, values, (), 1.0).energy, 8) == [True], "when it has stopped is not known"


def test_the_quarter_that_runs_is_read_to_its_end_as_far_as_it_has_come() -> None:
    values = np.where(np.arange(4 * QUARTER) < 3 * QUARTER + 120, steady(3600, 4 * QUARTER), MISSING).astype(np.int32)
    assert periods(counted(T0, values, (), 1.0, open_s=125).energy, 4) == [False]
    assert periods(counted(T0, values, (), 1.0, open_s=400).energy, 4) == [True]


def test_the_gap_before_is_shared_out_over_the_quarters_that_it_spans() -> None:
    """The quarter of the last reading is told as a whole: what was counted in it before the gap too."""
    yesterday = steady(3600, DAY)
    yesterday[-3 * QUARTER - 450 :] = MISSING
    before = tail([(T0 - DAY, yesterday)])
    assert (before[0].t, before[-1].t) == (T0 - 4 * QUARTER, T0 - 3 * QUARTER - 451)
    found = counted(T0, steady(3600, QUARTER, 1000 + DAY), before, 1.0)
    assert found.first == T0 // QUARTER - 4
    assert kwh(found.energy) == [900.0, 900.0, 900.0, 900.0, 899.0]
    assert all(m & Mark.INTERPOLATED for m in found.energy.marks[:4].tolist())


def test_nothing_is_told_of_what_lies_outside_the_readings() -> None:
    values = np.full(4 * QUARTER, MISSING, np.int32)
    values[QUARTER : 2 * QUARTER] = steady(3600, QUARTER)
    assert [bool(m) for m in counted(T0, values, (), 1.0).energy.marks] == [False, True, False, False]


@pytest.mark.parametrize(
    ("was", "now", "kind", "flowed"),
    [
        (54_321, 0, "reset", 0),
        (54_321, 30, "reset", 30),
        (99_990, 12, "rollover", 22),
        (4_294_967_290, 3, "rollover", 9),
        (54_321, 40_000, "swap", 0),
        (54_321, 900_000, "swap", 0),
        (54_321, 54_319, "", -2),
        (54_321, 54_400, "", 79),
    ],
)
def test_what_a_jump_of_a_counter_means(was: int, now: int, kind: str, flowed: int) -> None:
    steps, events = classify(np.array([T0, T0 + 10]), np.array([was, now]), 1.0)
    assert steps.tolist() == [flowed] and [e.kind for e in events] == ([kind] if kind else [])


@pytest.mark.parametrize(
    ("hours", "was", "now", "kind", "flowed"),
    [
        (20, 4_100_000, 500_000, "swap", 0),
        (20, 4_100_000, 6_000_000, "swap", 0),
        (10, 31_000, 400, "reset", 400),
        (20, 4_100_000, 4_160_000, "", 60_000),
        (24 * 30, 4_100_000, 6_000_000, "", 1_900_000),
    ],
    ids=["another meter, below", "another meter, above", "counts the day, asleep at night", "a day", "a month"],
)
def test_what_counts_after_hours_unread(hours: int, was: int, now: int, kind: str, flowed: int) -> None:
    """So long lies between what was imported of an old meter and what the hub reads of the new one."""
    steps, events = classify(np.array([T0, T0 + hours * 3600]), np.array([was, now]), 1.0)
    assert steps.tolist() == [flowed] and [e.kind for e in events] == ([kind] if kind else [])


@settings(max_examples=200, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 3 * QUARTER), st.integers(0, 2**31 - 1)), min_size=1, max_size=60))
def test_no_bar_is_negative_and_none_more_than_a_house_can_draw(readings: list[tuple[int, int]]) -> None:
    """But for the first step: since when the counter has shown what it counts on from, nobody knows."""
    values = np.full(4 * QUARTER, MISSING, np.int32)
    for at, value in readings:
        values[at] = value
    found = counted(T0, values, (), 1.0)
    most = (200_000 / 4 + 3 * 60) * PARTS
    assert (found.energy.plus >= 0).all() and (found.energy.plus <= 2 * most).all()
    assert (found.energy.plus > most).sum() <= 1


SECOND = np.arange(DAY)


@pytest.mark.parametrize(
    ("every_s", "step"),
    [(360, 100), (3_600, 1_000), (60, 183), (900, 1_250), (10, 62), (10, 1), (7, 20)],
    ids=["0.1 kWh", "1 kWh an hour", "11 kW told each minute", "each quarter-hour", "22 kW", "1 Wh", "10 kW"],
)
def test_a_counter_of_large_or_slow_steps_is_no_swap(every_s: int, step: int) -> None:
    values = 1_000_000 + SECOND // every_s * step
    found = counted(T0, values.astype(np.int32), [Reading(T0 - 1, 1_000_000)], 1.0)
    assert not found.events and found.step == step
    assert found.energy.plus.sum() == (values[-1] - values[0]) * PARTS
    shares = found.energy.plus[4:].reshape(-1, 4).sum(1)
    assert np.ptp(shares) <= 2 * step * PARTS, "no hour has what belongs to another"


def test_a_gas_meter_that_tells_each_hour_is_counted() -> None:
    values = (10_000 + SECOND // 3600 * 1_000).astype(np.int32)
    found = counted(T0, values, (), 10.0)
    assert not found.events and found.energy.plus.sum() == 23_000 * PARTS


def test_what_a_fine_counter_jumps_by_is_a_swap_however_long_it_has_rested() -> None:
    values = 1_000 + np.minimum(SECOND // 10, 3_000) * 2
    values[70_000:] += 3_500
    found = counted(T0, values.astype(np.int32), (), 1.0)
    assert [e.kind for e in found.events] == ["swap"] and found.energy.plus.sum() == 6_000 * PARTS


def test_a_step_is_laid_over_the_time_that_it_took() -> None:
    """100 Wh each 6 minutes: where a quarter-hour ends in the middle of one, it has its part of it."""
    found = counted(T0, (SECOND // 360 * 100).astype(np.int32), (), 1.0)
    assert kwh(found.energy)[:8] == [250.0] * 8


def test_power_is_integrated_both_ways_and_marked_so() -> None:
    values = np.full(3 * QUARTER, 1000, np.int32)
    values[QUARTER : QUARTER + 450] = -2000
    values[2 * QUARTER :] = MISSING
    values[2 * QUARTER : 2 * QUARTER + 89] = 1000
    found = integrated(values, 1.0)
    assert kwh(found) == [250.0, 125.0, 0.0] and [v / PARTS for v in found.minus.tolist()] == [0.0, 250.0, 0.0]
    assert found.marks.tolist() == [Mark.KNOWN | Mark.INTEGRATED] * 2 + [0]


def test_the_open_quarter_is_told_as_far_as_it_has_come() -> None:
    values = np.full(2 * QUARTER, MISSING, np.int32)
    values[: QUARTER + 90] = 1000
    found = integrated(values, 1.0, open_s=90)
    assert kwh(found) == [250.0, 25.0] and set(found.marks.tolist()) == {Mark.KNOWN | Mark.INTEGRATED}


def test_phases_that_do_not_make_the_whole_are_noticed() -> None:
    whole = integrated(np.full(2 * QUARTER, 3000, np.int32), 1.0)
    third = integrated(np.full(2 * QUARTER, 1000, np.int32), 1.0)
    dead = integrated(np.r_[np.full(QUARTER, 1000), np.zeros(QUARTER)].astype(np.int32), 1.0)
    assert disagree(whole, [third] * 3, 0.03, 50).tolist() == [False, False]
    assert disagree(whole, [third, third, dead], 0.03, 50).tolist() == [False, True]


@given(st.lists(st.tuples(st.integers(0, 2**40), st.integers(0, 2**40), st.integers(0, 255)), max_size=50))
def test_a_row_of_energies_returns(cells: list[tuple[int, int, int]]) -> None:
    plus, minus, marks = ([c[k] for c in cells] for k in range(3))
    energy = Energy(np.array(plus, np.int64), np.array(minus, np.int64), np.array(marks, np.uint8))
    back = unpack(pack(energy))
    assert (back.plus.tolist(), back.minus.tolist(), back.marks.tolist()) == (plus, minus, marks)


# -- local time ------------------------------------------------------------------------------------------------------


def at(*when: int) -> int:
    return int(datetime(*when, tzinfo=VIENNA).timestamp())  # type: ignore[misc]


@pytest.mark.parametrize(("day", "quarters"), [((2024, 3, 31), 92), ((2024, 10, 27), 100), ((2024, 5, 1), 96)])
def test_a_day_has_as_many_quarters_as_it_has(day: tuple[int, int, int], quarters: int) -> None:
    start = at(*day)
    (first, last) = edges(start, start + 3600, "day", VIENNA).tolist()
    assert first == start and (last - first) // QUARTER == quarters
    assert len(edges(first, last, "quarter", VIENNA)) == quarters + 1


def test_weeks_months_and_years_begin_where_people_begin_them() -> None:
    now = at(2024, 10, 30, 15)
    assert edges(now, now + 1, "week", VIENNA).tolist() == [at(2024, 10, 28), at(2024, 11, 4)]
    assert edges(now, now + 1, "month", VIENNA).tolist() == [at(2024, 10, 1), at(2024, 11, 1)]
    assert edges(now, now + 1, "year", VIENNA).tolist() == [at(2024, 1, 1), at(2025, 1, 1)]
    assert len(edges(at(2023, 1, 1), at(2025, 1, 1), "month", VIENNA)) == 25


def test_hours_of_a_zone_that_is_off_by_three_quarters() -> None:
    kathmandu = ZoneInfo("Asia/Kathmandu")
    start = int(datetime(2024, 5, 1, tzinfo=kathmandu).timestamp())
    assert edges(start, start + 7200, "hour", kathmandu).tolist() == [start, start + 3600, start + 7200]


@pytest.mark.parametrize(("start", "end", "period"), [(5, 5, "day"), (0, 10, "fortnight"), (0, 2**40, "quarter")])
def test_senseless_periods_are_refused(start: int, end: int, period: str) -> None:
    with pytest.raises(UserError):
        edges(start, end, period, VIENNA)


@pytest.mark.parametrize("period", ["quarter", "hour", "day", "week", "month", "year"])
def test_the_end_of_the_calendar_is_said_and_not_fallen_over(period: str) -> None:
    after, far_after, last_day = 253_402_300_800, 2**60, 253_402_300_799 - DAY
    for start in (after, far_after) if period in ("quarter", "hour") else (last_day, after, far_after):
        with pytest.raises(UserError, match="calendar has the years 1 to 9999"):
            edges(start, start + 2 * DAY, period, VIENNA)


# -- through the ring ------------------------------------------------------------------------------------------------

SERIES = {
    "grid.energy_import": SeriesInfo("g.energy_import", "counter", 1.0, "Wh"),
    "oven.power": SeriesInfo("o.power", "gauge", 1.0, "W"),
    "grid.power": SeriesInfo("g.power", "gauge", 1.0, "W"),
    "fridge.power": SeriesInfo("f.power", "gauge", 1.0, "W"),
    "boiler.power": SeriesInfo("boiler.power", "gauge", 1.0, "W"),
    "fridge.energy": SeriesInfo("f.energy", "counter", 1.0, "Wh"),
    "boiler.energy": SeriesInfo("boiler.energy", "counter", 1.0, "Wh"),
    "grid.power_l1": SeriesInfo("g.power_l1", "gauge", 1.0, "W"),
    "grid.power_l2": SeriesInfo("g.power_l2", "gauge", 1.0, "W"),
    "grid.power_l3": SeriesInfo("g.power_l3", "gauge", 1.0, "W"),
}


def feed(ring: Ring, first: int, last: int, count: Callable[[int], int | None]) -> None:
    for k in range(first, last):
        phases = {f"grid.power_l{n}": 400 if n > 1 or k < DAY // 2 else 0 for n in (1, 2, 3)}
        values = {"oven.power": 2000 if k % 7200 < 1800 else 0, "grid.power": 1200, **phases}
        values |= {"fridge.power": 100, "fridge.energy": min(k, DAY // 2) // 36}
        values |= {"boiler.power": 400, "boiler.energy": k // 2700 * 300}
        reading = count(k)
        ring.append(
            Column((T0 + k) * 1000, values | ({} if reading is None else {"grid.energy_import": reading})), SERIES
        )


@pytest.fixture(scope="module")
def ring(tmp_path_factory: pytest.TempPathFactory) -> Ring:
    """Two days and six hours at 1200 W; unread for an hour around the first midnight, reset on the second noon."""
    ring = Ring.open(tmp_path_factory.mktemp("e") / "history.db", StillClock())
    ring.start()

    def count(k: int) -> int | None:
        if DAY - 1800 <= k < DAY + 1800:
            return None
        return 5000 + k // 3 if k < DAY + DAY // 2 else (k - DAY - DAY // 2) // 3

    for hour in range(54):
        feed(ring, hour * 3600, (hour + 1) * 3600, count)
        assert ring.settle()
    return ring


def flowed(ring: Ring, point: str, seconds: int, step: int) -> Flow:
    return ring.reader(lambda p: SERIES[p].key).energy([point], np.arange(T0, T0 + seconds + 1, step))[point]


def test_days_add_up_over_gap_reset_and_packing(ring: Ring) -> None:
    flow = flowed(ring, "grid.energy_import", 3 * DAY, DAY)
    assert flow.plus.tolist() == pytest.approx([28_800, 28_800, 7_200], abs=2)
    assert flow.known.tolist() == [1.0, 1.0, 0.25]
    quarters = flowed(ring, "grid.energy_import", 2 * DAY, QUARTER)
    assert quarters.plus.tolist() == pytest.approx([300] * 192, abs=1.2)
    marked = [k for k, m in enumerate(quarters.marks.tolist()) if m & Mark.INTERPOLATED]
    assert marked == [94, 95, 96, 97]
    assert [k for k, m in enumerate(quarters.marks.tolist()) if m & Mark.RESET] == [144]


def test_what_has_no_counter_is_summed_from_power(ring: Ring) -> None:
    flow = ring.reader(lambda p: SERIES[p].key).energy(["oven.power"], np.arange(T0, T0 + 2 * DAY + 1, DAY))[
        "oven.power"
    ]
    assert flow.plus.tolist() == [12_000, 12_000] and set(flow.marks.tolist()) == {Mark.INTEGRATED}


def test_a_dead_phase_is_told_beside_the_energy(ring: Ring) -> None:
    flow = ring.reader(lambda p: SERIES[p].key).energy(["grid.power"], np.arange(T0, T0 + DAY + 1, QUARTER))[
        "grid.power"
    ]
    assert [bool(m & Mark.SUM) for m in flow.marks.tolist()] == [False] * 48 + [True] * 48


def test_a_counter_that_stands_still_while_power_flows_is_told(ring: Ring) -> None:
    flow = flowed(ring, "fridge.power", DAY, QUARTER)
    assert [bool(m & Mark.SUM) for m in flow.marks.tolist()] == [False] * 48 + [True] * 48


def test_a_counter_of_large_steps_does_not_disagree_with_its_power(ring: Ring) -> None:
    assert not [m for m in flowed(ring, "boiler.power", DAY, QUARTER).marks.tolist() if m & Mark.SUM]
    assert flowed(ring, "boiler.energy", DAY, DAY).plus.tolist() == pytest.approx([9_600], abs=300)


def test_local_days_are_cut_where_people_cut_them(ring: Ring) -> None:
    cut = edges(T0, T0 + DAY, "day", VIENNA)
    days = ring.reader(lambda p: SERIES[p].key).periods(["oven.power"], cut)["oven.power"]
    assert days.t.tolist() == (cut[:-1] * 1000).tolist() and len(days.t) == 2
    assert datetime.fromtimestamp(days.t[1] / 1000, UTC).hour == 23
    assert days.max.tolist() == [2000, 2000] and days.count.tolist() == [23 * 3600, DAY]


def test_a_ring_that_was_closed_tells_the_same(ring: Ring, tmp_path: Path) -> None:
    wanted = np.arange(T0, T0 + 3 * DAY + 1, QUARTER)
    before = ring.reader(lambda p: SERIES[p].key).energy(["grid.energy_import"], wanted)["grid.energy_import"]
    reader, problems = Ring.look(ring._path, lambda p: SERIES[p].key)
    after = reader.energy(["grid.energy_import"], wanted)["grid.energy_import"]
    assert problems == []
    assert np.nan_to_num(after.plus).tolist() == np.nan_to_num(before.plus).tolist()
