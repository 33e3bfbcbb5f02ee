"""What makers leave unsaid: scales that are not sent; see `positions` for the order of lists without codes.

Sources: "OBIS List Information, Kaifa KFM_001" and "Kamstrup HAN-NVE interface description" as published by NEK/NVE for
Norway: powers in W and var. Kaifa: currents in mA, voltages in 0.1 V, counters in Wh. Kamstrup: currents in 0.01 A,
voltages in V, counters in 10 Wh. Iskraemeco's lists without codes: currents in 0.01 A, voltages in 0.1 V, counters in
Wh; Austrian ones: W, var, Wh and varh.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from drivers.dlms.positions import Placed
from drivers.dlms.rows import Row

_W, _VAR, _VA, _WH, _VARH, _VAH, _A, _V, _HZ = 27, 29, 28, 30, 32, 31, 33, 35, 44
_MOMENT, _COUNTER = 7, 8
_GROUP = 20
"""OBIS group C repeats for L1, L2 and L3 at 21, 41 and 61."""
_ACTIVE, _REACTIVE, _APPARENT, _CURRENT, _VOLTAGE, _FREQUENCY = (1, 2, 15, 16), range(3, 9), (9, 10), 11, 12, 14


@dataclass(frozen=True, slots=True)
class Maker:
    """`fixed`: its lists have scales that are not sent: `scales` by DLMS unit, a power of ten; 0 for the others."""

    name: str
    scales: Mapping[int, int] = field(default_factory=dict)
    fixed: bool = False


_KAIFA = Maker("Kaifa", {_A: -3, _V: -1}, fixed=True)
_PLACED = {"kaifa": _KAIFA, "iskra": Maker("Iskraemeco", {_A: -2, _V: -1}, fixed=True)}
_MAKERS = {
    "KFM": _KAIFA,
    "KAM": Maker("Kamstrup", {_A: -2, _WH: 1, _VARH: 1, _VAH: 1}, fixed=True),
    "AID": Maker("Aidon"),
    "ISK": Maker("Iskraemeco"),
    "LGZ": Maker("Landis+Gyr"),
    "SAG": Maker("Sagemcom"),
    "EMH": Maker("EMH"),
    "SMS": Maker("Siemens"),
}


def maker_of(version: str, title: bytes) -> Maker:
    """By the version of its list (`KFM_001`, `Kamstrup_V0001`, `AIDON_V0001`), else by the system title's letters.

    The scales that are not sent belong to the lists, so a title alone gives only the name.
    """
    if known := _MAKERS.get(version[:3].upper()):
        return known
    letters = title[:3].decode("ascii", "replace").upper()
    return Maker(_MAKERS[letters].name if letters in _MAKERS else letters if letters.isalpha() else "")


def maker_of_placed(found: Placed, title: bytes) -> Maker:
    """The maker of a list without codes; Austrian operators have the same lists from all of theirs."""
    return _PLACED.get(found.family) or replace(maker_of("", title), fixed=True)


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
