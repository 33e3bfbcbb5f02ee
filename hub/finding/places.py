"""Where devices may be: this machine's own networks, its serial ports."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable, Sequence
from pathlib import Path

import ifaddr

from hub.errors import UserError
from hub.model.found import Where, hosts_of

_BY_ID = Path("/dev/serial/by-id")
_NAMES = ("ttyUSB*", "ttyACM*", "ttyAMA*", "ttyS[0-3]")


def own_networks() -> list[ipaddress.IPv4Network]:
    """The private networks that this machine is in; of a larger one the 1024 addresses around its own."""
    found = []
    for adapter in ifaddr.get_adapters():
        for ip in adapter.ips:
            if isinstance(ip.ip, str) and not ip.ip.startswith("127."):
                network = ipaddress.ip_network(f"{ip.ip}/{max(ip.network_prefix, 22)}", strict=False)
                if isinstance(network, ipaddress.IPv4Network) and network.is_private:
                    found.append(network)
    return sorted(set(found))


def serial_ports() -> list[str]:
    """By the name that survives replugging where there is one."""
    named = {str(link.resolve()): str(link) for link in sorted(_BY_ID.glob("*"))} if _BY_ID.is_dir() else {}
    ports = sorted(str(p) for pattern in _NAMES for p in Path("/dev").glob(pattern))
    return [named.get(port, port) for port in ports]


def where(addresses: Iterable[str], usual: Sequence[str] = ()) -> Where:
    """What the owner named: hosts, networks like 192.168.1.0/24, serial ports, brokers; nothing = all serial ports and
    the `usual` hosts and networks, without which all networks of this machine are searched.

    Raises UserError for what is none of them, a link of one device too.
    """
    hosts: list[str] = []
    ports: list[str] = []
    brokers: list[str] = []
    named = list(addresses)
    for text in named:
        if text.startswith(("mqtt://", "mqtts://")):
            brokers.append(text)
        elif text.startswith("/"):
            ports.append(text)
        elif is_link(text):
            raise UserError(f"{text!r} is the link of one device; `shems probe` says what it is")
        else:
            hosts += hosts_of(text)
    if not named:
        hosts = [host for text in usual or map(str, own_networks()) for host in hosts_of(text)]
        ports = serial_ports()
    return Where(tuple(dict.fromkeys(hosts)), tuple(ports), tuple(brokers))


def is_link(text: str) -> bool:
    """Whether it is where one device is, as in the site document; brokers are searched."""
    return "://" in text and not text.startswith(("mqtt://", "mqtts://"))
