"""Values of meters in base units: from text with a unit's name, and from COSEM's number, scaler and unit code."""

from __future__ import annotations

import re
from decimal import Decimal

_NUMBER = re.compile(r"[+-]?[0-9]{1,15}(?:[.,][0-9]{1,9})?")
_NAMES: dict[str, tuple[str, int | Decimal]] = {  # the wire's unit in lower case -> base unit, factor
    "kwh": ("Wh", 1000),
    "mwh": ("Wh", 1_000_000),
    "wh": ("Wh", 1),
    "kw": ("W", 1000),
    "w": ("W", 1),
    "kvar": ("var", 1000),
    "var": ("var", 1),
    "kvarh": ("varh", 1000),
    "varh": ("varh", 1),
    "kva": ("VA", 1000),
    "va": ("VA", 1),
    "kvah": ("VAh", 1000),
    "vah": ("VAh", 1),
    "v": ("V", 1),
    "mv": ("V", Decimal("0.001")),
    "a": ("A", 1),
    "ma": ("A", Decimal("0.001")),
    "hz": ("Hz", 1),
    "m3": ("m3", 1),
    "dm3": ("m3", Decimal("0.001")),
    "l": ("m3", Decimal("0.001")),
    "s": ("s", 1),
    "h": ("h", 1),
    "m3/h": ("m3/h", 1),
    "m3ph": ("m3/h", 1),
    "gj": ("GJ", 1),
    "mj": ("GJ", Decimal("0.001")),
    "°c": ("degC", 1),
    "c": ("degC", 1),
    "%": ("%", 1),
    "deg": ("deg", 1),
    "°": ("deg", 1),
}
_CODES: dict[int, tuple[str, int | Decimal]] = {  # DLMS UA 1000-1 (blue book), enumeration of physical units
    4: ("d", 1),
    5: ("h", 1),
    6: ("min", 1),
    7: ("s", 1),
    8: ("deg", 1),
    9: ("degC", 1),
    13: ("m3", 1),
    14: ("m3", 1),
    15: ("m3/h", 1),
    16: ("m3/h", 1),
    19: ("m3", Decimal("0.001")),
    20: ("kg", 1),
    23: ("Pa", 1),
    24: ("bar", 1),
    25: ("GJ", Decimal("1e-9")),
    27: ("W", 1),
    28: ("VA", 1),
    29: ("var", 1),
    30: ("Wh", 1),
    31: ("VAh", 1),
    32: ("varh", 1),
    33: ("A", 1),
    35: ("V", 1),
    38: ("Ohm", 1),
    44: ("Hz", 1),
    52: ("K", 1),
    56: ("%", 1),
    57: ("Ah", 1),
    70: ("dBm", 1),
    255: ("", 1),
}
_FACTOR = re.compile(r"(?:1-[01]:)?[1357]3\.7(?:\.0)?(?:\*255)?")
_MOST = 18
"""No meter's scaler is larger than this power of ten, up or down."""


def from_text(number: str, name: str) -> tuple[float, str] | None:
    """Value in base units and base unit; None for what is no number or has no known unit."""
    known = _NAMES.get(name.lower())
    if known is None or not _NUMBER.fullmatch(number):
        return None
    return float(Decimal(number.replace(",", ".")) * known[1]), known[0]


def power_factor(code: str, text: str) -> float | None:
    """The power factor, a number that comes without unit; None where `code` is none of one, or `text` no number."""
    if not _FACTOR.fullmatch(code) or not _NUMBER.fullmatch(text):
        return None
    return float(Decimal(text.replace(",", ".")))


def from_code(raw: int | float, scaler: int, code: int) -> tuple[float, str] | None:
    """Value in base units and base unit; a unit that is not known keeps its number. None: no such scaler."""
    if abs(scaler) > _MOST:
        return None
    unit, factor = _CODES.get(code, (f"unit {code}" if code else "", 1))
    return float(Decimal(raw).scaleb(scaler) * factor), unit
