"""What a demo house writes down for a replay and for "Why?", in bytes a day, reckoned up from some minutes of it."""

from __future__ import annotations

import sqlite3
import tempfile
import time
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from tests.house.demo_kit import demo

DAY_S, FRAMES_A_DAY = 86_400.0, 24
ROW_BYTES = 40
"""what a row of the inputs counts beside its text, as for their budget"""
_INPUTS = f"SELECT kind, count(*), sum(length(json) + {ROW_BYTES}) FROM input WHERE id > ? GROUP BY kind"
_LAST = "SELECT (SELECT coalesce(max(id), 0) FROM input), (SELECT coalesce(max(id), 0) FROM journal)"
_JOURNAL = "SELECT coalesce(sum(bytes), 0) FROM journal WHERE id > ?"


@dataclass(frozen=True, slots=True)
class Noted:
    """Bytes a day: beside the columns for a replay, and of the journal's rows."""

    inputs: float
    journal: float


def noted(settled_s: float, watched_s: float) -> Noted:
    """Of a house that is left alone; what a start writes once is over after `settled_s`."""
    with tempfile.TemporaryDirectory(prefix="shems-bench-") as room, demo("--data", room):
        time.sleep(settled_s)
        with closing(sqlite3.connect(Path(room) / "state.db")) as db:
            first_input, first_row = db.execute(_LAST).fetchone()
            time.sleep(watched_s)
            kinds = {kind: (n, size) for kind, n, size in db.execute(_INPUTS, (first_input,))}
            (journal,) = db.execute(_JOURNAL, (first_row,)).fetchone()
            (frame,) = db.execute(f"SELECT avg(length(json) + {ROW_BYTES}) FROM input WHERE kind = 'frame'").fetchone()
    days = watched_s / DAY_S
    often, _ = kinds.pop("frame", (0, 0))
    rest = sum(size for _, size in kinds.values()) / days
    return Noted(rest + max(FRAMES_A_DAY, often / days) * frame, journal / days)
