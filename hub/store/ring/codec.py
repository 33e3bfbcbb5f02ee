"""The seconds of one series as a chunk: constant, runs, split or plain deltas, each part deflated by itself.

A chunk is a head (layout and widths, count, first value; varints) and its sections: the runs of missing values, where
the value changes, by how much. `split` keeps a bit for every step and a number for every change; that and the deflate
strategy tried on each section are what makes it smaller than plain deltas: a register that is refreshed every other
second costs nothing for the seconds between.
"""

from __future__ import annotations

import zlib
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from hub.store.ring.blob import Damaged

Ints = NDArray[np.int32]
Unsigned = NDArray[np.uint32]
Mask = NDArray[np.bool_]

MISSING = -(2**31)
"""Stands for a value that is not known; never a value."""

CONSTANT, RUNS, SPLIT, PLAIN = 0, 1, 2, 3
RUNS_BELOW, SPLIT_FROM, PLAIN_FROM = 0.12, 0.05, 0.6
"""Shares of changing steps at which a layout is tried; the smallest is kept."""

MOST = 1 << 20
"""values in a chunk"""

_GAPS = 16
_TRIED = {"gaps": (zlib.Z_DEFAULT_STRATEGY,), "plain": (zlib.Z_FILTERED,)}
_TWO = (zlib.Z_DEFAULT_STRATEGY, zlib.Z_RLE)


def encode(values: Ints) -> bytes:
    """The chunk of `values`, one a step; MISSING where nothing is known."""
    runs = _gap_runs(values)
    filled = _filled(values) if len(runs) else values
    steps = zigzag(np.diff(filled))
    at = np.flatnonzero(steps)
    gaps = varint(len(runs)) + _section(_planes(runs), _TRIED["gaps"]) if len(runs) else b""
    flag = _GAPS if len(runs) else 0
    first = varint(len(filled)) + varint(_zigzag_one(int(filled[0]) if len(filled) else 0)) + gaps
    if not len(at):
        return bytes([CONSTANT | flag]) + first
    changed = steps[at] - np.uint32(1)
    share = len(at) / len(filled)
    by = _section(_planes(changed), _TWO)
    found = []
    if share < RUNS_BELOW:
        where = _section(_planes(np.diff(at, prepend=-1).astype(np.uint32) - np.uint32(1)), _TWO)
        found.append(bytes([RUNS | flag]) + first + varint(len(at)) + where + by)
    if share >= SPLIT_FROM:
        found.append(bytes([SPLIT | flag]) + first + varint(len(at)) + _section(_bits(steps), _TWO) + by)
    if share >= PLAIN_FROM:
        found.append(bytes([PLAIN | flag]) + first + _section(_planes(steps), _TRIED["plain"]))
    return min(found, key=len)


def decode(chunk: bytes) -> Ints:
    """The values that were encoded; raises Damaged for bytes that are no chunk."""
    try:
        return _decoded(_Bytes(chunk))
    except (IndexError, ValueError, zlib.error, OverflowError) as e:
        raise Damaged(f"a chunk of {len(chunk)} bytes cannot be read: {e}") from None


def _decoded(body: _Bytes) -> Ints:
    form = body.byte()
    layout = form & 15
    n, first = body.varint(), _unzigzag_one(body.varint())
    if n > MOST:
        raise ValueError(f"{n} values")
    runs = body.planes(body.varint()) if form & _GAPS else np.zeros(0, np.uint32)
    values = np.full(n, first, np.int32)
    if layout != CONSTANT:
        np.cumsum(_steps(layout, n - 1, body), dtype=np.int32, out=values[1:])
        values[1:] += np.int32(first)
    if len(runs):
        values[~_present(runs, n)] = MISSING
    return values


def _steps(layout: int, n: int, body: _Bytes) -> Ints:
    if layout == PLAIN:
        return unzigzag(body.planes(n))
    k = body.varint()
    steps = np.zeros(n, np.int32)
    if layout == RUNS:
        at = np.cumsum(body.planes(k).astype(np.int64) + 1) - 1
    elif layout == SPLIT:
        at = np.flatnonzero(np.unpackbits(np.frombuffer(body.section(), np.uint8), count=n))
    else:
        raise ValueError(f"layout {layout}")
    steps[at] = unzigzag(body.planes(k) + np.uint32(1))
    return steps


# -- numbers as bytes ------------------------------------------------------------------------------------------------


def zigzag(deltas: Ints) -> Unsigned:
    """Small magnitudes become small unsigned numbers; differences wrap at 32 bits and unwrap again."""
    return ((deltas << 1) ^ (deltas >> 31)).view(np.uint32)


def unzigzag(coded: Unsigned) -> Ints:
    half: Ints = (coded >> np.uint32(1)).view(np.int32)
    return half ^ -(coded & np.uint32(1)).view(np.int32)


def varint(n: int) -> bytes:
    """Seven bits a byte, low first; `n` >= 0."""
    out = bytearray()
    while n > 127:
        out.append(n & 127 | 128)
        n >>= 7
    return bytes([*out, n])


def width_of(coded: Unsigned) -> int:
    """1, 2 or 4: the bytes every number fits in."""
    top = int(coded.max()) if coded.size else 0
    return 1 if top < 1 << 8 else 2 if top < 1 << 16 else 4


def _planes(coded: Unsigned) -> bytes:
    """The width, and all low bytes, then all next ones: alike bytes side by side."""
    width = width_of(coded)
    return bytes([width]) + coded.astype(f"<u{width}").view(np.uint8).reshape(-1, width).T.tobytes()


def _bits(steps: Unsigned) -> bytes:
    return np.packbits(steps != 0).tobytes()


def _section(raw: bytes, strategies: tuple[int, ...]) -> bytes:
    """`raw` as it is smallest; the lowest bit of its length tells whether it is deflated."""
    small = min((_deflated(raw, s) for s in strategies), key=len)
    return varint(len(small) << 1 | 1) + small if len(small) < len(raw) else varint(len(raw) << 1) + raw


def _deflated(raw: bytes, strategy: int) -> bytes:
    press = zlib.compressobj(6, zlib.DEFLATED, -15, 9, strategy)
    return press.compress(raw) + press.flush()


@dataclass(slots=True)
class _Bytes:
    """Reads a chunk from front to back; raises ValueError or IndexError past its end."""

    raw: bytes
    at: int = 0

    def byte(self) -> int:
        self.at += 1
        return self.raw[self.at - 1]

    def varint(self) -> int:
        n = shift = 0
        while (byte := self.byte()) & 128:
            n |= (byte & 127) << shift
            shift += 7
        return n | byte << shift

    def section(self) -> bytes:
        length = self.varint()
        end = self.at + (length >> 1)
        if end > len(self.raw):
            raise ValueError("it ends too early")
        raw, self.at = self.raw[self.at : end], end
        return zlib.decompress(raw, -15) if length & 1 else raw

    def planes(self, n: int) -> Unsigned:
        raw = self.section()
        width = raw[0]
        grid = np.frombuffer(raw, np.uint8, n * width, 1).reshape(width, n)
        wide: Unsigned = np.zeros(n, np.uint32)
        for k in range(width):
            wide |= grid[k].astype(np.uint32) << np.uint32(8 * k)
        return wide


def _zigzag_one(n: int) -> int:
    return n << 1 if n >= 0 else (-n << 1) - 1


def _unzigzag_one(n: int) -> int:
    return n >> 1 if not n & 1 else -((n + 1) >> 1)


# -- what is missing -------------------------------------------------------------------------------------------------


def _filled(values: Ints) -> Ints:
    """The value before a gap repeats through it, so that a gap costs no deltas."""
    present = values != MISSING
    if not present.any():
        return np.zeros(len(values), np.int32)
    at = np.maximum.accumulate(np.where(present, np.arange(len(values)), int(present.argmax())))
    return values[at]


def _gap_runs(values: Ints) -> Unsigned:
    """Lengths of alternating runs, the first one known (perhaps 0 long); none at all when nothing is missing."""
    present = values != MISSING
    if present.all():
        return np.zeros(0, np.uint32)
    edges = np.flatnonzero(np.diff(present.astype(np.int8), prepend=1))
    return np.diff(edges, prepend=0, append=len(present)).astype(np.uint32)


def _present(runs: Unsigned, n: int) -> Mask:
    if int(runs.sum(dtype=np.int64)) != n:
        raise ValueError("its gaps do not fit its length")
    known: Mask = np.repeat(np.arange(len(runs)) % 2 == 0, runs)
    return known
