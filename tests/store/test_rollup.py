"""Packed rows come back as buckets, however many are read at once."""

from __future__ import annotations

import numpy as np
import pytest

from hub.store.ring.levels import D1, H1, M15, Level
from hub.store.ring.rollup import FIELDS, Rolled, pack, spread, unpack

RNG = np.random.default_rng(5)


def made(buckets: int, size: int, known: float = 1.0) -> Rolled:
    low, high, last = (RNG.integers(-size, size + 1, buckets).astype(np.int32) for _ in range(3))
    n = np.where(RNG.random(buckets) < known, RNG.integers(1, 3601, buckets), 0).astype(np.int32)
    return Rolled(n, low, high, RNG.integers(-size * 8, size * 8 + 1, buckets) / 8, last)


def rows_of(level: Level, numbers: bool, known: float, gap: int = 0) -> list[tuple[int, bytes]]:
    """Rows as wide as one, two and four bytes, and of a size that needs none; the first begins before the buckets."""
    rows, at = [], -100
    for buckets, size in ((744, 3), (672, 100), (744, 4000), (720, 200_000), (744, 2**31 - 1), (100, 0)):
        rows.append((at, pack(level, made(buckets, size, known), numbers)))
        at += buckets + gap
    return rows


@pytest.mark.parametrize("level", [M15, H1, D1])
@pytest.mark.parametrize("numbers", [True, False])
@pytest.mark.parametrize("known", [1.0, 0.7])
@pytest.mark.parametrize("gap", [0, 5])
@pytest.mark.parametrize("buckets", [50, 2000, 3500, 5000])
def test_many_rows_are_what_each_of_them_is(level: Level, numbers: bool, known: float, gap: int, buckets: int) -> None:
    rows = rows_of(level, numbers, known, gap)
    want = Rolled.empty(buckets)
    for at, body in rows:
        want.put(at, unpack(level, body))
    found, damaged = spread(level, rows, buckets)
    assert damaged == []
    for name in FIELDS:
        of = want.n > 0
        assert (getattr(found, name)[of] == getattr(want, name)[of]).all(), name
    assert (found.n == want.n).all() and np.isfinite(found.mean).all()


def test_rows_may_be_looked_at_in_place() -> None:
    rows = rows_of(H1, True, 1.0)
    found, _ = spread(H1, [(at, memoryview(body)) for at, body in rows], 2000)
    assert (found.last == spread(H1, rows, 2000)[0].last).all()


def test_a_row_that_cannot_be_read_costs_that_row() -> None:
    for broken in (b"", b"\x30", b"\x32\x10\x00" + b"\x07" * 45, rows_of(H1, True, 1.0)[1][1][:-1]):
        rows = rows_of(H1, True, 1.0)
        rows[1] = rows[1][0], broken
        found, damaged = spread(H1, rows, 3500)
        assert len(damaged) == 1
        begin, end = rows[1][0], rows[2][0]
        assert not found.n[begin:end].any() and found.n[:begin].all() and found.n[end:3500].all()
