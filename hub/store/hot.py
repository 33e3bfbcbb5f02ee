"""A hot record: the few seconds of all series since the last flush, as deltas against the record before.

A full record needs no record before it: each hour begins with one, and one comes every few minutes, so that a damaged
record costs minutes, not the hour.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from hub.store.codec import Ints, Mask, planes, sealed, unplanes, unsealed, unzigzag, zigzag

_HEAD = struct.Struct("<BQqHHB")
FORMAT = 1
ALL_PRESENT, FULL = 1, 2


@dataclass(frozen=True, slots=True)
class Batch:
    """Seconds to be made durable: `offsets` in the hour that starts at `hour` (s UTC); arrays are series x seconds."""

    hour: int
    offsets: NDArray[np.uint16]
    ids: NDArray[np.uint32]
    values: Ints
    present: Mask


def encode(seq: int, batch: Batch, base: Mapping[int, int] | None) -> tuple[bytes, dict[int, int]]:
    """(record, the base of the next one). `base` None makes the record full."""
    start = _base_column(batch.ids, base or {})
    filled = _fill(batch.values, batch.present, start)
    deltas = zigzag(np.diff(filled, axis=1, prepend=start[:, None]))
    flags = (ALL_PRESENT if batch.present.all() else 0) | (FULL if base is None else 0)
    mask = b"" if flags & ALL_PRESENT else np.packbits(batch.present).tobytes()
    ids = np.diff(batch.ids, prepend=np.uint32(0)).astype("<u4").tobytes()
    body = zlib.compress(batch.offsets.astype("<u2").tobytes() + ids + mask + planes(deltas, 4), 6)
    head = _HEAD.pack(FORMAT, seq, batch.hour, len(batch.offsets), len(batch.ids), flags)
    return sealed(head + body), {**(base or {}), **dict(zip(batch.ids.tolist(), filled[:, -1].tolist(), strict=True))}


def peek(record: bytes) -> tuple[int, int, bool]:
    """(sequence, hour, whether full); raises Damaged."""
    _, seq, hour, _, _, flags = _HEAD.unpack_from(unsealed(record))
    return seq, hour, bool(flags & FULL)


def decode(record: bytes, base: Mapping[int, int]) -> tuple[Batch, dict[int, int]]:
    """(what was flushed, the base of the next record); raises Damaged."""
    raw = unsealed(record)
    _, _, hour, m, n, flags = _HEAD.unpack_from(raw)
    body = zlib.decompress(raw[_HEAD.size :])
    offsets = np.frombuffer(body, "<u2", m)
    ids = np.cumsum(np.frombuffer(body, "<u4", n, 2 * m), dtype=np.uint32)
    rest = body[2 * m + 4 * n :]
    present, rest = _mask(rest, n, m, bool(flags & ALL_PRESENT))
    before = {} if flags & FULL else base
    values = np.cumsum(unzigzag(unplanes(rest, n * m, 4)).reshape(n, m), axis=1, dtype=np.int32)
    values += _base_column(ids, before)[:, None]
    after = {**before, **dict(zip(ids.tolist(), values[:, -1].tolist(), strict=True))}
    return Batch(hour, offsets, ids, values, present), after


def _mask(body: bytes, n: int, m: int, everything: bool) -> tuple[Mask, bytes]:
    if everything:
        return np.ones((n, m), np.bool_), body
    size = (n * m + 7) // 8
    bits = np.unpackbits(np.frombuffer(body, np.uint8, size), count=n * m)
    return bits.astype(np.bool_).reshape(n, m), body[size:]


def _base_column(ids: NDArray[np.uint32], base: Mapping[int, int]) -> Ints:
    return np.array([base.get(i, 0) for i in ids.tolist()], np.int32)


def _fill(values: Ints, present: Mask, start: Ints) -> Ints:
    filled, last = np.empty_like(values), start
    for j in range(values.shape[1]):
        last = np.where(present[:, j], values[:, j], last)
        filled[:, j] = last
    return filled
