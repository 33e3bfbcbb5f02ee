"""By which bytes the languages of meters that talk by themselves are known. Pure: bytes in, a language out.

Each mark is checked by a checksum, a fixed escape, or a whole telegram, so that noise and a wrong line speed are none.
Sources: BSI TR-03109-1 / SML 1.03 (the escape), IEC 62056-46 (HDLC), EN 13757-2 (M-Bus), DSMR P1 5.0.2, IEC 62056-21.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from drivers.push.checks import x25

SML, DLMS, P1, D0 = "sml", "dlms", "p1", "d0"
_SML = b"\x1b\x1b\x1b\x1b\x01\x01\x01\x01"
_HDLC = re.compile(rb"\x7e(?=([\xa0-\xaf].))", re.DOTALL)
_MBUS = re.compile(rb"\x68(.)\1\x68", re.DOTALL)
_MBUS_END = 0x16
_SEALED = b"\xdb\x08"
"""a DLMS APDU that is encrypted (general-glo-ciphering), with a title of 8 bytes"""
_SEALED_P1 = re.compile(rb"\xdb\x08.{8}(?:\x82..|\x81.|[\x20-\x7f])\x30", re.DOTALL)
_IDENT = re.compile(rb"/([A-Za-z]{3})([^\r\n/]{0,60})\r?\n")
_ANSWER = re.compile(rb"/([A-Za-z]{3})([0-9A-I][\x20-\x7e]{0,40})\r\n")
_END = re.compile(rb"\n!([0-9A-Fa-f]{3,4})?")
"""the end line; P1 has its checksum there"""
_P1_LINE = re.compile(rb"\n[0-9]-[0-9]{1,2}:[0-9]+\.[0-9]+\.[0-9]+\(")
"""an object of P1; D0 has shorter codes, or `*255` behind them"""
_BLANK = re.compile(rb"[ \t]*\r?\n[ \t\r\n]*[0-9]-[0-9]{1,2}:")
"""P1 has a blank line before the first object"""
_STX = b"\x02"
_READABLE = bytes([*range(0x20, 0x7F), *b"\r\n\t\x02\x03"])
_SEVEN = bytes(n & 0x7F for n in range(256))


@dataclass(frozen=True, slots=True)
class Mark:
    """`name`: the driver; `ident`: what a telegram calls its meter; `sealed`: it takes a key to be read.

    `parity`: the text came with a parity bit, from a line with 7 bits.
    """

    name: str
    ident: str = ""
    sealed: bool = False
    parity: bool = False


def mark(data: bytes) -> Mark | None:
    """The language of what was heard, None while that is not sure."""
    if _SML in data:
        return Mark(SML)
    frame = next(_frames(data), None)
    if frame is not None:
        return Mark(DLMS, sealed=_SEALED in frame)
    if _SEALED_P1.search(data):
        return Mark(P1, sealed=True)
    return _text(data)


def answer(data: bytes) -> Mark | None:
    """What a meter says first when it is asked: its identification."""
    found = _ANSWER.search(data.translate(_SEVEN))
    return Mark(D0, _named(found)) if found else None


def _frames(data: bytes) -> Iterator[bytes]:
    """HDLC and M-Bus frames that are whole and whose checksums are right, without flags and heads."""
    for found in _HDLC.finditer(data):
        frame = data[found.start(1) : found.start(1) + (int.from_bytes(found[1], "big") & 0x07FF)]
        if len(frame) > 6 and x25(frame[:-2]) == int.from_bytes(frame[-2:], "little"):
            yield frame
    for found in _MBUS.finditer(data):
        frame = data[found.end() : found.end() + found[1][0] + 2]
        if len(frame) == found[1][0] + 2 > 4 and frame[-1] == _MBUS_END and sum(frame[:-2]) & 0xFF == frame[-2]:
            yield frame


def _text(data: bytes) -> Mark | None:
    """A telegram from its identification to its end line; what begins with STX is D0 before it ends."""
    plain = data.translate(_SEVEN)
    found = _IDENT.search(plain)
    if found is None:
        return None
    parity = plain[found.start() : found.end()] != data[found.start() : found.end()]
    if plain[found.end() : found.end() + 1] == _STX:
        return Mark(D0, _named(found), parity=parity)
    end = _END.search(plain, found.end() - 1)
    if end is None or not _is_text(plain[found.end() : end.end()]):
        return None
    p1 = end[1] or _BLANK.match(plain, found.end()) or _P1_LINE.match(plain, found.end() - 1)
    return Mark(P1 if p1 else D0, _named(found), parity=parity)


def _is_text(data: bytes) -> bool:
    """Whether nearly all of it can be read: a disturbed telegram is one still, noise is none."""
    return 20 * len(data.translate(None, _READABLE)) <= len(data)


def _named(found: re.Match[bytes]) -> str:
    return "".join(chr(n) for n in found[1] + found[2] if 0x20 <= n < 0x7F)
