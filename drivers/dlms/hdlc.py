"""One HDLC frame (IEC 62056-46, frame type 3): format, addresses, control, header check, information, frame check.

Both checks are CRC-16/X.25, low byte first. Length (11 bits) counts all between the flags 7E.
"""

from __future__ import annotations

from dataclasses import dataclass

from drivers.push.checks import x25

FLAG = 0x7E
_TYPE, _SEGMENTED = 0xA000, 0x0800
_SHORTEST = 7
_LLC = (b"\xe6\xe7\x00", b"\xe6\xe6\x00")


class Broken(ValueError):
    """Bytes that are not what they begin as. The message says why."""


@dataclass(frozen=True, slots=True)
class Part:
    """What one frame of the link carries. `first`: nothing belongs before it; `last`: the APDU ends with it."""

    data: bytes
    first: bool
    last: bool


def frame_length(data: bytes, at: int = 0) -> int:
    """Bytes between the flags, by the format field at `at`; 0 for what is no such field."""
    form = int.from_bytes(data[at : at + 2], "big")
    length = form & 0x07FF
    return length if form & 0xF000 == _TYPE and length >= _SHORTEST else 0


def part(frame: bytes) -> Part | None:
    """The information of a frame without its flags, None for a frame without. Raises Broken."""
    if x25(frame[:-2]) != int.from_bytes(frame[-2:], "little"):
        raise Broken("HDLC: frame check wrong")
    control = _address(frame, _address(frame, 2))
    if control + 3 >= len(frame):
        return None
    head, told = frame[: control + 1], frame[control + 1 : control + 3]
    if x25(head) != int.from_bytes(told, "little"):
        raise Broken("HDLC: header check wrong")
    info = frame[control + 3 : -2]
    first = info[:3] in _LLC
    return Part(info[3:] if first else info, first, not frame[0] << 8 & _SEGMENTED)


def _address(frame: bytes, at: int) -> int:
    """Where the address at `at` ends: its last byte has bit 0 set; 1, 2 or 4 bytes."""
    for end in range(at, min(at + 4, len(frame) - 3)):
        if frame[end] & 1:
            return end + 1
    raise Broken("HDLC: an address without end")
