"""`shems history POINT...`: buckets of points, read as the hub writes them; a table, CSV, JSON or Parquet."""

from __future__ import annotations

import argparse
import sys
from argparse import _ArgumentGroup as Group
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from hub.cli.history_parts import PERIODS, Parts, whole
from hub.cli.history_rows import Rows, csv_rows, json_document, parquet_file, table_rows
from hub.errors import UserError
from hub.model import SystemClock
from hub.model.site import Site
from hub.store.foreign.points import point_of
from hub.store.foreign.times import LAST
from hub.store.ring import Ring
from hub.store.ring.reader import PARTS

DAY_MS = 86_400_000
STEP = "900"


def options(group: Group) -> None:
    group.add_argument("--from", metavar="T", help="ISO 8601, in the house's zone if it has none, or ms")
    group.add_argument("--to", metavar="T", help="default: now; --from: a day before it")
    group.add_argument("--step", metavar="S", help=f"seconds, {', '.join(('raw', *PARTS, *PERIODS))}; default {STEP}")
    group.add_argument("--csv", action="store_true", help="for steps up to a day, `history import` takes it back")
    group.add_argument("--parquet", type=Path, metavar="FILE", help="needs the package pyarrow")


def run(args: argparse.Namespace, site: Site) -> int:
    """Raises UserError."""
    if args.csv + args.json + bool(args.parquet) > 1:
        raise UserError("--csv, --json, --parquet: choose one of them")
    points = {id_: point_of(site, id_) for id_ in dict.fromkeys(args.words)}
    zone = ZoneInfo(site.timezone)
    since = getattr(args, "from")
    now = SystemClock().now()
    end = instant("--to", args.to, zone) if args.to else now
    start = instant("--from", since, zone) if since else end - DAY_MS
    reader, problems = Ring.look(args.data / "history.db", lambda p: points[p].series if p in points else None)
    parts = Parts(reader, list(points), start, end, args.step or STEP, zone)
    rows = Rows({id_: p.quantity for id_, p in points.items()}, parts, zone, now)
    if args.parquet:
        parquet_file(rows, args.parquet)
    elif args.json:
        json_document(rows)
    else:
        for line in csv_rows(rows) if args.csv else table_rows(rows):
            print(line)
    _warn(problems)
    return 0


def instant(name: str, text: str, zone: ZoneInfo) -> int:
    """UTC ms; raises UserError. What was still 1969 in UTC when a house's 1970 began is taken as 1970."""
    number = whole(text)
    try:
        ms = _iso(text, zone) if number is None else number * (1 if len(text) > 11 else 1000)
    except OverflowError:
        ms = LAST * 1000
    except ValueError:
        raise UserError(f"{name}: {text!r} is not a time; write it like 2026-01-31T14:15 or 2026-01-31") from None
    if not -DAY_MS <= ms < LAST * 1000:
        raise UserError(f"{name}: {text!r} is not a time between 1970 and 2200; correct it")
    return max(ms, 0)


def _iso(text: str, zone: ZoneInfo) -> int:
    """UTC ms; raises ValueError, OverflowError."""
    at = datetime.fromisoformat(text)
    return int((at if at.tzinfo else at.replace(tzinfo=zone)).timestamp() * 1000)


def _warn(problems: list[str]) -> None:
    for problem in dict.fromkeys(problems):
        print(f"shems: {problem}", file=sys.stderr)
