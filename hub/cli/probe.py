"""`shems probe ADDRESS`: says what one device is, and the table that would take it into the house. Reads only."""

from __future__ import annotations

import argparse
import asyncio
import json
from collections.abc import Iterator

from hub.cli.scan import line, shown
from hub.finding.search import probe
from hub.model.found import Found


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "address", metavar="ADDRESS", help="a link: tcp://host:port, serial:///dev/ttyUSB0, http://host"
    )
    parser.add_argument("--json", action="store_true")


def run(args: argparse.Namespace) -> int:
    """Raises UserError for an address that is none, LinkError when nothing answers."""
    found = asyncio.run(probe(args.address))
    if args.json:
        print(json.dumps([shown(device) for device in found]))
        return 0
    for device in found:
        print(line(device))
        print("\n".join(_table(device)))
    return 0


def _table(device: Found) -> Iterator[str]:
    for role in device.roles:
        yield f"\n[devices.{role.value}]"
        yield f'role = "{role.value}"'
        yield f'driver = "{device.driver}"'
        yield f'link = "{device.link}"'
        yield from (f"{key} = {json.dumps(value)}" for key, value in device.options.items())
        yield from (f'# {key} = "..."   only you know it' for key in device.needs)
