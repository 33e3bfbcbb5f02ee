"""What crosses between the hub and its planner's process: each object in a frame with its length and checksum.

The two are the same program in the same version, and nobody else holds the pipe. The checksum tells what the worker
meant to say from anything else that got into it.
"""

from __future__ import annotations

import pickle
import struct
import zlib
from collections.abc import Iterator

from hub.errors import ShemsError

_HEAD = struct.Struct(">4sII")
_MARK = b"PLAN"
_MOST = 1 << 26


class Garbage(ShemsError):
    """These bytes are no frame."""


def frame(what: object) -> bytes:
    body = pickle.dumps(what, pickle.HIGHEST_PROTOCOL)
    return _HEAD.pack(_MARK, len(body), zlib.crc32(body)) + body


class Frames:
    """Bytes in, objects out, in whatever pieces they come."""

    def __init__(self) -> None:
        self._held = bytearray()

    def feed(self, data: bytes) -> Iterator[object]:
        """Raises Garbage for what is no frame."""
        self._held += data
        del data  # a question is half a megabyte, and nobody needs it once it is read
        while len(self._held) >= _HEAD.size:
            mark, length, checksum = _HEAD.unpack_from(self._held)
            if mark != _MARK or length > _MOST:
                raise Garbage("what came back is no answer")
            end = _HEAD.size + length
            if len(self._held) < end:
                return
            body = bytes(self._held[_HEAD.size : end])
            del self._held[:end]
            if zlib.crc32(body) != checksum:
                raise Garbage("an answer came back damaged")
            what = pickle.loads(body)
            del body
            yield what

    @property
    def begun(self) -> bool:
        """Whether a frame has begun that is not complete."""
        return bool(self._held)
