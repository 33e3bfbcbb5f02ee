"""`shems history check | salvage FILE | events`: is it sound, what can be brought back, what has happened to it."""

from __future__ import annotations

import argparse
import json
import sqlite3
import sys
from argparse import _ArgumentGroup as Group
from contextlib import closing
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path

from hub.errors import UserError
from hub.model import SystemClock
from hub.model.site import Site
from hub.store.ring.care import check as look_at
from hub.store.ring.care import salvage_file

_MB = 1 << 20
_EVENTS = (
    "SELECT event.t, coalesce(series.key, ''), event.kind, event.numbers FROM event "
    "LEFT JOIN series ON series.id = event.series ORDER BY event.t"
)


def options(group: Group) -> None:
    group.add_argument("--quick", action="store_true", help="look at a sample only, as at every start")


def check(args: argparse.Namespace, _: Site) -> int:
    """0: sound; 1: something is damaged, and told."""
    _alone(args, "check")
    report = look_at(_history(args), deep=not args.quick)
    if args.json:
        print(json.dumps(asdict(report) | {"sound": report.sound}))
        return 0 if report.sound else 1
    for line in (*report.sqlite, *report.damaged):
        print(line)
    read = ", ".join(f"{n} of {table}" for table, n in report.rows.items() if n)
    print(
        f"{'sound' if report.sound else 'damaged'}: read {read or 'nothing'} in {report.seconds:.1f} s", file=sys.stderr
    )
    return 0 if report.sound else 1


def salvage(args: argparse.Namespace, site: Site) -> int:
    """Raises UserError for no such file, ShemsError when the hub is running."""
    if len(args.words) != 2:
        raise UserError("name the damaged file: shems history salvage FILE")
    report = salvage_file(Path(args.words[1]), args.data / "history.db", SystemClock().now(), site.history_mb * _MB)
    print(json.dumps(asdict(report)) if args.json else str(report))
    return 0


def events(args: argparse.Namespace, _: Site) -> int:
    """Resets, swaps and rollovers of counters, shifts of the clock, imports, damage."""
    _alone(args, "events")
    path = _history(args)
    with closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True, timeout=5.0)) as connection:
        try:
            rows = connection.execute(_EVENTS).fetchall()
        except sqlite3.DatabaseError as e:
            raise UserError(f"{path}: cannot be read: {e}; see `shems history check`") from None
    for t, key, kind, numbers in rows:
        if args.json:
            print(json.dumps({"t": t * 1000, "series": key or None, "kind": kind, "numbers": json.loads(numbers)}))
        else:
            told = ", ".join(f"{k} {v}" for k, v in json.loads(numbers).items())
            print(f"{datetime.fromtimestamp(t, UTC):%Y-%m-%d %H:%M:%SZ}  {kind:12} {key:32} {told}".rstrip())
    return 0


def _history(args: argparse.Namespace) -> Path:
    path: Path = args.data / "history.db"
    if not path.is_file():
        raise UserError(f"{path}: there is no history; name the hub's data folder with --data")
    return path


def _alone(args: argparse.Namespace, action: str) -> None:
    if len(args.words) != 1:
        raise UserError(f"history {action} takes no more words; leave {args.words[1]!r} out")
