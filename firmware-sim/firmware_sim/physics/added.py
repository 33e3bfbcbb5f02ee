"""What a house has beyond the usual one, when somebody asks for it by the name of its device."""

from collections.abc import Callable, Collection

from . import homes
from .battery import Battery
from .ev import Evse
from .inverter import Inverter
from .small import SmallLoad

GOODWE, GOE, OPENDTU, PEBLAR, PLUG, RELAY = "goodwe", "goe", "opendtu", "peblar", "shelly_plug", "shelly_relay"
MICRO_W = 1_800.0


class MicroInverter(Inverter):
    """On three phases, with no battery; it lives of its panels alone, so in the dark it takes nothing."""

    def _settle(self, pv_w: float, battery_w: float, limit_w: float) -> None:
        Inverter._settle(self, pv_w, battery_w, limit_w)
        self.ac_w = max(self.ac_w, 0.0)


def inverters(added: Collection[str]) -> dict[str, Inverter]:
    """Beside the house's own one, on three phases: a second hybrid, and what is on the carport."""
    made: dict[str, Callable[[], Inverter]] = {GOODWE: _hybrid, OPENDTU: _micro}
    return {name: make() for name, make in made.items() if name in added}


def _hybrid() -> Inverter:
    battery = Battery(capacity_wh=8_000.0, stored_wh=4_000.0, max_charge_w=4_000.0, max_discharge_w=4_000.0)
    return Inverter(
        rated_w=8_000.0,
        peak_w=(4_200.0, 3_100.0),
        battery=battery,
        injected_wh=5_102_400.0,
        absorbed_wh=30_900.0,
        pv_wh=[3_304_000.0, 2_211_000.0],
    )


def _micro() -> Inverter:
    none = Battery(capacity_wh=1.0, stored_wh=0.0, max_charge_w=0.0, max_discharge_w=0.0)
    return MicroInverter(
        rated_w=MICRO_W,
        peak_w=(860.0, 860.0),
        battery=none,
        injected_wh=1_204_300.0,
        absorbed_wh=0.0,
        pv_wh=[618_000.0, 617_000.0],
    )


def evses(added: Collection[str], seed: int, today: int) -> dict[str, Evse]:
    """A third and a fourth car; they stay at home on the first day. The fourth waits until it is given a current."""
    made = {
        GOE: Evse(GOE, seed, 52_000, 38.0, True, first=1, total_wh=1_201_700, first_day=today, stays=True),
        PEBLAR: Evse(
            PEBLAR, seed, 58_000, 41.0, True, limit_a=0.0, first=2, total_wh=641_900, first_day=today, stays=True
        ),
    }
    return {name: evse for name, evse in made.items() if name in added}


def loads(added: Collection[str]) -> dict[str, SmallLoad]:
    made = {
        PLUG: SmallLoad(2, homes.Trace(homes.shape((0, 24, 160)), 0.0), standby_w=0.6, total_wh=94_300),
        RELAY: SmallLoad(1, homes.Trace(homes.shape((0, 24, 950)), 0.0), on=False, total_wh=411_200),
    }
    return {name: load for name, load in made.items() if name in added}
