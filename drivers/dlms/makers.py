"""What makers leave unsaid: the order of lists without codes, and scales that are not sent.

Sources: "OBIS List Information, Kaifa KFM_001" and "Kamstrup HAN-NVE interface description" as published by NEK/NVE for
Norway: powers in W and var. Kaifa: currents in mA, voltages in 0.1 V, counters in Wh. Kamstrup: currents in 0.01 A,
voltages in V, counters in 10 Wh.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from drivers.dlms.axdr import Data, Number
from drivers.dlms.rows import Row

_W, _VAR, _VA, _WH, _VARH, _VAH, _A, _V, _HZ = 27, 29, 28, 30, 32, 31, 33, 35, 44
_MOMENT, _COUNTER = 7, 8
_GROUP = 20
"""OBIS group C repeats for L1, L2 and L3 at 21, 41 and 61."""
_ACTIVE, _REACTIVE, _APPARENT, _CURRENT, _VOLTAGE, _FREQUENCY = (1, 2, 15, 16), range(3, 9), (9, 10), 11, 12, 14

_HEAD = ("1-0:0.2.129*255", "0-0:96.1.0*255", "0-0:96.1.7*255")
_POWERS = ("1-0:1.7.0*255", "1-0:2.7.0*255", "1-0:3.7.0*255", "1-0:4.7.0*255")
_ONE = ("1-0:31.7.0*255", "1-0:32.7.0*255")
_THREE = tuple(f"1-0:{c}.7.0*255" for c in (31, 51, 71, 32, 52, 72))
_HOUR = ("0-0:1.0.0*255", "1-0:1.8.0*255", "1-0:2.8.0*255", "1-0:3.8.0*255", "1-0:4.8.0*255")
_POSITIONS = {
    1: _POWERS[:1],
    9: _HEAD + _POWERS + _ONE,
    13: _HEAD + _POWERS + _THREE,
    14: _HEAD + _POWERS + _ONE + _HOUR,
    18: _HEAD + _POWERS + _THREE + _HOUR,
}


@dataclass(frozen=True, slots=True)
class Maker:
    """`fixed`: its lists have scales that are not sent: `scales` by DLMS unit, a power of ten; 0 for the others."""

    name: str
    scales: Mapping[int, int] = field(default_factory=dict)
    fixed: bool = False


KAIFA = Maker("Kaifa", {_A: -3, _V: -1}, fixed=True)
"""Whose lists may be without codes."""
_MAKERS = {
    "KFM": KAIFA,
    "KAM": Maker("Kamstrup", {_A: -2, _WH: 1, _VARH: 1, _VAH: 1}, fixed=True),
    "AID": Maker("Aidon"),
    "ISK": Maker("Iskraemeco"),
    "LGZ": Maker("Landis+Gyr"),
    "SAG": Maker("Sagemcom"),
    "EMH": Maker("EMH"),
}


def maker_of(version: str, title: bytes) -> Maker:
    """By the version of its list (`KFM_001`, `Kamstrup_V0001`, `AIDON_V0001`), else by the system title's letters.

    The scales that are not sent belong to the lists, so a title alone gives only the name.
    """
    if known := _MAKERS.get(version[:3].upper()):
        return known
    letters = title[:3].decode("ascii", "replace").upper()
    return Maker(_MAKERS[letters].name if letters in _MAKERS else letters if letters.isalpha() else "")


def placed(alone: tuple[Data, ...]) -> tuple[Row, ...]:
    """The rows of a Kaifa list without codes; none for a list that is no such one."""
    codes = _POSITIONS.get(len(alone), ())
    rows = tuple(Row(code, value) for code, value in zip(codes, alone, strict=False))
    if any(not isinstance(r.value, Number) for r in rows if r.code in (*_POWERS, *_THREE, *_HOUR[1:])):
        return ()
    return rows if len(rows) == 1 or (rows and _plain(alone[0]).startswith("KFM")) else ()


def scale(row: Row, maker: Maker) -> tuple[int, int] | None:
    """Scaler and unit of a row, as sent or as its maker has it; None where nobody says them."""
    if row.scaler is not None and row.unit is not None:
        return row.scaler, row.unit
    unit = _unit(row.code) if maker.fixed else None
    return None if unit is None else (maker.scales.get(unit, 0), unit)


def _unit(code: str) -> int | None:
    """The unit that a code's groups C and D mean."""
    body, _, _ = code.partition("*")
    medium, _, rest = body.partition("-")
    c, d = (int(n) for n in rest.partition(":")[2].split(".")[:2])
    if medium != "1" or d not in (_MOMENT, _COUNTER) or not 0 < c < 80:
        return None
    base = c % _GROUP
    kinds = ((_ACTIVE, _W, _WH), (_REACTIVE, _VAR, _VARH), (_APPARENT, _VA, _VAH))
    for members, momentary, counter in kinds:
        if base in members:
            return momentary if d == _MOMENT else counter
    return {_CURRENT: _A, _VOLTAGE: _V, _FREQUENCY: _HZ}.get(base) if d == _MOMENT else None


def _plain(value: Data) -> str:
    return value.decode("ascii", "replace") if isinstance(value, bytes) else str(value)
