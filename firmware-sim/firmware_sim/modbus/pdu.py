"""Modbus application layer (function codes 3, 4, 6, 16) and the RTU checksum; no input or output.

After the MODBUS Application Protocol Specification V1.1b3 and MODBUS over Serial Line V1.02."""

import struct
from collections.abc import Sequence
from typing import Protocol

READ_HOLDING, READ_INPUT, WRITE_ONE, WRITE_MANY = 3, 4, 6, 16
ILLEGAL_FUNCTION, ILLEGAL_ADDRESS, ILLEGAL_VALUE, DEVICE_FAILURE, NO_TARGET = 1, 2, 3, 4, 11
MAX_READ = 125


class Refusal(Exception):
    """The device answers with an exception code."""

    def __init__(self, code: int) -> None:
        super().__init__(f"exception code {code}")
        self.code = code


class Registers(Protocol):
    """A device's registers by function code; raises Refusal."""

    def read(self, function: int, address: int, count: int) -> list[int]: ...

    def write(self, function: int, address: int, values: Sequence[int]) -> None: ...


def is_write(pdu: bytes) -> bool:
    return pdu[0] in (WRITE_ONE, WRITE_MANY)


def refuse(pdu: bytes, code: int) -> bytes:
    return bytes((pdu[0] | 0x80, code))


def answer(registers: Registers, pdu: bytes) -> bytes:
    """The answer to one request; raises Refusal."""
    if pdu[0] in (READ_HOLDING, READ_INPUT):
        return _read(registers, pdu)
    if is_write(pdu):
        address, values = written(pdu)
        registers.write(pdu[0], address, values)
        return pdu[:5]
    raise Refusal(ILLEGAL_FUNCTION)


def _read(registers: Registers, pdu: bytes) -> bytes:
    if len(pdu) != 5:
        raise Refusal(ILLEGAL_VALUE)
    function, address, count = struct.unpack(">BHH", pdu)
    if not 1 <= count <= MAX_READ:
        raise Refusal(ILLEGAL_VALUE)
    values = registers.read(function, address, count)
    return struct.pack(f">BB{count}H", function, 2 * count, *values)


def written(pdu: bytes) -> tuple[int, tuple[int, ...]]:
    """Address and values of a write request; raises Refusal."""
    if pdu[0] == WRITE_ONE and len(pdu) == 5:
        _, address, value = struct.unpack(">BHH", pdu)
        return address, (value,)
    if pdu[0] == WRITE_MANY and len(pdu) >= 8:
        _, address, count, size = struct.unpack(">BHHB", pdu[:6])
        if 1 <= count <= 123 and size == 2 * count and len(pdu) == 6 + size:
            return address, struct.unpack(f">{count}H", pdu[6:])
    raise Refusal(ILLEGAL_VALUE)


def checksum(frame: bytes) -> bytes:
    """CRC-16/MODBUS, low byte first."""
    crc = 0xFFFF
    for byte in frame:
        crc ^= byte
        for _ in range(8):
            crc = crc >> 1 ^ 0xA001 if crc & 1 else crc >> 1
    return struct.pack("<H", crc)


def rtu_length(start: bytes) -> int | None:
    """Length of the request frame that begins with `start`, with unit and checksum; None when more is needed."""
    if len(start) < 2:
        return None
    if start[1] != WRITE_MANY:
        return 8
    return None if len(start) < 7 else 9 + start[6]


def floats(*values: float) -> list[int]:
    """Registers of float32 values, big word first."""
    raw = struct.pack(f">{len(values)}f", *values)
    return list(struct.unpack(f">{2 * len(values)}H", raw))


def long(value: float) -> list[int]:
    """Registers of an unsigned 32-bit value, big word first."""
    whole = min(max(round(value), 0), 0xFFFFFFFF)
    return [whole >> 16, whole & 0xFFFF]


def short(value: float) -> int:
    """Register of a signed 16-bit value."""
    return min(max(round(value), -32768), 32767) & 0xFFFF
