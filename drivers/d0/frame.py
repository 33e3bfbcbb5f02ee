"""IEC 62056-21 read-outs out of a stream of bytes: framing and check character, no I/O.

Source: IEC 62056-21:2002, 6: identification `/XXXZident CR LF`, then STX, data lines, `!` CR LF, ETX and the check
character: the exclusive or of all after STX up to and with ETX. Some meters leave out STX, and then the check too.
The wire has 7 bits: the eighth, parity of ports that are set to 8 bits, is taken off.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TypeAlias

from drivers.push.checks import parity
from hub.model.heard import Rejected

LONGEST = 65_536
"""Bytes of one read-out; those with load profiles are long."""

_START = re.compile(rb"/[A-Za-z]{3}")
_IDENT = re.compile(rb"/[A-Za-z]{3}[\x20-\x7e]{0,60}\r?\n")
_LONGEST_IDENT = 66
_GAP = re.compile(rb"[\r\n\x00]*")
_STX, _ETX, _ACK = 0x02, 0x03, 0x06
_PLAIN_END = re.compile(rb"(?:^|(?<=[\n)]))!([0-9A-Fa-f]{4})?[ \t]*\r?\n")
"""Heat meters put it behind their last data set."""
_RESTART = re.compile(rb"\n(?=/[A-Za-z]{3})")
_SEVEN = bytes(n & 0x7F for n in range(256))


@dataclass(frozen=True, slots=True)
class Ident:
    """The identification has come; the data follow."""

    offset: int
    text: str


@dataclass(frozen=True, slots=True)
class Readout:
    """A whole read-out. `torn`: the capture ends before its check character, so that nothing was checked."""

    offset: int
    ident: str
    body: str
    torn: bool = False


Piece: TypeAlias = Ident | Readout | Rejected


class Framer:
    """Sans-I/O: feed bytes, get pieces."""

    def __init__(self) -> None:
        self._buffer = b""
        self._base = 0
        self._ident = ""
        self._checks = False

    def feed(self, data: bytes) -> list[Piece]:
        self._buffer += data.translate(_SEVEN)
        pieces: list[Piece] = []
        while (piece := self._next()) is not None:
            pieces.append(piece)
        return pieces

    def finish(self) -> list[Piece]:
        """The end of a capture: one that ends with `!` is whole but for the check character."""
        body = self._buffer.partition(b"\n")[2]
        if not (self._ident and bytes([_STX]) in body):  # a line end may be all that is missing
            pieces = self.feed(b"\n")
            cut = [self._reject(len(self._buffer), "cut off: no end of the read-out")] if self._ident else []
            return [*pieces, *cut]
        found = _PLAIN_END.search(body + b"\n")
        if found is None or bytes([_ETX]) in body:
            return [self._reject(len(self._buffer), "cut off: no end of the read-out")]
        readout = Readout(self._base, self._ident, _text(body[: found.start()]), torn=True)
        self._drop(len(self._buffer))
        return [readout]

    def _next(self) -> Piece | None:
        if not self._ident:
            return self._identify()
        start = self._buffer.index(b"\n") + 1
        again = _RESTART.search(self._buffer, start - 1)
        data = self._buffer[: again.start() + 1] if again else self._buffer
        at = _begin(data, start)
        piece = self._checked(data, at) if data[at : at + 1] == bytes([_STX]) else self._plain(data, start, at)
        if piece is None and again:
            return self._reject(again.end(), "cut off: the next read-out begins before its end")
        if piece is None and len(self._buffer) > LONGEST:
            return self._reject(4, f"no end of the read-out within {LONGEST} bytes")
        return piece

    def _identify(self) -> Ident | Rejected | None:
        start = _START.search(self._buffer)
        self._drop(start.start() if start else max(0, len(self._buffer) - 3))
        if not start:
            return None
        found = _IDENT.match(self._buffer)
        if found:
            self._ident = found[0].decode("ascii").strip()[1:]
            return Ident(self._base, self._ident)
        if b"\n" in self._buffer or len(self._buffer) > _LONGEST_IDENT:
            return self._reject(4, "an identification that is none")
        return None

    def _checked(self, data: bytes, at: int) -> Readout | Rejected | None:
        """A block with check character, that begins with the STX at `at`."""
        end = data.find(bytes([_ETX]), at)
        if end < 0 or end + 1 >= len(self._buffer):
            return None
        right, told = parity(data[at + 1 : end + 1]), self._buffer[end + 1]
        if right != told:
            return self._reject(4, f"check character wrong: the read-out says {told:02X}, its bytes give {right:02X}")
        return self._take(data[at + 1 : end], end + 2, checked=True)

    def _plain(self, data: bytes, start: int, at: int) -> Readout | Rejected | None:
        end = _PLAIN_END.search(data, start - 1)
        if end is None:
            return None
        if self._checks or data[end.end() : end.end() + 1] == bytes([_ETX]):
            return self._reject(4, "the beginning of its checked block is missing")
        if end[1]:
            return self._reject(end.end(), "a P1 telegram, not a D0 read-out: its format is p1")
        return self._take(data[at : end.start()], end.end(), checked=False)

    def _take(self, body: bytes, end: int, *, checked: bool) -> Readout:
        readout = Readout(self._base, self._ident, _text(body))
        self._checks = checked  # a meter that has sent check characters goes on to send them
        self._drop(end)
        return readout

    def _reject(self, skip: int, reason: str) -> Rejected:
        rejected = Rejected(self._base, reason)
        self._drop(skip)
        return rejected

    def _drop(self, count: int) -> None:
        self._buffer = self._buffer[count:]
        self._base += count
        self._ident = "" if count else self._ident


def without_ident(capture: bytes) -> Readout | Rejected:
    """Data lines alone; those that begin with STX are checked."""
    data = capture.translate(_SEVEN)
    start, end = data.find(bytes([_STX])), data.rfind(bytes([_ETX]))
    if not 0 <= start < end:
        return Readout(0, "", _text(data), torn=start >= 0)
    right, told = parity(data[start + 1 : end + 1]), data[end + 1 : end + 2]
    if told != bytes([right]):
        return Rejected(0, f"check character wrong: its bytes give {right:02X}")
    return Readout(0, "", _text(data[start + 1 : end]))


def _begin(data: bytes, at: int) -> int:
    """Where the block begins: behind line ends, and behind the acknowledgement that an optical head has echoed."""
    if data[at : at + 1] == bytes([_ACK]):
        at = data.find(b"\n", at) + 1 or at
    found = _GAP.match(data, at)
    return found.end() if found else at


def _text(body: bytes) -> str:
    return body.decode("ascii", "replace").replace("\x02", "")
