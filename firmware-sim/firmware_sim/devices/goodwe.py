"""GoodWe ET hybrid over UDP 8899: a request is a Modbus RTU frame of unit 247; its answer is one with AA 55 before it.

A house's second hybrid, with panels and a battery of its own. It obeys the EMS modes named in `_orders` and the export
limit; both hold for good, for it has no watchdog. Sources: field/device-facts/inverter-goodwe.md;
marcelblijleven/goodwe goodwe/et.py, modbus.py and inverter.py (registers, framing, what each mode means).
"""

import time
from collections.abc import Callable, Sequence

from ..device import Truth, View
from ..fault import Kind
from ..modbus import pdu as modbus
from ..modbus.pdu import ILLEGAL_ADDRESS, ILLEGAL_FUNCTION, ILLEGAL_VALUE, READ_HOLDING, Refusal
from ..modbus.station import Station, garbage
from ..physics.added import GOODWE
from ..physics.inverter import Orders
from ..physics.state import InverterState
from ..physics.world import World
from ..udp import UdpPort
from .goodwe_registers import RATED_W, registers

UNIT, MARK = 247, b"\xaa\x55"
WORK_MODE, EXPORT_ON, EXPORT_LIMIT, EMS_MODE, EMS_POWER = 47000, 47509, 47510, 47511, 47512
AUTO, CHARGE_PV, DISCHARGE_PV, IMPORT_AC, CONSERVE, STANDBY, CHARGE, DISCHARGE = 1, 2, 3, 4, 6, 8, 11, 12
ALLOWED: dict[int, Callable[[int], bool]] = {
    WORK_MODE: lambda value: value <= 5,
    EXPORT_ON: lambda value: value in (0, 1),
    EXPORT_LIMIT: lambda value: value <= 10_000,
    EMS_MODE: lambda value: value in (AUTO, CHARGE_PV, DISCHARGE_PV, IMPORT_AC, CONSERVE, STANDBY, CHARGE, DISCHARGE),
    EMS_POWER: lambda value: value <= 10_000,
}


class GoodWe(Station):
    def __init__(self, view: View, clock: Callable[[], float] = time.monotonic) -> None:
        super().__init__(GOODWE, view, clock)
        self._set = {WORK_MODE: 0, EXPORT_ON: 0, EXPORT_LIMIT: RATED_W, EMS_MODE: AUTO, EMS_POWER: 0}
        self.port = UdpPort(self.answer, lambda: self.fault.kind is Kind.DROP)

    async def answer(self, datagram: bytes) -> bytes | None:
        """The datagram that answers; what is no whole request of its unit is passed over."""
        if len(datagram) < 8 or datagram[0] != UNIT or modbus.checksum(datagram[:-2]) != datagram[-2:]:
            return None
        answer = await self.respond(datagram[1:-2])
        if answer is None:
            return None
        frame = bytes((UNIT,)) + answer
        whole = MARK + frame + modbus.checksum(frame)
        return garbage(len(whole)) if self.fault.kind is Kind.GARBAGE else whole

    def read(self, function: int, address: int, count: int) -> list[int]:
        if function != READ_HOLDING:
            raise Refusal(ILLEGAL_FUNCTION)
        words = registers(self.seen(), GOODWE) | self._settings()
        wanted = range(address, address + count)
        if not all(at in words for at in wanted):
            raise Refusal(ILLEGAL_ADDRESS)
        return [words[at] for at in wanted]

    def write(self, function: int, address: int, values: Sequence[int]) -> None:
        changes = dict(enumerate(values, address))
        for at, value in changes.items():
            if at not in ALLOWED:
                raise Refusal(ILLEGAL_ADDRESS)
            if not ALLOWED[at](value):
                raise Refusal(ILLEGAL_VALUE)
        self._set |= changes

    def drive(self, world: World) -> None:
        world.inverters[GOODWE].orders = self._orders(self.now.inverters[GOODWE])

    def _settings(self) -> dict[int, int]:
        """The block of settings, of which most are not simulated and read as 0."""
        return {WORK_MODE: self._set[WORK_MODE]} | dict.fromkeys(range(47500, 47515), 0) | self._set

    def _orders(self, unit: InverterState) -> Orders:
        mode, power, sun = self._set[EMS_MODE], float(self._set[EMS_POWER]), sum(unit.pv_w)
        asked: dict[int, float | None] = {
            AUTO: None,
            CHARGE_PV: -power - sun,
            DISCHARGE_PV: power,
            IMPORT_AC: -power - sun,
            CONSERVE: -sun,
            STANDBY: 0.0,
            CHARGE: -power,
            DISCHARGE: power,
        }
        export = float(self._set[EXPORT_LIMIT]) if self._set[EXPORT_ON] else 1e9
        return Orders(asked[mode], export_limit_w=export, grid_charging=mode != CONSERVE)

    def truth(self) -> Truth:
        unit = self.now.inverters[GOODWE]
        return {
            "power": unit.ac_w,
            "pv_power": sum(unit.pv_w),
            "battery_power": unit.battery_w,
            "soc": unit.soc,
            "curtailed": unit.curtailed,
            "ems_mode": self._set[EMS_MODE],
            "ems_power": self._set[EMS_POWER],
            "export_limit": self._set[EXPORT_LIMIT] if self._set[EXPORT_ON] else None,
            "energy_wh": unit.injected_wh,
            "battery_charged_wh": unit.charged_wh,
            "battery_discharged_wh": unit.discharged_wh,
        }
