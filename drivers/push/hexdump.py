"""Dumps with a column of offsets, as hexdump -C, xxd, od -t x1 and sniffers print them; text beside the bytes is none.

That it is a dump is told by the offsets: each is the one before and the bytes of that row.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

_ROW = re.compile(r"\s*(?:0[xX])?([0-9A-Fa-f]{4,16})(:\s+|\s\s+|\s)(?=[0-9A-Fa-f]{2})([^|]*)(\|?)")
_END = re.compile(r"\s*([0-9A-Fa-f]{6,8})\s*")
_GROUP = re.compile(r"((?:[0-9A-Fa-f]{2})+)(\s*)")
_WORDS = re.compile(r"(?:[0-9A-Fa-f]{4}(?:\s+|$))+")
_SAME = "*"
"""hexdump writes it for rows that are as the one before."""
_WIDEST = 64
_LONGEST = 1_048_576
"""Bytes of all dumps in a text."""


@dataclass(frozen=True, slots=True)
class _Row:
    """`offset` as it is written. `sure`: its form alone tells that the number before the bytes is an offset.

    `words`: hexdump without -C, and od -x, print numbers of 16 bits, low byte first in the file.
    """

    offset: str
    rest: str = ""
    sure: bool = False
    end: bool = False
    repeats: bool = False
    words: bool = False


def undumped(lines: Sequence[str]) -> list[bytes]:
    """The bytes of each dump, none where the lines are no dumps."""
    rows: list[_Row] = []
    for line in lines:
        if line.strip() == _SAME and rows:
            rows[-1] = replace(rows[-1], repeats=True)
        elif (row := _row(line)) is not None:
            rows.append(row)
        elif line.strip() and not re.search(r"[g-zG-Z]", line):
            return []
    if not rows:
        return []
    return next((dumps for base in (16, 10, 8) if (dumps := _read(rows, base))), [])


def _row(line: str) -> _Row | None:
    if end := _END.fullmatch(line):
        return _Row(end[1], end=True)
    found = _ROW.match(line)
    if not found:
        return None
    words = len(found[1]) == 7 and ":" not in found[2] and _WORDS.fullmatch(found[3]) is not None
    return _Row(found[1], found[3], sure=len(found[2]) > 1 or bool(found[4]), words=words)


def _read(rows: Sequence[_Row], base: int) -> list[bytes]:
    """Nothing where the offsets do not fit."""
    try:
        offsets = [int(row.offset, base) for row in rows]
    except ValueError:
        return []
    dumps, data, width, total = [], b"", _WIDEST, 0
    for row, (at, after) in zip(rows, pairwise((*offsets, -1)), strict=True):
        last = after <= 0
        size = after - at if not last else 0
        if row.end or (last and not data and not _begins(row, at)):
            piece = b""
        else:
            piece = _piece(row, size, width)
            width = size if size and not row.repeats else width
        total += len(piece)
        if total > _LONGEST or (not piece and not (row.end and last and data)):
            return []
        data += piece
        if last:
            dumps.append(data)
            data = b""
    return dumps


def _piece(row: _Row, size: int, width: int) -> bytes:
    """What a row stands for: `size` bytes, 0: at most `width`, as is not known; nothing where it has others."""
    if size < 0 or size > _LONGEST:
        return b""
    if row.repeats and size:
        piece = _bytes(row, width)
        return (piece * (size // len(piece) + 1))[:size] if piece else b""
    piece = _bytes(row, size or width)
    return piece if not size or len(piece) == size else b""


def _begins(row: _Row, at: int) -> bool:
    """Whether a row alone is a dump."""
    return row.sure and (at == 0 or row.offset.startswith("00"))


def _bytes(row: _Row, most: int) -> bytes:
    """The bytes of a row, at most `most`: behind a gap begins its text, but for the narrow ones that part eights."""
    data, at, rest = b"", 0, row.rest
    if row.words:
        return b"".join(bytes.fromhex(word)[::-1] for word in rest.split())[:most]
    while len(data) < most <= _WIDEST and (found := _GROUP.match(rest, at)):
        at, gap = found.end(), len(found[2])
        if not gap and at < len(rest):
            break
        data += bytes.fromhex(found[1])
        if gap > 2 or (gap == 2 and len(data) % 8):
            break
    return data[:most]
