"""`shems history POINT...`: buckets of points, read as the hub writes them; a table, CSV, JSON or Parquet."""

from __future__ import annotations

import argparse
import sys
from argparse import _ArgumentGroup as Group
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from hub.cli.history_parts import PERIODS, STEP, Parts, whole
from hub.cli.history_rows import Rows, csv_rows, json_document, parquet_file, table_rows
from hub.errors import UserError
from hub.model import Point, SystemClock
from hub.model.site import Site
from hub.store.foreign.points import former, point_of
from hub.store.foreign.times import LAST
from hub.store.ring import Ring
from hub.store.ring.reader import PARTS

DAY_MS = 86_400_000


def options(group: Group) -> None:
    group.add_argument(
        "--from", metavar="T", help="ISO 8601, in the house's zone if it has none, or s or ms since 1970"
    )
    group.add_argument("--to", metavar="T", help="default: now; --from: a day before it")
    group.add_argument("--step", metavar="S", help=f"seconds, {', '.join(('raw', *PARTS, *PERIODS))}; default {STEP}")
    group.add_argument("--count", action="store_true", help="how many values each bucket was made of, beside the rest")
    group.add_argument("--csv", action="store_true", help="for steps up to a day, `history import` takes it back")
    group.add_argument("--parquet", type=Path, metavar="FILE", help="needs the package pyarrow")


def run(args: argparse.Namespace, site: Site) -> int:
    """Raises UserError."""
    if args.csv + args.json + bool(args.parquet) > 1:
        raise UserError("--csv, --json, --parquet: choose one of them")
    points = {id_: _point(site, id_) for id_ in dict.fromkeys(args.words)}
    zone = ZoneInfo(site.timezone)
    since = getattr(args, "from")
    now = SystemClock().now()
    end = instant("--to", args.to, zone) if args.to else now
    start = instant("--from", since, zone) if since else end - DAY_MS
    reader, problems = Ring.look(args.data / "history.db", lambda p: points[p].series if p in points else None)
    for id_ in points:
        if not reader.holds(id_):
            point_of(site, id_)  # which says what is wrong with one that the house cannot have either
    parts = Parts(reader, list(points), start, end, args.step, zone)
    rows = Rows({id_: p.quantity for id_, p in points.items()}, parts, zone, now, args.count)
    if args.parquet:
        parquet_file(rows, args.parquet)
    elif args.json:
        json_document(rows)
    else:
        for line in csv_rows(rows) if args.csv else table_rows(rows):
            print(line)
    _warn([*parts.remarks, *problems])
    return 0


def _point(site: Site, id_: str) -> Point:
    """Of this house, or of a device that it may have had. Raises UserError."""
    try:
        return point_of(site, id_)
    except UserError:
        if gone := former(id_):
            return gone
        raise


def instant(name: str, text: str, zone: ZoneInfo) -> int:
    """UTC ms; raises UserError. What was still 1969 in UTC when a house's 1970 began is taken as 1970."""
    try:
        ms = int(text) * (1 if len(text) > 11 else 1000) if _counts(text) else _iso(text, zone)
    except OverflowError:
        ms = LAST * 1000
    except ValueError:
        raise UserError(f"{name}: {text!r} is not a time; write it like 2026-01-31T14:15 or 2026-01-31") from None
    if not -DAY_MS <= ms < LAST * 1000:
        raise UserError(f"{name}: {text!r} is not a time between 1970 and 2200; correct it")
    return max(ms, 0)


def _counts(text: str) -> bool:
    """Whether it is a number of seconds or milliseconds since 1970; what has fewer digits may be meant as a date."""
    return whole(text) is not None and ((len(text) > 8 and len(text) != 12) or text == "0")


def _iso(text: str, zone: ZoneInfo) -> int:
    """UTC ms; raises ValueError, OverflowError."""
    at = datetime.fromisoformat(text)
    return int((at if at.tzinfo else at.replace(tzinfo=zone)).timestamp() * 1000)


def _warn(problems: list[str]) -> None:
    for problem in dict.fromkeys(problems):
        print(f"shems: {problem}", file=sys.stderr)
