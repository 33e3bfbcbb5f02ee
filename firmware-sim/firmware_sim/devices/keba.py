"""KEBA KeContact P30: Modbus TCP, unit 255; reads (function 3) of one 32-bit value each, writes with function 6.

Registers after the maker's Modbus TCP programmers' guide. Energies are 0.1 Wh as on the P30. When 1602 is not zero and
no write comes for that many real seconds, the current falls to the fail-safe current 1600 until the next write.
The simulated installation is commissioned for phase switching by Modbus (1550 = 3)."""

import time
from collections.abc import Callable, Sequence

from ..device import Truth, View
from ..modbus.pdu import ILLEGAL_ADDRESS, ILLEGAL_FUNCTION, ILLEGAL_VALUE, READ_HOLDING, WRITE_ONE, Refusal, long
from ..modbus.station import Station
from ..physics.state import Snapshot
from ..physics.world import World
from ..wiring import Mistake

SET_CURRENT, ENERGY_LIMIT, UNLOCK, ENABLE = 5004, 5010, 5012, 5014
FAILSAFE_CURRENT, FAILSAFE_TIMEOUT, FAILSAFE_KEEP, PHASE_SOURCE, PHASES = 5016, 5018, 5020, 5050, 5052
HARDWARE_MA = 16_000
ALLOWED: dict[int, Callable[[int], bool]] = {
    SET_CURRENT: lambda value: value == 0 or 6000 <= value <= 63000,
    ENERGY_LIMIT: lambda value: True,
    UNLOCK: lambda value: value == 0,
    ENABLE: lambda value: value in (0, 1),
    FAILSAFE_CURRENT: lambda value: value == 0 or 6000 <= value <= 63000,
    FAILSAFE_TIMEOUT: lambda value: value <= 600,
    FAILSAFE_KEEP: lambda value: value in (0, 1),
    PHASE_SOURCE: lambda value: value <= 4,
    PHASES: lambda value: value in (0, 1),
}


class Keba(Station):
    def __init__(self, view: View, clock: Callable[[], float] = time.monotonic) -> None:
        super().__init__("keba", view, clock)
        self._set = {
            SET_CURRENT: HARDWARE_MA,
            ENABLE: 1,
            FAILSAFE_CURRENT: 0,
            FAILSAFE_TIMEOUT: 0,
            PHASE_SOURCE: 3,
            PHASES: 1,
            ENERGY_LIMIT: 0,
        }
        self._written = clock()

    def read(self, function: int, address: int, count: int) -> list[int]:
        if function != READ_HOLDING:
            raise Refusal(ILLEGAL_FUNCTION)
        values = self._values(self.seen())
        if address not in values or count != 2:
            raise Refusal(ILLEGAL_ADDRESS)
        return long(values[address])

    def write(self, function: int, address: int, values: Sequence[int]) -> None:
        if function != WRITE_ONE:
            raise Refusal(ILLEGAL_FUNCTION)
        if address not in ALLOWED:
            raise Refusal(ILLEGAL_ADDRESS)
        if not ALLOWED[address](values[0]):
            raise Refusal(ILLEGAL_VALUE)
        self._written = self.clock()
        if address not in (UNLOCK, FAILSAFE_KEEP):
            self._set[address] = values[0]

    @property
    def failsafe(self) -> bool:
        timeout = self._set[FAILSAFE_TIMEOUT]
        if Mistake.NO_FAILSAFE in self.wiring:
            return False
        return timeout > 0 and self.clock() - self._written > timeout

    @property
    def limit_ma(self) -> int:
        """The current that holds now, mA."""
        return min(self._set[FAILSAFE_CURRENT if self.failsafe else SET_CURRENT], HARDWARE_MA)

    def drive(self, world: World) -> None:
        evse, limit_wh = world.keba, 10 * self._set[ENERGY_LIMIT]
        evse.limit_a = self.limit_ma / 1000
        evse.enabled = self._set[ENABLE] == 1 and not 0 < limit_wh <= evse.session_wh
        evse.phases = 3 if self._set[PHASES] else 1

    def _values(self, house: Snapshot) -> dict[int, float]:
        evse, volts = house.keba, house.grid.voltage
        values = {
            1000: self._state(house),
            1004: 7 if evse.present else 1,
            1006: 0,
            1014: 21_745_632,
            1016: 311_524,
            1018: 31_012,
            1020: 1000 * evse.power_w,
            1036: 10 * evse.total_wh,
            1046: 1000 if evse.charging else 0,
            1100: self.limit_ma,
            1110: HARDWARE_MA,
            1500: 0,
            1502: 10 * evse.session_wh,
            1550: self._set[PHASE_SOURCE],
            1552: self._set[PHASES],
            1600: self._set[FAILSAFE_CURRENT],
            1602: self._set[FAILSAFE_TIMEOUT],
        }
        for phase in (0, 1, 2):
            values[1008 + 2 * phase] = 1000 * evse.current[phase]
            values[1040 + 2 * phase] = volts[phase] if evse.present else 0
        return values

    def _state(self, house: Snapshot) -> int:
        """1 not ready (no car), 2 ready, 3 charging, 5 paused."""
        if not house.keba.present:
            return 1
        if house.keba.charging:
            return 3
        return 2 if self._set[ENABLE] and self.limit_ma >= 6000 else 5

    def truth(self) -> Truth:
        evse = self.now.keba
        return {
            "power": evse.power_w,
            "current_l": evse.current,
            "current_limit": self.limit_ma / 1000,
            "enabled": self._set[ENABLE] == 1,
            "connected": evse.present,
            "charging": evse.charging,
            "phases": evse.phases,
            "energy_wh": evse.total_wh,
            "session_wh": evse.session_wh,
            "ev_soc": evse.soc,
            "failsafe": self.failsafe,
        }
