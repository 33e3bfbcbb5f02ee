"""An hour in memory beside a plain table of whole numbers: whatever is told, in whatever order, is what is read."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from hub.store.ring.begun import Hour
from hub.store.ring.codec import MISSING, Ints
from hub.store.ring.levels import HOUR

LEAST, MOST = -(2**31) + 1, 2**31 - 1
VALUE = st.one_of(
    st.integers(-300, 300),
    st.integers(-70_000, 70_000),
    st.sampled_from([LEAST, MOST, MISSING, 32_767, -32_767, 32_768, -32_768, 65_535]),
)
OFFSET = st.one_of(st.integers(0, 5), st.integers(0, HOUR - 1))
DEEDS = st.lists(
    st.tuples(
        st.sampled_from(["put", "add", "lay", "clear", "fill", "replay"]), OFFSET, st.randoms(use_true_random=False)
    ),
    min_size=1,
    max_size=25,
)


class Table:
    """The same, plainly."""

    def __init__(self, series: int) -> None:
        self.values: Ints = np.full((series, HOUR), MISSING, np.int32)

    def put(self, offset: int, ids: list[int], values: Ints) -> None:
        self.values[:, offset] = MISSING
        self.values[ids, offset] = values

    def add(self, offset: int, ids: list[int], values: Ints) -> None:
        kept = self.values[ids, offset]
        self.values[ids, offset] = np.where(kept == MISSING, values, kept)

    def lay(self, offset: int, ids: list[int], values: Ints) -> None:
        kept = self.values[ids, offset]
        self.values[ids, offset] = np.where(values == MISSING, kept, values)

    def clear(self, offset: int) -> None:
        self.values[:, offset] = MISSING


@settings(max_examples=60, deadline=None)
@given(st.integers(1, 90), st.data(), DEEDS)
def test_what_is_told_is_what_is_read(series: int, data: st.DataObject, deeds: list[tuple[str, int, object]]) -> None:
    hour, table = Hour(7200), Table(series)
    for deed, offset, random in deeds:
        ids = sorted(random.sample(range(series), random.randint(1, series)))  # type: ignore[attr-defined]
        pool = data.draw(st.lists(VALUE, min_size=1, max_size=6))
        values = np.array([random.choice(pool) for _ in ids], np.int32)  # type: ignore[attr-defined]
        match deed:
            case "put" | "add" | "lay":
                getattr(hour, deed)(offset, hour.places(ids), values)
                getattr(table, deed)(offset, ids, values)
            case "clear":
                hour.clear(offset)
                table.clear(offset)
            case "fill":
                whole = np.full(HOUR, MISSING, np.int32)
                whole[offset : offset + 40 : 2] = values[0]
                unknown = np.flatnonzero((table.values[ids[0]] == MISSING) & (whole != MISSING))
                assert hour.fill(ids[0], whole) == unknown.tolist()
                table.values[ids[0], unknown] = whole[unknown]
            case _:
                other = Hour(7200, {i: np.full(HOUR, v, np.int32) for i, v in zip(ids, values.tolist(), strict=True)})
                batch = other.batch([offset])
                hour.replay(batch)
                table.put(offset, batch.ids.tolist(), batch.values[:, 0])
    told = dict(hour.series())
    for i in range(series):
        np.testing.assert_array_equal(hour.seconds(i), table.values[i])
        if i in hour:
            np.testing.assert_array_equal(told[i], table.values[i])
    assert hour.known() == {*np.flatnonzero((table.values != MISSING).any(axis=0)).tolist()}
    offsets = sorted({o for _, o, _ in deeds})
    batch = hour.batch(offsets)
    there = (table.values[:, offsets] != MISSING).any(axis=1)
    assert batch.ids.tolist() == np.flatnonzero(there).tolist()
    np.testing.assert_array_equal(batch.values, table.values[there][:, offsets])
