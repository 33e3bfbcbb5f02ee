"""The seconds of one series as a chunk: constant, runs, split or plain deltas, each part deflated by itself.

A chunk is a head (layout and widths, count, first value; varints) and its sections: the runs of missing values, where
the value changes, by how much. `split` keeps a bit for every step and a number for every change; that and the deflate
strategy tried on each section are what makes it smaller than plain deltas: a register that is refreshed every other
second costs nothing for the seconds between. Numbers that nearly all fit a byte take one each, and the few that do not
stand behind them: half as much to inflate.
"""

from __future__ import annotations

import zlib
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from hub.store.ring.blob import Body, Damaged

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

_BEYOND = 255
"""Where this stands in a byte, the number is one of those behind."""
_MOST_BEYOND = 1 / 16
_BYTES = 0
"""stands for the width of such numbers"""

_GAPS = 16
_TRIED = {"gaps": (zlib.Z_DEFAULT_STRATEGY,), "plain": (zlib.Z_FILTERED,)}
_BOTH = (zlib.Z_DEFAULT_STRATEGY, zlib.Z_RLE)
_ONE = (zlib.Z_RLE,)


def encode(values: Ints, lasting: bool = True) -> bytes:
    """The chunk of `values`, one a step; MISSING where nothing is known.

    One that is not `lasting` is 1 % larger, and made in three quarters of the time.
    """
    tried = _BOTH if lasting else _ONE
    runs = _gap_runs(values)
    filled = _filled(values) if len(runs) else values
    steps = zigzag(np.diff(filled))
    at = np.flatnonzero(steps)
    gaps = varint(len(runs)) + _section(_numbers(runs), _TRIED["gaps"]) if len(runs) else b""
    flag = _GAPS if len(runs) else 0
    first = varint(len(filled)) + varint(_zigzag_one(int(filled[0]) if len(filled) else 0)) + gaps
    if not len(at):
        return bytes([CONSTANT | flag]) + first
    changed = steps[at] - np.uint32(1)
    share = len(at) / len(filled)
    by = _section(_numbers(changed), tried)
    found = []
    if share < RUNS_BELOW:
        where = _section(_numbers(np.diff(at, prepend=-1).astype(np.uint32) - np.uint32(1)), tried)
        found.append(bytes([RUNS | flag]) + first + varint(len(at)) + where + by)
    if share >= SPLIT_FROM:
        found.append(bytes([SPLIT | flag]) + first + varint(len(at)) + _section(_bits(steps), tried) + by)
    if share >= PLAIN_FROM:
        found.append(bytes([PLAIN | flag]) + first + _section(_numbers(steps), _TRIED["plain"]))
    return min(found, key=len)


def decode(chunk: Body) -> Ints:
    """The values that were encoded; raises Damaged for bytes that are no chunk."""
    try:
        return _decoded(_Bytes(memoryview(chunk)))
    except (IndexError, ValueError, zlib.error, OverflowError) as e:
        raise Damaged(f"a chunk of {len(chunk)} bytes cannot be read: {e}") from None


def _decoded(body: _Bytes) -> Ints:
    form = body.byte()
    layout = form & 15
    n, first = body.varint(), _unzigzag_one(body.varint())
    if n > MOST:
        raise ValueError(f"{n} values")
    runs = body.numbers(body.varint()).wide() if form & _GAPS else np.zeros(0, np.uint32)
    values = np.full(n, first, np.int32) if layout == CONSTANT else np.empty(n, np.int32)
    if layout != CONSTANT:
        values[0] = first
        _steps(layout, values[1:], body)
        np.cumsum(values, out=values)
    if len(runs):
        values[~_present(runs, n)] = MISSING
    return values


def _steps(layout: int, out: Ints, body: _Bytes) -> None:
    """Puts them into `out`."""
    if layout == PLAIN:
        body.numbers(len(out)).signed(out)
        return
    k = body.varint()
    if layout == RUNS:
        at = np.cumsum(body.numbers(k).wide().astype(np.int64) + 1) - 1
    elif layout == SPLIT:
        at = np.flatnonzero(np.unpackbits(np.frombuffer(body.section(), np.uint8), count=len(out)))
    else:
        raise ValueError(f"layout {layout}")
    out[:] = 0
    out[at] = unzigzag(body.numbers(k).wide() + np.uint32(1))


# -- numbers as bytes ------------------------------------------------------------------------------------------------


def zigzag(deltas: Ints) -> Unsigned:
    """Small magnitudes become small unsigned numbers; differences wrap at 32 bits and unwrap again."""
    return ((deltas << 1) ^ (deltas >> 31)).view(np.uint32)


def unzigzag(coded: NDArray[Any]) -> NDArray[Any]:
    """Signed numbers of the same width."""
    one = coded.dtype.type(1)
    half, sign = coded >> one, coded & one
    np.negative(sign, out=sign)
    half ^= sign
    signed: NDArray[Any] = half.view(f"i{coded.dtype.itemsize}")
    return signed


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


def _numbers(coded: Unsigned) -> bytes:
    """As planes, or as bytes where few do not fit one: what a day takes decides how fast it is read."""
    beyond = coded >= _BEYOND
    k = np.count_nonzero(beyond)
    if width_of(coded) == 1 or k > len(coded) * _MOST_BEYOND:
        return _planes(coded)
    return bytes([_BYTES]) + np.minimum(coded, _BEYOND).astype(np.uint8).tobytes() + _planes(coded[beyond])


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


_MOST_LIKELY = 1 << 18
"""Bytes that room is made for before any has come: a damaged length must not ask for the whole memory."""


@dataclass(slots=True)
class _Bytes:
    """Reads a chunk from front to back; raises ValueError or IndexError past its end."""

    raw: memoryview
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

    def section(self, likely: int = zlib.DEF_BUF_SIZE) -> Body:
        """`likely`: bytes that it may come to, so that room is made once."""
        length = self.varint()
        end = self.at + (length >> 1)
        if end > len(self.raw):
            raise ValueError("it ends too early")
        raw, self.at = self.raw[self.at : end], end
        return zlib.decompress(raw, -15, likely) if length & 1 else raw

    def numbers(self, n: int) -> _Numbers:
        raw = self.section(min(2 * n + 1, _MOST_LIKELY))
        if raw[0] != _BYTES:
            return _Numbers(_grown(raw, 0, n))
        most = np.frombuffer(raw, np.uint8, n, 1)
        at = np.flatnonzero(most == _BEYOND)
        return _Numbers(most, at, _grown(raw, 1 + n, len(at)))


_NOWHERE = np.zeros(0, np.intp)


class _Numbers(NamedTuple):
    """Unsigned, in as few bytes each as they need; those at the indices `at` are `beyond`."""

    most: NDArray[Any]
    at: NDArray[np.intp] = _NOWHERE
    beyond: NDArray[Any] = _NOWHERE

    def wide(self) -> Unsigned:
        wide: Unsigned = self.most.astype(np.uint32)
        if len(self.at):
            wide[self.at] = self.beyond
        return wide

    def signed(self, out: Ints) -> None:
        """Puts what they are zigzags of into `out`."""
        out[:] = unzigzag(self.most)
        if len(self.at):
            out[self.at] = unzigzag(self.beyond)


def _grown(raw: Body, at: int, n: int) -> NDArray[Any]:
    """`n` numbers from the planes that begin at `at`."""
    width = raw[at]
    if width not in (1, 2, 4):
        raise ValueError(f"numbers of {width} bytes")
    grid: NDArray[Any] = np.frombuffer(raw, np.uint8, n * width, at + 1).reshape(width, n)
    wide: NDArray[Any] = grid[width - 1]
    if width > 1:
        wide = wide.astype(f"u{width}")
    for k in reversed(range(width - 1)):
        wide <<= 8
        wide |= grid[k]
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
