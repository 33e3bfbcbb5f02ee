"""What goes into a chunk comes out of it, and a flipped bit is noticed."""

from __future__ import annotations

import contextlib
import zlib

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hub.store.ring import codec, hot
from hub.store.ring.blob import Damaged, Holds, Tag, sealed, unsealed
from hub.store.ring.codec import CONSTANT, MISSING, PLAIN, RUNS, SPLIT, decode, encode, unzigzag, zigzag
from hub.store.ring.hour import chunk, directory, pack

INT32 = st.integers(-(2**31) + 1, 2**31 - 1)
CELL = st.one_of(st.just(MISSING), INT32, st.sampled_from([0, 1, -(2**31) + 1, 2**31 - 1]))
COLUMN = st.one_of(
    st.lists(CELL, max_size=400),
    st.lists(st.tuples(CELL, st.integers(1, 60)), max_size=20).map(lambda runs: [v for v, n in runs for _ in range(n)]),
    st.lists(st.sampled_from([MISSING, 5, 6, -3000]), max_size=400),
)
TAG = Tag(Holds.RAW, 7, 20_000)


def array(cells: list[int]) -> np.ndarray:
    return np.array(cells, np.int32)


def layout(cells: list[int]) -> int:
    return encode(array(cells))[0] & 15


@settings(max_examples=500, deadline=None)
@given(COLUMN)
def test_a_chunk_gives_back_what_it_was_given(cells: list[int]) -> None:
    assert decode(encode(array(cells))).tolist() == cells


def test_the_layout_follows_the_changes() -> None:
    assert layout([5] * 3600) == CONSTANT
    assert layout([MISSING] * 100 + [5] * 100 + [MISSING] * 50) == CONSTANT
    assert layout([k // 100 for k in range(3600)]) == RUNS
    assert layout([k // 2 * 7919 % 11 for k in range(3600)]) == SPLIT
    assert layout([zlib.crc32(bytes([k % 256, k // 256])) % 5 for k in range(3600)]) == PLAIN


def test_constants_are_tiny_and_wandering_is_small() -> None:
    assert len(encode(array([230] * 3600))) < 8
    assert len(encode(array([k * 7919 % 11 for k in range(3600)]))) < 3600


def test_a_register_that_is_read_twice_as_often_as_it_changes_costs_half() -> None:
    once = np.random.default_rng(1).integers(0, 97, 1800).astype(np.int32)
    assert len(encode(np.repeat(once, 2))) < 1.05 * len(encode(once))


@pytest.mark.parametrize("lasting", [True, False])
@pytest.mark.parametrize("most", [codec._MOST_BEYOND, 0])
def test_few_that_are_large_stand_behind_those_of_a_byte(
    lasting: bool, most: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And with `most` 0 as chunks were made before: all as wide as the widest."""
    monkeypatch.setattr(codec, "_MOST_BEYOND", most)
    rng = np.random.default_rng(2)
    for share in (0.02, 0.3, 0.9):
        steps = rng.integers(-90, 90, 5000) * (rng.random(5000) < share)
        for jump in (127, 128, -128, 200, 40_000, 2_000_000_000):
            values = steps.copy()
            values[rng.integers(0, 5000, 20)] = jump
            column = np.cumsum(values, dtype=np.int32)
            column[column == MISSING] = 0
            assert decode(encode(column, lasting)).tolist() == column.tolist()


def test_a_few_leaps_do_not_make_every_step_wide() -> None:
    wandering = np.cumsum(np.random.default_rng(3).integers(-90, 90, 86_400)).astype(np.int32)
    leaping = wandering.copy()
    leaping[::1000] += 5000
    assert len(encode(leaping)) < 1.02 * len(encode(wandering))


@given(st.lists(st.integers(-(2**31), 2**31 - 1), max_size=50))
def test_zigzag_returns(values: list[int]) -> None:
    assert unzigzag(zigzag(array(values))).tolist() == values


@settings(max_examples=100, deadline=None)
@given(COLUMN, st.integers(0, 10**6))
def test_any_flipped_bit_is_noticed(cells: list[int], where: int) -> None:
    blob = bytearray(sealed(TAG, encode(array(cells))))
    blob[where // 8 % len(blob)] ^= 1 << where % 8
    with pytest.raises(Damaged):
        unsealed(TAG, bytes(blob))


@settings(max_examples=200, deadline=None)
@given(st.binary(max_size=200))
def test_bytes_that_are_no_chunk_are_damaged_and_nothing_else(raw: bytes) -> None:
    with contextlib.suppress(Damaged):
        decode(raw)


def test_a_blob_in_anothers_place_is_noticed() -> None:
    blob = sealed(TAG, b"x")
    assert unsealed(TAG, blob) == b"x"
    for other in (Tag(Holds.RAW, 8, 20_000), Tag(Holds.RAW, 7, 20_001), Tag(Holds.M1, 7, 20_000)):
        with pytest.raises(Damaged):
            unsealed(other, blob)


def test_an_hour_leaves_out_what_was_never_there() -> None:
    there, gone = array([1, MISSING, 3]), array([MISSING] * 3)
    table, chunks = pack(7200, [(7, there), (9, gone), (12, there)])
    places = directory(7200, table)
    assert list(places) == [7, 12]
    assert chunk(7200, 12, chunks, places[12]).tolist() == there.tolist()


@settings(max_examples=100, deadline=None)
@given(st.lists(st.lists(st.lists(CELL, min_size=3, max_size=3), min_size=1, max_size=6), min_size=1, max_size=5))
def test_hot_records_chain(records: list[list[list[int]]]) -> None:
    base: hot.Base | None = None
    back = hot.NOTHING
    for seq, cells in enumerate(records):
        values = np.array(cells, np.int32)
        ids = np.arange(1, len(cells) + 1, dtype=np.uint32) * 3
        record, base = hot.encode(hot.Batch(3600, np.array([1, 2, 9], np.uint16), ids, values), base)
        assert hot.peek(record) == (3600, seq == 0)
        got, back = hot.decode(record, back)
        assert got.ids.tolist() == ids.tolist() and got.offsets.tolist() == [1, 2, 9]
        assert got.values.tolist() == values.tolist()
