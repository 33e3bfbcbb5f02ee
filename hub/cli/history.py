"""`shems history`: the recorded past of points, and what else is done with it.

The first word decides: a point has a dot, an action has none.
"""

from __future__ import annotations

import argparse
import os
import sqlite3
from collections.abc import Callable, Sequence
from contextlib import closing
from pathlib import Path

from hub import config
from hub.cli import history_care, history_import, history_read
from hub.errors import UserError
from hub.model.document import hint
from hub.model.site import Site

DOCUMENT = Path("config.toml")

ACTIONS: dict[str, Callable[[argparse.Namespace, Site], int]] = {
    "import": history_import.run,
    "check": history_care.check,
    "salvage": history_care.salvage,
    "events": history_care.events,
}
"""What stands where a point could stand; each finds its own words in `args.words`."""

OF_POINTS = ("from", "to", "step", "csv", "parquet", "count")
OF_ACTION = {"import": ("map", "suggest_map", "dry_run", "zone", "decimal", "skip_bad"), "check": ("quick",)}
"""Options that mean nothing elsewhere."""


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.usage = (
        "shems history POINT [POINT...] [--from T] [--to T] [--step S] [--csv | --json | --parquet FILE]\n"
        "       shems history import FILE [--map FILE | --suggest-map] [--dry-run] ...\n"
        "       shems history check [--quick] | salvage FILE | events [--json]"
    )
    parser.add_argument(
        "words", nargs="+", metavar="POINT", help="e.g. grid.power; or: import FILE, check, salvage FILE, events"
    )
    data = Path(os.environ.get("STATE_DIRECTORY", "data"))
    parser.add_argument("--data", type=Path, default=data, metavar="DIR", help="where the hub's history.db lives")
    parser.add_argument("--config", type=Path, metavar="FILE", help="the site document (default: the hub's newest)")
    parser.add_argument("--json", action="store_true")
    history_read.options(parser.add_argument_group("of points"))
    history_import.options(parser.add_argument_group("of import"))
    history_care.options(parser.add_argument_group("of check"))


def run(args: argparse.Namespace) -> int:
    first = args.words[0]
    for what, options in {"": OF_POINTS, **OF_ACTION}.items():
        _only(args, options, what, here=first == what or (not what and first not in ACTIONS))
    if first in ACTIONS:
        return ACTIONS[first](args, _site(args))
    if "." not in first:
        raise UserError(f"{first!r} is neither a point like grid.power nor an action{hint(first, ACTIONS)}")
    return history_read.run(args, _site(args))


def _only(args: argparse.Namespace, options: Sequence[str], what: str, here: bool) -> None:
    wrong = [] if here else [o for o in options if getattr(args, o)]
    if wrong:
        raise UserError(
            f"--{wrong[0].replace('_', '-')} is for {f'history {what}' if what else 'points'}; leave it out"
        )


def _site(args: argparse.Namespace) -> Site:
    """The document that was named; else the one that the hub of this data folder works by; else config.toml here."""
    stored = None if args.config else _stored(args.data / "state.db")
    if stored:
        return config.parse(stored, str(args.data / "state.db"))
    path = args.config or DOCUMENT
    if path == DOCUMENT and not DOCUMENT.exists():
        raise UserError(
            f"{args.data}: no hub has run here and there is no {DOCUMENT}; name one with --config or --data"
        )
    return config.parse(config.read(path), str(path))


def _stored(path: Path) -> str | None:
    if not path.is_file():
        return None
    try:
        with closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True, timeout=5.0)) as db:
            row = db.execute("SELECT toml FROM site_version ORDER BY id DESC LIMIT 1").fetchone()
    except sqlite3.DatabaseError as e:
        raise UserError(f"{path}: cannot be read: {e}; name the site document with --config") from None
    return str(row[0]) if row else None
