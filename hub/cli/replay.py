"""`shems replay FOLDER`: decides again what was decided, and says where it comes out otherwise."""

from __future__ import annotations

import argparse
import json
import sys
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from hub.cli.history_read import instant
from hub.model import SystemClock
from hub.rehearse.recorded import Recorded
from hub.rehearse.replay import Difference, Replay, Replayed

DAY_MS = 86_400_000


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("journal", type=Path, metavar="FOLDER", help="the hub's data folder, or a copy of it")
    parser.add_argument("--from", metavar="T", help="ISO 8601, in UTC if it has no zone; default: a day before --to")
    parser.add_argument("--to", metavar="T", help="default: now")
    parser.add_argument("--json", action="store_true")


def run(args: argparse.Namespace) -> int:
    """0 if all came out the same, 1 if not. Raises UserError."""
    since, zone = getattr(args, "from"), ZoneInfo("UTC")
    end = instant("--to", args.to, zone) if args.to else SystemClock().now() + 1000
    start = instant("--from", since, zone) if since else end - DAY_MS
    folder = args.journal.parent if args.journal.is_file() else args.journal
    recorded = Recorded(folder)
    rows = recorded.rows(start, end)
    done = Replay(recorded.site, recorded.rates(end)).run(rows, recorded.seconds(rows, end))
    for problem in dict.fromkeys(recorded.problems):
        print(f"shems: {problem}", file=sys.stderr)
    print(json.dumps(_plain(done)) if args.json else _said(done))
    return 1 if done.difference else 0


def _said(done: Replayed) -> str:
    if done.difference is None:
        return f"identical {done.steps} steps ({done.checked} of them confirmed by what was kept)"
    d = done.difference
    where = f"between {_time(d.start)} and {_time(d.end)}, after {done.steps} steps"
    return f"first difference {where}: {_what(d)}"


def _what(d: Difference) -> str:
    return f"{d.point} was {d.was}, now {d.now}" if d.point else "other decisions than those that were kept"


def _time(ms: int) -> str:
    return datetime.fromtimestamp(ms / 1000, ZoneInfo("UTC")).isoformat(timespec="seconds")


def _plain(done: Replayed) -> dict[str, object]:
    d = done.difference
    found = {"from": d.start, "to": d.end, "point": d.point, "was": d.was, "now": d.now} if d else None
    return {"identical": d is None, "steps": done.steps, "checked": done.checked, "difference": found}
