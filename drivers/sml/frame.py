"""SML transport frames out of a stream of bytes: escapes and checksum, no I/O.

Source: BSI TR-03109-1 annex IV part b, 8 (SML transport protocol version 1): `1B1B1B1B 01010101`, content whose own
`1B1B1B1B` are doubled and that is filled to a multiple of 4 bytes, `1B1B1B1B 1A fill crc crc`. The checksum goes over
all before itself and comes low byte first: CRC-16/X.25, with some Holley meters CRC-16/KERMIT, high byte first.
"""

from __future__ import annotations

from dataclasses import dataclass

from drivers.push.checks import sml
from hub.model.heard import Rejected

LONGEST = 16_384
"""Bytes of a frame; meters send 200 to 800, with a signed list up to 4 k."""

_ESCAPE = b"\x1b\x1b\x1b\x1b"
_START = _ESCAPE + b"\x01\x01\x01\x01"
_END = 0x1A
_MOST_FILL = 4
"""Three by the standard; DZG meters fill a whole word where none would be needed."""


@dataclass(frozen=True, slots=True)
class Frame:
    """What one frame carries, escapes and fill bytes taken out, checksum checked.

    `torn`: the capture ends before the checksum; the messages have their own.
    """

    offset: int
    content: bytes
    torn: bool = False


class Framer:
    """Sans-I/O: feed bytes, get frames."""

    def __init__(self) -> None:
        self._buffer = b""
        self._base = 0

    def feed(self, data: bytes) -> list[Frame | Rejected]:
        self._buffer += data
        events: list[Frame | Rejected] = []
        while (event := self._next()) is not None:
            events.append(event)
        return events

    def finish(self) -> list[Frame | Rejected]:
        if not self._buffer.startswith(_START):
            return []
        end = self._buffer.rfind(_ESCAPE + bytes([_END]))
        if end < 0:
            return [self._reject(len(self._buffer), "cut off: no end of the frame")]
        frame = Frame(self._base, self._buffer[len(_START) : end].replace(2 * _ESCAPE, _ESCAPE), torn=True)
        self._drop(len(self._buffer))
        return [frame]

    def _next(self) -> Frame | Rejected | None:
        start = self._buffer.find(_START)
        self._drop(start if start >= 0 else max(0, len(self._buffer) - len(_START) + 1))
        if start < 0:
            return None
        content = b""
        at = len(_START)
        while (found := self._buffer.find(_ESCAPE, at)) >= 0 and found + 8 <= len(self._buffer):
            content += self._buffer[at:found]
            mark, at = self._buffer[found + 4 : found + 8], found + 8
            if mark == _ESCAPE:
                content += _ESCAPE
            else:
                return self._end(content, found, mark)
        if len(self._buffer) > LONGEST:
            return self._reject(len(_START), f"no end of the frame within {LONGEST} bytes")
        return None

    def _end(self, content: bytes, found: int, mark: bytes) -> Frame | Rejected:
        """At `found` an escape with `mark` behind it, which is no part of the content."""
        if _ESCAPE + mark == _START:
            return self._reject(found, "cut off: the next frame begins before its end")
        if mark[0] != _END:
            return self._reject(len(_START), f"escape {mark.hex()} is not known")
        told = int.from_bytes(mark[2:], "little")
        covered = self._buffer[: found + 6]
        if told not in sml(covered):
            return self._reject(len(_START), f"checksum wrong: the frame says {told:04X}")
        if mark[1] > _MOST_FILL or mark[1] > len(content):
            return self._reject(found + 8, f"{mark[1]} fill bytes are not possible")
        frame = Frame(self._base, content[: len(content) - mark[1]])
        self._drop(found + 8)
        return frame

    def _reject(self, skip: int, reason: str) -> Rejected:
        rejected = Rejected(self._base, reason)
        self._drop(skip)
        return rejected

    def _drop(self, count: int) -> None:
        self._buffer = self._buffer[count:]
        self._base += count
