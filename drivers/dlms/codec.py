"""DLMS/COSEM pushes decoded: frames to APDUs, APDUs to readings and points. Pure; `feed` bytes, get events.

Some customer ports speak the text telegram of P1 instead; both are listened for at once.
Signs: 1.7.0 is import, 2.7.0 is export.
"""

from __future__ import annotations

from collections.abc import Sequence

from drivers.dlms import hdlc
from drivers.dlms.apdu import Reader, Told
from drivers.dlms.axdr import Data, Number, moment
from drivers.dlms.hdlc import Broken
from drivers.dlms.link import Apdu, Assembly, Framer
from drivers.dlms.makers import Maker, maker_of, maker_of_placed, scale
from drivers.dlms.positions import placed
from drivers.dlms.rows import Row, rows_of
from drivers.dlms.several import split
from drivers.push.hextext import Dump, undump
from drivers.push.obis import electricity, points_of
from drivers.push.parser import read_through
from drivers.push.sealed import Keys
from drivers.push.telegram.text import Telegrams
from drivers.push.units import from_code
from hub.model.heard import NO_HINTS, Capture, CaptureHints, Heard, Reading, Rejected

_VERSION = ":0.2.129*255"
_SERIAL = ("0-0:96.1.0*255", "1-1:0.0.5*255", "0-0:42.0.0*255", "0-0:96.1.1*255")
_MODEL = ("0-0:96.1.7*255", "1-1:96.1.1*255", "0-0:96.1.1*255")
_CLOCKS = ("0-0:1.0.0*255", "0-1:1.0.0*255")
_UNITLESS = "0-0:96."
"""Tariffs, states and counts of events."""
_DATE_TIME = 12


class Parser:
    """Sans-I/O: `feed(bytes)` gives messages and rejections, in the order of the wire."""

    def __init__(self, keys: Keys = Keys()) -> None:  # noqa: B008  (frozen)
        self._framer = Framer()
        self._text = Telegrams()
        self._understanding = _Understanding(keys)

    def feed(self, data: bytes) -> list[Heard | Rejected]:
        return [*self._all(self._framer.feed(data)), *self._text.feed(data)]

    def finish(self) -> list[Heard | Rejected]:
        return [*self._all(self._framer.finish()), *self._understanding.finish(), *self._text.finish()]

    def _all(self, events: list[Apdu | Rejected]) -> list[Heard | Rejected]:
        return [said for event in events if (said := self._understanding.of(event)) is not None]


def decode(data: bytes, hints: CaptureHints = NO_HINTS) -> Capture:
    """A capture of any length, as bytes or as hexadecimal text: frames, or APDUs and data without them."""
    keys, dump = Keys(hints.key, hints.auth_key), undump(data)
    framed = read_through(Parser(keys), dump.data, "")
    events: list[Heard | Rejected] = [*framed.messages, *(r for r in framed.rejected if r.reason)]
    if not events:
        events = _unframed(dump, keys) or [Rejected(0, "empty")]
    messages = tuple(e for e in events if isinstance(e, Heard))
    return dump.with_faults(Capture(messages, tuple(e for e in events if isinstance(e, Rejected))))


def _unframed(dump: Dump, keys: Keys) -> list[Heard | Rejected]:
    """Each line may be a message; where none is, they may be over several lines: a paragraph, or all there is."""
    told = _told(dump.each(), keys)
    for pieces in (dump.paragraphs(), [(0, dump.data)]):
        if any(isinstance(event, Heard) for event in told):
            break
        joined = _told(pieces, keys)
        told = joined if any(isinstance(event, Heard) for event in joined) else told
    return told


def _told(pieces: Sequence[tuple[int, bytes]], keys: Keys) -> list[Heard | Rejected]:
    """Pieces that are each APDUs, their data, or HDLC frames without their flags."""
    assembly, understanding = Assembly(), _Understanding(keys)
    found: list[Apdu | Rejected] = []
    for start, data in [(begin + at, part) for begin, piece in pieces for at, part in split(piece)]:
        try:
            part = hdlc.part(data) if hdlc.frame_length(data) == len(data) else hdlc.Part(_bare(data), True, True)
        except Broken as error:
            found.append(Rejected(start, str(error)))
            continue
        found += assembly.add(part, start) if part else []
    found += assembly.finish()
    said = [told for event in found if (told := understanding.of(event)) is not None]
    return [*said, *understanding.finish()]


def _bare(apdu: bytes) -> bytes:
    return apdu[3:] if apdu[:3] in (b"\xe6\xe7\x00", b"\xe6\xe6\x00") else apdu


class _Understanding:
    """What APDUs say, one after the other."""

    def __init__(self, keys: Keys) -> None:
        self._reader = Reader(keys)
        self._begun = 0

    def of(self, event: Apdu | Rejected) -> Heard | Rejected | None:
        """None for an APDU that is only a part."""
        if isinstance(event, Rejected):
            return event
        waited = self._reader.waits
        try:
            told = self._reader.read(event.data)
        except Broken as error:
            return Rejected(event.offset, str(error))
        if told is None:
            self._begun = self._begun if waited else event.offset
            return None
        return _heard(told, event.offset)

    def finish(self) -> list[Rejected]:
        return [Rejected(self._begun, "cut off: the last block is missing")] if self._reader.waits else []


def _heard(told: Told, offset: int) -> Heard | Rejected:
    listed = rows_of(told.data)
    without_codes = placed(listed)
    rows = without_codes.rows if without_codes else listed.named
    texts = {row.code: _readable(row.value) for row in rows if isinstance(row.value, bytes | str)}
    version = next((t for c, t in texts.items() if c.endswith(_VERSION)), "")
    if without_codes:
        maker = maker_of_placed(without_codes, told.title)
    else:
        version = version or _first_text(listed.alone)
        maker = maker_of(version, told.title)
    problems: list[str] = []
    readings = [_reading(row, maker, problems) for row in rows]
    if not readings:
        return Rejected(offset, "a list without any code, and none that is known")
    points, aged = points_of(readings, problems)
    _drop_half_power(points, readings)
    clock = next((r.at for c in _CLOCKS for r in readings if r.code == c and r.at is not None), None)
    return Heard(
        tuple(readings),
        {f"grid.{name}": value for name, value in points.items()},
        {
            "vendor": maker.name,
            "model": next((texts[c] for c in _MODEL if c in texts), ""),
            "serial": next((texts[c] for c in _SERIAL if c in texts), ""),
            "firmware": version,
        },
        told.time if told.time is not None else clock,
        {f"grid.{name}": at for name, at in aged.items()},
        tuple(problems),
        offset,
    )


def _reading(row: Row, maker: Maker, problems: list[str]) -> Reading:
    if isinstance(row.value, Number):
        told = scale(row, maker)
        scaled = from_code(row.value.value, *told) if told else None
        if scaled is None:
            if told is not None:
                problems.append(f"{row.code}: no scaler")
            elif not row.code.startswith(_UNITLESS):
                problems.append(f"{row.code}: its scale and unit are not told")
            return Reading(row.code, row.value.value)
        return Reading(row.code, scaled[0], scaled[1])
    if isinstance(row.value, bytes) and len(row.value) == _DATE_TIME and (stamp := moment(row.value)):
        return Reading(row.code, stamp[0], "", stamp[1])
    return Reading(row.code, row.value if isinstance(row.value, bool) else _readable(row.value))


def _drop_half_power(points: dict[str, float], readings: list[Reading]) -> None:
    """The short lists of two-way meters tell the import alone: its zero may be an export, which the next list tells."""
    told = electricity(readings)
    if points.get("power") == 0 and "2.7.0" not in told and "16.7.0" not in told:
        del points["power"]


def _first_text(alone: tuple[Data, ...]) -> str:
    return next((_readable(v) for v in alone if isinstance(v, str) or (isinstance(v, bytes) and v[:1].isalpha())), "")


def _readable(value: Data) -> str:
    """Text where it is text, else hexadecimal."""
    if not isinstance(value, bytes):
        return str(value).strip("\x00 ")
    text = value.rstrip(b"\x00")
    return text.decode("ascii").strip() if text and all(0x20 <= b < 0x7F for b in text) else value.hex()
