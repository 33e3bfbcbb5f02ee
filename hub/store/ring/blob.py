"""Every blob in the ring says whose it is and has its own checksum: what is read is what was written, or Damaged."""

from __future__ import annotations

import struct
import zlib
from enum import IntEnum
from typing import NamedTuple

from hub.errors import ShemsError

_CRC = struct.Struct("<I")
_HEAD = struct.Struct("<IBHI")
HEAD = _HEAD.size
"""Bytes before a blob's body."""

Body = bytes | memoryview


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


class Tag(NamedTuple):
    """Whose blob it is: the series (0 = all) and the period (hours, days or months since 1970) it belongs to."""

    holds: Holds
    series: int
    period: int


def sealed(tag: Tag, body: bytes) -> bytes:
    """`body` behind a CRC-32 and its tag."""
    head = _head(tag)
    return _CRC.pack(zlib.crc32(body, zlib.crc32(head))) + head + body


def unsealed(tag: Tag, blob: bytes) -> bytes:
    """The body; raises Damaged as `check` does."""
    check(tag, blob)
    return blob[HEAD:]


def check(tag: Tag, blob: bytes) -> None:
    """Raises Damaged if a bit has flipped or the blob belongs to something else."""
    if not isinstance(blob, bytes) or len(blob) < HEAD or _HEAD.unpack_from(blob)[1:] != tag or not _holds(blob):
        peek(blob)
        raise Damaged(f"a block of {len(blob)} bytes is not the {tag.holds.name} of series {tag.series}")


def peek(blob: bytes) -> Tag:
    """Whose blob it is; raises Damaged."""
    if not isinstance(blob, bytes):  # a damaged row may give anything
        raise Damaged(f"there is a {type(blob).__name__} where a block should be")
    if len(blob) < HEAD or not _holds(blob):
        raise Damaged(f"the checksum of a block of {len(blob)} bytes does not match")
    _, holds, series, period = _HEAD.unpack_from(blob)
    try:
        return Tag(Holds(holds), series, period)
    except ValueError:
        raise Damaged(f"a block of kind {holds} is not known") from None


def _head(tag: Tag) -> bytes:
    return _HEAD.pack(0, *tag)[_CRC.size :]


def _holds(blob: bytes) -> bool:
    """Whether the checksum does."""
    return bool(_CRC.unpack_from(blob)[0] == zlib.crc32(memoryview(blob)[_CRC.size :]))
