"""What a hub has kept of its decisions: the inputs in `state.db`, the columns in `history.db` beside it. Read only."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from functools import lru_cache
from pathlib import Path
from typing import Any, Protocol

from hub.config import parse
from hub.core.plain import device_of
from hub.errors import UserError
from hub.model import Device
from hub.model.feed import KnownRate
from hub.model.site import Site
from hub.rehearse.evidence import Write
from hub.rehearse.replay import Row, Second
from hub.store.feeds import known
from hub.store.ring import Ring, SeriesInfo
from hub.store.ring.codec import MISSING, Ints

_HOUR_S = 3600
_FROM = """SELECT coalesce(
    (SELECT max(t) FROM input WHERE kind = 'frame' AND t <= ?), (SELECT min(t) FROM input WHERE kind = 'frame')
)"""
_ROWS = """SELECT id, t, kind, json FROM input WHERE t < ? AND (t >= ? OR kind = 'house'
    OR id = (SELECT max(id) FROM input WHERE kind = 'plan' AND t < ?)) ORDER BY id"""
_NEXT = """SELECT id, t, kind, json FROM input WHERE t >= ? AND kind IN ('step', 'digest', 'memory', 'frame')
    ORDER BY id LIMIT 1"""
_KEPT = """SELECT (SELECT min(t) FROM input WHERE kind = 'frame'), (SELECT max(t) FROM input WHERE kind != 'house')"""
_WRITES = "SELECT id, t, point, value, ms FROM journal WHERE kind = 'write' AND t >= ? AND t < ? ORDER BY id"
_RATES = "SELECT source, start, known, seconds, currency, import, export, provisional FROM rate WHERE known <= ?"

_ADVICE = "a safety copy is put back with `shems restore`"


class Columns(Protocol):
    def seconds(self, point: str, start: int, end: int) -> tuple[SeriesInfo | None, Ints]:
        """(what its numbers mean, its stored seconds in [start, end), s UTC)."""


Resolve = Callable[[str], str | None]
"""The series key of a point id."""


class Recorded:
    """`folder` is a hub's data folder or a copy of one; the hub may be running. `columns`: the history of a hub that
    asks this of itself, with what its files do not hold yet.

    Raises UserError for what is no such folder, and for what is damaged.
    """

    def __init__(self, folder: Path, columns: Callable[[Resolve], Columns] | None = None) -> None:
        self._state = folder / "state.db"
        self._history = folder / "history.db"
        self._columns = columns or self._look
        for path in (self._state, self._history):
            if not path.is_file():
                raise UserError(f"{path}: there is no such file; name a hub's data folder")
        self._problems: list[str] = []

    def kept(self) -> tuple[int, int] | None:
        """From when until when something is noted, UTC ms; None when there is no frame to begin at."""
        with self._reading() as db:
            first, last = db.execute(_KEPT).fetchone()
        return None if first is None else (first, last)

    def rows(self, start: int, end: int) -> list[Row]:
        """From the last frame at or before `start` (UTC ms) until `end`, with the houses and the plan they speak of."""
        with self._reading() as db:
            [first] = db.execute(_FROM, (start,)).fetchone()
            if first is None:
                raise UserError(f"{self._state}: no decisions have been kept in it yet")
            found = db.execute(_ROWS, (end, first, first)).fetchall()
        return [self._row(*cells) for cells in found]

    def next_row(self, t: int) -> Row | None:
        """The first that a step at or after `t` (UTC ms) has left."""
        with self._reading() as db:
            found = db.execute(_NEXT, (t,)).fetchone()
        return self._row(*found) if found else None

    def seconds(self, rows: Sequence[Row], start: int, end: int) -> Iterator[Second]:
        """The columns from `start` until `end` (UTC ms) of the houses in `rows`, as far as they are still kept."""
        series = self._series(rows)
        reader = self._columns(series.get)
        for begin in range(start // 1000, end // 1000, _HOUR_S):
            stop = min(begin + _HOUR_S, end // 1000)
            columns = {p: reader.seconds(p, begin, stop)[1].tolist() for p in series}
            for k in range(stop - begin):
                stored = {p: c[k] for p, c in columns.items() if c[k] != MISSING}
                if stored:
                    yield Second((begin + k) * 1000, stored)

    def rates(self, end: int) -> list[KnownRate]:
        """What feeds had told of prices until `end` (UTC ms)."""
        with self._reading() as db:
            if not db.execute("SELECT 1 FROM sqlite_master WHERE name = 'rate'").fetchone():
                return []
            return [known(row) for row in db.execute(_RATES, (end,))]

    def writes(self, start: int, end: int) -> list[Write]:
        """What devices were told from `start` until `end` (UTC ms), as far as the journal has kept it."""
        with self._reading() as db:
            found = db.execute(_WRITES, (start, end)).fetchall()
        return [
            Write(t - round(ms or 0), point, self._parsed(value, f"journal row {n}"))
            for n, t, point, value, ms in found
        ]

    def devices(self) -> tuple[Device, ...]:
        """The devices of the house as the hub saw them last; none when it has not kept any decision yet."""
        with self._reading() as db:
            found = db.execute("SELECT id, t, kind, json FROM input WHERE kind = 'house' ORDER BY id DESC LIMIT 1")
            rows = [self._row(*cells) for cells in found]
        return tuple(device_of(d) for row in rows for d in row.data["devices"])

    @lru_cache(maxsize=8)  # noqa: B019  # lives as long as one command
    def site(self, version: int) -> Site:
        with self._reading() as db:
            row = db.execute("SELECT toml FROM site_version WHERE id = ?", (version,)).fetchone()
        if row is None:
            raise UserError(f"{self._state}: version {version} of the site document is not in it")
        return parse(row[0], f"site document {version}")

    @property
    def problems(self) -> list[str]:
        return self._problems

    def _look(self, resolve: Resolve) -> Columns:
        reader, self._problems = Ring.look(self._history, resolve)
        return reader

    def _series(self, rows: Sequence[Row]) -> dict[str, str]:
        """The key of each point of the houses in `rows`."""
        try:
            listed = [d for row in rows if row.kind == "house" for d in row.data["devices"]]
            return {f"{d['id']}.{name}": f"{d['uid']}.{name}" for d in listed for name in d["points"]}
        except (KeyError, TypeError) as e:
            raise self._damaged("a house among the input rows", repr(e)) from None

    def _row(self, id_: int, t: int, kind: str, text: object) -> Row:
        data = self._parsed(text, f"input row {id_} ({kind})")
        if not isinstance(data, dict) or not isinstance(data.get("second"), int):
            raise self._damaged(f"input row {id_} ({kind})", "it does not say which second it belongs to")
        return Row(t, kind, data)

    def _parsed(self, text: object, what: str) -> Any:
        try:
            return json.loads(text)  # type: ignore[arg-type]  # a damaged cell may be of any kind
        except (ValueError, TypeError) as e:
            raise self._damaged(what, str(e)) from None

    def _damaged(self, what: str, how: str) -> UserError:
        return UserError(f"{self._state}: {what} is damaged: {how}; {_ADVICE}")

    @contextmanager
    def _reading(self) -> Iterator[sqlite3.Connection]:
        try:
            uri = f"{self._state.absolute().as_uri()}?mode=ro"
            with closing(sqlite3.connect(uri, uri=True, timeout=5.0)) as db:
                yield db
        except sqlite3.Error as e:
            raise UserError(f"{self._state}: cannot be read: {e}; {_ADVICE}") from None
