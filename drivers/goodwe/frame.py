"""GoodWe's UDP frames, sans I/O: requests as bytes, answers checked and taken apart.

Modbus family (ET, EH, BT, DT): the request is a Modbus RTU frame; the answer is `AA 55` and the RTU frame, whose CRC-16
begins after `AA 55`. AA55 family (ES, EM, BP): `AA 55 C0 7F`, control, function, length, data, the sum of all bytes.
Source: GoodWe, "Modbus protocol" and "AA55 protocol" as published by the projects around them.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from hub.model.heard import Rejected

HEAD = b"\xaa\x55"
READ, WRITE, WRITE_MANY = 3, 6, 16
ES_DEVICE, ES_RUNNING, ES_SETTINGS = 0x0182, 0x0186, 0x0189
"""Kinds of AA55 answers; the request has the function byte less 0x80."""

_ILLEGAL = {1: "function", 2: "register", 3: "value", 4: "device failure", 6: "busy"}


@dataclass(frozen=True, slots=True)
class Answer:
    """`kind`: 0 for Modbus, with `address` and `function`; else control and function of AA55. `end` of it in the data.

    A write's `data` is register and value (or count); an exception's is its code, and `function` has bit 7.
    """

    offset: int
    end: int
    data: bytes
    kind: int = 0
    address: int = 0
    function: int = 0

    @property
    def error(self) -> str:
        """Why the inverter refused, empty for an answer."""
        if self.kind or not self.function & 0x80:
            return ""
        code = self.data[0]
        return f"illegal {_ILLEGAL[code]}" if code in (1, 2, 3) else _ILLEGAL.get(code, f"exception {code}")


def read_request(address: int, register: int, count: int) -> bytes:
    return _modbus(bytes([address, READ]) + register.to_bytes(2, "big") + count.to_bytes(2, "big"))


def write_request(address: int, register: int, value: int) -> bytes:
    """`value`: 16 bits, negative ones as two's complement."""
    return _modbus(bytes([address, WRITE]) + register.to_bytes(2, "big") + (value & 0xFFFF).to_bytes(2, "big"))


def es_request(kind: int) -> bytes:
    """`kind` is the answer's: one of ES_DEVICE, ES_RUNNING and ES_SETTINGS."""
    frame = HEAD + b"\xc0\x7f" + bytes([kind >> 8, kind & 0x7F, 0])
    return frame + _sum(frame)


def answers(data: bytes) -> Iterator[Answer | Rejected]:
    """All frames in `data`, and what lies between them."""
    at = 0
    while (start := data.find(HEAD, at)) >= 0:
        if start > at:
            yield Rejected(at, f"{start - at} bytes that are no frame")
        found = _answer(data, start)
        yield found
        after = data.find(HEAD, start + 2)
        at = found.end if isinstance(found, Answer) else after if after >= 0 else len(data)
    if at < len(data):
        yield Rejected(at, "no frame: none begins with AA 55")


def _answer(data: bytes, start: int) -> Answer | Rejected:
    if data[start + 2 : start + 4] == b"\x7f\xc0":
        return _es(data, start)
    head = data[start + 2 : start + 5]
    if len(head) < 3:
        return Rejected(start, "cut off in the header")
    address, function = head[0], head[1]
    if function == READ:
        begin, size = start + 5, head[2]
    elif function in (WRITE, WRITE_MANY):
        begin, size = start + 4, 4
    elif function & 0x80:
        begin, size = start + 4, 1
    else:
        return Rejected(start, f"function {function} is not known")
    end = begin + size + 2
    if end > len(data):
        return Rejected(start, f"cut off: {len(data) - start} of {end - start} bytes")
    body = data[start + 2 : end - 2]
    if crc16(body) != int.from_bytes(data[end - 2 : end], "little"):
        return Rejected(start, "CRC is wrong")
    return Answer(start, end, data[begin : begin + size], 0, address, function)


def _es(data: bytes, start: int) -> Answer | Rejected:
    if len(data) < start + 7:
        return Rejected(start, "cut off in the header")
    end = start + 9 + data[start + 6]
    if end > len(data):
        return Rejected(start, f"cut off: {len(data) - start} of {end - start} bytes")
    if _sum(data[start : end - 2]) != data[end - 2 : end]:
        return Rejected(start, "checksum is wrong")
    return Answer(start, end, data[start + 7 : end - 2], int.from_bytes(data[start + 4 : start + 6], "big"))


def _modbus(frame: bytes) -> bytes:
    return frame + crc16(frame).to_bytes(2, "little")


def _sum(frame: bytes) -> bytes:
    return (sum(frame) & 0xFFFF).to_bytes(2, "big")


def crc16(data: bytes) -> int:
    """Modbus CRC: polynomial 0xA001 (reflected 0x8005), start 0xFFFF."""
    crc = 0xFFFF
    for byte in data:
        crc ^= byte
        for _ in range(8):
            crc = crc >> 1 ^ 0xA001 if crc & 1 else crc >> 1
    return crc
