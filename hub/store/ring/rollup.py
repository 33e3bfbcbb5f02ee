"""Rollups: min, max, mean, last and count of every bucket; made from seconds, folded, packed in rows."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate, chain
from operator import add
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hub.store.ring.blob import Body, Damaged
from hub.store.ring.codec import MISSING, Ints
from hub.store.ring.levels import Level

Wide = NDArray[np.int64]
Floats = NDArray[np.float64]

FIELDS = ("n", "low", "high", "mean", "last")
_WIDTHS = (0, 1, 2, 4, 8)
_HEAD = struct.Struct("<Bq")
"""Of a column: bytes a number, and the least number."""
_ROW = struct.Struct("<BH" + "Bq" * 5)
"""What an undeflated row of numbers begins with."""
_SHARE = 1024
_DEFLATED, _NUMBERS = 1, 2


@dataclass(slots=True)
class Rolled:
    """Buckets of one series in stored units, one after the other; where `n` is 0 the rest means nothing."""

    n: Ints
    low: Ints
    high: Ints
    mean: Floats
    last: Ints

    @staticmethod
    def empty(buckets: int) -> Rolled:
        zero = [np.zeros(buckets, np.int32) for _ in range(4)]
        return Rolled(zero[0], zero[1], zero[2], np.zeros(buckets), zero[3])

    def __len__(self) -> int:
        return len(self.n)

    def before(self, t: Wide, until: int) -> Rolled:
        """Only the buckets that start, at `t`, before `until`; both in ms UTC."""
        if not len(t) or int(t[-1]) < until:
            return self
        return Rolled(np.where(t < until, self.n, 0), self.low, self.high, self.mean, self.last)

    def known(self) -> Rolled:
        """Up to the last bucket of which anything is known."""
        at = np.flatnonzero(self.n)
        end = int(at[-1]) + 1 if len(at) else 0
        return Rolled(*(getattr(self, f)[:end] for f in FIELDS))

    def put(self, at: int, other: Rolled, over: bool = True) -> None:
        """Lays the known buckets of `other` over those from `at` on (or, not `over`, under them).

        What sticks out at either end is left away.
        """
        lo, hi = max(at, 0), min(at + len(other), len(self))
        if lo >= hi:
            return
        mine, theirs = slice(lo, hi), slice(lo - at, hi - at)
        known = other.n[theirs] > 0
        if over and known.all():
            for name in FIELDS:
                getattr(self, name)[mine] = getattr(other, name)[theirs]
            return
        if not over:
            known &= self.n[mine] == 0
        for name in FIELDS:
            np.copyto(getattr(self, name)[mine], getattr(other, name)[theirs], where=known)


def roll(values: Ints, step: int) -> Rolled:
    """Buckets of `step` seconds; the length of `values` is a multiple of it."""
    grid = values.reshape(-1, step)
    known = grid != MISSING
    if known.all():
        n = np.full(len(grid), step, np.int32)
        return Rolled(n, grid.min(1), grid.max(1), grid.mean(1), grid[:, -1].copy())
    n = known.sum(1, dtype=np.int32)
    low = np.where(known, grid, np.int32(2**31 - 1)).min(1)
    total = np.where(known, grid, 0).sum(1, dtype=np.int64)
    last = grid[np.arange(len(grid)), step - 1 - known[:, ::-1].argmax(1)]
    return Rolled(n, low, grid.max(1), total / np.maximum(n, 1), last)


def fold(fine: Rolled, times: int) -> Rolled:
    """Every `times` buckets as one; the length is a multiple of it."""
    if times == 1:
        return fine
    n = fine.n.reshape(-1, times)
    known = n > 0
    low = np.where(known, fine.low.reshape(-1, times), np.int32(2**31 - 1)).min(1)
    high = np.where(known, fine.high.reshape(-1, times), np.int32(MISSING)).max(1)
    total = n.sum(1, dtype=np.int32)
    mean = (fine.mean.reshape(-1, times) * n).sum(1) / np.maximum(total, 1)
    last = fine.last.reshape(-1, times)[np.arange(len(n)), times - 1 - known[:, ::-1].argmax(1)]
    return Rolled(total, low, high, mean, last)


def merged(parts: list[Rolled]) -> Rolled:
    """Several series of one point on the same grid as one; the last of them has the last word."""
    whole = parts[-1]
    if len(parts) == 1:
        return whole
    n: Ints = np.stack([p.n for p in parts]).sum(axis=0, dtype=np.int32)
    low: Ints = np.stack([np.where(p.n > 0, p.low, np.int32(2**31 - 1)) for p in parts]).min(axis=0)
    high: Ints = np.stack([np.where(p.n > 0, p.high, np.int32(MISSING)) for p in parts]).max(axis=0)
    mean = np.sum([p.mean * p.n for p in parts], axis=0) / np.maximum(n, 1)
    last = np.array(parts[0].last, np.int32)
    for part in parts[1:]:
        last = np.where(part.n > 0, part.last, last).astype(np.int32)
    return Rolled(n, low, high, mean, last)


def fold_at(fine: Rolled, at: NDArray[np.int64]) -> Rolled:
    """From each index of `at` (ascending, the first 0) to the next as one."""
    known = fine.n > 0
    low = np.minimum.reduceat(np.where(known, fine.low, np.int32(2**31 - 1)), at)
    high = np.maximum.reduceat(np.where(known, fine.high, np.int32(MISSING)), at)
    n = np.add.reduceat(fine.n, at)
    mean = np.add.reduceat(fine.mean * fine.n, at) / np.maximum(n, 1)
    newest = np.maximum.reduceat(np.where(known, np.arange(len(fine)), 0), at)
    return Rolled(n.astype(np.int32), low, high, mean, fine.last[newest])


def pack(level: Level, rolled: Rolled, numbers: bool, boolean: bool = False) -> bytes:
    """A row's body. Without `numbers` (counters and choices) only count and last are kept: the rest is noise.

    The mean of a `boolean` is a share of time, and kept to a thousandth.
    """
    fraction = _SHARE if boolean else level.fraction
    columns = [rolled.n.astype(np.int64), *_columns(level, rolled, numbers, fraction)]
    heads, bodies = [], []
    for column in columns:
        base = int(column.min()) if len(column) else 0
        width = _width(int(column.max()) - base if len(column) else 0)
        heads.append(_HEAD.pack(width, base))
        bodies.append(_laid(column - base, width, level.deflated))
    form = (_DEFLATED if level.deflated else 0) | (_NUMBERS if numbers else 0) | (fraction.bit_length() - 1) << 4
    body = b"".join(heads + bodies)
    if level.deflated:
        press = zlib.compressobj(9, zlib.DEFLATED, -15, 9)
        body = press.compress(body) + press.flush()
    return bytes([form]) + len(rolled).to_bytes(2, "little") + body


def unpack(level: Level, body: Body) -> Rolled:
    """What was packed; means are rounded to the level's fraction. Raises Damaged."""
    try:
        form, n = body[0], int.from_bytes(body[1:3], "little")
        raw = zlib.decompress(body[3:], -15) if form & _DEFLATED else body[3:]
        return _rolled(_split(raw, n, 5 if form & _NUMBERS else 2, bool(form & _DEFLATED)), form)
    except (ValueError, IndexError, struct.error, zlib.error) as e:
        raise Damaged(f"a row of {level.table} cannot be read: {e}") from None


def spread(level: Level, rows: Sequence[tuple[int, Body]], buckets: int) -> tuple[Rolled, list[Damaged]]:
    """(`buckets` of packed rows of different periods, in time order, each from (at, row) on; what was damaged).

    Neighbours that are quick to read come column by column, all at once: a year by the hour has many.
    """
    together = None if level.deflated else _together(rows, buckets)
    if together:
        return together, []
    out, damaged = Rolled.empty(buckets), []
    for at, body in rows:
        try:
            out.put(at, unpack(level, body))
        except Damaged as e:
            damaged.append(e)
    return out, damaged


def _together(rows: Sequence[tuple[int, Body]], buckets: int) -> Rolled | None:
    """If these are whole neighbours of five undeflated columns: nothing is copied of what covers all buckets.

    Few calls for all of them, as each costs more than the numbers it is for.
    """
    bodies = [body for _, body in rows]
    if min(map(len, bodies), default=0) < _ROW.size:
        return None
    forms, lengths, *heads = zip(*map(_ROW.unpack_from, bodies), strict=True)
    widths, bases = heads[::2], heads[1::2]
    ends = [(_ROW.size,) * len(bodies)]
    for each in widths:
        ends.append(tuple([at + width * n for at, width, n in zip(ends[-1], each, lengths, strict=True)]))
    ats = [at for at, _ in rows]
    if (
        forms[0] & (_DEFLATED | _NUMBERS) != _NUMBERS
        or forms.count(forms[0]) != len(forms)
        or not {*_WIDTHS}.issuperset(chain(*widths))
        or ends[-1] != tuple(map(len, bodies))
        or ats[1:] != list(map(add, ats, lengths))[:-1]
    ):
        return None
    total = sum(lengths)
    count = _column(np.int32, bodies, lengths, widths[:1], ends[:1], bases[:1])
    mean = _column(np.float64, bodies, lengths, widths[1:2], ends[1:2], bases[1:2])
    ends_of = _column(np.int32, bodies, lengths, widths[2:], ends[2:5], bases[2:])
    mean *= 1 / (1 << (forms[0] >> 4))
    low, high, last = (ends_of[k * total : (k + 1) * total] for k in range(3))
    found, at = Rolled(count, low, high, mean, last), ats[0]
    if at > 0 or at + total < buckets:
        out = Rolled.empty(buckets)
        out.put(at, found)
        return out
    return Rolled(*(getattr(found, f)[-at : buckets - at] for f in FIELDS))


def _column(
    kind: type[Any],
    bodies: list[Body],
    lengths: tuple[int, ...],
    widths: Sequence[tuple[int, ...]],
    starts: Sequence[tuple[int, ...]],
    bases: Sequence[tuple[int, ...]],
) -> NDArray[Any]:
    """Columns of all rows, one after the other; by column and row where each starts, bytes a number and its least."""
    n, used, at = lengths * len(widths), [*chain(*widths)], [*chain(*starts)]
    column = np.repeat(np.array([*chain(*bases)], kind), n)
    pieces = [body[a : a + w * m] for body, w, m, a in zip(bodies * len(widths), used, n, at, strict=True)]
    if used.count(used[0]) == len(used):
        if used[0]:
            column += np.frombuffer(b"".join(pieces), f"<u{used[0]}").astype(kind)
        return column
    for piece, w, end, m in zip(pieces, used, accumulate(n), n, strict=True):
        if w:
            column[end - m : end] += np.frombuffer(piece, f"<u{w}").astype(kind)
    return column


def _columns(level: Level, rolled: Rolled, numbers: bool, fraction: int) -> list[Wide]:
    """Unknown buckets repeat the one before. Deflated, all but the first are told by their distance from the mean."""
    at = np.maximum.accumulate(np.where(rolled.n > 0, np.arange(len(rolled)), 0))
    last = rolled.last[at].astype(np.int64)
    if not numbers:
        return [np.diff(last, prepend=0) if level.deflated else last]
    mean = np.rint(rolled.mean[at] * fraction).astype(np.int64)
    low, high = rolled.low[at].astype(np.int64), rolled.high[at].astype(np.int64)
    if not level.deflated:
        return [mean, low, high, last]
    middle = mean // fraction
    return [_zigzag(np.diff(mean, prepend=0)), middle - low, high - middle, _zigzag(last - middle)]


def _rolled(columns: list[Wide], form: int) -> Rolled:
    deflated, fraction = bool(form & _DEFLATED), 1 << (form >> 4)
    n = columns[0].astype(np.int32)
    if len(columns) == 2:
        ends = (np.cumsum(columns[1]) if deflated else columns[1]).astype(np.int32)
        return Rolled(n, ends, ends, ends.astype(np.float64), ends)
    _, mean, low, high, last = columns
    if deflated:
        mean = np.cumsum(_unzigzag(mean))
        middle = mean // fraction
        low, high, last = middle - low, middle + high, middle + _unzigzag(last)
    return Rolled(n, low.astype(np.int32), high.astype(np.int32), mean / fraction, last.astype(np.int32))


def _laid(column: Wide, width: int, planes: bool) -> bytes:
    if not width:
        return b""
    narrow = column.astype(f"<u{width}")
    return narrow.view(np.uint8).reshape(-1, width).T.tobytes() if planes else narrow.tobytes()


def _split(raw: Body, n: int, count: int, planes: bool) -> list[Wide]:
    at: int = _HEAD.size * count
    columns: list[Wide] = []
    for width, base in _HEAD.iter_unpack(raw[:at]):
        if width not in _WIDTHS:
            raise ValueError(f"width {width}")
        if not width:
            columns.append(np.full(n, base, np.int64))
        elif planes and width > 1:
            grid = np.frombuffer(raw, np.uint8, n * width, at).reshape(width, n)
            columns.append(np.ascontiguousarray(grid.T).view(f"<u{width}").ravel().astype(np.int64) + base)
        else:
            columns.append(np.add(np.frombuffer(raw, f"<u{width}", n, at), base, dtype=np.int64, casting="unsafe"))
        at += n * width
    return columns


def _width(top: int) -> int:
    return next(w for w in _WIDTHS if top < 1 << 8 * w)


def _zigzag(deltas: Wide) -> Wide:
    return (deltas << 1) ^ (deltas >> 63)


def _unzigzag(coded: Wide) -> Wide:
    return (coded >> 1) ^ -(coded & 1)
