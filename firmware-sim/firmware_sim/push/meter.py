"""A meter at the grid connection that talks by itself: on a serial port and on TCP, in real seconds."""

import asyncio
from abc import ABC, abstractmethod
from pathlib import Path

from ..device import Device, Truth, View
from ..fault import SLOW_S, Kind
from ..modbus.station import garbage
from ..pty_port import PtyPort
from ..tcp import TcpPort

_FULL = 65_536
"""bytes that a client may leave unread before it misses what comes"""


class GridMeter(Device, ABC):
    """With two ways out. It cannot be written: `refuse` closes every TCP client at once and says nothing on the serial
    port, `ignore` changes nothing. `line`: see PtyPort."""

    line = ""

    def __init__(self, name: str, view: View, path: Path) -> None:
        super().__init__(name, view)
        self.tcp = TcpPort(self.talk, lambda: self.fault.kind is Kind.DROP)
        self.pty = PtyPort(path, self.received, lambda: self.fault.kind is Kind.DROP, self.line)

    @abstractmethod
    async def run(self) -> None:
        """Talk until cancelled."""

    @abstractmethod
    async def talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """With one TCP client, until it goes."""

    def received(self, data: bytes) -> None:
        """Something has come in at the serial port."""

    @property
    def mute(self) -> bool:
        return self.fault.kind in (Kind.SILENT, Kind.DROP, Kind.REFUSE)

    def spoilt(self, data: bytes) -> bytes:
        """As the wire carries it: something else, when that is the fault."""
        return garbage(len(data)) if self.fault.kind is Kind.GARBAGE else data

    def truth(self) -> Truth:
        meter = self.now.grid
        return {
            "power": meter.total,
            "power_l": meter.power,
            "voltage_l": meter.voltage,
            "current_l": meter.current,
            "import_wh": meter.import_wh,
            "export_wh": meter.export_wh,
        }


class PushMeter(GridMeter):
    """A message every `period_s`, to everybody who listens."""

    period_s = 1.0

    def __init__(self, name: str, view: View, path: Path) -> None:
        super().__init__(name, view, path)
        self._clients: set[asyncio.StreamWriter] = set()

    @abstractmethod
    def message(self) -> bytes:
        """What is due now; called once each period."""

    async def run(self) -> None:
        loop = asyncio.get_running_loop()
        due = loop.time()
        while True:
            due = max(due + self.period_s, loop.time())
            await asyncio.sleep(due - loop.time())
            if self.fault.kind is Kind.SLOW:
                await asyncio.sleep(SLOW_S)
            if not self.mute:
                self._send(self.spoilt(self.message()))

    def _send(self, data: bytes) -> None:
        self.reads += 1
        if self.pty.unread() == 0:
            self.pty.write(data)
        else:
            self.pty.forget()
        for client in self._clients:
            if client.transport.get_write_buffer_size() < _FULL:
                client.write(data)

    async def talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if self.fault.kind is Kind.REFUSE:
            return
        self._clients.add(writer)
        try:
            while await reader.read(256):
                pass  # nothing is expected from a client
        finally:
            self._clients.discard(writer)
