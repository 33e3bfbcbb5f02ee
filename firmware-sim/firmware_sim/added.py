"""Devices that a house has only when somebody asks for them: their names, and how each is built."""

from collections.abc import Callable, Collection

from .device import Device, View
from .devices.goodwe import GoodWe
from .http.device import HttpDevice
from .http.enphase import Enphase
from .http.fronius import Fronius
from .http.goe import Goe
from .http.homewizard import HomeWizard
from .http.opendtu import OpenDtu
from .http.peblar import Peblar
from .http.port import HttpPort
from .http.powerwall import Powerwall
from .http.shelly_gen1 import ShellyRelay
from .http.shelly_gen2 import Shelly3Em, ShellyPlug
from .http.solax import Solax
from .physics.added import GOE, GOODWE, OPENDTU, PEBLAR, PLUG, RELAY
from .port import Port

SECRET = "house-key"
"""what those ask for that are never open, when nothing else is said"""
HTTP: dict[str, Callable[[View, str], HttpDevice]] = {
    PLUG: ShellyPlug,
    "shelly_3em": Shelly3Em,
    RELAY: lambda view, _: ShellyRelay(view),
    GOE: lambda view, _: Goe(view),
    "homewizard": lambda view, _: HomeWizard(view),
    "fronius": lambda view, _: Fronius(view),
    OPENDTU: lambda view, password: OpenDtu(view, password or SECRET),
    "enphase": lambda view, password: Enphase(view, password or SECRET),
    "powerwall": lambda view, password: Powerwall(view, password or SECRET),
    "solax": lambda view, password: Solax(view, password or SECRET),
    PEBLAR: lambda view, password: Peblar(view, password or SECRET),
}
NAMES = (GOODWE, *HTTP)


def build(names: Collection[str], view: View, password: str = "") -> list[tuple[Device, Port]]:
    """The devices of these names with their ports. `password`: what those ask for that can be locked, "" for none."""
    made: list[tuple[Device, Port]] = []
    if GOODWE in names:
        hybrid = GoodWe(view)
        made.append((hybrid, hybrid.port))
    for device in (make(view, password) for name, make in HTTP.items() if name in names):
        made.append((device, HttpPort(device)))
    return made


def names(text: str) -> frozenset[str]:
    """From `a,b`, or `all`; raises ValueError."""
    wanted = set(NAMES) if text == "all" else {name.strip() for name in text.split(",") if name.strip()}
    if strange := sorted(wanted - set(NAMES)):
        raise ValueError(f"--add does not know {', '.join(strange)}; it knows all, {', '.join(NAMES)}")
    return frozenset(wanted)
