"""`shems history import FILE`: what another system has recorded goes under what the hub has recorded itself."""

from __future__ import annotations

import argparse
import json
import sys
from argparse import _ArgumentGroup as Group
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from hub.cli.folder import prepared
from hub.errors import UserError
from hub.model import SystemClock
from hub.model.site import Site
from hub.store.foreign import CsvSource, HomeAssistant, Report, Source, Wish, bring, entries, suggested, wishes
from hub.store.foreign.recorder import Recorder
from hub.store.ring.past import PastReader, PastWriter


def options(group: Group) -> None:
    group.add_argument("--map", type=Path, metavar="FILE", help='TOML: "sensor.grid_p" = "grid.power"')
    group.add_argument("--suggest-map", action="store_true", help="print a map to be looked through, and stop")
    group.add_argument("--dry-run", action="store_true", help="say what would be done; write nothing")
    group.add_argument("--zone", metavar="NAME", help="of a CSV file whose times have no zone, e.g. Europe/Berlin")
    group.add_argument("--decimal", choices=(",", "."), default="", help="of a CSV file, when it cannot be told")
    group.add_argument("--skip-bad", action="store_true", help="leave out bad lines of a CSV file, and count them")


def run(args: argparse.Namespace, site: Site) -> int:
    """Raises UserError for input that cannot be used, ShemsError when the hub is running."""
    if len(args.words) != 2:
        raise UserError("name one file: shems history import FILE")
    path = Path(args.words[1])
    source = _source(args, path)
    if args.suggest_map:
        _suggest(source, site)
        return 0
    wished = _wished(args, source, site)
    report = _dry(args, source, wished) if args.dry_run else _real(args, source, wished, site)
    print(json.dumps(report.told()) if args.json else "\n".join(report.lines()))
    return 0


def _source(args: argparse.Namespace, path: Path) -> Source:
    if Recorder.recognised(path):
        return HomeAssistant(path)
    return CsvSource(path, _zone(args.zone), args.skip_bad, args.decimal)


def _zone(name: str | None) -> ZoneInfo | None:
    try:
        return ZoneInfo(name) if name else None
    except (ZoneInfoNotFoundError, ValueError):
        raise UserError(f"--zone: {name!r} is not a time zone; use one like Europe/Berlin") from None


def _suggest(source: Source, site: Site) -> None:
    print("# Proposed from names and units: look through it. Lines with # are not taken; sign = -1 turns a sign round.")
    for line in suggested(source.columns(), site):
        print(line)


def _wished(args: argparse.Namespace, source: Source, site: Site) -> list[Wish]:
    columns = source.columns()
    found = entries(args.map, columns)
    if not found:
        raise UserError(
            f"{args.map or args.words[1]}: names none of our points; say with --map which is which "
            "(--suggest-map proposes one)"
        )
    return wishes(found, columns, site, str(args.map or args.words[1]))


def _dry(args: argparse.Namespace, source: Source, wished: list[Wish]) -> Report:
    with PastReader.looked(args.data / "history.db", SystemClock().now()) as past:
        return bring(source, wished, past, args.words[1], dry_run=True)


def _real(args: argparse.Namespace, source: Source, wished: list[Wish], site: Site) -> Report:
    """A file is read to its end before anything is written: a bad line at its end leaves everything as it was."""
    if isinstance(source, CsvSource):
        for _ in source.days(wished):
            pass
    now = SystemClock().now()
    with _opened(args, site, now) as past:
        report = bring(source, wished, past, args.words[1], dry_run=False)
        if report.new:
            points = {t.wish.point.id: t.new_seconds + t.new_buckets for t in report.points}
            past.note(now // 1000, "import", {"file": Path(report.file).name, "format": report.format, "new": points})
    return report


@contextmanager
def _opened(args: argparse.Namespace, site: Site, now: int) -> Iterator[PastWriter]:
    with PastWriter.opened(prepared(args.data) / "history.db", now, site.history_mb << 20) as past:
        print("shems: importing; the hub stays stopped until this is done", file=sys.stderr)
        yield past
