"""Modbus on its carriers: TCP (one station a port) and RTU (stations share a bus)."""

import asyncio
import struct
from pathlib import Path

from ..fault import Kind
from ..pty_port import PtyPort
from ..tcp import TcpPort
from . import pdu as modbus
from .station import Station, garbage

SILENCE_S = 0.05
"""a longer pause on the line starts a new frame"""


class TcpStation:
    def __init__(self, station: Station, unit: int) -> None:
        self._station = station
        self._unit = unit
        self.port = TcpPort(self._talk, lambda: station.fault.kind is Kind.DROP)

    async def _talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while True:
            header = await reader.readexactly(7)
            transaction, protocol, length, unit = struct.unpack(">HHHB", header)
            if protocol != 0 or not 2 <= length <= 254:
                return
            request = await reader.readexactly(length - 1)
            answer = await self._answer(unit, request)
            if answer is None:
                continue
            frame = struct.pack(">HHHB", transaction, 0, len(answer) + 1, unit) + answer
            writer.write(garbage(len(frame)) if self._station.fault.kind is Kind.GARBAGE else frame)
            await writer.drain()

    async def _answer(self, unit: int, request: bytes) -> bytes | None:
        if unit != self._unit:
            return modbus.refuse(request, modbus.NO_TARGET)
        return await self._station.respond(request)


class RtuBus:
    """The bus is down when the station `owner` is dropped."""

    def __init__(self, path: Path, stations: dict[int, Station], owner: Station) -> None:
        self._stations = stations
        self._buffer = b""
        self._heard = 0.0
        self._frames: asyncio.Queue[bytes] = asyncio.Queue()
        self.port = PtyPort(path, self._received, lambda: owner.fault.kind is Kind.DROP)

    async def run(self) -> None:
        """Answer frame after frame until cancelled."""
        while True:
            frame = await self._frames.get()
            station = self._stations.get(frame[0])
            if station is None:
                continue
            answer = await station.respond(frame[1:-2])
            if answer is not None:
                whole = frame[:1] + answer
                whole += modbus.checksum(whole)
                self.port.write(garbage(len(whole)) if station.fault.kind is Kind.GARBAGE else whole)

    def _received(self, data: bytes) -> None:
        now = asyncio.get_running_loop().time()
        self._buffer = data if now - self._heard > SILENCE_S else self._buffer + data
        self._heard = now
        length = modbus.rtu_length(self._buffer)
        while length is not None and len(self._buffer) >= length:
            frame, self._buffer = self._buffer[:length], self._buffer[length:]
            if modbus.checksum(frame[:-2]) != frame[-2:]:
                self._buffer = b""
            else:
                self._frames.put_nowait(frame)
            length = modbus.rtu_length(self._buffer)
