"""Checksums of the meters' wires."""

from __future__ import annotations


def _table(polynomial: int) -> tuple[int, ...]:
    def entry(value: int) -> int:
        for _ in range(8):
            value = (value >> 1) ^ (polynomial if value & 1 else 0)
        return value

    return tuple(entry(n) for n in range(256))


_ARC = _table(0xA001)
_CCITT = _table(0x8408)


def _reflected(data: bytes, crc: int, table: tuple[int, ...]) -> int:
    for byte in data:
        crc = (crc >> 8) ^ table[(crc ^ byte) & 0xFF]
    return crc


def arc(data: bytes) -> int:
    """CRC-16/ARC: P1 telegrams."""
    return _reflected(data, 0, _ARC)


def x25(data: bytes) -> int:
    """CRC-16/X.25 (ISO/IEC 13239): HDLC, SML."""
    return _reflected(data, 0xFFFF, _CCITT) ^ 0xFFFF


def kermit(data: bytes) -> int:
    """CRC-16/KERMIT: the same polynomial without start and end value; some SML meters of Holley compute it so."""
    return _reflected(data, 0, _CCITT)


def sml(data: bytes) -> tuple[int, ...]:
    """What an SML checksum may be, read low byte first: X.25, or KERMIT in either order of its bytes (Holley)."""
    other = kermit(data)
    return x25(data), other, (other & 0xFF) << 8 | other >> 8


def parity(data: bytes) -> int:
    """Exclusive or of all bytes: the block check character of IEC 62056-21."""
    check = 0
    for byte in data:
        check ^= byte
    return check
