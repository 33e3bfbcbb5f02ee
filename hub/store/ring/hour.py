"""A sealed hour: one row for all series, a directory in front of independent chunks."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from hub.store.ring.blob import Holds, Tag, sealed, unsealed
from hub.store.ring.codec import MISSING, Ints, decode, encode
from hub.store.ring.levels import HOUR

Directory = dict[int, tuple[int, int]]
"""(offset, length) of each series' chunk"""


def pack(start: int, series: Iterable[tuple[int, Ints]]) -> tuple[bytes, bytes]:
    """(directory, chunks) of the hour that starts at `start`; a series that is never known in it is left out."""
    period = start // HOUR
    entries, chunks, offset = [], [], 0
    for series_id, values in series:
        if (values != MISSING).any():
            chunk = sealed(Tag(Holds.HOUR, series_id, period), encode(values))
            entries.append((series_id, offset, len(chunk)))
            chunks.append(chunk)
            offset += len(chunk)
    table = np.array(entries, "<u4").reshape(-1, 3).tobytes()
    return sealed(Tag(Holds.DIRECTORY, 0, period), table), b"".join(chunks)


def directory(start: int, blob: bytes) -> Directory:
    """Raises Damaged."""
    table = np.frombuffer(unsealed(Tag(Holds.DIRECTORY, 0, start // HOUR), blob), "<u4").reshape(-1, 3)
    return {int(i): (int(offset), int(length)) for i, offset, length in table}


def chunk(start: int, series_id: int, blob: bytes) -> Ints:
    """The hour's seconds; raises Damaged."""
    return decode(unsealed(Tag(Holds.HOUR, series_id, start // HOUR), blob))
