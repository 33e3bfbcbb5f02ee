"""`shems backup FOLDER`: a safety copy of history, state and key, also while the hub runs, verified."""

from __future__ import annotations

import argparse
import json
import os
from pathlib import Path

from hub.model import SystemClock
from hub.ops.private import keep_private
from hub.store.ring.backup import KEY, STATE, Report, backup

EPILOG = (
    "Copies hold accounts, the key of the devices' passwords, and tell who was at home when: keep them as you keep a "
    "key. `shems restore` puts one back."
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
    key = f"; it holds the key of the devices' passwords ({KEY}): keep it safe" if KEY in report.files else ""
    print(as_json(report) if args.json else f"{report.folder}: copied and verified: {told(report)}{key}")
    return 0


def told(report: Report) -> str:
    files = ", ".join(f"{name} ({size / 1e6:.1f} MB)" for name, size in report.files.items())
    damaged = f"; {len(report.damaged)} blocks of it are damaged, in the original too" if report.damaged else ""
    return f"{files}; {sum(report.rows.values())} rows of history read back{damaged}"


def unopened(report: Report) -> str:
    """What a restored house lacks; nothing when the copy has the key of its secrets."""
    if KEY in report.files or STATE not in report.files:
        return ""
    return f"; the copy has no {KEY}: on another box, enter the passwords of devices taken in on the page again"


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
