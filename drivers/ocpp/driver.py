"""The OCPP driver: one server, which chargers call; all devices with that link share it.

Lost when a charger hangs up or is silent for two pings (8 s), and when it has not called within a minute of the start;
found again when it calls. All are logged and reported once. docs/ocpp.md is for owners.
"""

from __future__ import annotations

import asyncio
import logging
import weakref
from collections.abc import Sequence
from pathlib import Path

from drivers.ocpp import server
from drivers.ocpp.answers import Numbers
from drivers.ocpp.keep import Kept, Own
from drivers.ocpp.options import Address, Options, parse
from drivers.ocpp.outlet import Outlet
from drivers.ocpp.server import Server, Stranger, Strangers
from drivers.ocpp.station import Pace, Station
from hub.errors import ConfigError, Refused
from hub.model import Clock, Command, Device, DeviceSpec, Driver, Sink
from hub.model.heard import Reading

log = logging.getLogger(__name__)

_BACKOFF_S = (0.2, 5.0)
_PATIENCE_S = 60.0
_PACE = Pace()
_drivers: weakref.WeakSet[OcppDriver] = weakref.WeakSet()


def build(link: str, devices: Sequence[DeviceSpec], clock: Clock) -> Driver:
    """A driver for the chargers that call at `link`, if none then only to see who calls; raises ConfigError."""
    return OcppDriver(link, devices, clock, folder=Own.folder)


def prepare(data: Path) -> None:
    """Sessions that run are kept in `ocpp` of the data folder."""
    Own.folder = data / "ocpp"


def strangers() -> tuple[Stranger, ...]:
    """The chargers that have called and are no devices yet, over all links."""
    return tuple(stranger for driver in _drivers for stranger in driver.strangers)


def callers() -> tuple[tuple[str, Stranger], ...]:
    """The strangers, each with the link at which it has called."""
    return tuple((driver.link, stranger) for driver in _drivers for stranger in driver.strangers)


class OcppDriver:
    """Owns the server; each charge point is a Station with its Outlets. `folder`: for sessions; None keeps none."""

    def __init__(
        self, link: str, devices: Sequence[DeviceSpec], clock: Clock, pace: Pace = _PACE, folder: Path | None = None
    ) -> None:
        address = Address.parse(link)
        options = {spec.id: parse(spec) for spec in devices}
        _check(address, options)
        self.link = link
        self._address, self._clock = address, clock
        self._tls = next(((o.tls_cert, o.tls_key) for o in options.values()), ("", ""))
        self._outlets = {spec.id: Outlet(spec, options[spec.id], address.shown, clock) for spec in devices}
        self._stations = _stations(list(self._outlets.values()), clock, pace, folder)
        self.strangers = Strangers(clock)
        self._bug: asyncio.Future[None] | None = None
        passwords = {o.charge_point: o.password for o in options.values()}
        self._server = Server(address, self._stations, passwords, self.strangers, self._report)
        _drivers.add(self)

    @property
    def devices(self) -> tuple[Device, ...]:
        return tuple(outlet.device for outlet in self._outlets.values())

    @property
    def port(self) -> int:
        """Where it listens, once it does."""
        return self._server.port

    async def run(self, sink: Sink) -> None:
        for station in self._stations.values():
            await station.recall()
        backoff = _BACKOFF_S[0]
        while True:
            try:
                await self._open(sink)
                break
            except OSError as error:  # SSLError is one
                for station in self._stations.values():
                    station.lose(sink, f"cannot listen at {self._address.shown}: {error.strerror or error}")
            await asyncio.sleep(backoff)
            backoff = min(backoff * 2, _BACKOFF_S[1])
        log.info("ocpp: chargers may call at %s", self._address.shown)
        try:
            await self._wait(sink)
        finally:
            await self._server.close()

    async def apply(self, command: Command) -> None:
        """Returns when the charger has taken it and its own word is in the sink."""
        device, _, name = command.point.partition(".")
        outlet = self._outlets.get(device)
        if outlet is None:
            raise Refused(f"{command.point}: no such device on this link")
        await self._stations[outlet.options.charge_point].command(outlet, name, command.value)

    def raw(self, device: str) -> tuple[Reading, ...]:
        """Its session, and the charger's last message of each kind, whichever of its connectors it was about."""
        outlet = self._outlets.get(device)
        return self._stations[outlet.options.charge_point].facts(outlet) if outlet else ()

    async def _open(self, sink: Sink) -> None:
        context = server.context(*self._tls) if self._address.secure else None
        await self._server.open(sink, context)

    async def _wait(self, sink: Sink) -> None:
        """For ever, or until something is raised that should not be."""
        self._bug = asyncio.get_running_loop().create_future()
        try:
            async with asyncio.timeout(_PATIENCE_S):
                await asyncio.shield(self._bug)
        except TimeoutError:
            for station in self._stations.values():
                if not station.called:
                    url = f"{self._address.shown}/{station.identity}"
                    station.lose(sink, f"has not called yet; the address of its server must be {url}")
        await self._bug

    def _report(self, bug: Exception) -> None:
        if self._bug and not self._bug.done():
            self._bug.set_exception(bug)


def _stations(outlets: Sequence[Outlet], clock: Clock, pace: Pace, folder: Path | None) -> dict[str, Station]:
    numbers = Numbers(clock)
    grouped: dict[str, list[Outlet]] = {}
    for outlet in outlets:
        grouped.setdefault(outlet.options.charge_point, []).append(outlet)
    return {
        identity: Station(identity, group, clock, numbers, pace, Kept(folder, identity))
        for identity, group in grouped.items()
    }


def _check(address: Address, options: dict[str, Options]) -> None:
    """What must agree among the devices of one link."""
    places: dict[tuple[str, int], str] = {}
    first: dict[str, Options] = {}
    tls = next((o for o in options.values()), None)
    for device, option in options.items():
        at = f"devices.{device}"
        other = places.setdefault((option.charge_point, option.connector), device)
        if other != device:
            raise ConfigError(f"{at}.connector", f"{other} is the same connector of the same charger; choose another")
        if option.password != first.setdefault(option.charge_point, option).password:
            raise ConfigError(f"{at}.password", "differs from that of the charger's other connector; make them equal")
        if address.secure and not (option.tls_cert and option.tls_key):
            raise ConfigError(f"{at}.tls_cert", "an ocpps:// link needs tls_cert and tls_key, two PEM files; add them")
        if tls and (option.tls_cert, option.tls_key) != (tls.tls_cert, tls.tls_key):
            raise ConfigError(f"{at}.tls_cert", "differs from that of another device of this link; make them equal")
