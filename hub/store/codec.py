"""Chunk bytes: the seconds of one series as constant, runs or plain deltas, zigzagged, in byte planes, deflated.

A chunk carries its own checksum, so that a flipped bit costs this chunk and nothing else.
"""

from __future__ import annotations

import struct
import zlib
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from hub.errors import ShemsError

Ints = NDArray[np.int32]
Unsigned = NDArray[np.uint32]
Mask = NDArray[np.bool_]

CONSTANT, RUNS, PLAIN = 0, 1, 2
STORED, ZLIB = 0, 1
RUNS_BELOW = 0.12
"""Share of changing seconds below which `RUNS` is smaller than `PLAIN`."""

_CRC = struct.Struct("<I")
_HEAD = struct.Struct("<BBIiII")


class Damaged(ShemsError):
    """A checksum does not match: these bytes are not what was written."""


@dataclass(frozen=True, slots=True)
class _Head:
    """`form`: low nibble the layout, high nibble the compressor; `width`: bytes per delta; `gaps`: run lengths kept."""

    form: int
    width: int
    n: int
    first: int
    gaps: int
    changes: int


def encode(values: Ints, present: Mask) -> bytes:
    """The chunk of one series: `values` where `present`; the rest is missing, not zero."""
    gaps = _gap_runs(present)
    filled = _fill(values, present)
    changes = np.flatnonzero(np.diff(filled)).astype(np.uint32)
    layout = _layout(len(changes), len(filled))
    deltas = zigzag(np.diff(filled))
    if layout == RUNS:
        deltas = deltas[changes]
    width = width_of(deltas)
    body = gaps.astype("<u4").tobytes()
    if layout == RUNS:
        body += np.diff(changes, prepend=np.uint32(0)).astype("<u4").view(np.uint8).reshape(-1, 4).T.tobytes()
    if layout != CONSTANT:
        body += planes(deltas, width)
    form, body = _squeeze(layout, body)
    first = int(filled[0]) if len(filled) else 0
    return sealed(_HEAD.pack(form, width, len(filled), first, len(gaps), len(changes)) + body)


def decode(chunk: bytes) -> tuple[Ints, Mask]:
    """(values, present); raises Damaged."""
    raw = unsealed(chunk)
    head = _Head(*_HEAD.unpack_from(raw))
    body = raw[_HEAD.size :]
    if head.form >> 4 == ZLIB:
        body = zlib.decompress(body)
    gaps = np.frombuffer(body, "<u4", head.gaps)
    deltas = _deltas(head, body[4 * head.gaps :])
    values = np.empty(head.n, np.int32)
    if head.n:
        values[0] = head.first
        np.cumsum(deltas, dtype=np.int32, out=values[1:])
        values[1:] += np.int32(head.first)
    return values, _from_runs(gaps, head.n)


def sealed(raw: bytes) -> bytes:
    """`raw` behind its CRC-32."""
    return _CRC.pack(zlib.crc32(raw)) + raw


def unsealed(blob: bytes) -> bytes:
    """What `sealed` was given; raises Damaged."""
    if len(blob) < _CRC.size or _CRC.unpack_from(blob)[0] != zlib.crc32(blob[_CRC.size :]):
        raise Damaged(f"checksum of a block of {len(blob)} bytes does not match")
    return blob[_CRC.size :]


def zigzag(deltas: Ints) -> Unsigned:
    """Small magnitudes become small unsigned numbers; differences wrap at 32 bits and unwrap again."""
    return ((deltas << 1) ^ (deltas >> 31)).view(np.uint32)


def unzigzag(coded: Unsigned) -> Ints:
    half: Ints = (coded >> np.uint32(1)).view(np.int32)
    return half ^ -(coded & np.uint32(1)).view(np.int32)


def width_of(coded: Unsigned) -> int:
    """1, 2 or 4: the bytes every number fits in."""
    top = int(coded.max()) if coded.size else 0
    return 1 if top < 1 << 8 else 2 if top < 1 << 16 else 4


def planes(coded: Unsigned, width: int) -> bytes:
    """All lowest bytes, then all next ones: deflate finds the zeros."""
    return coded.ravel().astype(f"<u{width}").view(np.uint8).reshape(-1, width).T.tobytes()


def unplanes(body: bytes, n: int, width: int) -> Unsigned:
    grid = np.frombuffer(body, np.uint8, n * width).reshape(width, n)
    return np.ascontiguousarray(grid.T).view(f"<u{width}").ravel().astype(np.uint32)


def _deltas(head: _Head, body: bytes) -> Ints:
    layout = head.form & 15
    steps = max(head.n - 1, 0)
    if layout == PLAIN:
        return unzigzag(unplanes(body, steps, head.width))
    deltas = np.zeros(steps, np.int32)
    if layout == RUNS:
        at = np.cumsum(unplanes(body, head.changes, 4))
        deltas[at] = unzigzag(unplanes(body[4 * head.changes :], head.changes, head.width))
    return deltas


def _layout(changes: int, n: int) -> int:
    if changes == 0:
        return CONSTANT
    return RUNS if changes < RUNS_BELOW * n else PLAIN


def _squeeze(layout: int, body: bytes) -> tuple[int, bytes]:
    small = zlib.compress(body, 6)
    return (layout | ZLIB << 4, small) if len(small) < len(body) else (layout | STORED << 4, body)


def _fill(values: Ints, present: Mask) -> Ints:
    """The value before a gap repeats through it, so that a gap costs no deltas."""
    if not present.any():
        return np.zeros(len(values), np.int32)
    at = np.maximum.accumulate(np.where(present, np.arange(len(values)), int(present.argmax())))
    return values[at].astype(np.int32)


def _gap_runs(present: Mask) -> NDArray[np.uint32]:
    """Lengths of alternating runs, the first one present (perhaps 0 long); none at all when nothing is missing."""
    if present.all():
        return np.zeros(0, np.uint32)
    edges = np.flatnonzero(np.diff(present.astype(np.int8), prepend=1))
    return np.diff(edges, prepend=0, append=len(present)).astype(np.uint32)


def _from_runs(gaps: NDArray[np.uint32], n: int) -> Mask:
    if not len(gaps):
        return np.ones(n, np.bool_)
    return np.repeat(np.arange(len(gaps)) % 2 == 0, gaps)
