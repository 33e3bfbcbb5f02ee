"""`shems backup FOLDER`: a safety copy of history and state, whether or not the hub runs; verified before it counts."""

from __future__ import annotations

import argparse
import json
import os
from pathlib import Path

from hub.model import SystemClock
from hub.ops.private import keep_private
from hub.store.ring.backup import Report, backup

EPILOG = (
    "Copies hold accounts and tell who was at home when: keep them as you keep a key. `shems restore` puts one back."
)


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.epilog = EPILOG
    parser.add_argument("folder", type=Path, metavar="FOLDER", help="where the copy goes, into a folder of its own")
    options(parser)


def options(parser: argparse.ArgumentParser) -> None:
    data = Path(os.environ.get("STATE_DIRECTORY", "data"))
    parser.add_argument("--data", type=Path, default=data, metavar="DIR", help="the hub's data folder")
    parser.add_argument("--json", action="store_true", help="answer as one line of JSON")


def run(args: argparse.Namespace) -> int:
    keep_private()
    report = backup(args.data, args.folder, SystemClock().now())
    print(as_json(report) if args.json else f"{report.folder}: copied and verified: {told(report)}")
    return 0


def told(report: Report) -> str:
    files = ", ".join(f"{name} ({size / 1e6:.1f} MB)" for name, size in report.files.items())
    damaged = f"; {len(report.damaged)} blocks of it are damaged, in the original too" if report.damaged else ""
    return f"{files}; {sum(report.rows.values())} rows of history read back{damaged}"


def as_json(report: Report) -> str:
    return json.dumps(
        {
            "folder": str(report.folder),
            "files": report.files,
            "rows": report.rows,
            "damaged": report.damaged,
            "moved": report.moved,
        }
    )
