"""What a house has beyond the usual one, when somebody asks for it by the name of its device."""

from collections.abc import Collection

from . import homes
from .battery import Battery
from .ev import Evse
from .inverter import Inverter
from .small import SmallLoad

GOODWE, GOE, OPENDTU, PLUG, RELAY = "goodwe", "goe", "opendtu", "shelly_plug", "shelly_relay"


def inverters(added: Collection[str]) -> dict[str, Inverter]:
    """A second hybrid beside the house's own one, on three phases."""
    if GOODWE not in added:
        return {}
    battery = Battery(capacity_wh=8_000.0, stored_wh=4_000.0, max_charge_w=4_000.0, max_discharge_w=4_000.0)
    return {
        GOODWE: Inverter(
            rated_w=8_000.0,
            peak_w=(4_200.0, 3_100.0),
            battery=battery,
            injected_wh=5_102_400.0,
            absorbed_wh=30_900.0,
            pv_wh=[3_304_000.0, 2_211_000.0],
        )
    }


def evses(added: Collection[str], seed: int, today: int) -> dict[str, Evse]:
    """A third car; it stays at home on the first day."""
    if GOE not in added:
        return {}
    return {GOE: Evse(GOE, seed, 52_000, 38.0, True, first=1, total_wh=1_201_700, first_day=today, stays=True)}


def loads(added: Collection[str]) -> dict[str, SmallLoad]:
    made = {
        PLUG: SmallLoad(2, homes.Trace(homes.shape((0, 24, 160)), 0.0), standby_w=0.6, total_wh=94_300),
        RELAY: SmallLoad(1, homes.Trace(homes.shape((0, 24, 950)), 0.0), on=False, total_wh=411_200),
    }
    return {name: load for name, load in made.items() if name in added}
