"""SML decoded: frames to lists of values, values to readings and points. Pure; `feed` bytes, get events.

Source: BSI TR-03109-1 annex IV part b (SML 1.04); values are raw x 10^scaler in the unit of the DLMS blue book.
Signs: 16.7.0 is + import by itself; 1.7.0 and 2.7.0 are import and export; see `direction` for the others.
"""

from __future__ import annotations

from dataclasses import replace

from drivers.push.hextext import undump
from drivers.push.obis import points_of
from drivers.push.parser import read_through
from drivers.push.units import from_code
from drivers.sml.direction import set_right, signed_power
from drivers.sml.elements import Broken, Number
from drivers.sml.frame import Frame, Framer
from drivers.sml.messages import Entry, ValueList, lists
from hub.model.heard import NO_HINTS, Capture, CaptureHints, Heard, Reading, Rejected

_MAKERS = ("129-129:199.130.3*255", "1-0:96.50.1*1")
_IDENTITIES = ("1-0:96.1.0*255", "1-0:0.0.9*255")
_NUMBERS = ("1-0:0.0.0*255", "0-0:96.1.255*255")
_FIRMWARE = "1-0:0.2.0*0"
_MESSAGE, _START = b"\x76", b"\x1b\x1b\x1b\x1b\x01\x01\x01\x01"
_TORN = "the capture ends before the frame's checksum; those of its messages are right"
_BARE = "no frame is around it: what is right is its own checksum"
_NOTHING = "no SML found: no frame begins (1b1b1b1b01010101)"


class Parser:
    """Sans-I/O: `feed(bytes)` gives one message for each list of values, and rejections, in the order of the wire."""

    def __init__(self) -> None:
        self._framer = Framer()

    def feed(self, data: bytes) -> list[Heard | Rejected]:
        return [said for event in self._framer.feed(data) for said in _understand(event)]

    def finish(self) -> list[Heard | Rejected]:
        return [said for event in self._framer.finish() for said in _understand(event)]


def decode(data: bytes, hints: CaptureHints = NO_HINTS) -> Capture:
    """A capture of any length, as bytes or as hexadecimal text: frames, or messages without one."""
    dump = undump(data)
    if dump.data[:1] == _MESSAGE and _START not in dump.data:
        events = _understand(Frame(0, dump.data))
        heard = tuple(replace(e, problems=(*e.problems, _BARE)) for e in events if isinstance(e, Heard))
        capture = Capture(heard, tuple(e for e in events if isinstance(e, Rejected)))
    else:
        capture = read_through(Parser(), dump.data, _NOTHING)
    return dump.with_faults(capture)


def _understand(event: Frame | Rejected) -> list[Heard | Rejected]:
    if isinstance(event, Rejected):
        return [event]
    try:
        heard = [_heard(told, event.offset) for told in lists(event.content)]
        return [replace(h, problems=(*h.problems, _TORN)) for h in heard] if event.torn else [*heard]
    except Broken as error:
        return [Rejected(event.offset, str(error))]


def _heard(told: ValueList, offset: int) -> Heard:
    told, corrected = set_right(told)
    problems = [*told.problems, *corrected]
    readings = [r for e in told.entries for r in _readings(e, problems)]
    points, aged = points_of([*readings, *_with_direction(told, readings, problems)], problems)
    return Heard(
        tuple(readings),
        {f"grid.{name}": value for name, value in points.items()},
        _device(told.server, readings),
        told.time,
        {f"grid.{name}": at for name, at in aged.items()},
        tuple(problems),
        offset,
    )


def _with_direction(told: ValueList, readings: list[Reading], problems: list[str]) -> list[Reading]:
    """15.7.0 as 16.7.0, where its direction is known and the meter sends no power with a sign."""
    factor, why = signed_power(told)
    if why:
        problems.append(why)
    if factor is None:
        return []
    return [
        replace(r, code="1-0:16.7.0*255", value=r.value * factor or 0.0)
        for r in readings
        if r.code == "1-0:15.7.0*255" and isinstance(r.value, float)
    ]


def _readings(entry: Entry, problems: list[str]) -> list[Reading]:
    """The row's value; and its status word, where it has one."""
    code = "{}-{}:{}.{}.{}*{}".format(*entry.code)
    found: list[Reading] = []
    if isinstance(entry.value, Number):
        scaled = from_code(entry.value.value, entry.scaler, entry.unit)
        if scaled is None:
            problems.append(f"{code}: a scaler of {entry.scaler} is not possible")
        else:
            found.append(Reading(code, scaled[0], scaled[1], entry.at))
    elif isinstance(entry.value, bytes):
        found.append(Reading(code, readable(entry.value), "", entry.at))
    elif isinstance(entry.value, bool):
        found.append(Reading(code, entry.value, "", entry.at))
    else:
        problems.append(f"{code}: neither a number nor a text")
    return found if entry.status is None else [*found, Reading(f"{code}/status", entry.status)]


def readable(raw: bytes) -> str:
    """Text where it is text, else hexadecimal."""
    text = raw.rstrip(b"\x00")
    if text and all(0x20 <= byte < 0x7F for byte in text):
        return text.decode("ascii")
    return raw.hex()


def _device(server: bytes, readings: list[Reading]) -> dict[str, str]:
    texts = {r.code: str(r.value) for r in readings}
    return {
        "vendor": next((texts[c] for c in _MAKERS if c in texts), "") or _maker(server),
        "model": "",
        "serial": _serial(server, texts),
        "firmware": texts.get(_FIRMWARE, ""),
    }


def _maker(server: bytes) -> str:
    return server[2:5].decode("ascii") if _is_din(server) else ""


def _serial(server: bytes, texts: dict[str, str]) -> str:
    """The number as the meter's label has it (DIN 43863-5: `1 DZG 00 12345678`), else what it sends."""
    identity = server or next((_unhex(texts[c]) for c in _IDENTITIES if c in texts), b"")
    if _is_din(identity):
        number = int.from_bytes(identity[6:], "big")
        return f"{identity[1]:X}{_maker(identity)}{identity[5]:02X}{number:08d}"
    return next((texts[c] for c in _NUMBERS if c in texts), "") or readable(identity)


def _is_din(server: bytes) -> bool:
    """0A or 09, kind of energy, three letters of the maker, block, four bytes of number."""
    return len(server) == 10 and server[0] in (0x09, 0x0A) and server[2:5].isalpha() and server[2:5].isascii()


def _unhex(text: str) -> bytes:
    try:
        return bytes.fromhex(text)
    except ValueError:
        return text.encode()
