"""What an electrician got wrong: how devices see a house that is wired or set up otherwise than everybody believes.

Each mistake changes only what its device shows or does; the house's physics stay true.
"""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from enum import StrEnum

from .physics.state import InverterState, MeterState, Three


class Mistake(StrEnum):
    GRID_REVERSED = "grid_reversed"
    """all current transformers of the grid meter the wrong way round"""
    CT2_REVERSED = "ct2_reversed"
    CT3_OPEN = "ct3_open"
    CT_RATIO = "ct_ratio"
    """the meter is set for transformers of another ratio: it shows a fifth"""
    L1_L2_SWAPPED = "l1_l2_swapped"
    """at the grid meter, voltages and currents together"""
    CHARGER_PHASE = "charger_phase"
    """the Heidelberg's first conductor hangs on L2"""
    BATTERY_REVERSED = "battery_reversed"
    INVERTER_REVERSED = "inverter_reversed"
    COUNTERS_SWAPPED = "counters_swapped"
    COUNTER_RATIO = "counter_ratio"
    """the grid meter's counters run at a tenth"""
    LIMIT_IGNORED = "limit_ignored"
    """the Heidelberg shows the limit it was given, and charges with what the car takes"""
    NO_FAILSAFE = "no_failsafe"
    """the KEBA never notices that nobody speaks to it any more"""


RATIO = 0.2
COUNTERS = 0.1


@dataclass
class Wiring:
    mistakes: set[Mistake] = field(default_factory=set)

    def __contains__(self, mistake: Mistake) -> bool:
        return mistake in self.mistakes

    def meter(self, true: MeterState) -> MeterState:
        """The grid meter's own view."""
        seen = true
        for mistake, change in _METER.items():
            if mistake in self.mistakes:
                seen = change(seen)
        return seen

    def inverter(self, true: InverterState) -> InverterState:
        if Mistake.BATTERY_REVERSED in self.mistakes:
            true = replace(true, battery_w=-true.battery_w)
        if Mistake.INVERTER_REVERSED in self.mistakes:
            true = replace(true, ac_w=-true.ac_w)
        return true


def _times(three: Three, by: Three) -> Three:
    return three[0] * by[0], three[1] * by[1], three[2] * by[2]


def _scaled(by: Three) -> Callable[[MeterState], MeterState]:
    """Power and current of each conductor; a current has no sign of its own, so only its size follows."""
    size: Three = (abs(by[0]), abs(by[1]), abs(by[2]))

    def change(seen: MeterState) -> MeterState:
        return replace(
            seen, power=_times(seen.power, by), reactive=_times(seen.reactive, by), current=_times(seen.current, size)
        )

    return change


def _swapped(seen: MeterState) -> MeterState:
    def over(three: Three) -> Three:
        return three[1], three[0], three[2]

    return replace(
        seen,
        power=over(seen.power),
        reactive=over(seen.reactive),
        voltage=over(seen.voltage),
        current=over(seen.current),
        imported=over(seen.imported),
        exported=over(seen.exported),
    )


def _counters_swapped(seen: MeterState) -> MeterState:
    return replace(
        seen,
        import_wh=seen.export_wh,
        export_wh=seen.import_wh,
        imported=seen.exported,
        exported=seen.imported,
        import_by_tariff=seen.export_by_tariff,
        export_by_tariff=seen.import_by_tariff,
    )


def _counters_slow(seen: MeterState) -> MeterState:
    return replace(seen, import_wh=seen.import_wh * COUNTERS, export_wh=seen.export_wh * COUNTERS)


def _reversed(seen: MeterState) -> MeterState:
    return _counters_swapped(_scaled((-1.0, -1.0, -1.0))(seen))


_METER: dict[Mistake, Callable[[MeterState], MeterState]] = {
    Mistake.GRID_REVERSED: _reversed,
    Mistake.CT2_REVERSED: _scaled((1.0, -1.0, 1.0)),
    Mistake.CT3_OPEN: _scaled((1.0, 1.0, 0.0)),
    Mistake.CT_RATIO: _scaled((RATIO, RATIO, RATIO)),
    Mistake.L1_L2_SWAPPED: _swapped,
    Mistake.COUNTERS_SWAPPED: _counters_swapped,
    Mistake.COUNTER_RATIO: _counters_slow,
}
