"""Devices that a house has only when somebody asks for them: their names, and how each is built."""

from collections.abc import Callable, Collection, Coroutine, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from .device import Device, View
from .devices.goodwe import GoodWe
from .http.device import HttpDevice, Service
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
from .pty_port import PtyPort
from .push.d0_meters import D0Asked, D0Push
from .push.han import Aidon, Kaifa, Kamstrup
from .push.meter import GridMeter
from .push.sml_meter import SmlMeter

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
METERS: dict[str, Callable[[str, View, Path], GridMeter]] = {
    "sml": SmlMeter,
    "d0": D0Asked,
    "d0_push": D0Push,
    "aidon": Aidon,
    "kaifa": Kaifa,
    "kamstrup": Kamstrup,
}
NAMES = (GOODWE, *METERS, *HTTP)


@dataclass(frozen=True, slots=True)
class Part:
    """A device, its links by name, and what must run behind them."""

    device: Device
    ports: Mapping[str, Port | PtyPort]
    run: Callable[[], Coroutine[Any, Any, None]] | None = None


def build(names: Collection[str], view: View, directory: Path, password: str = "") -> list[Part]:
    """The devices of these names. `directory`: where their serial ports appear; `password`: what those ask for that can
    be locked, "" for none."""
    made: list[Part] = []
    if GOODWE in names:
        hybrid = GoodWe(view)
        made.append(Part(hybrid, {GOODWE: hybrid.port}))
    for meter in (make(name, view, directory / name) for name, make in METERS.items() if name in names):
        made.append(Part(meter, {f"{meter.name}_serial": meter.pty, f"{meter.name}_tcp": meter.tcp}, meter.run))
    for device in (make(view, password) for name, make in HTTP.items() if name in names):
        made.append(Part(device, {device.name: HttpPort(device)}))
    return made


def services(parts: Collection[Part]) -> list[tuple[Service, Port]]:
    """What they say by mDNS, and at which port they are."""
    return [
        (service, port)
        for part in parts
        if isinstance(part.device, HttpDevice)
        for port in part.ports.values()
        if isinstance(port, Port)
        for service in part.device.services()
    ]


def names(text: str) -> frozenset[str]:
    """From `a,b`, or `all`; raises ValueError."""
    wanted = set(NAMES) if text == "all" else {name.strip() for name in text.split(",") if name.strip()}
    if strange := sorted(wanted - set(NAMES)):
        raise ValueError(f"--add does not know {', '.join(strange)}; it knows all, {', '.join(NAMES)}")
    return frozenset(wanted)
