"""The house's clock is set while the hub runs."""

from __future__ import annotations

import pytest

from tests.control.test_desk import Bench, on_a_bench


def test_a_step_of_the_clock_is_a_journal_row() -> None:
    async def play(b: Bench) -> None:
        b.heart.beat()
        assert b.journal.of("clock") == []
        b.clock.monotonic = lambda: 0.0  # type: ignore[method-assign]
        b.heart.beat()
        [row] = b.journal.of("clock")
        assert row.reason.code == "clock_step"

    on_a_bench(play)


@pytest.mark.parametrize("said_s", [0, 240], ids=["said at once", "said minutes later"])
def test_the_true_time_moves_what_was_stored_under_a_provisional_one(said_s: int) -> None:
    async def play(b: Bench) -> None:
        moved: list[tuple[int, int]] = []
        b.heart._shift = lambda since, by: moved.append((since, by))
        b.clock.provisional_since = booted = b.clock.ms
        b.heart.beat()
        b.clock.advance(1)
        b.heart.beat()
        assert moved == []
        at = b.clock.monotonic()
        b.clock.monotonic = lambda: at + 1  # type: ignore[method-assign]
        b.clock.advance(3601)
        for _ in range(said_s):
            b.heart.beat()
        b.clock.provisional_since = None
        b.heart.beat()
        b.heart.beat()
        assert moved == [(booted, 3_600_000)]

    on_a_bench(play)


def test_a_second_step_moves_only_what_was_stored_since_the_first() -> None:
    async def play(b: Bench) -> None:
        moved: list[tuple[int, int]] = []
        b.heart._shift = lambda since, by: moved.append((since, by))
        b.clock.provisional_since = booted = b.clock.ms
        at = b.clock.monotonic()
        b.heart.beat()
        b.clock.monotonic = lambda: at  # type: ignore[method-assign]
        for seconds in (3600, 60):
            b.clock.advance(seconds)
            b.heart.beat()
        assert moved == [(booted, 3_600_000), (booted + 3_600_000, 60_000)]

    on_a_bench(play)
