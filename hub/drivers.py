"""The table of drivers, and one built for each (driver, link) with all devices on that link.

The only way to a driver: by its name in the site document, so that `hub` imports none. Building opens nothing.
"""

from __future__ import annotations

import importlib
from collections.abc import Sequence
from pathlib import Path
from types import ModuleType
from typing import Protocol, cast

from hub.errors import ConfigError
from hub.model import Clock, DeviceSpec, Driver
from hub.model.document import hint

DRIVERS = {
    "modbus": "drivers.modbus.driver",
    "sunspec": "drivers.sunspec.driver",
    "p1": "drivers.p1.driver",
    "sml": "drivers.sml.driver",
    "d0": "drivers.d0.driver",
    "dlms": "drivers.dlms.driver",
    "mqtt": "drivers.mqtt.driver",
    "http": "drivers.http.driver",
    "goodwe": "drivers.goodwe.driver",
    "contact": "drivers.contact.driver",
    "ocpp": "drivers.ocpp.driver",
}
HUB_BROKER = "hub"


class DriverModule(Protocol):
    def build(self, link: str, devices: Sequence[DeviceSpec], clock: Clock) -> Driver: ...


def build(devices: Sequence[DeviceSpec], clock: Clock, hub_link: str, data: Path | None = None) -> list[Driver]:
    """`hub_link`: what `link = "hub"` stands for, empty without a broker. `data`: the folder where the owner's own
    files for drivers lie (device maps). Raises ConfigError for what cannot be.
    """
    links: dict[tuple[str, str], list[DeviceSpec]] = {}
    for spec in devices:
        links.setdefault((spec.driver, _link(spec, hub_link)), []).append(spec)
    return [_module(specs[0], data).build(link, specs, clock) for (_, link), specs in links.items()]


def _link(spec: DeviceSpec, hub_link: str) -> str:
    if spec.link != HUB_BROKER:
        return spec.link
    if not hub_link:
        raise ConfigError(
            f"devices.{spec.id}.link",
            '"hub" needs a broker, and mqtt.engine is "off"; choose another engine, or give mqtt.url',
        )
    return hub_link


def _module(spec: DeviceSpec, data: Path | None) -> DriverModule:
    if spec.driver not in DRIVERS:
        raise ConfigError(f"devices.{spec.id}.driver", f"{spec.driver!r} is not known{hint(spec.driver, DRIVERS)}")
    module: ModuleType = importlib.import_module(DRIVERS[spec.driver])
    if data is not None and hasattr(module, "prepare"):
        module.prepare(data)
    return cast(DriverModule, module)
