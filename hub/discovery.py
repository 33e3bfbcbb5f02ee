"""mDNS: the hub is `shems.local`, and browsers and apps find `_shems._tcp` and `_http._tcp`.

Never on the start path (registration takes 1.7 s of probing). Whatever goes wrong turns discovery off with a reason,
and it is tried again each minute.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import socket
from collections.abc import Sequence

import ifaddr
from zeroconf import Error as ZeroconfError
from zeroconf import InterfaceChoice, IPVersion, NonUniqueNameException, ServiceInfo
from zeroconf.asyncio import AsyncZeroconf

log = logging.getLogger(__name__)

TYPES = ("_shems._tcp.local.", "_http._tcp.local.")
HOST = "shems.local."
WILDCARDS = ("0.0.0.0", "::")
RETRY_S = 60.0


class Announcer:
    """Says where the hub is. `addresses`: where it listens; a wildcard means all this machine has at the moment.

    `interfaces`: addresses to speak on; none = all.
    """

    def __init__(
        self,
        port: int,
        instance: str,
        addresses: Sequence[str],
        version: str,
        site: str,
        interfaces: Sequence[str] = (),
        retry_s: float = RETRY_S,
    ) -> None:
        self._port, self._instance, self._properties = port, instance, {"version": version, "path": "/", "id": site}
        self._addresses = list(addresses)
        self._interfaces = list(interfaces)
        self._retry_s = retry_s
        self._state = "starting"

    @property
    def health(self) -> str:
        """One line for people: `discovery on as SHEMS` or `discovery off: reason`."""
        return f"discovery {self._state}"

    async def run(self) -> None:
        """A task of the caller's group; ends (with a goodbye on the wire) only when cancelled."""
        while True:
            try:
                await self._announced()
            except (OSError, RuntimeError, ZeroconfError, ValueError) as error:
                # RuntimeError: zeroconf's word for "no network"; ValueError: for an interface that is gone
                self._off(_reason(error))
                await asyncio.sleep(self._retry_s)

    async def _announced(self) -> None:
        """Returns when the machine has other addresses than were announced."""
        told = self._reached_at()
        zeroconf = AsyncZeroconf(ip_version=IPVersion.V4Only, interfaces=self._interfaces or InterfaceChoice.All)
        try:
            infos = [_info(kind, self._port, self._instance, told, self._properties) for kind in TYPES]
            for info in infos:
                await (await zeroconf.async_register_service(info, allow_name_change=True))
            self._on(infos[0].name.removesuffix("." + TYPES[0]))
            while True:
                await asyncio.sleep(self._retry_s)
                if self._reached_at() != told:
                    return
        finally:
            await _goodbye(zeroconf)

    def _reached_at(self) -> list[str]:
        if not set(self._addresses) & set(WILDCARDS):
            return self._addresses
        return machine_addresses()

    def _on(self, name: str) -> None:
        self._state = f"on as {name}"
        log.info("%s", self.health)

    def _off(self, reason: str) -> None:
        before, self._state = self._state, f"off: {reason}"
        if before != self._state:
            log.warning("%s", self.health)


def machine_addresses() -> list[str]:
    """IPv4 addresses of this machine, loopback left out unless it has no other."""
    found = [ip.ip for adapter in ifaddr.get_adapters() for ip in adapter.ips if isinstance(ip.ip, str)]
    return [ip for ip in found if not ip.startswith("127.")] or found


async def _goodbye(zeroconf: AsyncZeroconf) -> None:
    """As far as the network lets us: a failure here must not hide the cancellation that brought us here."""
    with contextlib.suppress(OSError, RuntimeError, ZeroconfError):
        async with asyncio.timeout(2.0):
            await zeroconf.async_unregister_all_services()
            await zeroconf.async_close()


def _info(kind: str, port: int, instance: str, addresses: Sequence[str], properties: dict[str, str]) -> ServiceInfo:
    packed = [socket.inet_pton(socket.AF_INET6 if ":" in address else socket.AF_INET, address) for address in addresses]
    return ServiceInfo(kind, f"{instance}.{kind}", port=port, properties=properties, addresses=packed, server=HOST)


def _reason(error: Exception) -> str:
    if isinstance(error, NonUniqueNameException):
        return "the name is taken"
    if isinstance(error, OSError) and error.errno == 98:
        return "port 5353 is taken by another program"
    return str(error) or type(error).__name__
