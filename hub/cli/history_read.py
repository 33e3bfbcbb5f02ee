"""`shems history POINT...`: buckets of points, read as the hub writes them; a table, CSV, JSON or Parquet."""

from __future__ import annotations

import argparse
import sys
from argparse import _ArgumentGroup as Group
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from hub.cli.history_parts import PERIODS, Parts
from hub.cli.history_rows import Rows, csv_rows, json_document, parquet_file, table_rows
from hub.errors import UserError
from hub.model import SystemClock
from hub.model.site import Site
from hub.store.foreign.points import point_of
from hub.store.ring import Ring
from hub.store.ring.reader import PARTS

DAY_MS = 86_400_000
STEP = "900"


def options(group: Group) -> None:
    group.add_argument("--from", metavar="T", help="ISO 8601, in the house's zone if it has none, or ms")
    group.add_argument("--to", metavar="T", help="default: now; --from: a day before it")
    group.add_argument("--step", metavar="S", help=f"seconds, {', '.join(('raw', *PARTS, *PERIODS))}; default {STEP}")
    group.add_argument("--csv", action="store_true")
    group.add_argument("--parquet", type=Path, metavar="FILE", help="needs the package pyarrow")


def run(args: argparse.Namespace, site: Site) -> int:
    """Raises UserError."""
    if args.csv + args.json + bool(args.parquet) > 1:
        raise UserError("--csv, --json, --parquet: choose one of them")
    points = {id_: point_of(site, id_) for id_ in dict.fromkeys(args.words)}
    zone = ZoneInfo(site.timezone)
    since = getattr(args, "from")
    end = instant("--to", args.to, zone) if args.to else SystemClock().now()
    start = instant("--from", since, zone) if since else end - DAY_MS
    reader, problems = Ring.look(args.data / "history.db", lambda p: points[p].series if p in points else None)
    parts = Parts(reader, list(points), start, end, args.step or STEP, zone)
    rows = Rows({id_: p.quantity for id_, p in points.items()}, parts, zone)
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
    """UTC ms; raises UserError."""
    if text.isdigit():
        return int(text) * (1 if len(text) > 11 else 1000)
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        raise UserError(f"{name}: {text!r} is not a time; write it like 2026-01-31T14:15 or 2026-01-31") from None
    return int((at if at.tzinfo else at.replace(tzinfo=zone)).astimezone(UTC).timestamp() * 1000)


def _warn(problems: list[str]) -> None:
    for problem in dict.fromkeys(problems):
        print(f"shems: {problem}", file=sys.stderr)
