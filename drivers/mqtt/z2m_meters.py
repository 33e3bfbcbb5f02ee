"""Which meter, phase and quantity a Zigbee device's measuring rows are, from all the names that it has. Pure.

Source: zigbee2mqtt documentation, pages of PJ-1203A, SDM01, SPM02V3, TS0601_3_phase_clamp_meter, ZLinky_TIC. Three ways
to name phases: `power_a` beside a total `power`; the ZCL's `power`, `power_phase_b`, `power_phase_c`, whose plain name
is phase A; and clamps `power_a`, `power_b` without a total, which are meters by themselves and share the voltage.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

_PHASED = {  # name without its phase: quantity without its phase
    "power": "power",
    "power_apparent": "apparent_power",
    "apparent_power": "apparent_power",
    "power_reactive": "reactive_power",
    "reactive_power": "reactive_power",
    "voltage": "voltage",
    "rms_voltage": "voltage",
    "current": "current",
    "rms_current": "current",
}
_WHOLE = {  # what a meter has once; the Linky's names are the ZCL's: the index, what was fed in, its first two tariffs
    "power_factor": "power_factor",
    "ac_frequency": "frequency",
    "energy": "energy",
    "consumed_energy": "energy",
    "produced_energy": "energy_export",
    "energy_produced": "energy_export",
    "reverse_energy": "energy_export",
    "current_summ_delivered": "energy",
    "current_summ_received": "energy_export",
    "current_tier1_summ_delivered": "energy_import_t1",
    "current_tier2_summ_delivered": "energy_import_t2",
}
_LETTER = re.compile(r"(.+?)(_phase|_ph)?_([abc])")
_LETTERS = "abc"
_SHARED = ("voltage", "frequency")
_FLOW = "energy_flow"


@dataclass(frozen=True, slots=True)
class Meters:
    """`main`: what else the device is: plug, light or "". `lettered`: (name without its phase, letter) of all rows.

    `zcl`: phases B and C are told in the ZCL's way. `clamps`: the letters of meters by themselves, "" for one meter.
    """

    main: str = ""
    lettered: frozenset[tuple[str, str]] = frozenset()
    zcl: bool = False
    clamps: str = ""

    def of(self, name: str) -> tuple[tuple[str, str], ...]:
        """Places and quantities of a row; none for what has no quantity."""
        base, letter = _parted(name)
        stem = _PHASED.get(base) or _WHOLE.get(base)
        if stem is None:
            return ()
        if self.clamps:
            return tuple(self._of_clamps(stem, letter))
        place = self.main if self.main in ("plug", "light") else "meter"
        if base in _WHOLE:
            return () if letter else ((place, _counted(place, stem)),)
        return ((place, self._phase(base, stem, letter)),)

    def _of_clamps(self, stem: str, letter: str) -> Iterable[tuple[str, str]]:
        if letter:
            yield _clamp(letter), _alone(stem)
        elif stem in _SHARED:
            yield from ((_clamp(one), _alone(stem)) for one in self.clamps)

    def _phase(self, base: str, stem: str, letter: str) -> str:
        """A plain name is phase A, the total of the phases, or the whole of a single phase."""
        if letter:
            return f"{stem}_l{1 + _LETTERS.index(letter)}"
        if (base, "a") in self.lettered:
            return stem
        first = self.zcl and (stem == "power" or {(base, "b"), (base, "c")} & self.lettered)
        return f"{stem}_l1" if first else _alone(stem)


def meters(names: Iterable[str], main: str) -> Meters:
    """What the names of all rows of a device show."""
    told = [(match, name) for name in names for match in (_LETTER.fullmatch(name),) if match and match[1] in _PHASED]
    plain = set(names)
    lettered = frozenset((match[1], match[3]) for match, _ in told)
    zcl = any(match[2] and match[3] != "a" for match, _ in told)
    letters = "".join(sorted({letter for base, letter in lettered if _PHASED[base] in ("power", "current")}))
    alone = letters in ("a", "b", "ab") and "power" not in plain and not any(match[2] for match, _ in told)
    return Meters(main, lettered, zcl, letters if alone else "")


def flow_of(name: str) -> str:
    """The row that tells which way the power of a row goes, as `consuming`, `producing` or `sign`; "" for none."""
    base, letter = _parted(name)
    return "" if base != "power" else f"{_FLOW}_{letter}" if letter else _FLOW


def _parted(name: str) -> tuple[str, str]:
    """Name without its phase, and its letter."""
    match = _LETTER.fullmatch(name)
    return (match[1], match[3]) if match and (match[1] in _PHASED or match[1] in _WHOLE) else (name, "")


def _clamp(letter: str) -> str:
    n = 1 + _LETTERS.index(letter)
    return "meter" if n == 1 else f"meter_{n}"


def _alone(stem: str) -> str:
    """The quantity of a single phase."""
    return f"{stem}_l1" if stem in ("voltage", "current") else _counted("meter", stem)


def _counted(place: str, stem: str) -> str:
    return "energy_import" if stem == "energy" and place == "meter" else stem
