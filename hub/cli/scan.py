"""`shems scan [ADDRESS...]`: what is in the house and could be taken into the hub. Reads only."""

from __future__ import annotations

import argparse
import asyncio
import json
import socket
import sys
from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from hub.errors import UserError
from hub.finding.places import where
from hub.finding.search import search
from hub.model.found import Found


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "addresses",
        nargs="*",
        metavar="ADDRESS",
        help="a host, a network like 192.168.1.0/24, a serial port, an mqtt:// broker; default: all of its own",
    )
    parser.add_argument("--json", action="store_true", help="one JSON object a device, as soon as it is found")


def run(args: argparse.Namespace) -> int:
    """Exit 0 also when nothing is there; raises UserError for an address that is none."""
    places = where(args.addresses)
    _resolved(places.hosts)
    counts = f"{len(places.hosts)} addresses, {len(places.ports)} serial ports, {len(places.brokers)} brokers"
    print(f"looking at {counts}", file=sys.stderr)
    found: list[Found] = []

    def tell(device: Found) -> None:
        found.append(device)
        print(json.dumps(shown(device)) if args.json else line(device), flush=True)

    asyncio.run(search(places, tell))
    print(f"{len(found)} found", file=sys.stderr)
    return 0


def _resolved(hosts: Sequence[str]) -> None:
    """Raises UserError for a name that nobody knows: a search there would only find nothing."""
    for host in hosts:
        try:
            socket.getaddrinfo(host, None)
        except OSError as error:
            raise UserError(f"{host!r} is no host that is known here: {error.strerror or error}") from None


def shown(device: Found) -> dict[str, Any]:
    return asdict(device) | {"roles": [r.value for r in device.roles]}


def line(device: Found) -> str:
    name = " ".join(filter(None, (device.vendor, device.model))) or "unknown device"
    roles = ", ".join(r.value for r in device.roles) or "no role"
    options = "".join(f" {k}={v}" for k, v in device.options.items())
    sure = "" if device.certain else " (not sure)"
    return f"{device.link:40} {name}{sure}: {roles}; driver={device.driver}{options}; by {device.how}"
