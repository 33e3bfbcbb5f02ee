"""What a hub has kept of its decisions: the inputs in `state.db`, the columns in `history.db` beside it. Read only."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from functools import lru_cache
from pathlib import Path

from hub.config import parse
from hub.core import Made
from hub.core.plain import beat_time, device_of
from hub.errors import UserError
from hub.model import Device
from hub.model.feed import KnownRate
from hub.model.site import Site
from hub.rehearse.replay import Replay, Row, Second
from hub.store.feeds import known
from hub.store.ring import Ring
from hub.store.ring.codec import MISSING

_HOUR_S = 3600
_FROM = """SELECT coalesce(
    (SELECT max(t) FROM input WHERE kind = 'frame' AND t <= ?), (SELECT min(t) FROM input WHERE kind = 'frame')
)"""
_ROWS = """SELECT t, kind, json FROM input WHERE t < ? AND (t >= ? OR kind = 'house'
    OR id = (SELECT max(id) FROM input WHERE kind = 'plan' AND t < ?)) ORDER BY id"""


class Recorded:
    """`folder` is a hub's data folder or a copy of one; the hub may be running. Raises UserError for what is none."""

    def __init__(self, folder: Path) -> None:
        self._state = folder / "state.db"
        self._history = folder / "history.db"
        for path in (self._state, self._history):
            if not path.is_file():
                raise UserError(f"{path}: there is no such file; name a hub's data folder")
        self._problems: list[str] = []

    def rows(self, start: int, end: int) -> list[Row]:
        """From the last frame at or before `start` (UTC ms) until `end`, with the houses and the plan they speak of."""
        with closing(self._opened()) as db:
            [first] = db.execute(_FROM, (start,)).fetchone()
            if first is None:
                raise UserError(f"{self._state}: no decisions have been kept in it yet")
            found = db.execute(_ROWS, (end, first, first)).fetchall()
        return [Row(t, kind, json.loads(text)) for t, kind, text in found]

    def seconds(self, rows: list[Row], end: int) -> Iterator[Second]:
        """The columns from the first frame on until `end` (UTC ms), as far as their seconds are still kept."""
        series = {
            f"{d['id']}.{name}": f"{d['uid']}.{name}"
            for row in rows
            if row.kind == "house"
            for d in row.data["devices"]
            for name in d["points"]
        }
        reader, self._problems = Ring.look(self._history, series.get)
        first = next((row.t for row in rows if row.kind == "frame"), end) // 1000
        for start in range(first, end // 1000, _HOUR_S):
            stop = min(start + _HOUR_S, end // 1000)
            columns = {p: reader.seconds(p, start, stop)[1].tolist() for p in series}
            for k in range(stop - start):
                stored = {p: c[k] for p, c in columns.items() if c[k] != MISSING}
                if stored:
                    yield Second((start + k) * 1000, stored)

    def rates(self, end: int) -> list[KnownRate]:
        """What feeds had told of prices until `end` (UTC ms)."""
        sql = "SELECT source, start, known, seconds, currency, import, export, provisional FROM rate WHERE known <= ?"
        with closing(self._opened()) as db:
            if not db.execute("SELECT 1 FROM sqlite_master WHERE name = 'rate'").fetchone():
                return []
            return [known(row) for row in db.execute(sql, (end,))]

    def devices(self) -> tuple[Device, ...]:
        """The devices of the house as the hub saw them last; none when it has not kept any decision yet."""
        with closing(self._opened()) as db:
            row = db.execute("SELECT json FROM input WHERE kind = 'house' ORDER BY id DESC LIMIT 1").fetchone()
        return tuple(map(device_of, json.loads(row[0])["devices"])) if row else ()

    @lru_cache(maxsize=8)  # noqa: B019  # lives as long as one command
    def site(self, version: int) -> Site:
        with closing(self._opened()) as db:
            row = db.execute("SELECT toml FROM site_version WHERE id = ?", (version,)).fetchone()
        if row is None:
            raise UserError(f"{self._state}: version {version} of the site document is not in it")
        return parse(row[0], f"site document {version}")

    @property
    def problems(self) -> list[str]:
        return self._problems

    def _opened(self) -> sqlite3.Connection:
        try:
            return sqlite3.connect(f"{self._state.absolute().as_uri()}?mode=ro", uri=True, timeout=5.0)
        except sqlite3.Error as e:
            raise UserError(f"{self._state}: cannot be read: {e}") from None


def decided(folder: Path, t: int) -> Made | None:
    """The step that was in force at `t` (UTC ms), made again; None if its inputs are not kept any more."""
    recorded = Recorded(folder)
    rows = recorded.rows(t, t + 1)
    if not rows or not any(row.kind == "frame" and row.t <= t for row in rows):
        return None
    replay = Replay(recorded.site, recorded.rates(t))
    replay.run(rows, (s for s in recorded.seconds(rows, t) if beat_time(s.t, 0) <= t))
    made = replay.made
    return made if made and t - made.inputs.t < 10_000 else None
