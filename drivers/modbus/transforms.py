"""What data cannot say: named pieces of Python that a point's `transform` names. Each is pure and has its own tests."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from drivers.modbus.registers import Image, Register, decode
from hub.model import Value


@dataclass(frozen=True, slots=True)
class Transform:
    """`of` gets the point's value and the raw numbers of `registers`, in their order; None is "not available"."""

    registers: tuple[Register, ...]
    of: Callable[[Value, tuple[float, ...]], Value | None]

    def apply(self, value: Value | None, image: Image) -> Value | None:
        raws = [decode(at, words) for at in self.registers if (words := image(at)) is not None]
        if value is None or len(raws) < len(self.registers):
            return None
        return self.of(value, tuple(raws))


def four_quadrants(value: Value, _: tuple[float, ...]) -> Value | None:
    """A power factor of -2 to 2 as one of -1 to 1, lagging + and leading -.

    Schneider iEM3000 user manual, "Power factor register format": beyond 1 it is 2 - register, beyond -1 it is
    -2 - register; the register's own sign is that of the active power.
    """
    factor = float(value)
    return round(2 - factor if factor > 1 else -2 - factor if factor < -1 else factor, 6)


def by_running_state(value: Value, raws: tuple[float, ...]) -> Value | None:
    """A battery's power without a sign, turned by the running state: bit 1 charging (-), bit 2 discharging (+).

    Sungrow SH on firmware that codes 13021 without a sign; a value that has one keeps its own direction's size.
    """
    state, size = int(raws[0]), abs(float(value))
    if state >> 1 & 1:
        return -size
    return size if state >> 2 & 1 else 0.0


def in_mode(factors: Mapping[int, float]) -> Callable[[Value, tuple[float, ...]], Value | None]:
    """The value x the factor of its mode register; in any other mode it is not in force and so not available."""

    def of(value: Value, raws: tuple[float, ...]) -> Value | None:
        factor = factors.get(int(raws[0]))
        return None if factor is None else round(float(value) * factor, 6)

    return of


def forced_power(value: Value, raws: tuple[float, ...]) -> Value | None:
    """Sungrow SH: 13051, by EMS mode 13049 (2 forced) and command 13050 (0xAA charge, 0xBB discharge, 0xCC stop)."""
    mode, command = raws
    return in_mode({0xAA: -1, 0xBB: 1, 0xCC: 0})(value, (command,)) if mode == 2 else None


def storage_power(value: Value, raws: tuple[float, ...]) -> Value | None:
    """SolarEdge: the charge limit 0xE00E as it is in force, by control 0xE004 (4 remote), command 0xE00D (1 rest,
    3 charge, 4 discharge) and discharge limit 0xE010.
    """
    control, command, discharge = raws
    return {1: 0.0, 3: -float(value), 4: discharge}.get(int(command)) if control == 4 else None


def wide_power(value: Value, _: tuple[float, ...]) -> Value | None:
    """Deye and Sunsynk: a power in W of a low and a high word that lie apart, so that both may not be of one moment; in
    older firmware the high one is 0 or not there (kellerza/sunsynk, Sensor16((625, 690))). Near 0 the low one decides.

    So more than 49 kW, which no home's connection carries, is taken for less than 16 kW of the other direction.
    """
    total = float(value)
    if _WORD - _NEAR_0 <= abs(total) <= _WORD:
        return total - math.copysign(_WORD, total)
    return total


_WORD, _NEAR_0 = 65_536, 16_384
TRANSFORMS: Mapping[str, Transform] = {
    "schneider_power_factor": Transform((), four_quadrants),
    "sungrow_battery_direction": Transform((Register(13000, 4, "u16", 1),), by_running_state),
    "sungrow_forced_power": Transform((Register(13049, 3, "u16", 1), Register(13050, 3, "u16", 1)), forced_power),
    "solaredge_storage_power": Transform(
        (Register(0xE004, 3, "u16", 1), Register(0xE00D, 3, "u16", 1), Register(0xE010, 3, "f32", 2, True)),
        storage_power,
    ),
    "deye_wide_power": Transform((), wide_power),
    "goodwe_ems_power": Transform((Register(47511, 3, "u16", 1),), in_mode({8: 0, 11: -1, 12: 1})),
    "foxess_remote_power": Transform((Register(44000, 3, "u16", 1),), in_mode({1: 1})),
    "huawei_forced_power": Transform((Register(47100, 3, "u16", 1),), in_mode({1: 1, 2: 1})),
    "victron_evcs_gx_current": Transform((Register(3826, 3, "u16", 1),), in_mode({0: 0, 1: 1})),
    "victron_evcs_current": Transform((Register(5010, 3, "u16", 1),), in_mode({0: 0, 1: 1})),
    "solax_active_power": Transform((Register(0x100, 4, "u16", 1),), in_mode({1: 1})),
    "goe_force_state": Transform((Register(337, 3, "u16", 1),), in_mode({0: 1, 1: 0, 2: 1})),
    "phoenix_release": Transform((Register(400, 1, "bit", 1),), in_mode({0: 0, 1: 1})),
    "phoenix_serial_release": Transform((Register(20000, 1, "bit", 1),), in_mode({0: 0, 1: 1})),
}
