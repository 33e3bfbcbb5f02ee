"""`shems restore FOLDER`: puts a safety copy back. The hub must not run; what was there is renamed, never deleted."""

from __future__ import annotations

import argparse
from pathlib import Path

from hub.cli.backup import as_json, options, told, unopened
from hub.model import SystemClock
from hub.ops.private import keep_private
from hub.store.ring.backup import restore


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "folder", type=Path, metavar="FOLDER", help="a copy, or a folder of copies: the newest is taken"
    )
    options(parser)


def run(args: argparse.Namespace) -> int:
    keep_private()
    report = restore(args.folder, args.data, SystemClock().now())
    kept = f"; what was there is now {', '.join(report.moved)}" if report.moved else ""
    print(
        as_json(report)
        if args.json
        else f"{args.data}: restored from {report.folder}: {told(report)}{kept}{unopened(report)}"
    )
    return 0
