"""mDNS: what added devices say of themselves, as real ones do. Where the network does not let them, nobody hears."""

import asyncio
import contextlib
import logging
import socket
from collections.abc import Sequence

from zeroconf import Error as ZeroconfError
from zeroconf import IPVersion, ServiceInfo
from zeroconf.asyncio import AsyncZeroconf

from .http.device import Service
from .port import Port

HERE = "127.0.0.1"
"""where all ports are"""
RETRY_S = 60.0

log = logging.getLogger(__name__)


class Announcer:
    """Says each service at its port, which is open by then. A second house on this machine gets names with a number."""

    def __init__(self, services: Sequence[tuple[Service, Port]], retry_s: float = RETRY_S) -> None:
        self._services = services
        self._retry_s = retry_s
        self.off = ""
        """why nobody hears; empty while they can"""

    async def run(self) -> None:
        """Until cancelled, and then with a goodbye."""
        while True:
            try:
                await self._announced()
            except (OSError, RuntimeError, ZeroconfError, ValueError) as error:
                # RuntimeError: zeroconf's word for "no network"; ValueError: for an interface that is not there
                if not self.off:
                    log.info("no mDNS: %s", error)
                self.off = str(error) or type(error).__name__
                await asyncio.sleep(self._retry_s)

    async def _announced(self) -> None:
        zeroconf = AsyncZeroconf(ip_version=IPVersion.V4Only, interfaces=[HERE])
        try:
            # strict: Fronius's kind is longer than the 15 letters that RFC 6763 allows
            sent = await asyncio.gather(
                *(
                    zeroconf.async_register_service(info(*service), allow_name_change=True, strict=False)
                    for service in self._services
                )
            )
            await asyncio.gather(*sent)
            self.off = ""
            await asyncio.get_running_loop().create_future()
        finally:
            await _goodbye(zeroconf)


async def _goodbye(zeroconf: AsyncZeroconf) -> None:
    """As far as the network lets us: a failure here must not hide what brought us here."""
    with contextlib.suppress(OSError, RuntimeError, ZeroconfError):
        async with asyncio.timeout(2.0):
            await zeroconf.async_unregister_all_services()
            await zeroconf.async_close()


def info(service: Service, port: Port) -> ServiceInfo:
    """The records of one service."""
    return ServiceInfo(
        service.kind,
        f"{service.name}.{service.kind}",
        port=port.port,
        properties=dict(service.texts),
        addresses=[socket.inet_aton(HERE)],
        server=f"{service.name}.local.",
    )
