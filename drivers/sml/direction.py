"""Meters whose power has no sign, or a wrong one: the status word tells the direction.

Two layouts of the status word that comes with the import counter:
- basic meters (FNN "Lastenheft Basiszähler"; DZG DVS74 product manual): bits 0-7 are 0x04, bit 8 load, bit 11 the
  direction of the total, 1 = export;
- EDL meters (FNN "Lastenheft EDL" 1.0, page 31): bit 7 is set, bit 5 is the direction, 1 = export. Seen: EMH ED300L
  says 0x182 while it imports, 0x1A2 or 0x1B0 while it exports, and its power 15.7.0 is without sign.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from drivers.sml.elements import Number
from drivers.sml.messages import Entry, ValueList

_IMPORT_COUNTERS = (b"\x01\x00\x01\x08\x00\xff", b"\x01\x00\x01\x08\x01\xff")
_EXPORT_COUNTERS = (b"\x01\x00\x02\x08\x00\xff", b"\x01\x00\x02\x08\x01\xff")
_ABSOLUTE = b"\x01\x00\x0f\x07\x00\xff"
_TOTAL = b"\x01\x00\x10\x07\x00\xff"
_PHASES = tuple(bytes([1, 0, group, 7, 0, 255]) for group in (36, 56, 76))
_DZG = b"DZG"
_TOO_SHORT = 3
"""Bytes in which a DZG meter tells a power as a signed number that is none; with four there is room for the sign."""


def set_right(told: ValueList) -> tuple[ValueList, tuple[str, ...]]:
    """The list with the powers' signs set right, and what was done, one sentence each."""
    rows = {e.code: e for e in told.entries}
    said: list[str] = []
    entries = [_unwrapped(e, said) if _wraps(e, rows, told) else e for e in told.entries]
    return replace(told, entries=tuple(entries)), tuple(said)


def signed_power(told: ValueList) -> tuple[float | None, str]:
    """The factor for a power without sign (15.7.0), or None and why it has none."""
    rows = {e.code: e for e in told.entries}
    if _ABSOLUTE not in rows:
        return None, ""
    status = next((rows[c].status for c in _IMPORT_COUNTERS if c in rows), None)
    if status is None and not any(c in rows for c in _IMPORT_COUNTERS) and any(c in rows for c in _EXPORT_COUNTERS):
        return -1.0, ""
    exporting = _exporting(status)
    if exporting is None:
        return None, "15.7.0: a power without direction, as the meter sends no status word that tells it"
    return (-1.0 if exporting else 1.0), ""


def _exporting(status: int | None) -> bool | None:
    if status is None:
        return None
    if status & 0xFF == 0x04:
        return bool(status & 0x800)
    return bool(status & 0x20) if status & 0x80 else None


def _wraps(entry: Entry, rows: Mapping[bytes, Entry], told: ValueList) -> bool:
    """DZG DVS74 of some years: a positive power whose first bit is set, sent as signed (356.24 W comes as -299.12 W).

    The later ones of the same maker and the same form of id send true negative numbers, so the status word decides: it
    says import under load while the total is negative. A single phase without a total counts as the total.
    """
    value = entry.value
    if not isinstance(value, Number) or not value.signed or value.value >= 0 or len(value.raw) > _TOO_SHORT:
        return False
    total = entry.code == _TOTAL or (entry.code in _PHASES and sum(c in rows for c in (_TOTAL, *_PHASES)) == 1)
    status = next((rows[c].status for c in _IMPORT_COUNTERS if c in rows), None) or 0
    return total and told.server[2:5] == _DZG and status & 0x1FF == 0x104 and not status & 0x800


def _unwrapped(entry: Entry, said: list[str]) -> Entry:
    value = entry.value
    if not isinstance(value, Number):
        return entry
    true = int.from_bytes(value.raw, "big")
    said.append(
        f"{entry.code[2]}.{entry.code[3]}.{entry.code[4]}: {value.value} while the meter says import: a DZG meter that"
        f" sends positive powers as signed numbers with too few bytes; taken as {true}"
    )
    return replace(entry, value=replace(value, value=true, signed=False))
