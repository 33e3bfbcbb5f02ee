"""Devices that were found but are not in the house yet, and the two protocols of whoever looks for them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from ipaddress import ip_address, ip_network
from typing import Protocol

from hub.errors import UserError
from hub.model.device import Role


@dataclass(frozen=True, slots=True)
class Found:
    """Something that answers. `driver`, `link` and `options` are what a `[devices.<id>]` table would need.

    `roles`: what it can be, the likeliest first; a hybrid is found once, with all its roles. `how`: what gave it away.
    `certain`: it told what it is; else it is only of that protocol. `needs`: options that only its owner knows.
    """

    driver: str
    link: str
    roles: tuple[Role, ...]
    vendor: str = ""
    model: str = ""
    serial: str = ""
    firmware: str = ""
    options: Mapping[str, object] = field(default_factory=dict)
    how: str = ""
    certain: bool = True
    needs: tuple[str, ...] = ()

    @property
    def key(self) -> tuple[str, ...]:
        """The same device, however often and by whomever it is found."""
        if self.serial:
            return self.driver, self.vendor, self.serial
        return self.driver, self.link, str(sorted(self.options.items()))


@dataclass(frozen=True, slots=True)
class Where:
    """What may be looked at: `hosts` (addresses on the local net), `ports` (serial devices), `brokers` (URLs).

    `busy`: `host:port` of what the hub drives already; many inverters serve one connection only.
    """

    hosts: tuple[str, ...] = ()
    ports: tuple[str, ...] = ()
    brokers: tuple[str, ...] = ()
    busy: frozenset[str] = frozenset()


MOST_HOSTS = 1024
"""A house has no larger network; whoever wants to look further names parts of it."""


def hosts_of(text: str) -> list[str]:
    """The hosts that a name, an address or a network like 192.168.1.0/24 stands for. Raises UserError."""
    if "/" not in text:
        return [_host(text)]
    try:
        network = ip_network(text, strict=False)
    except ValueError:
        raise UserError(f"{text!r} is no network; write it like 192.168.1.0/24") from None
    if network.num_addresses > MOST_HOSTS:
        raise UserError(f"{text}: has {network.num_addresses} addresses; name a network of at most {MOST_HOSTS}")
    return [str(ip) for ip in network.hosts()]


def _host(text: str) -> str:
    """A name as it stands; numbers with dots must be an address."""
    if text.replace(".", "").isdecimal():
        try:
            ip_address(text)
        except ValueError:
            raise UserError(f"{text!r} is no address; write four numbers from 0 to 255 like 192.168.1.41") from None
    return text


class Finder(Protocol):
    """A driver's module `find`. It reads only, and is polite: few connections at a time, one request in flight each."""

    async def find(self, where: Where, found: Callable[[Found], None]) -> None:
        """Looks at every place and tells what answers as soon as it does. Raises nothing for what does not answer."""

    async def probe(self, link: str) -> Sequence[Found]:
        """What is at `link` (a driver's link, where needed with `?unit=`); raises LinkError when nothing answers."""

    async def record(self, link: str, seconds: float) -> bytes:
        """A capture that `shems decode` or a map's test can read. Writes nothing to the device. Raises LinkError."""
