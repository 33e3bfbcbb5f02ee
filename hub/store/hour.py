"""A sealed hour: one row for all series, a directory in front of independent chunks."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from hub.store.codec import Ints, Mask, encode, sealed, unsealed

HOUR_S = 3600


def pack(series: Iterable[tuple[int, Ints, Mask]]) -> tuple[bytes, bytes]:
    """(directory, chunks) of an hour's (series id, values, present); a series that is never present is left out."""
    entries, chunks, offset = [], [], 0
    for series_id, values, present in series:
        if present.any():
            chunk = encode(values, present)
            entries.append((series_id, offset, len(chunk)))
            chunks.append(chunk)
            offset += len(chunk)
    return sealed(np.array(entries, "<u4").reshape(-1, 3).tobytes()), b"".join(chunks)


def directory(blob: bytes) -> dict[int, tuple[int, int]]:
    """(offset, length) of each series' chunk; raises Damaged."""
    table = np.frombuffer(unsealed(blob), "<u4").reshape(-1, 3)
    return {int(i): (int(offset), int(length)) for i, offset, length in table}
