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

from zeroconf import Error as ZeroconfError
from zeroconf import InterfaceChoice, IPVersion, NonUniqueNameException, ServiceInfo
from zeroconf.asyncio import AsyncZeroconf

log = logging.getLogger(__name__)

TYPES = ("_shems._tcp.local.", "_http._tcp.local.")
HOST = "shems.local."
RETRY_S = 60.0


class Announcer:
    """Says where the hub is. `interfaces`: addresses to speak on; none = all."""

    def __init__(self, port: int, instance: str, addresses: Sequence[str], version: str, site: str,
                 interfaces: Sequence[str] = (), retry_s: float = RETRY_S) -> None:
        self._infos = [_info(kind, port, instance, addresses, {"version": version, "path": "/", "id": site})
                       for kind in TYPES]
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
        zeroconf = AsyncZeroconf(ip_version=IPVersion.V4Only, interfaces=self._interfaces or InterfaceChoice.All)
        try:
            for info in self._infos:
                await (await zeroconf.async_register_service(info, allow_name_change=True))
            self._on()
            await asyncio.Event().wait()
        finally:
            await _goodbye(zeroconf)

    def _on(self) -> None:
        self._state = f"on as {self._infos[0].name.removesuffix('.' + TYPES[0])}"
        log.info("%s", self.health)

    def _off(self, reason: str) -> None:
        before, self._state = self._state, f"off: {reason}"
        if before != self._state:
            log.warning("%s", self.health)


async def announce(port: int, instance: str, addresses: Sequence[str], version: str = "", site: str = "") -> None:
    """`Announcer.run` for those who need no health text."""
    await Announcer(port, instance, addresses, version, site).run()


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
