"""Lists of values without codes: which maker sends which values in which order.

Sources: Kaifa: "OBIS List Information, Kaifa KFM_001" as published by NEK/NVE for Norway. Austria: the descriptions of
the customer interface by Wiener Netze and Salzburg Netz (a clock, then eight values) and by Kärnten Netz and Netz
Oberösterreich (a push setup, number, time of day, date, then six values and often two texts). Iskraemeco in Slovenia
and Croatia: the lists that the firmware of amsleser.no knows (IEC6205675.cpp), named by the logical device.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from drivers.dlms.axdr import Data, Number, moment
from drivers.dlms.rows import Row, Rows

_LONG, _SHORT = 6, 18
"""Tags of double-long-unsigned and of long-unsigned, in which Iskraemeco meters send voltages and currents."""
_VOLTS_AND_AMPERES = re.compile(r"1-0:[357][12]\.7\.0\*255")
_PUSH_SETUP = re.compile(r"0-\d{1,3}:25\.9\.0\*255")
_SERIAL, _DEVICE, _SWITCH = "0-0:96.1.0*255", "0-0:42.0.0*255", "0-0:96.3.10*255"


def _codes(text: str) -> tuple[str, ...]:
    """Groups C.D.E of electricity as whole codes."""
    return tuple(f"1-0:{part}*255" for part in text.split())


_CLOCK = ("0-0:1.0.0*255",)
_COUNTERS = _codes("1.8.0 2.8.0 3.8.0 4.8.0")
_POWERS = _codes("1.7.0 2.7.0 3.7.0 4.7.0")

_KAIFA_HEAD = ("1-0:0.2.129*255", _SERIAL, "0-0:96.1.7*255")
_ONE = _codes("31.7.0 32.7.0")
_THREE = _codes("31.7.0 51.7.0 71.7.0 32.7.0 52.7.0 72.7.0")
_KAIFA = {
    1: _POWERS[:1],
    9: _KAIFA_HEAD + _POWERS + _ONE,
    13: _KAIFA_HEAD + _POWERS + _THREE,
    14: _KAIFA_HEAD + _POWERS + _ONE + _CLOCK + _COUNTERS,
    18: _KAIFA_HEAD + _POWERS + _THREE + _CLOCK + _COUNTERS,
}

_CLOCK_FIRST = _CLOCK + _COUNTERS + _POWERS
_SETUP_FIRST = (_SERIAL, "1-0:0.9.1*255", "1-0:0.9.2*255", *_COUNTERS, *_POWERS[:2])
_SETUP_TEXTS = 2

_ISKRA_HEAD = (_DEVICE, _SERIAL)
_PHASES = _codes("32.7.0 52.7.0 72.7.0 31.7.0 51.7.0 71.7.0")
_ISKRA = (
    _ISKRA_HEAD + _POWERS + _PHASES + _codes("21.7.0 41.7.0 61.7.0 22.7.0 42.7.0 62.7.0"),
    (*_ISKRA_HEAD, _SWITCH, "0-0:96.14.0*255", *_codes("1.8.0 1.8.1 1.8.2 2.8.0 2.8.1 2.8.2 3.8.0 4.8.0")),
    _ISKRA_HEAD + _PHASES + _POWERS,
    _ISKRA_HEAD + _POWERS + _codes("32.7.0 31.7.0 21.7.0 22.7.0"),
    _ISKRA_HEAD + _codes("1.8.1 1.8.2 2.8.1 2.8.2 3.8.1 3.8.2 4.8.1 4.8.2"),
)


@dataclass(frozen=True, slots=True)
class Placed:
    """The rows of a list without codes. `family`: whose list it is, for the scales: `kaifa`, `iskra`, `austria`."""

    family: str
    rows: tuple[Row, ...]


def placed(listed: Rows) -> Placed | None:
    """None for a list that has codes, and for one that is none of those known."""
    named = listed.named
    if named and not (len(named) == 1 and _PUSH_SETUP.fullmatch(named[0].code)):
        return None
    tries: Sequence[tuple[str, Callable[[], tuple[Row, ...]]]] = (
        ("austria", lambda: _setup_first(named[0].value, listed.alone) if named else _clock_first(listed.alone)),
        ("kaifa", lambda: () if named else _kaifa(listed.alone)),
        ("iskra", lambda: () if named else _iskra(listed.alone)),
    )
    return next((Placed(family, rows) for family, read in tries if (rows := read())), None)


def _kaifa(alone: tuple[Data, ...]) -> tuple[Row, ...]:
    rows = _rows(_KAIFA.get(len(alone), ()), alone)
    if any(not isinstance(r.value, Number) for r in rows if _is_value(r.code)):
        return ()
    return rows if len(rows) == 1 or (rows and _plain(alone[0]).startswith("KFM")) else ()


def _clock_first(alone: tuple[Data, ...]) -> tuple[Row, ...]:
    rows = _rows(_CLOCK_FIRST, alone)
    clock = alone[0] if alone else None
    known = len(alone) == len(_CLOCK_FIRST) and isinstance(clock, bytes) and moment(clock) is not None
    return rows if known and _all_long(rows) else ()


def _setup_first(number: Data, alone: tuple[Data, ...]) -> tuple[Row, ...]:
    """The push setup's code stands before the meter's number, so that the two look like a row."""
    clock, date = _texts_of(alone[:2])
    values = (number, clock, date, *alone[2:])
    rows, texts = _rows(_SETUP_FIRST, values), values[len(_SETUP_FIRST) :]
    known = bool(clock and date) and len(rows) == len(_SETUP_FIRST) and len(texts) <= _SETUP_TEXTS
    return rows if known and _all_long(rows) and all(isinstance(t, bytes | str) for t in texts) else ()


def _texts_of(found: tuple[Data, ...]) -> tuple[str, str]:
    """A COSEM time (4 bytes) and a date (5 bytes) as ISO text; nothing for what are none."""
    if [len(part) if isinstance(part, bytes) else 0 for part in found] != [4, 5]:
        return "", ""
    clock, date = (part for part in found if isinstance(part, bytes))
    return ("{:02}:{:02}:{:02}".format(*clock[:3]), f"{int.from_bytes(date[:2], 'big')}-{date[2]:02}-{date[3]:02}")


def _iskra(alone: tuple[Data, ...]) -> tuple[Row, ...]:
    if not alone or not _plain(alone[0]).startswith("ISK"):
        return ()
    return next((rows for codes in _ISKRA if len(codes) == len(alone) and _fits(rows := _rows(codes, alone))), ())


def _fits(rows: tuple[Row, ...]) -> bool:
    """Lists of one length are told apart by the types of their values."""
    return all(
        isinstance(r.value, Number) and r.value.tag == (_SHORT if _VOLTS_AND_AMPERES.fullmatch(r.code) else _LONG)
        if _is_value(r.code)
        else isinstance(r.value, bool) == (r.code == _SWITCH)
        for r in rows
    )


def _all_long(rows: tuple[Row, ...]) -> bool:
    return all(isinstance(r.value, Number) and r.value.tag == _LONG for r in rows if _is_value(r.code))


def _rows(codes: tuple[str, ...], values: tuple[Data, ...]) -> tuple[Row, ...]:
    return tuple(Row(code, value) for code, value in zip(codes, values, strict=False))


def _is_value(code: str) -> bool:
    """Whether it is one of a power, a counter, a voltage or a current."""
    return code.startswith("1-0:") and not code.startswith("1-0:0.")


def _plain(value: Data) -> str:
    return value.decode("ascii", "replace") if isinstance(value, bytes) else str(value)
