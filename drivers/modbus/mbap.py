"""Modbus TCP as a server sees it: requests out of a stream of bytes, answers into bytes. Pure.

Modbus Messaging on TCP/IP Implementation Guide V1.0b, 3.1.3 (MBAP header); Modbus Application Protocol V1.1b3, 6.
"""

from __future__ import annotations

import struct
from collections.abc import Sequence
from dataclasses import dataclass

ILLEGAL_FUNCTION, ILLEGAL_ADDRESS, ILLEGAL_VALUE, BUSY, NO_TARGET = 1, 2, 3, 6, 11
_READS = {1: 2_000, 2: 2_000, 3: 125, 4: 125}
"""function = how many coils, inputs or registers it may ask for"""
_HEADER = struct.Struct(">HHHB")
_LONGEST = 254
"""of what the header counts: unit and PDU"""


class BrokenStream(ValueError):
    """What came is no Modbus TCP; where the next request begins cannot be known."""


@dataclass(frozen=True, slots=True)
class Request:
    tid: int
    unit: int
    pdu: bytes

    @property
    def function(self) -> int:
        return self.pdu[0]

    @property
    def span(self) -> tuple[int, int]:
        """Address and count of a read."""
        address, count = struct.unpack(">HH", self.pdu[1:5])
        return address, count

    @property
    def wrong(self) -> int:
        """The exception that answers it, 0 for a read that can be."""
        if self.function not in _READS:
            return ILLEGAL_FUNCTION
        if len(self.pdu) != 5:
            return ILLEGAL_VALUE
        address, count = self.span
        if not 1 <= count <= _READS[self.function]:
            return ILLEGAL_VALUE
        return ILLEGAL_ADDRESS if address + count > 65_536 else 0

    def answer(self, words: Sequence[int]) -> bytes:
        """Registers, or coils and inputs as 0 and 1."""
        if self.function in (1, 2):
            bits = sum(bool(word) << n for n, word in enumerate(words))
            data = bits.to_bytes((len(words) + 7) // 8, "little")
        else:
            data = struct.pack(f">{len(words)}H", *words)
        return self._frame(bytes([self.function, len(data)]) + data)

    def exception(self, code: int) -> bytes:
        return self._frame(bytes([self.function | 0x80, code]))

    def _frame(self, pdu: bytes) -> bytes:
        return _HEADER.pack(self.tid, 0, 1 + len(pdu), self.unit) + pdu


class Requests:
    """The requests of one connection."""

    def __init__(self) -> None:
        self._buffer = b""

    def feed(self, data: bytes) -> list[Request]:
        """Those that are whole now. Raises BrokenStream."""
        self._buffer += data
        found = []
        while len(self._buffer) >= _HEADER.size:
            tid, protocol, length, unit = _HEADER.unpack_from(self._buffer)
            if protocol or not 2 <= length <= _LONGEST:
                raise BrokenStream(f"no Modbus TCP: protocol {protocol}, length {length}")
            if len(self._buffer) < 6 + length:
                break
            found.append(Request(tid, unit, self._buffer[_HEADER.size : 6 + length]))
            self._buffer = self._buffer[6 + length :]
        return found
