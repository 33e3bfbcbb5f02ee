"""A SunSpec hybrid inverter: Modbus TCP, unit 1, base 40000, functions 3, 6, 16.

It balances its own grid meter to zero until somebody sets a battery power or bound (see `sunspec_control`)."""

import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, replace

from ..device import Truth, View
from ..modbus.pdu import ILLEGAL_ADDRESS, ILLEGAL_FUNCTION, ILLEGAL_VALUE, READ_HOLDING, Refusal
from ..modbus.station import Station
from ..physics.inverter import Orders
from ..physics.state import Snapshot
from ..physics.world import World
from .sunspec_control import ALLOWED, Controls, Key
from .sunspec_layout import CHAIN, Model, Point
from .sunspec_values import SCALES, Values, measured

BASE = 40_000
MARK = [0x5375, 0x6E53]
END = [0xFFFF, 0]
ABSENT = {
    "u": 0xFFFF,
    "u2": 0xFFFFFFFF,
    "u4": 0xFFFFFFFFFFFFFFFF,
    "i": 0x8000,
    "i2": 0x80000000,
    "b2": 0xFFFFFFFF,
    "a2": 0,
    "a4": 0,
    "f": 0x8000,
    "p": 0x8000,
}
SIGNED = ("i", "i2")


def _places() -> tuple[dict[int, Model], dict[int, tuple[Model, Point]], int]:
    """Models by first address, points by address, and the address of the end mark."""
    models, points, at = {}, {}, BASE + len(MARK)
    for model in CHAIN:
        models[at] = model
        at += 2
        for point in model.points:
            points[at] = (model, point)
            at += point.size
    return models, points, at


MODELS, POINTS, END_AT = _places()


class SunSpecInverter(Station):
    def __init__(self, view: View, clock: Callable[[], float] = time.monotonic) -> None:
        super().__init__("inverter", view, clock)
        self.controls = Controls(clock)

    def read(self, function: int, address: int, count: int) -> list[int]:
        if function != READ_HOLDING:
            raise Refusal(ILLEGAL_FUNCTION)
        if address < BASE or address + count > END_AT + len(END):
            raise Refusal(ILLEGAL_ADDRESS)
        self.controls.tick()
        words = dict(enumerate(MARK, BASE)) | dict(enumerate(END, END_AT))
        house = self.seen()
        house = replace(house, inverter=self.wiring.inverter(house.inverter))
        for start, model in MODELS.items():
            if start < address + count and start + 2 + model.length > address:
                words |= enumerate([model.number, model.length, *self._encode(model, house)], start)
        return [words[at] for at in range(address, address + count)]

    def write(self, function: int, address: int, values: Sequence[int]) -> None:
        self.controls.tick()
        changes, at = {}, address
        while at < address + len(values):
            model, point = POINTS.get(at, (None, None))
            if model is None or point is None or not point.writable or at + point.size > address + len(values):
                raise Refusal(ILLEGAL_ADDRESS)
            words = values[at - address : at - address + point.size]
            changes[model.number, point.name] = _checked((model.number, point.name), point, words)
            at += point.size
        self.controls.put(changes)

    def drive(self, world: World) -> None:
        self.controls.tick()
        world.inverter.orders = self.controls.orders()
        reserve = self.controls[124, "MinRsvPct"] or 0
        world.inverter.battery.min_soc = max(reserve / 100, 5.0)

    def _encode(self, model: Model, house: Snapshot) -> list[int]:
        values, scales = measured(model.number, house), SCALES.get(model.number, {})
        words: list[int] = []
        for point in model.points:
            words += self._encode_point(model.number, point, values, scales)
        return words

    def _encode_point(self, model: int, point: Point, values: Values, scales: dict[str, int]) -> list[int]:
        if point.kind[0] == "s":
            return _text(str(values.get(point.name, "")), point.size)
        setting = self.controls[model, point.name]
        if setting is not None:
            return _words(setting, point.size)
        if point.kind == "f":
            return _words(scales.get(point.name, ABSENT["f"]), 1)
        value = values.get(point.name)
        if value is None or isinstance(value, str) or (point.scale and point.scale not in scales):
            return _words(ABSENT[point.kind], point.size)
        return _words(_fit(point, value * 10 ** -scales.get(point.scale, 0)), point.size)

    def truth(self) -> Truth:
        unit, orders = self.now.inverter, _asked(self.controls.orders())
        return {
            "power": unit.ac_w,
            "pv_power": sum(unit.pv_w),
            "battery_power": unit.battery_w,
            "soc": unit.soc,
            "pv_strings": unit.pv_w,
            "curtailed": unit.curtailed,
            "remote": unit.remote,
            "orders": orders,
            "energy_wh": unit.injected_wh,
            "battery_charged_wh": unit.charged_wh,
            "battery_discharged_wh": unit.discharged_wh,
        }


def _asked(orders: Orders) -> dict[str, object]:
    """The orders without bounds that bound nothing."""
    return {
        name: None if isinstance(value, float) and abs(value) >= 1e9 else value
        for name, value in asdict(orders).items()
    }


def _fit(point: Point, value: float) -> int:
    """Round into the point's range; counters roll over."""
    bits = 16 * point.size
    if point.kind[0] == "a":
        return round(value) % (1 << bits)
    low, high = (-(1 << bits - 1) + 1, (1 << bits - 1) - 1) if point.kind in SIGNED else (0, (1 << bits) - 2)
    return min(max(round(value), low), high)


def _words(value: int, size: int) -> list[int]:
    return [value >> 16 * shift & 0xFFFF for shift in reversed(range(size))]


def _text(text: str, size: int) -> list[int]:
    raw = text.encode().ljust(2 * size, b"\0")
    return [raw[at] << 8 | raw[at + 1] for at in range(0, 2 * size, 2)]


def _checked(key: Key, point: Point, words: Sequence[int]) -> int:
    value = 0
    for word in words:
        value = value << 16 | word
    bits = 16 * point.size
    if point.kind in SIGNED and value >> bits - 1:
        value -= 1 << bits
    if key in ALLOWED and value not in ALLOWED[key]:
        raise Refusal(ILLEGAL_VALUE)
    return value
