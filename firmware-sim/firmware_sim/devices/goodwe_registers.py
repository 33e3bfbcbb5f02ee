"""What the registers of a GoodWe ET show of the house. Raw units: 0.1 V, 0.1 A, 0.01 Hz, W, var, 0.1 kWh, 0.1 degC, %.

Signs of the wire: inverter + = production, battery + = discharge, meter + = export. Counters of a day, which the
house does not keep, and what else is not named here read as 0. Sources as in `goodwe`.
"""

import struct
from collections.abc import Iterator
from datetime import UTC, datetime

from ..modbus.pdu import floats, long, short
from ..physics.state import InverterState, MeterState, Snapshot

RATED_W = 8_000
BLOCKS = ((35000, 33), (35100, 125), (36000, 58), (37000, 24))
"""first register and count of those that are there"""
Words = Iterator[tuple[int, list[int]]]


def registers(house: Snapshot, name: str) -> dict[int, int]:
    words = {first + n: 0 for first, count in BLOCKS for n in range(count)}
    unit = house.inverters[name]
    for told in (_device(), _clock(house.t_ms), _running(unit, house.grid), _meter(house.grid), _battery(unit)):
        for first, values in told:
            words |= dict(enumerate(values, first))
    return words


def _device() -> Words:
    yield 35000, [1, RATED_W, 1]
    yield 35003, _text("98000ETU24700042", 16)
    yield 35011, _text("GW8K-ET", 10)
    yield 35016, [8, 8, 159, 19, 207]
    yield 35021, _text("04029-08-S11", 12)
    yield 35027, _text("02041-19-S00", 12)


def _clock(t_ms: int) -> Words:
    now = datetime.fromtimestamp(t_ms / 1000, UTC)
    yield 35100, [now.year % 100 << 8 | now.month, now.day << 8 | now.hour, now.minute << 8 | now.second]


def _running(unit: InverterState, grid: MeterState) -> Words:
    for string in (0, 1):
        volts, watts = unit.pv_v[string], unit.pv_w[string]
        yield 35103 + 4 * string, [_tenths(volts), _tenths(watts / volts if volts else 0), *long(watts)]
    yield 35120, [0x0202 if sum(unit.pv_w) > 10 else 0x0101]
    for phase, volts in enumerate(grid.voltage):
        watts = unit.ac_w / 3
        hertz = round(100 * grid.frequency)
        yield 35121 + 5 * phase, [_tenths(volts), _tenths(abs(watts) / volts), hertz, 0, short(watts)]
    yield 35136, [1]
    yield 35138, [short(unit.ac_w), 0, short(-grid.total)]
    yield 35172, [short(unit.ac_w + grid.total)]
    yield 35174, [_tenths(unit.temperature - 2), _tenths(unit.temperature), _tenths(unit.temperature + 3)]
    yield 35180, [_tenths(unit.battery_v), _tenths(unit.battery_w / unit.battery_v), *_signed(unit.battery_w)]
    yield 35184, [3 if unit.battery_w < -10 else 2 if unit.battery_w > 10 else 1]
    yield 35187, [1]
    yield 35191, _counter(sum(unit.pv_wh))
    yield 35195, _counter(unit.injected_wh)
    yield 35200, _counter(unit.absorbed_wh)
    yield 35206, _counter(unit.charged_wh)
    yield 35209, _counter(unit.discharged_wh)


def _meter(grid: MeterState) -> Words:
    given = [-watts for watts in grid.power]
    yield 36003, [1, 1, *(short(watts) for watts in (*given, sum(given))), short(sum(grid.reactive))]
    yield 36010, [short(1000 * factor) for factor in _power_factors(grid)]
    yield 36014, [round(100 * grid.frequency), *floats(grid.export_wh, grid.import_wh)]
    yield 36019, [word for watts in (*given, sum(given)) for word in _signed(watts)]
    yield 36027, [word for var in (*grid.reactive, sum(grid.reactive)) for word in _signed(var)]
    yield 36052, [_tenths(volts) for volts in grid.voltage]
    yield 36055, [_tenths(amps) for amps in grid.current]


def _battery(unit: InverterState) -> Words:
    yield 37000, [255, 0, 1, 250, 25, 25, 0, round(unit.soc), 99, 4]


def _power_factors(grid: MeterState) -> Iterator[float]:
    apparent = [volts * amps for volts, amps in zip(grid.voltage, grid.current, strict=True)]
    for watts, total in zip((*grid.power, grid.total), (*apparent, sum(apparent)), strict=True):
        yield abs(watts) / total if total else 1.0


def _tenths(value: float) -> int:
    return short(10 * value)


def _signed(value: float) -> list[int]:
    return list(struct.unpack(">2H", struct.pack(">i", round(value))))


def _counter(energy_wh: float) -> list[int]:
    return long(energy_wh / 100)


def _text(text: str, size: int) -> list[int]:
    return list(struct.unpack(f">{size // 2}H", text.encode().ljust(size)))
