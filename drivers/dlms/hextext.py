"""Captures that are written as hexadecimal text, a frame on each line."""

from __future__ import annotations

import re
from dataclasses import dataclass

_TEXT = re.compile(rb"(?:[0-9A-Fa-f]{2}|0[xX]|[\s,;:\-])+")
_NOISE = re.compile(rb"0[xX](?=[0-9A-Fa-f])|[ \t,;:\-]")
_BYTE = re.compile(rb"[0-9A-Fa-f]{2}")
_SHORTEST = 8


@dataclass(frozen=True, slots=True)
class Dump:
    """The bytes of a capture, where each line of them begins, and where in the file each byte stands."""

    data: bytes
    lines: tuple[int, ...]
    places: tuple[int, ...] = ()

    def place(self, at: int) -> int:
        """The offset in the file of the byte `at`."""
        if not self.places:
            return at
        return self.places[min(at, len(self.places) - 1)]

    def each(self) -> list[tuple[int, bytes]]:
        """The lines, each with where it begins."""
        ends = (*self.lines[1:], len(self.data))
        return [(start, self.data[start:end]) for start, end in zip(self.lines, ends, strict=True) if end > start]


def undump(capture: bytes) -> Dump:
    """Text of hexadecimal digits as bytes; anything else as it is."""
    if len(capture) < _SHORTEST or not _TEXT.fullmatch(capture):
        return Dump(capture, (0,))
    data, lines, places = bytearray(), [], []
    at = 0
    for line in capture.splitlines(keepends=True):
        lines.append(len(data))
        clean = _NOISE.sub(lambda m: b" " * len(m[0]), line)
        for found in _BYTE.finditer(clean):
            data += bytes.fromhex(found[0].decode())
            places.append(at + found.start())
        at += len(line)
    return Dump(bytes(data), tuple(lines), tuple(places))
