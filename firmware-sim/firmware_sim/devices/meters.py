"""Eastron SDM630: input registers (function 4), float32, big word first, + = import.

Registers after the maker's protocol document for the SDM630 Modbus."""

from collections.abc import Callable

from ..device import Truth, View
from ..modbus.pdu import ILLEGAL_ADDRESS, ILLEGAL_FUNCTION, ILLEGAL_VALUE, READ_HOLDING, READ_INPUT, Refusal, floats
from ..modbus.station import Station
from ..physics.state import MeterState, Snapshot

MAX_REGISTERS = 80
INPUT_END = 0x0182
HOLDING = {0x0014: 1.0, 0x001C: 2.0}
"""node address and baud code; read only here"""


class Sdm630(Station):
    commands = False

    """`pick`: what the meter sees; `true`: what there is, where that is something else."""

    def __init__(
        self,
        name: str,
        view: View,
        pick: Callable[[Snapshot], MeterState],
        true: Callable[[Snapshot], MeterState] | None = None,
    ) -> None:
        super().__init__(name, view)
        self._pick, self._true = pick, true or pick

    def read(self, function: int, address: int, count: int) -> list[int]:
        if count > MAX_REGISTERS:
            raise Refusal(ILLEGAL_VALUE)
        if function == READ_HOLDING:
            return _cut(HOLDING, 0x0014, 0x001E, address, count)
        if function != READ_INPUT:
            raise Refusal(ILLEGAL_FUNCTION)
        return _cut(measured(self._pick(self.seen())), 0, INPUT_END, address, count)

    def truth(self) -> Truth:
        meter = self._true(self.now)
        return {
            "power": meter.total,
            "power_l": meter.power,
            "voltage_l": meter.voltage,
            "current_l": meter.current,
            "frequency": meter.frequency,
            "import_wh": meter.import_wh,
            "export_wh": meter.export_wh,
        }


def _cut(values: dict[int, float], start: int, end: int, address: int, count: int) -> list[int]:
    if address < start or address + count > end:
        raise Refusal(ILLEGAL_ADDRESS)
    even = address & ~1
    words = floats(*(values.get(at, 0.0) for at in range(even, address + count, 2)))
    return words[address - even : address - even + count]


def measured(meter: MeterState) -> dict[int, float]:
    """Value by register address."""
    apparent = tuple(u * i for u, i in zip(meter.voltage, meter.current, strict=True))
    total, lag = meter.total, sum(meter.reactive)
    size = (total * total + lag * lag) ** 0.5
    values = {
        0x0034: total,
        0x0038: size,
        0x003C: lag,
        0x003E: total / size if size else 1.0,
        0x0046: meter.frequency,
        0x0030: sum(meter.current),
        0x002A: sum(meter.voltage) / 3,
        0x002E: sum(meter.current) / 3,
        0x0048: meter.import_wh / 1000,
        0x004A: meter.export_wh / 1000,
        0x0156: (meter.import_wh + meter.export_wh) / 1000,
    }
    for phase in (0, 1, 2):
        at = 2 * phase
        power = meter.power[phase]
        values |= {
            0x0000 + at: meter.voltage[phase],
            0x0006 + at: meter.current[phase],
            0x000C + at: power,
            0x0012 + at: apparent[phase],
            0x0018 + at: meter.reactive[phase],
            0x001E + at: power / apparent[phase] if apparent[phase] else 1.0,
            0x015A + at: meter.imported[phase] / 1000,
            0x0160 + at: meter.exported[phase] / 1000,
            0x0166 + at: (meter.imported[phase] + meter.exported[phase]) / 1000,
        }
    return values
