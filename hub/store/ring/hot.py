"""A hot record: the few seconds of all series since the last flush, as deltas against the record before.

A full record needs no record before it: each hour begins with one, and one comes every few minutes, so that a damaged
record costs minutes, not the hour.
"""

from __future__ import annotations

import struct
import zlib
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from hub.store.ring.blob import Damaged
from hub.store.ring.codec import MISSING, Ints, unzigzag, zigzag

_HEAD = struct.Struct("<BqHHB")
FORMAT = 2
ALL_PRESENT, FULL, SAME_IDS = 1, 2, 4


@dataclass(frozen=True, slots=True)
class Batch:
    """Seconds to be made durable: `offsets` in the hour that starts at `hour` (s UTC); `values` series x seconds."""

    hour: int
    offsets: NDArray[np.uint16]
    ids: NDArray[np.uint32]
    values: Ints


@dataclass(frozen=True, slots=True)
class Base:
    """The column that the next record's deltas are against."""

    ids: NDArray[np.uint32]
    values: Ints

    def column(self, ids: NDArray[np.uint32]) -> Ints:
        """Its values for `ids` (ascending), 0 for those it does not know."""
        if ids is self.ids or np.array_equal(ids, self.ids):
            return self.values
        out = np.zeros(len(ids), np.int32)
        if len(self.ids):
            at = np.minimum(np.searchsorted(self.ids, ids), len(self.ids) - 1)
            known = self.ids[at] == ids
            out[known] = self.values[at[known]]
        return out


NOTHING = Base(np.zeros(0, np.uint32), np.zeros(0, np.int32))


def encode(batch: Batch, base: Base | None) -> tuple[bytes, Base]:
    """(record, the base of the next one). `base` None makes the record full."""
    start = (base or NOTHING).column(batch.ids)
    present = batch.values != MISSING
    filled = _fill(batch.values, present, start)
    deltas = zigzag(np.diff(filled, axis=1, prepend=start[:, None]))
    same = base is not None and np.array_equal(batch.ids, base.ids)
    everything = bool(present.all())
    flags = (ALL_PRESENT if everything else 0) | (FULL if base is None else 0) | (SAME_IDS if same else 0)
    mask = b"" if everything else np.packbits(present).tobytes()
    ids = b"" if same else np.diff(batch.ids, prepend=np.uint32(0)).astype("<u4").tobytes()
    planes = deltas.astype("<u4").view(np.uint8).reshape(-1, 4).T.tobytes()
    body = zlib.compress(batch.offsets.astype("<u2").tobytes() + ids + mask + planes, 6)
    head = _HEAD.pack(FORMAT, batch.hour, len(batch.offsets), len(batch.ids), flags)
    return head + body, Base(batch.ids, filled[:, -1].copy())


def peek(record: bytes) -> tuple[int, bool]:
    """(hour, whether full); raises Damaged for a record of another format."""
    if len(record) < _HEAD.size:
        raise Damaged("a record that cannot be read")
    form, hour, _, _, flags = _HEAD.unpack_from(record)
    if form != FORMAT:
        raise Damaged(f"a record of format {form}")
    return hour, bool(flags & FULL)


def decode(record: bytes, base: Base) -> tuple[Batch, Base]:
    """(what was flushed, the base of the next record); raises Damaged."""
    _, hour, m, n, flags = _HEAD.unpack_from(record)
    try:
        body = zlib.decompress(record[_HEAD.size :])
        offsets = np.frombuffer(body, "<u2", m)
        at = 2 * m
        before = NOTHING if flags & FULL else base
        ids = before.ids
        if not flags & SAME_IDS:
            ids = np.cumsum(np.frombuffer(body, "<u4", n, at), dtype=np.uint32)
            at += 4 * n
        present = None
        if not flags & ALL_PRESENT:
            size = (n * m + 7) // 8
            present = np.unpackbits(np.frombuffer(body, np.uint8, size, at), count=n * m).reshape(n, m)
            at += size
        grid = np.frombuffer(body, np.uint8, 4 * n * m, at).reshape(4, n * m)
        deltas = unzigzag(np.ascontiguousarray(grid.T).view("<u4").ravel().astype(np.uint32))
        values = np.cumsum(deltas.reshape(n, m), axis=1, dtype=np.int32) + before.column(ids)[:, None]
    except (ValueError, zlib.error) as e:
        raise Damaged(f"a record cannot be read: {e}") from None
    after = Base(ids, values[:, -1].copy())
    if present is not None:
        values[present == 0] = MISSING
    return Batch(hour, offsets, ids, values), after


def _fill(values: Ints, present: NDArray[np.bool_], start: Ints) -> Ints:
    if present.all():
        return values
    filled, last = np.empty_like(values), start
    for j in range(values.shape[1]):
        last = np.where(present[:, j], values[:, j], last)
        filled[:, j] = last
    return filled
