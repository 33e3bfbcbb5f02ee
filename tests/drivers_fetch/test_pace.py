"""When a source is asked: publication hours, odd days, failures in a row, the day's calls."""

from __future__ import annotations

import pytest

from drivers.fetch.pace import Backoff, Budget, Daily, Every
from tests.drivers_fetch.kit import ZONE, ms

NOON = Daily(13 * 60, ZONE, jitter_s=600, retry_s=600)


@pytest.mark.parametrize(("now", "until"), [
    ("2026-03-01T09:00", "2026-03-02T00:00"),
    ("2026-03-01T13:00", "2026-03-03T00:00"),
    ("2026-03-28T14:00", "2026-03-30T00:00"),
    ("2026-10-25T12:59", "2026-10-26T00:00"),
])  # fmt: skip
def test_prices_are_wanted_until_the_end_of_the_last_published_day(now: str, until: str) -> None:
    assert NOON.wanted_until(ms(now)) == ms(until)


def test_after_all_is_known_the_next_publication_is_awaited_with_jitter() -> None:
    assert NOON.next(ms("2026-03-01T09:00"), ms("2026-03-02T00:00"), 0) == ms("2026-03-01T13:00")
    assert NOON.next(ms("2026-03-01T09:00"), ms("2026-03-02T00:00"), 1) == ms("2026-03-01T13:10")
    assert NOON.next(ms("2026-03-01T14:00"), ms("2026-03-03T00:00"), 0.5) == ms("2026-03-02T13:05")
    assert NOON.next(ms("2026-03-28T14:00"), ms("2026-03-30T00:00"), 0) == ms("2026-03-29T13:00")


def test_late_prices_are_asked_for_again() -> None:
    now = ms("2026-03-01T13:05")
    assert NOON.next(now, ms("2026-03-02T00:00"), 0.5) == now + 600_000
    assert Daily(960, ZONE, slack_s=3600).wanted_until(ms("2026-03-01T17:00")) == ms("2026-03-02T23:00")


def test_a_restart_asks_at_once_only_for_what_is_not_known() -> None:
    now = ms("2026-03-01T14:00")
    assert NOON.resumed(now, ms("2026-03-01T13:10"), ms("2026-03-03T00:00"), 0) == ms("2026-03-02T13:00")
    assert NOON.resumed(now, 0, 0, 0) == now
    assert Every(3600, 0).resumed(now, now - 600_000, now + 1, 0) == now + 3_000_000
    assert Every(3600, 0).resumed(now, 0, 0, 0) < now
    assert Every(3600, 0).resumed(now, now + 86_400_000, 0, 0) == now


def test_failures_in_a_row_wait_longer_and_an_hour_at_most() -> None:
    backoff = Backoff()
    assert [backoff.wait_s(0.5) for _ in range(8)] == [60, 120, 240, 480, 960, 1920, 3600, 3600]
    assert Backoff(5000).wait_s(1) == 3600
    backoff.passed()
    assert 54 <= backoff.wait_s(0) < backoff.wait_s(0) <= 120


def test_a_days_calls_are_those_of_the_local_day() -> None:
    budget = Budget(2, ZONE)
    evening, night = ms("2026-10-24T23:59"), ms("2026-10-25T00:01")
    assert [budget.spend(evening) for _ in range(3)] == [True, True, False]
    assert budget.next_day(evening) == ms("2026-10-25T00:00")
    assert [budget.spend(night) for _ in range(3)] == [True, True, False]
    assert budget.next_day(night) - ms("2026-10-25T00:00") == 25 * 3_600_000
