"""P1 streams decoded: plain telegrams, and those that come encrypted. Pure; `feed` bytes, get events.

Encrypted (Luxembourg's Smarty P1 specification; some meters of Austria and Sweden): each telegram is the content of one
DLMS general-glo-ciphering APDU, `DB 08 title(8) length 30 counter(4) content tag(12)`.
"""

from __future__ import annotations

import re
from dataclasses import replace

from drivers.push.hextext import undump
from drivers.push.parser import read_through
from drivers.push.sealed import Incomplete, Keys, Sealed, Unreadable, parse
from drivers.push.telegram.frame import LONGEST
from drivers.push.telegram.stamp import ZONE
from drivers.push.telegram.text import Telegrams
from hub.model.heard import NO_HINTS, Capture, CaptureHints, Heard, Reading, Rejected

__all__ = ["Parser", "Reading", "Rejected", "decode"]

_MARK = b"\xdb\x08"
_LOGGED = re.compile(rb"^(?:\x1b\[[0-9;]{0,12}m)?(?:\[[^\[\]\r\n]{1,60}\])+:? ?(?=/[A-Za-z]{3})", re.MULTILINE)
_LOG = re.compile(rb"^(?:\x1b\[[0-9;]{0,12}m)?(?:\[[^\[\]\r\n]{1,60}\])+:? ?|\x1b\[[0-9;]{0,12}m", re.MULTILINE)
"""What a log puts before each line: times and tags in brackets, colours."""


class Parser:
    """Sans-I/O: `feed(bytes)` gives messages and rejections, in the order of the wire. `zone`: of the meter's clock."""

    def __init__(self, keys: Keys = Keys(), zone: str = ZONE) -> None:  # noqa: B008  (frozen)
        self._keys = keys
        self._zone = zone
        self._plain = Telegrams(zone)
        self._buffer = b""
        self._base = 0

    def feed(self, data: bytes) -> list[Heard | Rejected]:
        self._buffer += data
        events: list[Heard | Rejected] = []
        while (more := self._next()) is not None:
            events += more
        return events

    def finish(self) -> list[Heard | Rejected]:
        events: list[Heard | Rejected] = []
        if len(self._buffer) > 1:
            events.append(Rejected(self._base, "cut off: an encrypted telegram without its end"))
        else:
            events += self._pass_on(len(self._buffer))
        return events + self._plain.finish()

    def _next(self) -> list[Heard | Rejected] | None:
        """What the buffer's first piece is, and the piece taken; None when more bytes are needed."""
        start = self._buffer.find(_MARK)
        if start != 0:
            half = self._buffer.endswith(_MARK[:1])
            count = start if start > 0 else len(self._buffer) - half
            return self._pass_on(count) if count else None
        try:
            sealed, end = parse(self._buffer)
        except Incomplete:
            return None if len(self._buffer) <= LONGEST else self._skip(2, "an encrypted telegram without its end")
        except ValueError:
            return self._pass_on(1)
        return self._open(sealed, end)

    def _open(self, sealed: Sealed, end: int) -> list[Heard | Rejected]:
        try:
            text = sealed.open(self._keys)
        except Unreadable as error:  # another may begin inside of one that is damaged
            return self._skip(2 if self._keys.key else end, str(error))
        inner = Telegrams(self._zone)
        found = inner.feed(text) + inner.finish()
        messages = [replace(e, offset=self._base) for e in found]
        if not found:
            return self._skip(end, "decrypted, but there is no telegram in it: the key is wrong")
        return self._drop(end) + messages

    def _skip(self, count: int, reason: str) -> list[Heard | Rejected]:
        rejected = Rejected(self._base, reason)
        return [*self._drop(count), rejected]

    def _drop(self, count: int) -> list[Heard | Rejected]:
        self._buffer = self._buffer[count:]
        self._base += count
        return list(self._plain.skip(count))

    def _pass_on(self, count: int) -> list[Heard | Rejected]:
        piece, self._buffer = self._buffer[:count], self._buffer[count:]
        self._base += count
        return list(self._plain.feed(piece))


def decode(data: bytes, hints: CaptureHints = NO_HINTS) -> Capture:
    """A capture of any length: bytes, hexadecimal text or a log; `hints` has the keys for encrypted ones."""
    parser, dump = Parser(Keys(hints.key, hints.auth_key), hints.zone or ZONE), undump(data)
    nothing = "no P1 telegram found: none begins with / and three letters"
    told = _LOG.sub(b"", dump.data) if _LOGGED.search(dump.data) else dump.data
    return dump.with_faults(read_through(parser, told, nothing))
