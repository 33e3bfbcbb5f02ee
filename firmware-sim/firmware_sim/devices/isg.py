"""Stiebel Eltron ISG web with a WPM heat pump: Modbus TCP, unit 1, zero-based addresses, 0.1 degC.

SG-Ready inputs: 4001 = boost, 4002 = dim; state 5000: 1 blocked, 2 normal, 3 boost advised, 4 forced."""

from collections.abc import Sequence

from ..device import Truth, View
from ..modbus.pdu import ILLEGAL_ADDRESS, ILLEGAL_FUNCTION, ILLEGAL_VALUE, READ_HOLDING, READ_INPUT, Refusal, short
from ..modbus.station import Station
from ..physics.world import World

NOT_AVAILABLE = 0x8000
SG_ON, BOOST, DIM = 4000, 4001, 4002
STATES = {(0, 1): 1, (0, 0): 2, (1, 0): 3, (1, 1): 4}
"""by (boost, dim)"""


class Isg(Station):
    def __init__(self, view: View) -> None:
        super().__init__("heatpump", view)
        self._set = {SG_ON: 1, BOOST: 0, DIM: 0}

    @property
    def sg(self) -> int:
        return STATES[self._set[BOOST], self._set[DIM]] if self._set[SG_ON] else 2

    def read(self, function: int, address: int, count: int) -> list[int]:
        if function not in (READ_HOLDING, READ_INPUT):
            raise Refusal(ILLEGAL_FUNCTION)
        pump = self.seen().heatpump
        inputs = {5000: self.sg, 521: short(10 * pump.tank_c), 517: short(10 * pump.buffer_c)}
        values = self._set if function == READ_HOLDING else inputs
        return [values.get(at, NOT_AVAILABLE) for at in range(address, address + count)]

    def write(self, function: int, address: int, values: Sequence[int]) -> None:
        wanted = dict(enumerate(values, address))
        if any(at not in self._set for at in wanted):
            raise Refusal(ILLEGAL_ADDRESS)
        if any(value not in (0, 1) for value in values):
            raise Refusal(ILLEGAL_VALUE)
        self._set |= wanted

    def drive(self, world: World) -> None:
        world.heatpump.sg = self.sg

    def truth(self) -> Truth:
        pump = self.now.heatpump
        return {
            "power": pump.power_w,
            "heat_w": pump.heat_w,
            "sg_state": self.sg,
            "tank_c": pump.tank_c,
            "buffer_c": pump.buffer_c,
            "house_c": pump.house_c,
            "outside_c": pump.outside_c,
        }
