"""The table of drivers, one built for each (driver, link) with all devices on that link, and kept running.

The only way to a driver: by its name in the site document, so that `hub` imports none. Building opens nothing.
"""

from __future__ import annotations

import asyncio
import importlib
import logging
from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path
from types import ModuleType
from typing import Protocol, cast

from hub.errors import ConfigError, UserError
from hub.model import Clock, Device, DeviceSpec, Driver, Measurement, Sink
from hub.model.document import hint

log = logging.getLogger("hub")

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
_PAUSE_S = (1.0, 60.0)


class DriverModule(Protocol):
    def build(self, link: str, devices: Sequence[DeviceSpec], clock: Clock) -> Driver: ...


def build(
    devices: Sequence[DeviceSpec], clock: Clock, hub_link: str, data: Path | None = None, timezone: str = ""
) -> list[Driver]:
    """`hub_link`: what `link = "hub"` stands for, empty without a broker. `data`: the folder where the owner's own
    files for drivers lie (device maps). `timezone`: the site's, for devices that tell civil time; UTC is nobody's.
    Raises ConfigError, which names device and key, for what cannot be.
    """
    links: dict[tuple[str, str], list[DeviceSpec]] = {}
    for spec in devices:
        links.setdefault((spec.driver, _link(spec, hub_link)), []).append(spec)
    zone = "" if timezone == "UTC" else timezone
    return [_built(link, specs, clock, data, zone) for (_, link), specs in links.items()]


async def keep(driver: Driver, sink: Sink, clock: Clock) -> None:
    """Runs it for as long as the hub. A bug in it costs the devices of its link, not the house: they are lost, the log
    has the traceback, and it begins again, after pauses that grow while it does not hold for a minute.

    Raises UserError when the owner has to change something.
    """
    pause, told = _PAUSE_S[0], _Anew(driver, sink)
    while True:
        begun = clock.monotonic()
        try:
            return await driver.run(told)
        except UserError:
            raise
        except Exception as bug:
            log.critical("the driver of %s failed", ", ".join(d.id for d in driver.devices), exc_info=bug)
            told.failed(f"a fault in its driver: {bug!r}; the log has the traceback")
        if clock.monotonic() - begun > _PAUSE_S[1]:
            pause = _PAUSE_S[0]
        await asyncio.sleep(pause)
        pause = min(2 * pause, _PAUSE_S[1])


def _built(link: str, specs: Sequence[DeviceSpec], clock: Clock, data: Path | None, zone: str) -> Driver:
    module = _module(specs[0], data)
    if zone and getattr(module, "ZONED", False):
        specs = [replace(spec, options={"timezone": zone, **_own(specs, "timezone"), **spec.options}) for spec in specs]
    try:
        return module.build(link, specs, clock)
    except ConfigError as error:
        raise _at_device(error, link, specs) from None


def _own(specs: Sequence[DeviceSpec], key: str) -> dict[str, object]:
    """What one of the devices of a link has set for all of them."""
    return next(({key: spec.options[key]} for spec in specs if key in spec.options), {})


def _at_device(error: ConfigError, link: str, specs: Sequence[DeviceSpec]) -> ConfigError:
    """A driver knows its options and its link; where they stand in the site document is known here."""
    said = str(error).removeprefix("site: ")
    if said.startswith("devices."):
        where, _, said = said.partition(": ")
        return ConfigError(where, said)
    if error.where in ("link", link):
        return ConfigError(f"devices.{specs[0].id}.link", said.removeprefix("link: "))
    mapped = next((s.id for s in specs if s.options.get("map") and repr(s.options["map"])[1:-1] in error.where), "")
    return ConfigError(f"devices.{mapped}.map", said) if mapped else error


class _Anew:
    """The sink of a driver that may have failed: it remembers its devices as known, and they were lost with it, so that
    the first values of each after that announce it."""

    def __init__(self, driver: Driver, sink: Sink) -> None:
        self._driver, self._sink = driver, sink
        self._lost: set[str] = set()

    def failed(self, reason: str) -> None:
        for device in self._driver.devices:
            self._sink.lost(device.id, reason)
            self._lost.add(device.id)

    def put(self, measurements: Iterable[Measurement]) -> None:
        batch = list(measurements)
        if self._lost:
            told = {m.point.partition(".")[0] for m in batch} & self._lost
            for device in (d for d in self._driver.devices if d.id in told):
                self.seen(device)
        self._sink.put(batch)

    def seen(self, device: Device) -> None:
        self._lost.discard(device.id)
        self._sink.seen(device)

    def lost(self, device: str, reason: str) -> None:
        self._lost.discard(device)
        self._sink.lost(device, reason)


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
