"""The tables of Home Assistant's recorder, as its versions of 2021 to today have them, opened read-only."""

from __future__ import annotations

import json
import sqlite3
from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from hub.errors import UserError
from hub.store.foreign.times import LAST

HOLD_S = 3600
"""How long a state holds at most where the database does not tell when Home Assistant was running."""

_HEAD = b"SQLite format 3\0"


@dataclass(frozen=True, slots=True)
class Entity:
    """What an entity's states are found by: its id in states_meta, its name in states older than that, or either."""

    name: str
    id: int | None = None


@dataclass(frozen=True, slots=True)
class Statistic:
    """A series of long-term statistics: its id in the tables, its unit, whether it counts."""

    id: int
    unit: str
    counts: bool


class Recorder:
    """Rows by entity, in time order. Each method is a short read of its own; nothing is written."""

    def __init__(self, path: Path, connection: sqlite3.Connection) -> None:
        self._path = path
        self._db = connection
        self._columns = {t: {r[1] for r in connection.execute(f"PRAGMA table_info({t})")} for t in _TABLES}
        if not self._columns["states"] and not self._columns["statistics"]:
            raise UserError(f"{path}: is no database of Home Assistant; name its home-assistant_v2.db")
        self._both = self._new_states and self._some_by_name()

    @staticmethod
    def open(path: Path) -> Recorder:
        """Raises UserError. One that nobody writes at the moment is opened without leaving a trace beside it."""
        still = "" if path.with_name(path.name + "-wal").exists() else "&immutable=1"
        try:
            uri = f"{path.absolute().as_uri()}?mode=ro{still}"
            return Recorder(path, sqlite3.connect(uri, uri=True, timeout=5.0))
        except sqlite3.DatabaseError as e:
            raise UserError(
                f"{path}: cannot be read: {e}; name a sound home-assistant_v2.db that you may read"
            ) from None

    @staticmethod
    def recognised(path: Path) -> bool:
        """Whether it is an SQLite file at all."""
        try:
            with path.open("rb") as f:
                return f.read(len(_HEAD)) == _HEAD
        except OSError as e:
            raise UserError(f"{path}: cannot be read: {e.strerror}; name a readable file") from None

    def entities(self) -> dict[str, Entity]:
        """By entity id."""
        found: dict[str, Entity] = {}
        if self._columns["states"] and (self._both or not self._new_states):
            names = self._rows(f"SELECT DISTINCT entity_id FROM states WHERE {_text('entity_id')}")
            found = {name: Entity(name) for (name,) in names}
        if self._new_states:
            ids = self._rows(f"SELECT entity_id, metadata_id FROM states_meta WHERE {_text('entity_id')}")
            found |= {name: Entity(name, id_) for name, id_ in ids}
        return found

    def nameless(self) -> int:
        """How many entities and statistics have no name, so that nothing of theirs can be told."""
        named = (("states_meta", "entity_id"), ("statistics_meta", "statistic_id"))
        return sum(self._count(f"{t} WHERE NOT {_text(c)}") for t, c in named if self._columns[t])

    def statistics(self) -> dict[str, Statistic]:
        """By statistic id, which is the entity id for all that Home Assistant makes of states."""
        if not self._columns["statistics_meta"]:
            return {}
        columns = "statistic_id, id, unit_of_measurement, has_sum"
        rows = self._rows(f"SELECT {columns} FROM statistics_meta WHERE {_text('statistic_id')}")
        return {name: Statistic(id_, unit or "", bool(counts)) for name, id_, unit, counts in rows}

    def attributes(self, entity: Entity) -> dict[str, Any]:
        """Those of its newest state."""
        mine, cells = self._of(entity)
        newest = f"WHERE {mine} ORDER BY {self._updated} DESC LIMIT 1"
        found = next(self._rows(f"SELECT {self._attributes_id} FROM states {newest}", *cells), (None,))[0]
        return self._attributes_of(found) if found is not None else {}

    def unit(self, attributes_id: int) -> str:
        """The unit that a state with these attributes is in."""
        found = self._attributes_of(attributes_id).get("unit_of_measurement")
        return found if isinstance(found, str) else ""

    def states(self, entity: Entity) -> Iterator[tuple[float, str | None, int | None]]:
        """(UTC s, state, attributes id), oldest first; before 2022.4 attributes have no ids."""
        at, attributes = self._updated, "attributes_id" if self._columns["state_attributes"] else "NULL"
        mine, cells = self._of(entity)
        sql = f"SELECT {_seconds(at)}, state, {attributes} FROM states WHERE {mine} AND {_timed(at)} ORDER BY {at}"
        return self._rows(sql, *cells)

    def untimed(self, entity: Entity) -> int:
        """How many of its states have no time."""
        mine, cells = self._of(entity)
        return self._count(f"states WHERE {mine} AND NOT {_timed(self._updated)}", *cells)

    def first_state(self, entity: Entity) -> float | None:
        """UTC s."""
        first, (mine, cells) = _seconds(f"min({self._updated})"), self._of(entity)
        sql = f"SELECT {first} FROM states WHERE {mine} AND {_timed(self._updated)}"
        found: float | None = next(self._rows(sql, *cells))[0]
        return found

    def means(self, table: str, id_: int) -> Iterator[tuple[int, float, float, float]]:
        """(UTC s, mean, min, max) of `statistics` (hours) or `statistics_short_term` (5 minutes)."""
        at, values = self._start(table), ("mean", "coalesce(min, mean)", "coalesce(max, mean)")
        sound = " AND ".join((*map(_number, values), _timed(at)))
        columns = ", ".join((_seconds(at), *values))
        return self._rows(f"SELECT {columns} FROM {table} WHERE metadata_id = ? AND {sound} ORDER BY {at}", id_)

    def counts(self, table: str, id_: int) -> Iterator[tuple[int, float | None, float | None]]:
        """(UTC s of the period's beginning, the counter at its end as `state` and as `sum` tell it); one is known."""
        at, told = self._start(table), [f"CASE WHEN {_number(c)} THEN {c} END" for c in ("state", "sum")]
        sound = f"metadata_id = ? AND {_timed(at)} AND coalesce({', '.join(told)}) IS NOT NULL"
        return self._rows(f"SELECT {_seconds(at)}, {', '.join(told)} FROM {table} WHERE {sound} ORDER BY {at}", id_)

    def spoilt(self, table: str, id_: int, value: str) -> int:
        """How many rows with a `value` (`mean`, `state`, `sum`) are told neither by `means` nor by `counts`."""
        columns = ("mean", "min", "max") if value == "mean" else (value,)
        numbers = " AND ".join(f"({c} IS NULL OR {_number(c)})" for c in columns)
        sound = f"({numbers} AND {_timed(self._start(table))})"
        return self._count(f"{table} WHERE metadata_id = ? AND {value} IS NOT NULL AND NOT {sound}", id_)

    def runs(self) -> Runs:
        """When Home Assistant was running."""
        newest = self._after_last_state()
        if not self._columns["recorder_runs"]:
            return Runs([], [], newest)
        start, end = (f"strftime('%s', {c}) + 0" for c in ("start", '"end"'))
        sql = f"SELECT {start}, {end}, closed_incorrect FROM recorder_runs WHERE {start} IS NOT NULL ORDER BY start"
        rows = list(self._rows(sql))
        starts = [r[0] for r in rows]
        ends = [
            self._after_last_state(after) if crashed or end is None else end
            for (_, end, crashed), after in zip(rows, [*starts[1:], None], strict=True)
        ]
        purged = self._after_last_state(starts[0]) if starts else newest
        return Runs([0, *starts], [purged, *ends], newest)

    def _after_last_state(self, before: int | None = None) -> int:
        """The second after the newest state of all, or of all that are older than `before` (UTC s)."""
        if not self._columns["states"]:
            return 0
        at = self._updated
        sql = f"SELECT {_seconds(f'max({at})')} FROM states WHERE {_timed(at)}"
        limit = "?" if at.endswith("_ts") else "strftime('%Y-%m-%d %H:%M:%S', ?, 'unixepoch')"
        rows = self._rows(sql) if before is None else self._rows(f"{sql} AND {at} < {limit}", before)
        return int(next(rows)[0] or 0) + 1

    # -- what differs from version to version ------------------------------------------------------------------------

    @property
    def _new_states(self) -> bool:
        """Since 2023.4 entity ids have a table of their own."""
        return bool(self._columns["states_meta"]) and "metadata_id" in self._columns["states"]

    def _some_by_name(self) -> bool:
        """Whether its move from 2023.4 is not done yet: the newer states have ids, the older ones still names."""
        old = "metadata_id IS NULL AND entity_id IS NOT NULL"
        return "entity_id" in self._columns["states"] and self._count(f"(SELECT 1 FROM states WHERE {old} LIMIT 1)") > 0

    def _of(self, entity: Entity) -> tuple[str, tuple[int | str | None, ...]]:
        """(which states are an entity's, what stands for the question marks)."""
        if self._both:
            return "(metadata_id = ? OR (metadata_id IS NULL AND entity_id = ?))", (entity.id, entity.name)
        return ("metadata_id = ?", (entity.id,)) if self._new_states else ("entity_id = ?", (entity.name,))

    @property
    def _updated(self) -> str:
        """Since 2023.2 times are numbers."""
        return "last_updated_ts" if "last_updated_ts" in self._columns["states"] else "last_updated"

    @property
    def _attributes_id(self) -> str:
        """Since 2022.4 attributes have a table of their own; before that they stand, by state, in the row itself."""
        return "attributes_id" if self._columns["state_attributes"] else "state_id"

    def _start(self, table: str) -> str:
        return "start_ts" if "start_ts" in self._columns[table] else "start"

    def _attributes_of(self, id_: int) -> dict[str, Any]:
        if self._columns["state_attributes"]:
            rows = self._rows("SELECT shared_attrs FROM state_attributes WHERE attributes_id = ?", id_)
        else:
            rows = self._rows("SELECT attributes FROM states WHERE state_id = ?", id_)
        found = next(rows, (None,))[0]
        try:
            told = json.loads(found) if found else {}
        except ValueError:
            return {}
        return told if isinstance(told, dict) else {}

    def _count(self, of: str, *cells: Any) -> int:
        return int(next(self._rows(f"SELECT count(*) FROM {of}", *cells))[0])

    def _rows(self, sql: str, *cells: Any) -> Iterator[tuple[Any, ...]]:
        try:
            yield from self._db.execute(sql, cells)
        except sqlite3.DatabaseError as e:
            raise UserError(f"{self._path}: cannot be read: {e}; take a copy while Home Assistant is stopped") from None


@dataclass(frozen=True, slots=True)
class Runs:
    """[start, end) of each time that Home Assistant ran, s UTC; `newest`: after the last state of all.

    What its own purge has removed stands as one run from 0 on.
    """

    starts: list[int]
    ends: list[int]
    newest: int

    def holds(self, t: int) -> int:
        """Until when a state of second `t` can hold if no other one follows."""
        k = bisect_right(self.starts, t) - 1
        if k < 0:
            return min(t + HOLD_S, self.newest)
        return max(self.ends[k], t + 1)


_TABLES = (
    "states",
    "states_meta",
    "state_attributes",
    "statistics",
    "statistics_short_term",
    "statistics_meta",
    "recorder_runs",
)


def _seconds(column: str) -> str:
    """UTC s of a column that may have times as text."""
    return column if "_ts" in column else f"(strftime('%s', {column}) + 0)"


def _number(column: str) -> str:
    """Whether it is one."""
    return f"typeof({column}) IN ('integer', 'real')"


def _timed(column: str) -> str:
    """Whether it is a time at which something can have been recorded."""
    return f"({_number(_seconds(column))} AND {_seconds(column)} BETWEEN 0 AND {LAST - 1})"


def _text(column: str) -> str:
    return f"typeof({column}) = 'text'"
