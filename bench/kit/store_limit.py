"""The practical floor: what the best general compressor makes of a whole day when it may take its time."""

from __future__ import annotations

import lzma

import numpy as np

from bench.kit.store_house import Columns, House


def limit_bytes_per_sample(house: House) -> float:
    """`xz -9e` of all series as one stream, with all that is needed to get the columns back; about 5 s for a day."""
    stream = b"".join(_planes(column) for column in house.values)
    return len(lzma.compress(stream, preset=9 | lzma.PRESET_EXTREME)) / house.values.size


def _planes(column: Columns) -> bytes:
    """First value, then the differences, zigzag: all lowest bytes, then the next ones, up to the last in use."""
    wide = column.astype(np.int64)
    steps = wide[1:] - wide[:-1]
    folded = (steps << 1) ^ (steps >> 63)
    width = max(1, (int(folded.max()).bit_length() + 7) // 8)
    planes = folded.astype("<i8").view(np.uint8).reshape(-1, 8).T[:width]
    return bytes([width]) + int(wide[0]).to_bytes(4, "little", signed=True) + bytes(planes.tobytes())
