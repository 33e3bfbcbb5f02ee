"""What can still be read of a damaged history goes into the new one: below what that knows, and a little at a time.

The damaged file is read page by page (`pages`). A block tells by its tag and its checksum whose it is, so nothing has
to be trusted; that a block is found twice, or is an older one, does no harm, for all are records of the same time.
"""

from __future__ import annotations

import json
import sqlite3
from array import array
from collections.abc import Callable
from contextlib import AbstractContextManager, ExitStack, suppress
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from hub.errors import ShemsError
from hub.model import Kind
from hub.store.ring import merge
from hub.store.ring.blob import HEAD, Damaged, Holds, Tag, peek, unsealed
from hub.store.ring.budget import file_limit, make_room, scarce, used
from hub.store.ring.day import NEWER
from hub.store.ring.file import info_of
from hub.store.ring.levels import DAY, HOUR, row_id
from hub.store.ring.mend import Described, is_description, registered
from hub.store.ring.now import STRANGER, Now
from hub.store.ring.pages import Pages, Row
from hub.store.ring.types import Joined, SeriesInfo

PAGES_AT_ONCE, BLOCKS_AT_ONCE = 500, 50
"""What is done in one step: the blocks in one transaction."""

_RANK = {h: k for k, h in enumerate((Holds.D1, Holds.H1, Holds.ENERGY, Holds.M15, Holds.HOUR, Holds.RAW, Holds.M1))}
"""What is dearest comes first; of each, the newest."""

_SPARED = (Holds.RAW, Holds.M1)
"""Not brought back where the budget has no room: nothing newer is given up for them."""

_SAME_EVENT = "SELECT 1 FROM event WHERE t = ? AND series = ? AND kind = ? AND numbers = ?"

Writing = Callable[[], AbstractContextManager[sqlite3.Connection]]
"""A transaction of the writer's, which brings new series into the file too."""


@dataclass(slots=True)
class Report:
    """Blocks `found` sound in the damaged file, of these `brought` into the new one (or known there), `left_out` for
    want of room; `lost`: those that could not be read."""

    damaged: str
    found: int = 0
    brought: int = 0
    left_out: int = 0
    lost: int = 0
    done: bool = False

    def __str__(self) -> str:
        if not self.done:
            return f"{self.damaged} is being read; {self.brought} blocks have been brought back so far"
        room = f", {self.left_out} were left out for want of room" if self.left_out else ""
        return f"{self.brought} of {self.found + self.lost} blocks were brought back from {self.damaged}{room}"


def waiting(path: Path) -> Path | None:
    """The newest damaged file beside `path` from which nothing has been brought back yet."""
    names = (p for p in path.parent.glob(f"{path.name}.damaged-*") if p.suffix[1:].partition("-")[2].isdigit())
    return max(names, default=None)


class Salvage:
    """Takes `step` after `step` until the report is `done`; `now` knows the series and what is not sealed yet."""

    def __init__(self, damaged: Path, now: Now, budget: int) -> None:
        self._path = damaged
        self._now = now
        self._budget = budget
        self._files = ExitStack()
        self._pages = self._files.enter_context(Pages.opened(damaged))
        self._page = 1
        self._keys, self._places, self._failed = array("q"), array("q"), set[int]()
        self._described: dict[int, Described] = {}
        self._second: dict[int, Described] = {}
        self._events: list[tuple[object, ...]] = []
        self._joined: list[tuple[object, ...]] = []
        self._packed = -1
        self._ids: dict[int, tuple[int, SeriesInfo]] = {}
        self._left: list[tuple[int, int]] = []
        self._brought, self._left_out = set[int](), set[int]()
        self._arranged = False
        self._readings: dict[int, tuple[int, int]] = {}
        """(s UTC, stored value) of counters"""
        self.report = Report(damaged.name)

    def step(self, writing: Writing) -> bool:
        """One small piece of work; whether there is more. Raises sqlite3.Error, ShemsError."""
        if self._page <= self._pages.count:
            for number in range(self._page, min(self._page + PAGES_AT_ONCE, self._pages.count + 1)):
                for row in self._pages.rows(number):
                    self._found(row)
            self._page += PAGES_AT_ONCE
        elif not self._arranged:
            self._arrange(writing)
        elif self._left:
            self._bring(writing)
        else:
            self._finish(writing)
        return not self.report.done

    def close(self) -> None:
        self._files.close()

    # -- what is in the file -----------------------------------------------------------------------------------------

    def _found(self, row: Row) -> None:
        match row.cells:
            case (None, bytes(blob)):
                self._block(row, blob)
            case (None, int(), bytes(directory), bytes(blob)):
                self._hour(row, directory, blob)
            case () | (None, _) | (None, _, _, _):
                self._failed.add(-row.place)
            case ("registry", bytes(blob)):
                with suppress(Damaged):
                    self._second = max(self._second, registered(blob), key=len)
            case ("packed_until", int(day)):
                self._packed = max(self._packed, day)
            case (None, str(), str(), scale, str(), str(), int(), int()) if isinstance(scale, int | float):
                cells = row.cells[1:7]
                described = (*cells[:2], float(scale), *cells[3:])
                if is_description(row.rowid, described):
                    self._described.setdefault(row.rowid, described)
            case (None, int(), int(), str(), str()):
                self._events.append(row.cells[1:])
            case (str(), str(), int()) if row.rowid:  # its index has rows of the same look
                self._joined.append(row.cells)

    def _block(self, row: Row, blob: bytes) -> None:
        try:
            tag = peek(blob)
        except Damaged:
            if len(blob) >= HEAD:
                self._failed.add(row.rowid)
            return
        if tag.holds in merge.TABLES:
            self._note(tag, row.place)

    def _hour(self, row: Row, directory: bytes, blob: bytes) -> None:
        for part in (directory, blob[:HEAD]):
            try:
                self._note(Tag(Holds.HOUR, 0, peek(part).period), row.place)
                return
            except Damaged:
                continue
        if row.rowid % HOUR == 0 and merge.chunks(row.rowid, b"", blob):
            self._note(Tag(Holds.HOUR, 0, row.rowid // HOUR), row.place)
        else:
            self._failed.add(row.rowid)

    def _note(self, tag: Tag, place: int) -> None:
        self._keys.append(_rank(tag.holds) << 48 | tag.period << 16 | tag.series)
        self._places.append(place)

    # -- putting it in order -----------------------------------------------------------------------------------------

    def _arrange(self, writing: Writing) -> None:
        described = self._described | self._second
        numbered = {i: (self._now.id_of(info_of(row)), info_of(row)) for i, row in described.items()}
        self._ids = {i: (new, info) for i, (new, info) in numbered.items() if new != STRANGER}
        keys, places = np.array(self._keys, np.int64), np.array(self._places, np.int64)
        periods = keys >> 16 & 0xFFFFFFFF
        days = periods[np.isin(keys >> 48, (_rank(Holds.RAW), _rank(Holds.M1)))]
        hours = periods[keys >> 48 == _rank(Holds.HOUR)] // 24
        last = int(days.max(initial=-1))
        said = self._packed if last < 0 or self._packed in (last, last + 1) else -1
        packed = max(said if said >= 0 else last, 0)
        live = (keys >> 48 != _rank(Holds.HOUR)) | (periods // 24 >= packed)
        order = np.argsort(keys[live], kind="stable")
        self._left = list(zip(keys[live][order].tolist(), places[live][order].tolist(), strict=True))
        until = last + 1 if said < 0 <= last else int(min(hours[hours >= packed], default=said))
        with writing() as connection:
            if until >= 0:
                self._begin_days(connection, until)
            self._others(connection)
        ids = set((keys & (1 << 48) - 1).tolist())
        stale = range(1, packed * DAY)  # hours that were packed
        self._failed = {i for i in self._failed if i not in ids and i not in stale}
        self.report.found, self.report.lost = len(np.unique(keys[live])), len(self._failed)
        self._arranged = True

    def _begin_days(self, connection: sqlite3.Connection, until: int) -> None:
        """The first day that is not packed is `until`, if nothing in the new file says otherwise."""
        newest = connection.execute("SELECT max(id) >> 16 FROM raw").fetchone()[0]
        said = connection.execute("SELECT v FROM meta WHERE k = 'packed_until'").fetchone()
        open_hour = self._now.oldest()
        days = [until, *(said or ()), *([open_hour.start // DAY] if open_hour else ())]
        if newest is None or newest < min(days):
            connection.execute("INSERT OR REPLACE INTO meta VALUES ('packed_until', ?)", (min(days),))

    def _others(self, connection: sqlite3.Connection) -> None:
        for t, series_id, kind, numbers in self._events:
            new_id = 0 if series_id == 0 else self._ids[series_id][0] if series_id in self._ids else None
            if new_id is not None and _is_event(kind, numbers):
                cells = t, new_id, kind, numbers
                if not connection.execute(_SAME_EVENT, cells).fetchone():
                    connection.execute("INSERT INTO event (t, series, kind, numbers) VALUES (?, ?, ?, ?)", cells)
        connection.executemany("INSERT OR IGNORE INTO joined VALUES (?, ?, ?)", self._joined)
        known = {(j.uid, j.before) for j in self._now.joined}
        rows = connection.execute("SELECT uid, before, t FROM joined").fetchall()
        self._now.joined += [Joined(*row) for row in rows if row[:2] not in known]

    # -- bringing it back --------------------------------------------------------------------------------------------

    def _bring(self, writing: Writing) -> None:
        """Some blocks in one transaction."""
        brought, left_out = set[int](), set[int]()
        with writing() as connection:
            for key, place in reversed(self._left[-BLOCKS_AT_ONCE:]):
                row = self._pages.row(place)
                with suppress(Damaged):
                    if row is not None:
                        put = (
                            self._put(connection, row.cells[1])
                            if len(row.cells) == 2
                            else self._put_hour(connection, row)
                        )
                        (brought if put else left_out).add(key)
        del self._left[-BLOCKS_AT_ONCE:]
        self._brought |= brought
        self._left_out |= left_out
        self.report.brought = len(self._brought)
        self.report.left_out = len(self._left_out - self._brought)

    def _put(self, connection: sqlite3.Connection, blob: object) -> bool:
        """False if there is no room. Raises Damaged."""
        if not isinstance(blob, bytes):
            raise Damaged("it is no block")
        was = peek(blob)
        series_id, info = self._known(was.series)
        tag = Tag(was.holds, series_id, was.period)
        body = unsealed(was, blob)
        if tag.holds is Holds.RAW and info.kind == Kind.COUNTER:
            last = merge.last_reading(body)
            self._readings[series_id] = max(
                self._readings.get(series_id, (0, 0)), (tag.period * DAY + last[0], last[1])
            )
        block = merge.merged(connection, tag, info, body)
        if block is None:
            return True
        if not self._room(connection, len(block), tag):
            return False
        table = merge.TABLES[tag.holds]
        connection.execute(f"INSERT OR REPLACE INTO {table} VALUES (?, ?)", (row_id(tag.period, series_id), block))
        return True

    def _put_hour(self, connection: sqlite3.Connection, row: Row) -> bool:
        _, _, directory, blob = row.cells
        if not isinstance(directory, bytes) or not isinstance(blob, bytes):
            raise Damaged("it is no hour")
        start = row.rowid - row.rowid % HOUR
        found = merge.chunks(start, directory, blob)
        known = {new: (info, found[i]) for i, (new, info) in self._ids.items() if i in found}
        if not known:
            raise Damaged("none of its series can be read")
        seconds = {new: values for new, (_, values) in known.items()}
        if self._now.fill(start, seconds):
            return True
        self._room(connection, len(blob), Tag(Holds.HOUR, 0, start // HOUR))
        packed = connection.execute("SELECT v FROM meta WHERE k = 'packed_until'").fetchone()
        if packed and start // DAY < packed[0]:
            for new, (info, values) in known.items():
                merge.into_day(connection, start, new, info, values)
        else:
            oldest = self._now.oldest()
            merge.hours(connection, start, oldest is None or start < oldest.start, seconds)
        return True

    def _room(self, connection: sqlite3.Connection, coming: int, tag: Tag) -> bool:
        if tag.holds in _SPARED:
            return used(connection) + coming <= file_limit(self._budget) and not scarce(self._path, coming)
        today = self._now.last_ms // 1000 // DAY
        if not make_room(connection, coming, self._budget, today, disk_full=False):
            raise ShemsError("the history's budget is used up by its rollups; allow it more")
        return True

    def _known(self, old_id: int) -> tuple[int, SeriesInfo]:
        if old_id not in self._ids:
            raise Damaged("its series is not known any more")
        return self._ids[old_id]

    def _finish(self, writing: Writing) -> None:
        told = {"brought": self.report.brought, "of": self.report.found + self.report.lost}
        with writing() as connection:
            connection.executemany(NEWER, [(i, *reading) for i, reading in self._readings.items()])
            event = self._now.last_ms // 1000, json.dumps({"file": self._path.name, **told})
            connection.execute("INSERT INTO event (t, series, kind, numbers) VALUES (?, 0, 'damage', ?)", event)
        self.close()
        for suffix in ("", "-wal", "-shm"):
            part = self._path.with_name(self._path.name + suffix)
            if part.exists():
                part.rename(part.with_name(part.name.replace(".damaged-", ".salvaged-")))
        self.report.damaged = self._path.name.replace(".damaged-", ".salvaged-")
        self.report.done = True


def _rank(holds: Holds) -> int:
    return len(_RANK) - _RANK[holds]


def _is_event(kind: object, numbers: object) -> bool:
    try:
        return str(kind).isidentifier() and isinstance(json.loads(str(numbers)), dict)
    except ValueError:
        return False
