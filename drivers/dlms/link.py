"""APDUs out of a stream of bytes, over HDLC or M-Bus, put together from their segments. No I/O."""

from __future__ import annotations

from dataclasses import dataclass

from drivers.dlms import hdlc, mbus
from drivers.dlms.hdlc import Broken
from hub.model.heard import Rejected

LONGEST = 16_384
"""Bytes of one APDU over all its segments."""

_STARTS = (hdlc.FLAG, mbus.START)


@dataclass(frozen=True, slots=True)
class Apdu:
    """A whole APDU; `offset`: where its first frame begins."""

    offset: int
    data: bytes


class Assembly:
    """Segments of one APDU in their order."""

    def __init__(self) -> None:
        self._data = b""
        self._offset = 0
        self._next = 0

    def add(self, piece: hdlc.Part | mbus.Segment, offset: int) -> list[Apdu | Rejected]:
        """An APDU when it is whole; a rejection when segments are missing."""
        first = piece.first if isinstance(piece, hdlc.Part) else piece.number == 0
        said: list[Apdu | Rejected] = []
        if first and self._next:
            said.append(self._drop("a segment is missing: the next message begins"))
        elif not first and self._missing(piece):
            return [self._drop("a segment is missing")] if self._next else said
        if first or not self._next:
            self._data, self._offset = b"", offset
        self._data += piece.data
        self._next += 1
        if len(self._data) > LONGEST:
            said.append(self._drop(f"a message of more than {LONGEST} bytes"))
        elif piece.last:
            said.append(Apdu(self._offset, self._data))
            self._next = 0
        return said

    def finish(self) -> list[Apdu | Rejected]:
        return [self._drop("cut off: the last segment is missing")] if self._next else []

    def _missing(self, piece: hdlc.Part | mbus.Segment) -> bool:
        """HDLC's segments have no number, and a frame that is whole by itself may have no LLC bytes."""
        if isinstance(piece, mbus.Segment):
            return piece.number != self._next & 0x0F
        return not self._next and not piece.last

    def _drop(self, reason: str) -> Rejected:
        self._next, self._data = 0, b""
        return Rejected(self._offset, reason)


class Framer:
    """Sans-I/O: feed bytes, get APDUs."""

    def __init__(self) -> None:
        self._buffer = b""
        self._base = 0
        self._assembly = Assembly()

    def feed(self, data: bytes) -> list[Apdu | Rejected]:
        self._buffer += data
        events: list[Apdu | Rejected] = []
        while (more := self._next()) is not None:
            events += more
        return events

    def finish(self) -> list[Apdu | Rejected]:
        events = self._assembly.finish()
        if len(self._buffer) > 3 and (self._hdlc_size() or mbus.frame_length(self._buffer)):
            events.append(Rejected(self._base, "cut off: no end of the frame"))
        return events

    def _next(self) -> list[Apdu | Rejected] | None:
        """What the next frame gives; None when more bytes are needed."""
        self._hunt()
        if len(self._buffer) < 4:
            return None
        if self._buffer[0] == hdlc.FLAG:
            return self._hdlc()
        return self._mbus()

    def _hunt(self) -> None:
        """Drops what begins no frame."""
        at = 0
        while at < len(self._buffer) and self._buffer[at] not in _STARTS:
            at += 1
        self._drop(at)

    def _hdlc_size(self) -> int:
        """With both flags; 0 for none."""
        length = hdlc.frame_length(self._buffer, 1) if self._buffer[0] == hdlc.FLAG else 0
        return length + 2 if length else 0

    def _hdlc(self) -> list[Apdu | Rejected] | None:
        size = self._hdlc_size()
        if not size:
            self._drop(1)
            return []
        if len(self._buffer) < size:
            return None
        if self._buffer[size - 1] != hdlc.FLAG:
            return self._reject("HDLC: no flag where the frame should end")
        try:
            part = hdlc.part(self._buffer[1 : size - 1])
        except Broken as error:
            return self._reject(str(error))
        offset = self._base
        self._drop(size - 1)  # the closing flag may open the next frame
        return self._assembly.add(part, offset) if part else []

    def _mbus(self) -> list[Apdu | Rejected] | None:
        size = mbus.frame_length(self._buffer)
        if not size:
            self._drop(1)
            return []
        if len(self._buffer) < size:
            return None
        try:
            segment = mbus.segment(self._buffer[:size])
        except Broken as error:
            return self._reject(str(error))
        offset = self._base
        self._drop(size)
        return self._assembly.add(segment, offset)

    def _reject(self, reason: str) -> list[Apdu | Rejected]:
        rejected = Rejected(self._base, reason)
        self._drop(1)
        return [rejected]

    def _drop(self, count: int) -> None:
        self._buffer = self._buffer[count:]
        self._base += count
