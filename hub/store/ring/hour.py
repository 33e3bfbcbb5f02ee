"""A sealed hour: one row for all series, a directory in front of independent chunks."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Iterable

import numpy as np

from hub.store.ring.blob import HEAD, Damaged, Holds, Tag, peek, sealed, unsealed
from hub.store.ring.codec import MISSING, Ints, decode, encode
from hub.store.ring.levels import HOUR

Directory = dict[int, tuple[int, int]]
"""(offset, length) of each series' chunk"""

_BEFORE = HEAD - 7
"""bytes of a chunk's head before it says what it is"""


def pack(start: int, series: Iterable[tuple[int, Ints]]) -> tuple[bytes, bytes]:
    """(directory, chunks) of the hour that starts at `start`; a series that is never known in it is left out."""
    period = start // HOUR
    entries, chunks, offset = [], [], 0
    for series_id, values in series:
        if (values != MISSING).any():
            chunk = sealed(Tag(Holds.HOUR, series_id, period), encode(values, lasting=False))
            entries.append((series_id, offset, len(chunk)))
            chunks.append(chunk)
            offset += len(chunk)
    table = np.array(entries, "<u4").reshape(-1, 3).tobytes()
    return sealed(Tag(Holds.DIRECTORY, 0, period), table), b"".join(chunks)


def directory(start: int, blob: bytes) -> Directory:
    """Raises Damaged."""
    table = np.frombuffer(unsealed(Tag(Holds.DIRECTORY, 0, start // HOUR), blob), "<u4").reshape(-1, 3)
    return {int(i): (int(offset), int(length)) for i, offset, length in table}


def rebuilt(start: int, chunks: bytes) -> Directory:
    """The directory made again from the chunks, when its own row is damaged: each says whose it is."""
    if not isinstance(chunks, bytes):  # a damaged row may give anything
        return {}
    head = bytes([Holds.HOUR]) + b"(..)" + re.escape((start // HOUR).to_bytes(4, "little"))
    begins = [m.start() - _BEFORE for m in re.finditer(head, chunks, re.DOTALL) if m.start() >= _BEFORE]
    found = {}
    for at, end in zip(begins, [*begins[1:], len(chunks)], strict=True):
        try:
            found[peek(chunks[at:end]).series] = at, end - at
        except Damaged:
            continue
    return found


def places(connection: sqlite3.Connection, start: int, blob: bytes) -> tuple[Directory, bool]:
    """(the directory that `blob` is, or one made again from the hour's chunks; whether it was sound)."""
    try:
        return directory(start, blob), True
    except Damaged:
        return rebuilt(start, row(connection, start)), False


def row(connection: sqlite3.Connection, start: int) -> bytes:
    """All chunks of an hour; nothing where the row is gone or is no blob.

    Read whole: Python's connections keep a reference to every `blobopen` for as long as they live.
    """
    found = connection.execute("SELECT b FROM hour WHERE t = ?", (start,)).fetchone()
    return found[0] if found and isinstance(found[0], bytes) else b""


def chunk(start: int, series_id: int, chunks: bytes, place: tuple[int, int]) -> Ints:
    """The hour's seconds of a series that has its `place` in the hour's chunks; raises Damaged."""
    blob = chunks[place[0] : place[0] + place[1]]
    return decode(unsealed(Tag(Holds.HOUR, series_id, start // HOUR), blob))
