"""Heidelberg Energy Control on a TCP bridge, unit 1: input registers (function 4), holding registers 257..262.

Registers after the maker's Modbus register table, layout 1.0.8. The watchdog 257 (real ms, 0 = off) is fed by any
request; when it starves, the fail-safe current 262 holds until the next request."""

import time
from collections.abc import Callable, Sequence

from ..device import Truth, View
from ..modbus.pdu import (
    ILLEGAL_ADDRESS,
    ILLEGAL_FUNCTION,
    ILLEGAL_VALUE,
    READ_HOLDING,
    READ_INPUT,
    Refusal,
    long,
    short,
)
from ..modbus.station import Station
from ..physics.state import Snapshot
from ..physics.world import World
from ..wiring import Mistake

HARDWARE_A = 16.0
WATCHDOG, STANDBY, LOCK, LIMIT, FAILSAFE = 257, 258, 259, 261, 262
ALLOWED: dict[int, Callable[[int], bool]] = {
    WATCHDOG: lambda value: True,
    STANDBY: lambda value: value in (0, 4),
    LOCK: lambda value: value in (0, 1),
    LIMIT: lambda value: value == 0 or 60 <= value <= 160,
    FAILSAFE: lambda value: value == 0 or 60 <= value <= 160,
}


class Heidelberg(Station):
    def __init__(self, view: View, clock: Callable[[], float] = time.monotonic) -> None:
        super().__init__("heidelberg", view, clock)
        self._set = {WATCHDOG: 15_000, STANDBY: 4, LOCK: 1, LIMIT: 160, FAILSAFE: 0}
        self._heard: float | None = None

    def heard(self) -> None:
        self._heard = self.clock()

    def read(self, function: int, address: int, count: int) -> list[int]:
        if function not in (READ_HOLDING, READ_INPUT):
            raise Refusal(ILLEGAL_FUNCTION)
        values = self._set if function == READ_HOLDING else self._inputs(self.seen())
        return [_pick(values, at) for at in range(address, address + count)]

    def write(self, function: int, address: int, values: Sequence[int]) -> None:
        wanted = dict(enumerate(values, address))
        if any(at not in ALLOWED for at in wanted):
            raise Refusal(ILLEGAL_ADDRESS)
        if not all(ALLOWED[at](value) for at, value in wanted.items()):
            raise Refusal(ILLEGAL_VALUE)
        self._set |= wanted

    @property
    def failsafe(self) -> bool:
        """The watchdog starts with the first request."""
        timeout = self._set[WATCHDOG] / 1000
        return timeout > 0 and self._heard is not None and self.clock() - self._heard > timeout

    @property
    def limit_a(self) -> float:
        return self._set[FAILSAFE if self.failsafe else LIMIT] / 10

    def drive(self, world: World) -> None:
        world.heidelberg.limit_a = HARDWARE_A if Mistake.LIMIT_IGNORED in self.wiring and self.limit_a else self.limit_a
        world.heidelberg.first = 1 if Mistake.CHARGER_PHASE in self.wiring else 0
        world.heidelberg.enabled = self._set[LOCK] == 1

    def _inputs(self, house: Snapshot) -> dict[int, int]:
        evse, volts = house.heidelberg, house.grid.voltage
        values = {
            4: 0x0108,
            5: self._state(house),
            9: short(10 * (25 + evse.power_w / 800)),
            13: self._set[LOCK],
            14: short(evse.power_w),
            100: 16,
            101: 6,
        }
        for phase in (0, 1, 2):
            values[6 + phase] = short(10 * evse.current[phase])
            values[10 + phase] = short(volts[phase])
        values[15], values[16] = long(evse.total_wh - 700_000)
        values[17], values[18] = long(evse.total_wh)
        return values

    def _state(self, house: Snapshot) -> int:
        """2, 3 no car; 4, 5 car waits; 6, 7 car charges or may; the odd ones with release; 10 locked."""
        if not self._set[LOCK]:
            return 10
        released = self.limit_a >= 6
        if not house.heidelberg.present:
            return 2 + released
        return 7 if house.heidelberg.charging else 4 + released

    def truth(self) -> Truth:
        evse = self.now.heidelberg
        return {
            "power": evse.power_w,
            "current_l": evse.current,
            "current_limit": self.limit_a,
            "enabled": self._set[LOCK] == 1,
            "connected": evse.present,
            "charging": evse.charging,
            "phases": evse.phases,
            "energy_wh": evse.total_wh,
            "session_wh": evse.session_wh,
            "ev_soc": evse.soc,
            "failsafe": self.failsafe,
        }


def _pick(values: dict[int, int], address: int) -> int:
    """Registers between known ones read as zero; others do not exist."""
    if address in values:
        return values[address]
    if min(values) <= address <= max(values):
        return 0
    raise Refusal(ILLEGAL_ADDRESS)
