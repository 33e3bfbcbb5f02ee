"""A box that boots without a clock: its seconds go where they belong when the true time comes, and none is lost."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hub.model import Column, SystemClock
from hub.store.ring import Ring
from hub.store.ring.now import Now
from tests.store.house import SERIES, T0, StillClock, feed, known, values_at

BOOT = 2000
"""A second after T0; what comes from it on is under a provisional time."""


def power(k: int) -> float:
    return float(values_at(k)["grid.power"])


def booted(path: Path) -> Ring:
    """Twenty minutes, a power cut, and ten minutes under a time that goes on from the last stored one."""
    ring = Ring.open(path, StillClock())
    ring.start()
    feed(ring, 0, 1200)
    assert ring.flush()
    feed(ring, BOOT, BOOT + 600)
    assert ring.flush()
    return ring


@pytest.mark.parametrize("by", [30, 900, 3600, 2 * 86_400, 40 * 86_400])
@pytest.mark.parametrize("crash", [False, True])
def test_what_was_told_too_early_is_moved_once(path: Path, by: int, crash: bool) -> None:
    ring = booted(path)
    ring.shift((T0 + BOOT) * 1000, by * 1000)
    assert ring.flush()
    if crash:
        ring = Ring.open(path, StillClock())
        ring.start()
    assert known(ring, 0, 1200) == [power(k) for k in range(1200)]
    assert known(ring, BOOT + by, BOOT + by + 600) == [power(k) for k in range(BOOT, BOOT + 600)]
    if by >= 600:
        assert known(ring, BOOT, BOOT + 600) == [None] * 600
    assert ring.last_ms == (T0 + BOOT + 599 + by) * 1000
    assert ring.close() and not ring.problems
    with sqlite3.connect(path) as db:
        assert db.execute("SELECT kind FROM event").fetchall() == [("clock_shift",)]


def test_seconds_that_follow_join_those_that_were_moved(path: Path, ring: Ring) -> None:
    ring.close()
    ring = booted(path)
    ring.shift((T0 + BOOT) * 1000, 86_400_000)
    for k in range(BOOT + 600, BOOT + 700):
        feed(ring, k + 86_400, k + 86_401)
    assert ring.close()
    again = Ring.open(path, StillClock())
    first, last = BOOT + 86_400, BOOT + 86_400 + 700
    assert None not in known(again, first, last) and known(again, last, last + 1) == [None]


@settings(max_examples=60, deadline=None)
@given(st.lists(st.integers(0, 7199), min_size=1, max_size=60, unique=True), st.integers(0, 7300), st.integers(1, 9000))
def test_no_second_is_lost_or_doubled(seconds: list[int], since: int, by: int) -> None:
    """Those before stay, the others move: whatever lies where they go is theirs only if nothing was known there."""
    now = Now({}, [], 0)
    for k in sorted(seconds):
        now.put(Column((T0 + k) * 1000, {"grid.energy": k}), SERIES)
    now.shift(T0 + since, by)
    now.take_shifted()
    series = next(iter(now.ids("g.energy")))
    _, found = now.snapshot([series], T0, T0 + 30_000)
    told = {
        start + o - T0: v for start, values in found[series] for o, v in enumerate(values.tolist()) if v != -(2**31)
    }
    assert told == {k if k < since else k + by: k for k in sorted(seconds)}


class Machine:
    def __init__(self) -> None:
        self.wall, self.mono = 1_800_000_000_000, 5.0
        self.synchronised: bool | None = False

    def clock(self, not_before: int) -> SystemClock:
        return SystemClock(not_before, lambda: self.wall, lambda: self.mono, lambda: self.synchronised)


@pytest.mark.parametrize("behind_ms", [0, 86_400_000])
def test_time_is_provisional_until_it_has_been_heard_or_has_caught_up(behind_ms: int) -> None:
    machine = Machine()
    clock = machine.clock(machine.wall + behind_ms)
    assert clock.provisional_since == machine.wall + behind_ms
    machine.mono += 10
    machine.wall += 10_000
    clock.now()
    assert clock.provisional_since is not None
    machine.wall += 3 * 86_400_000
    machine.synchronised = behind_ms == 0
    clock.now()
    assert clock.provisional_since is None


def test_a_machine_that_sleeps_or_is_set_by_hand_moves_nothing() -> None:
    machine = Machine()
    clock = machine.clock(0)
    machine.wall += 3_600_000
    clock.now()
    assert clock.provisional_since is not None


@pytest.mark.parametrize(("heard", "far"), [(False, False), (None, False), (True, True)])
def test_only_a_time_that_was_heard_says_that_the_stored_one_was_wrong(heard: bool | None, far: bool) -> None:
    machine = Machine()
    clock = machine.clock(machine.wall + 3 * 365 * 86_400_000)
    assert not clock.far_ahead
    machine.synchronised = heard
    assert clock.far_ahead is far


def test_a_clock_that_strays_while_it_runs_is_noticed_when_it_is_back() -> None:
    machine = Machine()
    machine.synchronised = True
    clock = machine.clock(0)
    for step_ms, far in ((0, False), (400 * 86_400_000, False), (-400 * 86_400_000, True)):
        machine.wall += step_ms
        machine.mono += 1
        clock.now()
        assert clock.far_ahead is far
