"""Older meters with an infrared eye: one that wants to be asked, one that talks by itself. IEC 62056-21, 7E1.

What a serial port does with parity a pseudo terminal leaves out: the wire has 7 bits here. Its speed it does know.
"""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path

from ..device import Truth, View
from ..fault import SLOW_S, Kind
from ..modbus.station import garbage
from ..physics.state import MeterState
from . import d0
from .meter import GridMeter, PushMeter

REACTION_S = 0.2
"""From the last bit that has come in to the first of the answer; the standard says 0.2 to 1.5 s."""
_BITS = 10
"""for each byte on the line: start, 7 data, parity, stop"""
_TICK_S = 0.05


@dataclass
class Line:
    """Between the meter and one reader. `baud`: what the reader's side is set to; `speed`: what the meter talks at.

    `read` raises ConnectionError when the reader has gone.
    """

    read: Callable[[], Awaitable[bytes]]
    send: Callable[[bytes], Awaitable[None]]
    baud: Callable[[], int]
    speed: int = d0.FIRST_BAUD


class D0Asked(GridMeter):
    """Landis+Gyr ZMF100 (E350), mode C, up to 4,800 baud: `/?!` at 300 baud, `ACK 0 4 0`, then the read-out.

    Its time on the wire is as long as it takes there. Bytes at a speed that the line does not have are noise.
    """

    line = "baud=300&bits=8&parity=N"
    ident, number = "LGZ4ZMF100AC.M27", "18438636"

    def __init__(self, name: str, view: View, path: Path) -> None:
        super().__init__(name, view, path)
        self._inbox: asyncio.Queue[bytes] = asyncio.Queue()
        self._serial = Line(self._inbox.get, self._write, lambda: self.pty.baud)

    async def run(self) -> None:
        await self._converse(self._serial)

    async def talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """The head that is on the network is set to 300 baud for good."""
        if self.fault.kind is Kind.REFUSE:
            return

        async def read() -> bytes:
            if data := await reader.read(256):
                return data
            raise ConnectionResetError

        async def send(data: bytes) -> None:
            writer.write(data)
            await writer.drain()

        await self._converse(Line(read, send, lambda: d0.FIRST_BAUD))

    def received(self, data: bytes) -> None:
        if self.pty.baud == d0.FIRST_BAUD:
            self._inbox.put_nowait(data)

    async def _write(self, data: bytes) -> None:
        self.pty.write(data)

    async def _converse(self, line: Line) -> None:
        meter = d0.SignOn(self.ident, lambda: asked_lines(self.seen().grid, self.number), self.number)
        while True:
            data = await line.read()
            for say in () if self.mute else meter.feed(data):
                line.speed = say.baud
                await asyncio.sleep(len(data) * _BITS / d0.FIRST_BAUD + REACTION_S)
                await self._say(say, line)
                line.speed = d0.FIRST_BAUD

    async def _say(self, say: d0.Say, line: Line) -> None:
        if self.fault.kind is Kind.SLOW:
            await asyncio.sleep(SLOW_S)
        size = max(round(say.baud / _BITS * _TICK_S), 1)
        self.reads += 1
        for at in range(0, len(say.data), size):
            if self.mute:
                return
            piece = say.data[at : at + size]
            await line.send(self.spoilt(piece) if line.baud() == say.baud else garbage(len(piece)))
            await asyncio.sleep(len(piece) * _BITS / say.baud)

    def truth(self) -> Truth:
        """`baud`: what it talks at on its serial port."""
        return {**super().truth(), "baud": self._serial.speed}


def asked_lines(meter: MeterState, number: str) -> list[str]:
    """As the ZMF100 has them: kWh with three decimals, V, A, and kW with two and a sign (16.7)."""
    lines = ["F.F(00)", f"0.0({number:>16})", f"C.1.0({number})"]
    counters = (("1.8", meter.import_by_tariff, meter.import_wh), ("2.8", meter.export_by_tariff, meter.export_wh))
    for code, tariffs, _ in counters:
        lines += [f"{code}.{nth}({energy / 1000:010.3f}*kWh)" for nth, energy in enumerate(tariffs, 1)]
    lines += [f"{code}.0({total / 1000:010.3f}*kWh)" for code, _, total in counters]
    lines += ["C.7.0(0004)"]
    lines += [f"{32 + 20 * phase}.7({volts:03.0f}*V)" for phase, volts in enumerate(meter.voltage)]
    lines += [f"{31 + 20 * phase}.7({amps:06.2f}*A)" for phase, amps in enumerate(meter.current)]
    return [*lines, f"16.7({_signed(meter.total / 1000, '06.2f')}*kW)", "0.2.0(M27)"]


class D0Push(PushMeter):
    """EasyMeter Q3DA1024 for both directions, mode D: every two seconds, 9600 baud, without STX and check.

    After its manual Easy-10059-DE, 7; the sign stands at the power (1.7.0 and the phases').
    """

    line, period_s = "baud=9600&bits=8&parity=N", 2.0
    ident = "ESY5Q3DA1024 V3.04"

    def message(self) -> bytes:
        return d0.plain(self.ident, pushed_lines(self.seen().grid))


def pushed_lines(meter: MeterState) -> list[str]:
    counters = (("1.8.0", meter.import_wh), ("2.8.0", meter.export_wh))
    powers = (*zip((21, 41, 61), meter.power, strict=True), (1, meter.total))
    return [
        "1-0:0.0.0*255(1ESY1160328160)",
        *(f"1-0:{code}*255({energy / 1000:016.7f}*kWh)" for code, energy in counters),
        *(f"1-0:{group}.7.0*255({_signed(watts, '09.2f')}*W)" for group, watts in powers),
        "1-0:96.5.5*255(80)",
        "0-0:96.1.255*255(1ESY1160328160)",
    ]


def _signed(value: float, form: str) -> str:
    """The sign before all digits."""
    text = format(abs(value), form)
    return f"-{text}" if value < 0 and any(digit in "123456789" for digit in text) else text
