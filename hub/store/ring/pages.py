"""A SQLite file read page by page, without trusting its trees: every row that can still be put together.

The layout is public: https://sqlite.org/fileformat.html (1.6 b-tree pages, 2.1 records, 4.1 the write-ahead log).
"""

from __future__ import annotations

import os
import struct
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

PAGE = 4096
"""Bytes of a page: the history has no other size, and nothing reserved at a page's end."""

Cell: TypeAlias = int | float | str | bytes | None

_TABLE_LEAF, _INDEX_LEAF = 0x0D, 0x0A
_MOST_LOCAL = {_TABLE_LEAF: PAGE - 35, _INDEX_LEAF: (PAGE - 12) * 64 // 255 - 23}
_LEAST_LOCAL = (PAGE - 12) * 32 // 255 - 23
_CHAINED = PAGE - 4
_LONGEST = 64 << 20
_WAL_HEAD, _FRAME_HEAD = struct.Struct(">8I"), struct.Struct(">6I")
_WAL_MAGIC = {0x377F0682: "<", 0x377F0683: ">"}
_INTEGERS = {1: 1, 2: 2, 3: 3, 4: 4, 5: 6, 6: 8}


@dataclass(frozen=True, slots=True)
class Row:
    """A row and where it was: `place` finds it again. `cut`: its end could not be read."""

    place: int
    rowid: int
    cells: tuple[Cell, ...]
    cut: bool


class Pages:
    """Pages of a file with those of its write-ahead log laid over them; numbered from 1."""

    def __init__(self, file: int, wal: int | None) -> None:
        self._file = file
        self._wal = wal
        self._frames = {} if wal is None else _read_log(wal).at
        self.count = max(os.fstat(file).st_size // PAGE, *self._frames, 0)

    @staticmethod
    @contextmanager
    def opened(path: Path) -> Iterator[Pages]:
        """Nothing is written. Raises OSError when there is no such file."""
        with ExitStack() as files:
            file = files.enter_context(path.open("rb", buffering=0))
            wal = path.with_name(f"{path.name}-wal")
            log = files.enter_context(wal.open("rb", buffering=0)).fileno() if wal.is_file() else None
            yield Pages(file.fileno(), log)

    def rows(self, number: int) -> Iterator[Row]:
        """Whatever of a page looks like a row, whether or not the page says that it has some.

        Where it says that there is a row, and there is none that can be read, it gives one without cells.
        """
        page = self._page(number)
        top = 100 if number == 1 else 0
        if len(page) < PAGE:
            return
        cells, begin = struct.unpack_from(">HH", page, top + 3)
        room = (PAGE - top - 8) // 2
        if page[top] in _MOST_LOCAL and top + 8 + 2 * cells > (begin or PAGE):
            cells = room
        for (at,) in struct.iter_unpack(">H", page[top + 8 : top + 8 + 2 * min(cells, room)]):
            row = self.row(number << 12 | at) if at < PAGE else None
            if row is not None:
                yield row
            elif page[top] == _TABLE_LEAF:
                yield Row(number << 12 | at & PAGE - 1, 0, (), True)

    def row(self, place: int) -> Row | None:
        """The row at a place that `rows` has told; None for bytes that are none."""
        number, at = place >> 12, place & PAGE - 1
        page = self._page(number)
        kind = page[100 if number == 1 else 0] if page else 0
        try:
            size, at = _varint(page, at)
            rowid, at = (0, at) if kind == _INDEX_LEAF else _varint(page, at)
            payload = self._payload(page, at, size, _MOST_LOCAL.get(kind, _MOST_LOCAL[_TABLE_LEAF]))
            return Row(place, rowid, _record(payload), len(payload) < size)
        except (IndexError, ValueError, OverflowError, struct.error):
            return None

    def _payload(self, page: bytes, at: int, size: int, most: int) -> bytes:
        """As much of a row's bytes as can be found."""
        if not 0 < size <= _LONGEST:
            raise ValueError(f"a row of {size} bytes")
        if size <= most:
            return page[at : at + size]
        local = _LEAST_LOCAL + (size - _LEAST_LOCAL) % _CHAINED
        local = local if local <= most else _LEAST_LOCAL
        pieces, left = [page[at : at + local]], size - local
        following = int.from_bytes(page[at + local : at + local + 4], "big")
        while left > 0:
            piece = self._page(following) if 1 < following <= self.count else b""
            if not piece:
                break
            following = int.from_bytes(piece[:4], "big")
            pieces.append(piece[4 : 4 + min(left, _CHAINED)])
            left -= _CHAINED
        return b"".join(pieces)

    def _page(self, number: int) -> bytes:
        try:
            if number in self._frames and self._wal is not None:
                return os.pread(self._wal, PAGE, self._frames[number])
            return os.pread(self._file, PAGE, (number - 1) * PAGE)
        except OSError:  # a sector that the card has given up
            return b""


def _varint(raw: bytes, at: int) -> tuple[int, int]:
    """(number, the place behind it): seven bits a byte, high first, eight in a ninth."""
    n = 0
    for k in range(9):
        byte = raw[at + k]
        if k == 8:
            return n << 8 | byte, at + 9
        n = n << 7 | byte & 127
        if byte < 128:
            return n, at + k + 1
    raise AssertionError


def _record(payload: bytes) -> tuple[Cell, ...]:
    """Raises ValueError or IndexError for bytes that are no record."""
    end, at = _varint(payload, 0)
    cells: list[Cell] = []
    place = end
    while at < end:
        kind, at = _varint(payload, at)
        cell, place = _cell(payload, kind, place)
        cells.append(cell)
    if not cells:
        raise ValueError("no cells")
    return tuple(cells)


def _cell(payload: bytes, kind: int, at: int) -> tuple[Cell, int]:
    if kind >= 12:
        end = at + (kind - 12) // 2
        raw = payload[at:end]
        return (raw.decode() if kind & 1 else raw), end
    if kind in _INTEGERS:
        end = at + _INTEGERS[kind]
        return int.from_bytes(payload[at:end], "big", signed=True), end
    if kind == 7:
        return struct.unpack_from(">d", payload, at)[0], at + 8
    if kind in (0, 8, 9):
        return (None if kind == 0 else kind - 8), at
    raise ValueError(f"a value of type {kind}")


@dataclass(slots=True)
class _Log:
    """`at`: where in the log the newest committed state of each page lies."""

    at: dict[int, int] = field(default_factory=dict)
    broken: bool = False
    """a transaction that others followed, and so had reached the card, is damaged: SQLite would forget them all"""


def _read_log(wal: int) -> _Log:
    """A frame's checksum goes on from that of the frame before it: one damaged frame does not cost those behind it."""
    log, head = _Log(), os.pread(wal, _WAL_HEAD.size, 0)
    if len(head) < _WAL_HEAD.size:
        return log
    magic, _, size, _, *salts, sum1, sum2 = _WAL_HEAD.unpack(head)
    if magic not in _WAL_MAGIC or size != PAGE:
        return log
    sums, order = (sum1, sum2), _WAL_MAGIC[magic]
    pending: dict[int, int] = {}
    at, bad, commits_since = _WAL_HEAD.size, False, 0
    while len(raw := os.pread(wal, _FRAME_HEAD.size + PAGE, at)) == _FRAME_HEAD.size + PAGE:
        number, commits, salt1, salt2, *stored = _FRAME_HEAD.unpack_from(raw)
        if [salt1, salt2] != salts:
            break
        if _summed(raw[:8] + raw[_FRAME_HEAD.size :], order, sums) == (stored[0], stored[1]):
            pending[number] = at + _FRAME_HEAD.size
            if commits:
                log.at |= pending
                pending = {}
        else:
            bad = True
        commits_since += bool(bad and commits)
        sums = stored[0], stored[1]
        at += len(raw)
    log.broken = commits_since > 1
    return log


def _weights() -> tuple[NDArray[np.uint64], NDArray[np.uint64]]:
    """The log's checksum, a += x + b, b += y + a over pairs of words, as two weighted sums of a, b and all words."""
    rows = np.eye(2, dtype=np.uint64)
    low = np.uint64(0xFFFFFFFF)
    step, enter = np.array([[1, 1], [1, 2]], np.uint64), np.array([[1, 0], [1, 1]], np.uint64)
    parts = []
    for _ in range((8 + PAGE) // 8):
        parts.append(rows @ enter & low)
        rows = rows @ step & low
    whole = np.concatenate([rows, *parts[::-1]], axis=1)
    return whole[0], whole[1]


_A, _B = _weights()


def _summed(raw: bytes, order: str, sums: tuple[int, int]) -> tuple[int, int]:
    words = np.concatenate((np.array(sums, np.uint64), np.frombuffer(raw, f"{order}u4").astype(np.uint64)))
    return int((words * _A).sum()) & 0xFFFFFFFF, int((words * _B).sum()) & 0xFFFFFFFF


def log_is_broken(path: Path) -> bool:
    """Whether the write-ahead log of the database at `path` is damaged before its end; False when there is none."""
    try:
        with path.with_name(f"{path.name}-wal").open("rb", buffering=0) as wal:
            return _read_log(wal.fileno()).broken
    except OSError:
        return False
