"""One M-Bus long frame that carries DLMS (EN 13757-3, transport layer with CI 00..1F), as Austrian meters push it.

`68 L L 68 C A CI source destination data... checksum 16`; L counts C to the data's end, checksum is their sum. CI: bits
0-3 the number of the segment from 0, bit 4 the last one.
"""

from __future__ import annotations

from dataclasses import dataclass

from drivers.dlms.hdlc import Broken

START, STOP = 0x68, 0x16
OVERHEAD = 6
_SHORTEST, _HEAD = 5, 5
_LAST = 0x10


@dataclass(frozen=True, slots=True)
class Segment:
    """The `number`-th segment of an APDU; `last`: it ends with it."""

    data: bytes
    number: int
    last: bool


def frame_length(data: bytes, at: int = 0) -> int:
    """Bytes of the whole frame, by its four first; 0 for what is none."""
    head = data[at : at + 4]
    if len(head) < 4 or head[0] != START or head[3] != START or head[1] != head[2] or head[1] < _SHORTEST:
        return 0
    return head[1] + OVERHEAD


def segment(frame: bytes) -> Segment:
    """Raises Broken."""
    body = frame[4:-2]
    if frame[-1] != STOP or sum(body) & 0xFF != frame[-2]:
        raise Broken("M-Bus: checksum wrong")
    if body[2] > 0x1F:
        raise Broken(f"M-Bus: control information {body[2]:02X} is no DLMS")
    return Segment(body[_HEAD:], body[2] & 0x0F, bool(body[2] & _LAST))
