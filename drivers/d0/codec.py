"""IEC 62056-21 read-outs decoded, and the talk that begins one. Pure; `feed` bytes, get events.

Modes (6.3): A and B talk when asked, B at the speed its identification says; C waits for an acknowledgement that
chooses the speed; D talks by itself. Signs: 1.7.0 and 2.7.0 are import and export; 16.7.0 is + import by itself, and
15.7.0 alone is a power of which nobody says the direction.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from drivers.d0.data import read_body
from drivers.d0.frame import Framer, Ident, Piece, Readout, without_ident
from drivers.push.hextext import undump
from drivers.push.obis import points_of, undirected
from drivers.push.parser import Event, Say, read_through
from hub.model.heard import NO_HINTS, Capture, CaptureHints, Heard, Reading, Rejected

REQUEST = b"/?!\r\n"
START_BAUD = 300
_MODE_C = dict(zip("0123456", (300, 600, 1200, 2400, 4800, 9600, 19_200), strict=True))
_MODE_B = dict(zip("ABCDEF", (600, 1200, 2400, 4800, 9600, 19_200), strict=True))
_PATIENCE = 10
"""How many times of asking a read-out that has begun may take, before it counts as lost."""
_SERIALS = (
    "1-0:0.0.0",
    "1-1:0.0.0",
    "C.1.0",
    "C.1",
    "0.0.0",
    "0.0",
    "96.1.0",
    "0-0:96.1.0",
    "1-0:96.1.0",
    "0-0:96.1.255",
)
_MODEL = re.compile(r"(?:\\.)?(.*)", re.DOTALL)


class Parser:
    """Sans-I/O: `feed(bytes)` gives messages and rejections, in the order of the wire.

    `asks`: the meter is asked and answered. `stays`: the line cannot change its speed (a network port), so the meter is
    told to keep the first one.
    """

    def __init__(self, *, asks: bool = False, stays: bool = False) -> None:
        self._framer = Framer()
        self._asks = asks
        self._stays = stays
        self._waits = 0

    def ask(self) -> Sequence[Event]:
        """Begins a read-out; says nothing while one is coming."""
        if self._waits:
            self._waits -= 1
            return ()
        return (Say(REQUEST, START_BAUD, START_BAUD),)

    def feed(self, data: bytes) -> list[Event]:
        return [event for piece in self._framer.feed(data) for event in self._understand(piece)]

    def finish(self) -> list[Event]:
        return [event for piece in self._framer.finish() for event in self._understand(piece)]

    def _understand(self, piece: Piece) -> Sequence[Event]:
        if isinstance(piece, Ident):
            self._waits = _PATIENCE
            return self._acknowledge(piece.text[3:4]) if self._asks else ()
        self._waits = 0
        return (_heard(piece) if isinstance(piece, Readout) else piece,)

    def _acknowledge(self, mode: str) -> Sequence[Event]:
        if mode in _MODE_C:
            chosen = "0" if self._stays else mode
            return (Say(f"\x060{chosen}0\r\n".encode(), START_BAUD, _MODE_C[chosen]),)
        if mode in _MODE_B and not self._stays:
            return (Say(b"", START_BAUD, _MODE_B[mode]),)
        return ()


def decode(data: bytes, hints: CaptureHints = NO_HINTS) -> Capture:
    """A capture of any length, as bytes or as hexadecimal text; data lines without identification are one message."""
    dump = undump(data)
    return dump.with_faults(_decoded(dump.data))


def _decoded(data: bytes) -> Capture:
    capture = read_through(Parser(), data, "no D0 read-out found: none begins with / and three letters")
    if capture.messages or b"/" in data:
        return capture
    alone = without_ident(data)
    if isinstance(alone, Rejected):
        return Capture((), (alone,))
    heard = _heard(alone)
    return Capture((heard,)) if isinstance(heard, Heard) else capture


def _heard(readout: Readout) -> Heard | Rejected:
    problems = ["the capture ends before the check character; nothing was checked"] if readout.torn else []
    readings = read_body(readout.body, problems)
    if not readings:
        return Rejected(readout.offset, "a read-out without any data set")
    undirected(readings, problems)
    points, _ = points_of(readings, problems)
    return Heard(
        tuple(readings),
        {f"grid.{name}": value for name, value in points.items()},
        _device(readout.ident, readings),
        problems=tuple(problems),
        offset=readout.offset,
    )


def _device(ident: str, readings: list[Reading]) -> dict[str, str]:
    """Identification: three letters of the maker, one of the mode and speed, a name (`\\2` before it: mode E)."""
    texts = {r.code.removesuffix("*255"): str(r.value).strip() for r in readings}
    model = _MODEL.fullmatch(ident[4:])
    return {
        "vendor": ident[:3],
        "model": model[1].strip() if model else "",
        "serial": next((texts[c] for c in _SERIALS if texts.get(c)), ""),
        "firmware": texts.get("0.2.0") or texts.get("1-0:0.2.0", ""),
    }
