"""Telegrams out of a stream of bytes: framing and checksum, no I/O.

Source: DSMR P1 Companion Standard 5.0.2 section 6.2: `/XXX5 identification CR LF CR LF data ! CRC CR LF`;
CRC16, polynomial x16+x15+x2+1 (0xA001 reflected, start 0), over everything from `/` to `!`, both included.
DSMR 2.2 and 3 have none. Captures have other line ends than the wire: LF, CR, CR CR LF.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from drivers.push.checks import arc
from hub.model.heard import Rejected

LONGEST = 16_384
"""Bytes; DSMR allows 1024 a telegram, Belgian ones with 13 months of peaks reach 1.5 k, 15-minute logs more."""

_START = re.compile(rb"/[A-Za-z]{3}")
_END = re.compile(rb"[\r\n]!([0-9A-Fa-f]{4}|[0-9A-Fa-f]{0,3}[ \t]*[\r\n])")
_RESTART = re.compile(rb"[\r\n](?=/[A-Za-z]{3})")
_LINE_END = re.compile(rb"\r*\n|\r")
_HAS_CRC = re.compile(
    rb"[\r\n](?:0-0:1\.0\.0|1-3:0\.2\.8|0-0:96\.1\.4|0-0:96\.7\.|0-[1-9]:24\.2\.|1-0:[357]2\.3[26]\.|1-0:99\.97\.)[0-9]*[(*]"
)
"""Objects that came with DSMR 4 and eMUCS, as the checksum did."""


@dataclass(frozen=True, slots=True)
class Frame:
    """One telegram, checksum checked where it has one: identification line and data lines, without line ends."""

    offset: int
    lines: tuple[str, ...]


class Framer:
    """Sans-I/O: feed bytes, get frames. A telegram is delivered with its last checksum digit, before CR LF."""

    def __init__(self) -> None:
        self._buffer = b""
        self._base = 0
        self._checks = False

    def feed(self, data: bytes) -> list[Frame | Rejected]:
        self._buffer += data
        events: list[Frame | Rejected] = []
        while (event := self._next()) is not None:
            events.append(event)
        return events

    def finish(self) -> list[Frame | Rejected]:
        """The stream has ended: what is still open is complete only if the line end was all that was missing."""
        length = len(self._buffer)
        events = self.feed(b"\n") if self._buffer else []
        if _START.match(self._buffer):
            events.append(self._reject(len(self._buffer), "cut off: no end line"))
        self._base -= 1 if length else 0
        return events

    def skip(self, count: int) -> list[Frame | Rejected]:
        """`count` bytes of something else come between: a telegram that is open here is over."""
        events = self.finish()
        self._base += len(self._buffer) + count
        self._buffer = b""
        return events

    def _next(self) -> Frame | Rejected | None:
        if not self._hunt():
            return None
        end = _END.search(self._buffer)
        again = _RESTART.search(self._buffer, 0, end.start() + 1 if end else len(self._buffer))
        if again:
            return self._reject(again.end(), "cut off: the next telegram begins before its end line")
        if end:
            return self._take(end)
        if len(self._buffer) > LONGEST:
            return self._reject(4, f"no end line within {LONGEST} bytes")
        return None

    def _hunt(self) -> bool:
        """Drops everything before the next possible start; False when there is none yet."""
        start = _START.search(self._buffer)
        self._drop(start.start() if start else max(0, len(self._buffer) - 3))
        return start is not None

    def _take(self, end: re.Match[bytes]) -> Frame | Rejected:
        raw, checksum = self._buffer[: end.start() + 2], end[1].strip()
        if checksum:
            fault = "" if _matches(raw, int(checksum, 16)) else f"checksum wrong: telegram says {checksum.decode()}"
        else:
            fault = "checksum missing" if self._checks or _HAS_CRC.search(raw) else ""
        if fault:  # another telegram may have begun inside a damaged one: look again just behind its start
            return self._reject(4, fault)
        self._checks = bool(checksum)  # a meter that has sent checksums goes on to send them
        frame = Frame(self._base, _lines(raw))
        self._drop(end.end())
        return frame

    def _reject(self, skip: int, reason: str) -> Rejected:
        rejected = Rejected(self._base, reason)
        self._drop(skip)
        return rejected

    def _drop(self, count: int) -> None:
        self._buffer = self._buffer[count:]
        self._base += count


def _matches(raw: bytes, checksum: int) -> bool:
    """The checksum is one over CR LF: where a capture has other line ends, it is checked with them put back."""
    return arc(raw) == checksum or arc(_LINE_END.sub(b"\r\n", raw)) == checksum


def _lines(raw: bytes) -> tuple[str, ...]:
    """Lines without ends; a line that begins with `(` continues the one before (DSMR 2.2 and 3 gas readings)."""
    text = _LINE_END.sub(b"\n", raw[:-1]).decode("latin-1").replace("\n(", "(")
    return tuple(line.strip() for line in text.split("\n") if line.strip())
