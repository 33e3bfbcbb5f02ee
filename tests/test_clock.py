"""The clock of a box whose machine clock cannot be believed."""

from __future__ import annotations

import pytest

from hub.model import SystemClock

NOON = 1_800_000_000_000


class Machine:
    """A machine's two clocks, as the test says."""

    def __init__(self, wall: int) -> None:
        self.wall, self.mono = wall, 50.0

    def clock(self, not_before: int = 0) -> SystemClock:
        return SystemClock(not_before, lambda: self.wall, lambda: self.mono)

    def pass_(self, seconds: float, step_ms: int = 0) -> None:
        self.mono += seconds
        self.wall += round(seconds * 1000) + step_ms


def test_a_true_clock_is_told_as_it_is() -> None:
    machine = Machine(NOON)
    clock = machine.clock(NOON - 5_000)
    machine.pass_(1.5)
    assert (clock.now(), clock.trusted, clock.monotonic()) == (NOON + 1_500, True, 51.5)


def test_a_box_that_boots_in_the_past_goes_on_from_the_last_stored_time() -> None:
    machine = Machine(0)
    clock = machine.clock(NOON)
    assert not clock.trusted
    machine.pass_(10)
    assert (clock.now(), clock.trusted) == (NOON + 10_000, False)
    machine.pass_(1, step_ms=NOON + 3_600_000 - machine.wall)
    assert (clock.now(), clock.trusted) == (machine.wall, True)


@pytest.mark.parametrize(("back_ms", "trusted"), [(500, True), (60_000, False)])
def test_a_clock_that_is_set_back_never_makes_time_run_backwards(back_ms: int, trusted: bool) -> None:
    machine = Machine(NOON)
    clock = machine.clock()
    told = [clock.now()]
    machine.pass_(1, step_ms=-back_ms)
    for _ in range(5):
        told.append(clock.now())
        assert clock.trusted is trusted
        machine.pass_(0.3)
    assert told == sorted(told)
    machine.pass_(120)
    assert clock.now() - told[-1] >= 120_000 - 500


def test_drift_within_two_seconds_is_followed_without_running_away() -> None:
    machine = Machine(NOON)
    clock = machine.clock()
    for _ in range(100):
        machine.pass_(1, step_ms=-100)
        clock.now()
    assert clock.trusted
    assert clock.now() - machine.wall <= 100
