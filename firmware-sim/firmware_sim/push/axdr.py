"""COSEM data as bytes (A-XDR): a tag, then the value.

After DLMS UA 1000-2 (green book), table of data types, and IEC 61334-6; date and time after the blue book, 4.1.6.1.
"""

from datetime import datetime
from typing import TypeAlias

W, VAR, WH, VARH, A, V = 27, 29, 30, 32, 33, 35
"""physical units (blue book, 4.3.2)"""
_ARRAY, _STRUCTURE, _OCTETS, _TEXT, _INT8, _INT16, _U32, _U16, _ENUM = 1, 2, 9, 10, 15, 16, 6, 18, 22

Data: TypeAlias = bytes
"""already encoded"""


def length(count: int) -> bytes:
    """Up to 127 as it is; above, how many bytes follow, then they."""
    if count < 0x80:
        return bytes((count,))
    size = (count.bit_length() + 7) // 8
    return bytes((0x80 | size,)) + count.to_bytes(size, "big")


def structure(*members: Data) -> Data:
    return bytes((_STRUCTURE,)) + length(len(members)) + b"".join(members)


def array(*members: Data) -> Data:
    return bytes((_ARRAY,)) + length(len(members)) + b"".join(members)


def octets(value: bytes) -> Data:
    return bytes((_OCTETS,)) + length(len(value)) + value


def text(value: str) -> Data:
    return bytes((_TEXT,)) + length(len(value)) + value.encode("ascii")


def u32(value: int) -> Data:
    return bytes((_U32,)) + value.to_bytes(4, "big")


def u16(value: int) -> Data:
    return bytes((_U16,)) + value.to_bytes(2, "big")


def i16(value: int) -> Data:
    return bytes((_INT16,)) + value.to_bytes(2, "big", signed=True)


def scaler_unit(scaler: int, unit: int) -> Data:
    """What a register's number has to be multiplied with, as a power of ten, and its unit."""
    return structure(bytes((_INT8,)) + scaler.to_bytes(1, "big", signed=True), bytes((_ENUM, unit)))


def code(obis: str) -> Data:
    """`1.0.1.7.0.255`."""
    return octets(bytes(int(group) for group in obis.split(".")))


def moment(local: datetime) -> bytes:
    """Twelve bytes: date, day of the week, time; hundredths and the offset from UTC are not told."""
    date = local.year.to_bytes(2, "big") + bytes((local.month, local.day, local.isoweekday()))
    return date + bytes((local.hour, local.minute, local.second, 0xFF)) + b"\x80\x00\x00"
