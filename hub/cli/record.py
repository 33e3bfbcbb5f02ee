"""`shems record ADDRESS OUT`: captures what a device says, to be tested against without the device. Reads only."""

from __future__ import annotations

import argparse
import asyncio
import sys
from pathlib import Path

from hub.errors import UserError
from hub.finding.search import record


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("address", metavar="ADDRESS", help="a link, as in the site document")
    parser.add_argument("out", type=Path, metavar="OUT", help="the file to write; it must not be there yet")
    parser.add_argument(
        "--seconds", type=float, default=30.0, help="how long to listen to a device that talks by itself"
    )


def run(args: argparse.Namespace) -> int:
    """Raises UserError, LinkError."""
    if args.out.exists():
        raise UserError(f"{args.out}: is there already; choose another name")
    data = asyncio.run(record(args.address, args.seconds))
    try:
        args.out.write_bytes(data)
    except OSError as e:
        raise UserError(f"{args.out}: cannot be written: {e.strerror or e}") from None
    print(
        f"{args.out}: {len(data)} bytes; look for names and serial numbers in it before you give it away",
        file=sys.stderr,
    )
    return 0
