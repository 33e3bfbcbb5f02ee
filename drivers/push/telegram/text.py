"""Text telegrams decoded: what a meter said, with points. Pure; `feed` bytes, get events.

Sources: DSMR P1 Companion Standard 5.0.2 table 6-12; Fluvius eMUCS-P1 1.7.1 (BE); Energiföretagen AMI HAN (SE).
Signs: import and export are two positive figures; `power` = import - export, so + is import.
"""

from __future__ import annotations

from drivers.push.obis import points_of, undirected
from drivers.push.telegram.frame import Frame, Framer
from drivers.push.telegram.objects import read_line
from drivers.push.telegram.stamp import ZONE, flag_agrees, milliseconds
from hub.model.heard import Heard, Reading, Rejected

_TIME = ("0-0:1.0.0", "1-0:1.0.0")
_SERIALS = (
    *("0-0:96.1.1", "0-0:96.1.0", "0-0:42.0.0", "0-0:96.1.255*255", "1-0:0.0.0*255"),
    *("0-0:96.1.0*255", "1-0:96.1.0*255", "1-0:96.1.0", "0-0:0.0.0"),
)
_VERSIONS = ("1-3:0.2.8", "0-0:96.1.4")


class Telegrams:
    """Sans-I/O parser of plain telegrams. `zone`: of the civil times in them."""

    def __init__(self, zone: str = ZONE) -> None:
        self._framer = Framer()
        self._zone = zone

    def feed(self, data: bytes) -> list[Heard | Rejected]:
        return [_understand(event, self._zone) for event in self._framer.feed(data)]

    def finish(self) -> list[Heard | Rejected]:
        return [_understand(event, self._zone) for event in self._framer.finish()]

    def skip(self, count: int) -> list[Heard | Rejected]:
        """`count` bytes of something else stand here."""
        return [_understand(event, self._zone) for event in self._framer.skip(count)]


def _understand(event: Frame | Rejected, zone: str) -> Heard | Rejected:
    if isinstance(event, Rejected):
        return event
    readings: list[Reading] = []
    problems: list[str] = []
    for line in event.lines[1:]:
        read_line(line, readings, problems, zone)
    time = _time(readings, problems, zone)
    undirected(readings, problems)
    points, aged = points_of(readings, problems)
    if not readings:
        return Rejected(event.offset, "a telegram without any reading")
    return Heard(
        tuple(readings),
        {f"grid.{name}": value for name, value in points.items()},
        _device(event.lines[0][1:], readings),
        time,
        {f"grid.{name}": at for name, at in aged.items()},
        tuple(problems),
        event.offset,
    )


def _device(ident: str, readings: list[Reading]) -> dict[str, str]:
    """Identification `XXXb name`: three letters are the maker's; version `50` is DSMR 5.0, Belgian ones say `50217`."""
    return {
        "vendor": ident[:3],
        "model": ident[3:].lstrip("\\").strip(),
        "serial": _unhex(_text(readings, _SERIALS)),
        "firmware": _text(readings, _VERSIONS),
    }


def _text(readings: list[Reading], codes: tuple[str, ...]) -> str:
    """The first of `codes` that was sent, else nothing."""
    return next((str(r.value) for c in codes for r in readings if r.code == c), "")


def _time(readings: list[Reading], problems: list[str], zone: str) -> int | None:
    code, stamp = next(((r.code, str(r.value)) for c in _TIME for r in readings if r.code == c), ("", ""))
    if not stamp:
        return None
    try:
        at = milliseconds(stamp, zone)
    except ValueError:
        problems.append(f"{code}: not a time: {stamp[:20]}")
        return None
    if not flag_agrees(stamp, zone):
        problems.append(f"{code}: {stamp}: the summer letter contradicts the calendar")
    return at


def _unhex(text: str) -> str:
    """Identifiers come as ASCII in hexadecimal, or as they are."""
    try:
        plain = bytes.fromhex(text).decode("ascii")
    except ValueError:
        return text
    plain = plain.strip()
    return plain if plain.isalnum() and plain.isascii() else text
