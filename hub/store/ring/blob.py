"""Every blob in the ring says whose it is and has its own checksum: what is read is what was written, or Damaged."""

from __future__ import annotations

import struct
import zlib
from dataclasses import dataclass
from enum import IntEnum

from hub.errors import ShemsError

_CRC = struct.Struct("<I")
_HEAD = struct.Struct("<IBHI")
HEAD = _HEAD.size
"""Bytes before a blob's body."""


class Damaged(ShemsError):
    """A checksum does not match, or bytes are not what they should be: this blob is lost."""


class Holds(IntEnum):
    """What a blob is; the number is stored."""

    HOUR = 1
    DIRECTORY = 2
    RAW = 3
    M1 = 4
    M15 = 5
    H1 = 6
    D1 = 7
    ENERGY = 8
    REGISTRY = 9
    HOT = 10


@dataclass(frozen=True, slots=True)
class Tag:
    """Whose blob it is: the series (0 = all) and the period (hours, days or months since 1970) it belongs to."""

    holds: Holds
    series: int
    period: int


def sealed(tag: Tag, body: bytes) -> bytes:
    """`body` behind a CRC-32 and its tag."""
    head = _HEAD.pack(0, tag.holds, tag.series, tag.period)[_CRC.size :]
    return _CRC.pack(zlib.crc32(body, zlib.crc32(head))) + head + body


def unsealed(tag: Tag, blob: bytes) -> bytes:
    """The body; raises Damaged if a bit has flipped or the blob belongs to something else."""
    if peek(blob) != tag:
        raise Damaged(f"a block of {len(blob)} bytes is not the {tag.holds.name} of series {tag.series}")
    return blob[HEAD:]


def peek(blob: bytes) -> Tag:
    """Whose blob it is; raises Damaged."""
    if not isinstance(blob, bytes):  # a damaged row may give anything
        raise Damaged(f"there is a {type(blob).__name__} where a block should be")
    if len(blob) < HEAD or _CRC.unpack_from(blob)[0] != zlib.crc32(memoryview(blob)[_CRC.size :]):
        raise Damaged(f"the checksum of a block of {len(blob)} bytes does not match")
    _, holds, series, period = _HEAD.unpack_from(blob)
    try:
        return Tag(Holds(holds), series, period)
    except ValueError:
        raise Damaged(f"a block of kind {holds} is not known") from None
