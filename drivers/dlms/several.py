"""Messages without frames that stand one behind the other, told apart by their own lengths."""

from __future__ import annotations

from drivers.dlms import hdlc
from drivers.dlms.axdr import read
from drivers.dlms.hdlc import Broken
from drivers.push.sealed import GENERAL, GLO, length, parse

_LLC = (b"\xe6\xe7\x00", b"\xe6\xe6\x00")
_NOTIFICATION, _BLOCK = 0x0F, 0xE0
_LISTS = (0x01, 0x02)
_MOST = 1000


def split(data: bytes) -> list[tuple[int, bytes]]:
    """Each message with where it begins; `data` as one piece where they do not fill it."""
    found: list[tuple[int, bytes]] = []
    at = 0
    while at < len(data):
        try:
            end = _end(data, at)
        except ValueError:  # Broken, Incomplete
            end = len(data) + 1
        if not at < end <= len(data) or len(found) >= _MOST:
            return [(0, data)]
        found.append((at, data[at:end]))
        at = end
    return found


def _end(data: bytes, at: int) -> int:
    """Where the message at `at` ends. Raises ValueError."""
    if size := hdlc.frame_length(data, at):
        return at + size
    if data[at : at + 3] in _LLC:
        at += 3
    kind = data[at] if at < len(data) else -1
    if kind in (GLO, GENERAL):
        return parse(data, at)[1]
    if kind == _BLOCK:
        size, begin = length(data, at + 6)
        return begin + size
    if kind == _NOTIFICATION:
        return read(data, _behind_time(data, at + 5))[1]
    if kind in _LISTS:
        return read(data, at)[1]
    raise Broken("no message begins")


def _behind_time(data: bytes, at: int) -> int:
    """Where the data of a notification begin, whose time is at `at`: its length, with Kaifa the tag 09 before it."""
    if data[at : at + 2] == b"\x09\x0c":
        at += 1
    return at + 1 + (data[at] if at < len(data) else 0)
