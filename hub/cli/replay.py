"""`shems replay FOLDER`: decides again what was decided, and says where it comes out otherwise."""

from __future__ import annotations

import argparse
import json
import sys
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from hub.cli.history_read import instant
from hub.errors import UserError
from hub.model import SystemClock
from hub.rehearse.evidence import NOTED_MS, narrowed
from hub.rehearse.recorded import Recorded
from hub.rehearse.replay import Difference, Replay, Replayed

DAY_MS = 86_400_000
LAST_MS = 253_402_300_799_999
"""The end of the year 9999: no calendar goes further."""
_BEYOND_MS = 120_000
"""Columns reach so far beyond the last row that was noted of them."""


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("journal", type=Path, metavar="FOLDER", help="the hub's data folder, or a copy of it")
    parser.add_argument("--from", metavar="T", help="ISO 8601, in UTC if it has no zone; default: a day before --to")
    parser.add_argument("--to", metavar="T", help="default: now, or the end of what is kept")
    parser.add_argument("--json", action="store_true")


def run(args: argparse.Namespace) -> int:
    """0 if all came out the same, 1 if not. Raises UserError."""
    recorded = Recorded(args.journal.parent if args.journal.is_file() else args.journal)
    kept = recorded.kept()
    start, end = _stretch(getattr(args, "from"), args.to, kept)
    done = _again(recorded, start, end, kept)
    for problem in dict.fromkeys(recorded.problems):
        print(f"shems: {problem}", file=sys.stderr)
    print(json.dumps(_plain(done)) if args.json else _said(done))
    return 1 if done.difference else 0


def _stretch(since: str | None, until: str | None, kept: tuple[int, int] | None) -> tuple[int, int]:
    """From when until when, UTC ms."""
    zone, now = ZoneInfo("UTC"), SystemClock().now() + 1000
    newest = min(now, kept[1] + _BEYOND_MS) if kept else now
    end = instant("--to", until, zone) if until else newest
    start = instant("--from", since, zone) if since else end - DAY_MS
    for name, ms in (("--from", start), ("--to", end)):
        if not 0 <= ms <= LAST_MS:
            raise UserError(f"{name}: there is no house of that time; write it like 2026-01-31T14:15")
    if start >= end:
        raise UserError(f"--from: {_time(start)} is not before {_time(end)}, where the stretch ends{_reach(kept)}")
    return start, end


def _again(recorded: Recorded, start: int, end: int, kept: tuple[int, int] | None) -> Replayed:
    rows = recorded.rows(start, end)
    begin = next((row.t for row in rows if row.kind == "frame"), end)
    replay = Replay(recorded.site, recorded.rates(end))
    done = replay.run(rows, recorded.seconds(rows, begin, end))
    if done.difference is None and (replay.made is None or replay.made.inputs.t < start):
        raise UserError(f"no decision is kept from {_time(start)} to {_time(end)}{_reach(kept)}")
    if done.difference is None:
        return done
    since, until = done.difference.start, done.difference.end
    return narrowed(done, replay.trail, recorded.writes(since - DAY_MS, until + NOTED_MS))


def _reach(kept: tuple[int, int] | None) -> str:
    return f"; decisions are kept from {_time(kept[0])} to {_time(kept[1])}" if kept else ""


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
