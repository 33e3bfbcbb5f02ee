"""What goes into a chunk comes out of it, and a flipped bit is noticed."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hub.store import hot
from hub.store.codec import CONSTANT, PLAIN, RUNS, Damaged, decode, encode, unzigzag, zigzag
from hub.store.hour import directory, pack

INT32 = st.integers(-(2**31), 2**31 - 1)
CELL = st.one_of(st.none(), INT32, st.sampled_from([0, 1, -(2**31), 2**31 - 1]))
COLUMN = st.one_of(
    st.lists(CELL, max_size=400),
    st.lists(st.tuples(CELL, st.integers(1, 60)), max_size=20).map(lambda runs: [v for v, n in runs for _ in range(n)]),
)


def arrays(cells: list[int | None]) -> tuple[np.ndarray, np.ndarray]:
    return np.array([c or 0 for c in cells], np.int32), np.array([c is not None for c in cells], np.bool_)


def layout(cells: list[int | None]) -> int:
    return encode(*arrays(cells))[4] & 15


@settings(max_examples=300, deadline=None)
@given(COLUMN)
def test_a_chunk_gives_back_what_it_was_given(cells: list[int | None]) -> None:
    values, present = arrays(cells)
    got, known = decode(encode(values, present))
    assert known.tolist() == present.tolist()
    assert got[known].tolist() == values[present].tolist()


def test_the_layout_follows_the_share_of_changes() -> None:
    assert layout([5] * 3600) == CONSTANT
    assert layout([None] * 100 + [5] * 100 + [None] * 50) == CONSTANT
    assert layout([k // 100 for k in range(3600)]) == RUNS
    assert layout(list(range(3600))) == PLAIN


def test_constants_are_tiny_and_wandering_is_small() -> None:
    assert len(encode(*arrays([230] * 3600))) < 32
    assert len(encode(*arrays([(k * 7919) % 11 for k in range(3600)]))) < 3600


@given(st.lists(INT32, max_size=50))
def test_zigzag_returns(values: list[int]) -> None:
    deltas = np.array(values, np.int32)
    assert unzigzag(zigzag(deltas)).tolist() == values


@settings(max_examples=50, deadline=None)
@given(COLUMN, st.integers(0, 10**6))
def test_any_flipped_bit_is_noticed(cells: list[int | None], where: int) -> None:
    chunk = bytearray(encode(*arrays(cells)))
    chunk[where // 8 % len(chunk)] ^= 1 << where % 8
    with pytest.raises(Damaged):
        decode(bytes(chunk))


def test_an_hour_leaves_out_what_was_never_there() -> None:
    there, gone = arrays([1, None, 3]), arrays([None, None, None])
    table, chunks = pack([(7, *there), (9, *gone), (12, *there)])
    places = directory(table)
    assert list(places) == [7, 12]
    offset, length = places[12]
    values, present = decode(chunks[offset : offset + length])
    assert values[present].tolist() == [1, 3]


@settings(max_examples=100, deadline=None)
@given(st.lists(st.lists(st.lists(CELL, min_size=3, max_size=3), min_size=1, max_size=6), min_size=1, max_size=5))
def test_hot_records_chain(records: list[list[list[int | None]]]) -> None:
    base: dict[int, int] | None = None
    back: dict[int, int] = {}
    for seq, cells in enumerate(records):
        columns = [arrays(row) for row in cells]
        values, present = np.array([c[0] for c in columns]), np.array([c[1] for c in columns])
        ids = np.arange(1, len(cells) + 1, dtype=np.uint32) * 3
        batch = hot.Batch(3600, np.array([1, 2, 9], np.uint16), ids, values, present)
        record, base = hot.encode(seq, batch, base)
        assert hot.peek(record) == (seq, 3600, seq == 0)
        got, back = hot.decode(record, back)
        assert got.ids.tolist() == ids.tolist() and got.offsets.tolist() == [1, 2, 9]
        assert (got.present == present).all() and (got.values[present] == values[present]).all()
