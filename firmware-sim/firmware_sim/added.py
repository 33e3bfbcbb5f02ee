"""Devices that a house has only when somebody asks for them: their names, and how each is built."""

from collections.abc import Callable, Collection

from .device import Device, View
from .devices.goodwe import GoodWe
from .http.device import HttpDevice
from .http.fronius import Fronius
from .http.goe import Goe
from .http.homewizard import HomeWizard
from .http.port import HttpPort
from .http.shelly_gen1 import ShellyRelay
from .http.shelly_gen2 import Shelly3Em, ShellyPlug
from .physics.added import GOE, GOODWE, PLUG, RELAY
from .port import Port

HTTP: dict[str, Callable[[View, str], HttpDevice]] = {
    PLUG: ShellyPlug,
    "shelly_3em": Shelly3Em,
    RELAY: lambda view, _: ShellyRelay(view),
    GOE: lambda view, _: Goe(view),
    "homewizard": lambda view, _: HomeWizard(view),
    "fronius": lambda view, _: Fronius(view),
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
