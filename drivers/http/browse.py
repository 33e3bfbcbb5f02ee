"""Devices that say by mDNS who they are: names, ports and texts. Listens and asks by multicast only."""

from __future__ import annotations

import asyncio
import ipaddress
import logging
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field

import ifaddr
from zeroconf import Error as ZeroconfError
from zeroconf import ServiceStateChange, Zeroconf
from zeroconf.asyncio import AsyncServiceBrowser, AsyncServiceInfo, AsyncZeroconf

from drivers.http.signs import Known

log = logging.getLogger(__name__)

LISTEN_S = 3.0
_ASK_MS = 1500
_HTTP = "_http._tcp.local."
_BY_TYPE = {
    "_shelly._tcp.local.": Known("shelly", vendor="Shelly"),
    "_hwenergy._tcp.local.": Known("homewizard", vendor="HomeWizard"),
    "_homewizard._tcp.local.": Known("homewizard", needs=("token",), vendor="HomeWizard"),
    "_enphase-envoy._tcp.local.": Known("enphase", needs=("token",), vendor="Enphase"),
    "_Fronius-SE-Inverter._tcp.local.": Known("fronius", vendor="Fronius"),
    "_go-e._tcp.local.": Known("goe", vendor="go-e"),
    "_peblar._tcp.local.": Known("peblar", needs=("token",), vendor="Peblar"),
}
_BY_NAME = {
    "shelly": _BY_TYPE["_shelly._tcp.local."],
    "pblr-": _BY_TYPE["_peblar._tcp.local."],
    "go-echarger": _BY_TYPE["_go-e._tcp.local."],
    "powerfox": Known("powerfox", needs=("password",), vendor="powerfox"),
    "poweropti": Known("powerfox", needs=("password",), vendor="powerfox"),
    "opendtu": Known("opendtu"),
}
"""how the names of `_http._tcp` services begin, in lower case"""
_SECURE = ("_homewizard._tcp.local.",)
_MODEL, _SERIAL, _FIRMWARE = (
    ("product_name", "app", "devicetype", "pn"),
    ("serial", "serialnum", "sn"),
    ("ver", "fw_id", "version"),
)


@dataclass(frozen=True, slots=True)
class Service:
    """`texts`: what it says of itself, keys in lower case."""

    known: Known
    host: str
    port: int
    secure: bool
    texts: Mapping[str, str] = field(default_factory=dict)

    @property
    def model(self) -> str:
        return self._first(_MODEL)

    @property
    def serial(self) -> str:
        return self._first(_SERIAL)

    @property
    def firmware(self) -> str:
        return self._first(_FIRMWARE)

    def _first(self, keys: Collection[str]) -> str:
        return next((self.texts[key] for key in keys if self.texts.get(key)), "")


async def browse(hosts: Collection[str], seconds: float = LISTEN_S) -> list[Service]:
    """The known services at these hosts. None where the network does not let us ask."""
    interfaces = list(_towards(hosts))
    if not interfaces:
        return []
    try:
        return [s for s in await _heard(interfaces, seconds) if s.host in set(hosts)]
    except (OSError, RuntimeError, ZeroconfError) as error:  # RuntimeError: zeroconf's word for "no network"
        log.info("no search by mDNS: %s", error)
        return []


def _towards(hosts: Collection[str]) -> Iterator[str]:
    """Own addresses in whose network one of the hosts is."""
    wanted = [address for host in hosts if (address := _address(host)) is not None]
    for adapter in ifaddr.get_adapters():
        for ip in adapter.ips:
            if isinstance(ip.ip, str):
                network = ipaddress.ip_network(f"{ip.ip}/{ip.network_prefix}", strict=False)
                if any(address in network for address in wanted):
                    yield ip.ip


def _address(host: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    try:
        return ipaddress.ip_address(host)
    except ValueError:
        return None


async def _heard(interfaces: list[str], seconds: float) -> list[Service]:
    names: dict[str, str] = {}

    def changed(zeroconf: Zeroconf, service_type: str, name: str, state_change: ServiceStateChange) -> None:
        if state_change is not ServiceStateChange.Removed and _known(service_type, name):
            names[name] = service_type

    zeroconf = AsyncZeroconf(interfaces=interfaces)
    try:
        browser = AsyncServiceBrowser(zeroconf.zeroconf, [*_BY_TYPE, _HTTP], handlers=[changed])
        await asyncio.sleep(seconds)
        await browser.async_cancel()
        infos = [AsyncServiceInfo(kind, name) for name, kind in names.items()]
        await asyncio.gather(*(info.async_request(zeroconf.zeroconf, _ASK_MS) for info in infos))
        return [service for info in infos for service in _services(info)]
    finally:
        await zeroconf.async_close()


def _known(kind: str, name: str) -> Known | None:
    return _BY_TYPE.get(kind) or next((k for start, k in _BY_NAME.items() if name.lower().startswith(start)), None)


def _services(info: AsyncServiceInfo) -> Iterator[Service]:
    known = _known(info.type, info.name)
    if known is None or not info.port:
        return
    texts = {
        key.decode("ascii", "replace").lower(): (value or b"").decode("utf-8", "replace")
        for key, value in info.properties.items()
    }
    secure = info.type in _SECURE or info.port == 443
    for address in info.parsed_addresses():
        yield Service(known, address, info.port, secure, texts)
