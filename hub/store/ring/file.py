"""history.db as a file: opened, brought to its newest schema, its newest hours taken up; moved aside when damaged."""

from __future__ import annotations

import json
import os
import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass, field
from itertools import dropwhile
from pathlib import Path

import numpy as np

from hub.errors import ShemsError, UserError
from hub.store.migrate import pending
from hub.store.ring import hot, hour
from hub.store.ring.begun import Hour
from hub.store.ring.blob import Damaged
from hub.store.ring.hotlog import BLOCK, HotLog, Record
from hub.store.ring.integrity import quick
from hub.store.ring.levels import HOUR
from hub.store.ring.mend import Described, is_description, mend, registered, registry
from hub.store.ring.pages import PAGE, Pages, log_is_broken
from hub.store.ring.types import Joined, SeriesInfo
from hub.store.room import connected, has_room

_DAMAGED = (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB)
_NOT_OUR_SCHEMA = (
    "unsupported file format",
    "no such table",
    "no such column",
    "malformed",
    "has no column",
    "already exists",
    "columns but",
)
_SETTINGS = (
    f"PRAGMA page_size={PAGE}",
    "PRAGMA journal_mode=WAL",
    "PRAGMA synchronous=FULL",
    "PRAGMA journal_size_limit=-1",
    "PRAGMA secure_delete=OFF",
    "PRAGMA foreign_keys=OFF",
    "PRAGMA temp_store=MEMORY",
    "PRAGMA cache_size=-2000",
    "PRAGMA mmap_size=0",
)
_COLUMNS = "id, key, kind, scale, unit, choices, boolean"
_HOT_BLOCKS = (64, 1024)
_NO_VERSION = 1000
_WAL_BYTES = 4 << 20
_FIRST_PAGES = 256
"""Of a damaged file, those in which the list of series is looked for at once: its table was made with the file."""


@dataclass(slots=True)
class Recovered:
    """What the files say at opening. `hours`: not sealed yet; `last_ms`: nothing at or before it is taken any more."""

    series: dict[SeriesInfo, int] = field(default_factory=dict)
    hours: list[Hour] = field(default_factory=list)
    joined: list[Joined] = field(default_factory=list)
    last_ms: int = 0
    problems: list[str] = field(default_factory=list)


@dataclass(slots=True)
class Files:
    """The writer's connection and its hot log. `alone`: the disk was full, and nobody else can read the database."""

    path: Path
    connection: sqlite3.Connection
    log: HotLog
    alone: bool = False

    @property
    def wear(self) -> dict[str, dict[str, int]]:
        """What was kept of the bytes written."""
        found = self.connection.execute("SELECT v FROM meta WHERE k = 'wear'").fetchone()
        return dict(json.loads(found[0])) if found else {}

    def share(self, budget: int) -> None:
        """Readers are let in where there is room again. Raises sqlite3.Error, ShemsError."""
        if self.alone and has_room(self.path):
            self.connection.close()
            self.connection, self.alone = _connected(self.path, budget)
            _reserve(self.path, budget)

    def close(self) -> None:
        self.connection.close()
        self.log.close()


def open_history(path: Path, now_ms: int, budget: int) -> tuple[Files, Recovered]:
    """The writer's files and what was found; a damaged database is moved aside. Raises ShemsError."""
    log = _hot_log(path)
    try:
        try:
            connection, alone, found = _taken_up(path, budget, log.found)
        except sqlite3.DatabaseError as e:
            if not is_damage(e):
                raise
            aside = move_aside(path, now_ms)
            connection, alone, found = _taken_up(path, budget, log.found, _registry_of(aside))
            found.problems.append(f"{path.name} was damaged and is now {aside.name}; a new history has been started")
        _reserve(path, budget)
        _go_on(log, path, _hot_from(connection), hot_blocks(budget))
        return Files(path, connection, log, alone), found
    except sqlite3.DatabaseError as e:
        log.close()
        raise ShemsError(f"{path}: cannot open the history: {e}; {_advice(path)}") from e
    except BaseException:
        log.close()
        raise


def look(path: Path) -> Recovered:
    """What is not sealed yet, without touching anything: the hub may be running. Raises UserError."""
    if not path.is_file():
        raise UserError(f"{path}: there is no history; name the hub's data folder with --data")
    records = HotLog.look(hot_path(path))
    try:
        with closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True, timeout=5.0)) as connection:
            connection.text_factory = text
            return _recover(connection, records)
    except (sqlite3.DatabaseError, ValueError, TypeError) as e:
        raise UserError(f"{path}: the history cannot be read: {e}; see `shems history check`") from None


def recovered(connection: sqlite3.Connection) -> Recovered:
    """What the file says, when nothing that is in the hot log is needed."""
    return _recover(connection, [])


def hot_path(path: Path) -> Path:
    return path.with_suffix(".hot")


def hot_blocks(budget: int) -> int:
    """An hour and a half of flushes, less where the budget is small."""
    return min(max(budget // BLOCK // 16, _HOT_BLOCKS[0]), _HOT_BLOCKS[1])


def log_bytes(budget: int) -> int:
    """Bytes of the disk that an open history holds for its write-ahead log."""
    return min(_WAL_BYTES, budget // 16)


def is_damage(error: sqlite3.Error) -> bool:
    """A schema that lacks what this program has made is damaged too."""
    code = getattr(error, "sqlite_errorcode", 0) & 0xFF
    return code in _DAMAGED or (code == sqlite3.SQLITE_ERROR and any(w in str(error) for w in _NOT_OUR_SCHEMA))


def text(raw: bytes) -> str:
    """A text cell, whatever its bytes have become."""
    return raw.decode(errors="replace")


def move_aside(path: Path, now_ms: int) -> Path:
    """Renames the database and its companions to `<name>.damaged-<ms>`."""
    aside = path.with_name(f"{path.name}.damaged-{now_ms}")
    for suffix in ("", "-wal", "-shm"):
        source = path.with_name(path.name + suffix)
        try:
            source.rename(aside.with_name(aside.name + suffix))
        except FileNotFoundError:
            continue
        except OSError as e:
            raise ShemsError(f"{source}: damaged, and cannot be moved aside: {e.strerror}; move it away") from e
    return aside


@contextmanager
def transaction(connection: sqlite3.Connection) -> Iterator[None]:
    """All or nothing; durable when it ends."""
    connection.execute("BEGIN IMMEDIATE")
    try:
        yield
        connection.execute("COMMIT")
    finally:
        if connection.in_transaction:
            connection.rollback()


def series_of(connection: sqlite3.Connection) -> dict[SeriesInfo, int]:
    rows = connection.execute(f"SELECT {_COLUMNS} FROM series").fetchall()
    return {info_of(row[1:]): row[0] for row in rows}


def info_of(row: Sequence[object]) -> SeriesInfo:
    """The series that a row (key, kind, scale, unit, choices as JSON, boolean) describes."""
    key, kind, scale, unit, choices, boolean = row
    return SeriesInfo(str(key), str(kind), float(str(scale)), str(unit), tuple(json.loads(str(choices))), bool(boolean))


def row_of(info: SeriesInfo) -> tuple[str, str, float, str, str, bool]:
    return info.key, info.kind, info.scale, info.unit, json.dumps(info.choices), info.boolean


def keep_registry(connection: sqlite3.Connection, infos: Mapping[int, SeriesInfo]) -> None:
    """The second copy of `series`, inside the caller's transaction."""
    described: dict[int, Described] = {i: row_of(info) for i, info in infos.items()}
    connection.execute("INSERT OR REPLACE INTO meta VALUES ('registry', ?)", (registry(described),))


# -- helpers ---------------------------------------------------------------------------------------------------------


def _reserve(path: Path, budget: int) -> None:
    """Room on the disk for the write-ahead log, which no full disk can take away later; nothing is written."""
    with suppress(OSError), path.with_name(f"{path.name}-wal").open("r+b") as wal:
        os.posix_fallocate(wal.fileno(), 0, log_bytes(budget))


def _hot_log(path: Path) -> HotLog:
    """Whoever has it has the history."""
    try:
        return HotLog.open(hot_path(path))
    except BlockingIOError:
        raise ShemsError(f"{path}: another SHEMS uses this history; stop it first") from None
    except OSError as e:
        raise _no_hot_log(path, e) from e


def _go_on(log: HotLog, path: Path, seq: int, blocks: int) -> None:
    try:
        log.go_on(seq, blocks)
    except OSError as e:
        raise _no_hot_log(path, e) from e


def _no_hot_log(path: Path, error: OSError) -> ShemsError:
    return ShemsError(f"{path}: cannot open its hot log {hot_path(path).name}: {error.strerror}; {_advice(path)}")


def _taken_up(
    path: Path, budget: int, records: list[Record], series: Mapping[int, Described] | None = None
) -> tuple[sqlite3.Connection, bool, Recovered]:
    """The open database, looked over and put right, whether it is ours alone, and what it and the hot `records` say.

    `series`: those that a new file begins with. Raises sqlite3.DatabaseError.
    """
    if log_is_broken(path):
        raise _damage(f"the write-ahead log of {path.name} is damaged")
    connection, alone = _connected(path, budget)
    try:
        if series:
            _begin_with(connection, series)
        mended = mend(connection)
        found = _recover(connection, records if series is None else _from_a_full_one(records))
        seen = quick(connection, found.series)
        if seen.sqlite:
            raise _damage(seen.sqlite[0])
        found.problems += mended + seen.damaged
        return connection, alone, found
    except BaseException:
        connection.close()
        raise


def _damage(text: str) -> sqlite3.DatabaseError:
    error = sqlite3.DatabaseError(text)
    error.sqlite_errorcode = sqlite3.SQLITE_CORRUPT
    return error


def _begin_with(connection: sqlite3.Connection, series: Mapping[int, Described]) -> None:
    rows = [(i, *row) for i, row in series.items()]
    with transaction(connection):
        connection.executemany("INSERT OR IGNORE INTO series VALUES (?, ?, ?, ?, ?, ?, ?, 0)", rows)
        connection.execute("INSERT OR REPLACE INTO meta VALUES ('registry', ?)", (registry(dict(series)),))


def _registry_of(damaged: Path) -> dict[int, Described]:
    """The series of a damaged database by their numbers, so that these stay; as far as its first pages tell them."""
    best: dict[int, Described] = {}
    with Pages.opened(damaged) as pages:
        for number in range(1, min(pages.count, _FIRST_PAGES) + 1):
            for row in pages.rows(number):
                if len(row.cells) == 2 and row.cells[0] == "registry":
                    best = max(best, _readable(row.cells[1]), key=len)
    return best or _series_rows(damaged)


def _readable(blob: object) -> dict[int, Described]:
    try:
        return registered(blob) if isinstance(blob, bytes) else {}
    except Damaged:
        return {}


def _series_rows(damaged: Path) -> dict[int, Described]:
    """As SQLite still reads them: there is no second copy to be found."""
    try:
        with closing(sqlite3.connect(f"{damaged.absolute().as_uri()}?mode=ro", uri=True)) as connection:
            rows = connection.execute(f"SELECT {_COLUMNS} FROM series").fetchall()
    except sqlite3.DatabaseError:
        return {}
    return {row[0]: tuple(row[1:]) for row in rows if is_description(row[0], row[1:])}


def _connected(path: Path, budget: int) -> tuple[sqlite3.Connection, bool]:
    """(the database in its newest schema, whether it is ours alone)."""
    connection, alone = connected(path, _SETTINGS)
    try:
        connection.text_factory = text
        connection.execute(f"PRAGMA wal_autocheckpoint={max(16, min(1000, budget // 8 // PAGE))}")
        version = connection.execute("PRAGMA user_version").fetchone()[0]
        if not 0 <= version < _NO_VERSION:
            raise _damage(f"{path.name} is of version {version}, which there is none of")
        for script in pending("history", version, path):
            connection.executescript(script)
        return connection, alone
    except (sqlite3.Error, ShemsError):
        connection.close()
        raise


def _from_a_full_one(records: list[Record]) -> list[Record]:
    """What a new file begins with in place of a damaged one, of which nobody knows which records it had needed.

    The oldest are left over from before it was sealed last, and tell nothing without those before them.
    """

    def tells_nothing(record: Record) -> bool:
        try:
            return not hot.peek(record.body)[1]
        except Damaged:
            return True

    return list(dropwhile(tells_nothing, records))


def _recover(connection: sqlite3.Connection, records: list[Record]) -> Recovered:
    hot_from = _hot_from(connection)
    newest = connection.execute("SELECT max(t) FROM hour WHERE whole").fetchone()[0]
    packed = connection.execute("SELECT v FROM meta WHERE k = 'packed_until'").fetchone()
    sealed_until = max(0 if newest is None else newest + HOUR, int(packed[0]) * 24 * HOUR if packed else 0)
    found = Recovered(series_of(connection), last_ms=sealed_until * 1000 - 1 if sealed_until else 0)
    found.joined = [Joined(*row) for row in connection.execute("SELECT uid, before, t FROM joined").fetchall()]
    hours = _begun(connection, found)
    _replay([r for r in records if r.seq >= hot_from], sealed_until, hours, found)
    found.hours = [hours[h] for h in sorted(hours)]
    for begun in found.hours if len(hours) > 1 else ():
        begun.dirty = begun.known()  # when the first is sealed, the log lets go of them all
    return found


def _hot_from(connection: sqlite3.Connection) -> int:
    """The first hot record that tells more than the file does."""
    found = connection.execute("SELECT v FROM meta WHERE k = 'hot_from'").fetchone()
    return int(found[0]) if found else 0


def _begun(connection: sqlite3.Connection, found: Recovered) -> dict[int, Hour]:
    """Hours that were put into the file before they were over."""
    hours = {}
    for start, table in connection.execute("SELECT t, dir FROM hour WHERE NOT whole").fetchall():
        hours[start] = begun = Hour(start)
        chunks = hour.row(connection, start)
        for series_id, place in hour.places(connection, start, table)[0].items():
            try:
                begun.fill(series_id, hour.chunk(start, series_id, chunks, place))
            except Damaged:
                found.problems.append(f"a part of the hour from {start} (UTC s) is damaged and missing")
        found.last_ms = max(found.last_ms, (start + max(begun.known(), default=0)) * 1000)
    return hours


def _replay(records: list[Record], sealed_until: int, hours: dict[int, Hour], found: Recovered) -> None:
    """Puts hot records back into hours; after a damaged or missing one, goes on at the next full one."""
    base: hot.Base | None = None
    expected = lost = 0
    ids, strange = list(found.series.values()), False
    for record in records:
        try:
            start, full = hot.peek(record.body)
            if start < sealed_until:
                expected = record.seq + 1
                continue
            if expected and record.seq != expected:
                lost += 1
            if not full and (base is None or record.seq != expected):
                raise Damaged("the record before is missing")
            batch, base = hot.decode(record.body, base or hot.NOTHING)
        except Damaged:
            base, lost = None, lost + 1
            expected = record.seq + 1
            continue
        expected = record.seq + 1
        known = np.isin(batch.ids, ids)
        strange |= not known.all()
        batch = hot.Batch(start, batch.offsets, batch.ids[known], batch.values[known])
        hours.setdefault(start, Hour(start)).replay(batch)
        found.last_ms = max(found.last_ms, (start + int(batch.offsets.max(initial=0))) * 1000)
    if strange:
        found.problems.append("some of the last hour's seconds are of series that are not known any more; left out")
    if lost:
        found.problems.append(f"{lost} damaged records of the last hour's seconds could not be read and are missing")


def _advice(path: Path) -> str:
    folder = path.parent
    if not folder.is_dir():
        return f"the folder {folder} does not exist; create it"
    if not os.access(folder, os.R_OK | os.W_OK | os.X_OK):
        return f"the folder {folder} must be readable and writable by the user SHEMS runs as"
    return "check that the disk is not full, that the file is readable and writable, and that no other SHEMS uses it"
