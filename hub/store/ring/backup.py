"""Safety copies of the data folder: made while the hub runs, verified before they count, put back with nothing deleted.

A copy is a folder of its own with `backup.json`, which tells the size and the SHA-256 of each file in it.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import shutil
import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from hub import VERSION
from hub.errors import ShemsError, UserError
from hub.store.migrate import pending
from hub.store.ring.care import check
from hub.store.ring.hotlog import HotLog

HISTORY, HOT, STATE = "history.db", "history.hot", "state.db"
KEY = "secret.key"
"""What opens the secrets in the state: without it a new box could not sign in to its devices."""
LIST = "backup.json"
_SCHEMAS = {HISTORY: "history", STATE: "state"}
_FILES = (HISTORY, HOT, STATE, KEY)
_SPARE = 16 << 20
"""Bytes that must stay free beside a copy."""


@dataclass(slots=True)
class Report:
    """`folder`: the copy; `files`: bytes by name; `rows`: of the history, by table; `moved`: what was there before;
    `damaged`: blocks that were damaged in the original too, in words."""

    folder: Path
    files: dict[str, int] = field(default_factory=dict)
    rows: dict[str, int] = field(default_factory=dict)
    damaged: list[str] = field(default_factory=list)
    moved: list[str] = field(default_factory=list)


def backup(data: Path, to: Path, now_ms: int) -> Report:
    """Copies history and state of the folder `data`, and the key of its secrets, into a new folder in `to`.

    Its hub may run.

    Raises UserError where there is nothing to copy or no room, ShemsError when a copy is not what it should be.
    """
    sources = [data / name for name in _SCHEMAS if (data / name).is_file()]
    if not sources:
        raise UserError(f"{data}: there is neither {HISTORY} nor {STATE}; name the hub's folder with --data")
    try:
        to.mkdir(parents=True, exist_ok=True)
        _need_room(to, sum(_size(source) for source in sources))
        name = f"shems-{datetime.fromtimestamp(now_ms // 1000, UTC):%Y%m%d-%H%M%S}"
        partial, folder = to / f".{name}.partial", to / name
        if folder.exists():
            raise UserError(f"{folder}: there is such a copy already")
        with _scratch(partial):
            report = Report(folder)
            for source in sources:
                if source.name == HISTORY:
                    _copy_history(data, partial)
                else:
                    _copy(source, partial / source.name)
            if (data / STATE).is_file() and (data / KEY).is_file():
                _copy_private(data / KEY, partial / KEY)
            _verified(partial, data, report)
            report.files = {p.name: p.stat().st_size for p in sorted(partial.iterdir())}
            _write_list(partial, now_ms)
            _sync(partial, *partial.iterdir())
            partial.rename(folder)
            _sync(to)
        return report
    except OSError as e:
        raise ShemsError(f"{to}: the copy could not be made: {e.strerror or e}; is the disk full or read-only?") from e


def restore(source: Path, data: Path, now_ms: int) -> Report:
    """Puts a copy (or the newest one in a folder of copies) in the place of what is in `data`. Its hub is not running.

    What is there is renamed to `<name>.before-<ms>`, never deleted. Raises UserError, ShemsError.
    """
    copy = _chosen(source)
    report = Report(copy, _listed(copy))
    _verified(copy, copy, report)
    try:
        data.mkdir(parents=True, exist_ok=True)
        _need_room(data, sum(report.files.values()))
        with _nobody_in(data), _scratch(data / f".restore-{now_ms}") as partial:
            for name in report.files:
                _copy_private(copy / name, partial / name)
            _sync(*partial.iterdir())
            if any(_sha256(partial / name) != _sha256(copy / name) for name in report.files):
                raise ShemsError(f"{data}: what was written is not what was read; the disk may be damaged")
            report.moved = list(_move_aside(data, report.files, now_ms))
            for name in report.files:
                (partial / name).rename(data / name)
            _sync(data)
    except OSError as e:
        raise ShemsError(f"{data}: the copy could not be put back: {e.strerror or e}") from e
    for name, schema in _SCHEMAS.items():
        if name in report.files:
            _sound(data / name, schema)
    return report


# -- the copy --------------------------------------------------------------------------------------------------------


def _copy_history(data: Path, to: Path) -> None:
    """The hot log before and after the database: what is sealed meanwhile is in the one, what comes in the other."""
    path = data / HOT
    records = {r.seq: r for r in HotLog.look(path)}
    _copy(data / HISTORY, to / HISTORY)
    records |= {r.seq: r for r in HotLog.look(path)}
    needed = _hot_from(to / HISTORY)
    HotLog.write(to / HOT, [records[seq] for seq in sorted(records) if seq >= needed])


def _copy(source: Path, target: Path) -> None:
    """One state of a database, whatever is written meanwhile."""
    try:
        with closing(_read_only(source)) as connection:
            connection.execute("VACUUM INTO ?", (str(target),))
    except sqlite3.DatabaseError as e:
        raise ShemsError(f"{source}: cannot be copied: {e}; see `shems history check`") from e


def _copy_private(source: Path, target: Path) -> None:
    """Readable by us alone from its first byte."""
    with source.open("rb") as read, os.fdopen(os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as w:
        shutil.copyfileobj(read, w, 1 << 20)


def _hot_from(history: Path) -> int:
    with closing(_read_only(history)) as connection:
        found = connection.execute("SELECT v FROM meta WHERE k = 'hot_from'").fetchone()
        return int(found[0]) if found else 0


def _verified(folder: Path, original: Path, report: Report) -> None:
    """Raises ShemsError for a copy that is not sound, unless it is so because the original was not."""
    if (folder / HISTORY).is_file():
        found = check(folder / HISTORY, deep=True)
        new = set(found.damaged)
        if new and original != folder:
            new -= set(check(original / HISTORY, deep=True).damaged)
        if found.sqlite or (new and original != folder):
            raise ShemsError(f"{folder / HISTORY}: the copy is not sound: {[*found.sqlite, *sorted(new)][0]}")
        report.rows, report.damaged = found.rows, found.damaged
    for name, schema in _SCHEMAS.items():
        if (folder / name).is_file():
            _sound(folder / name, schema)


def _sound(path: Path, schema: str) -> None:
    try:
        with closing(_read_only(path)) as connection:
            problems = [row[0] for row in connection.execute("PRAGMA integrity_check(1)")]
            pending(schema, connection.execute("PRAGMA user_version").fetchone()[0], path)
    except sqlite3.DatabaseError as e:
        problems = [str(e)]
    if problems != ["ok"]:
        raise ShemsError(f"{path}: it is not sound: {problems[0]}")


def _read_only(path: Path) -> sqlite3.Connection:
    uri = f"{path.absolute().as_uri()}?mode=ro"
    return sqlite3.connect(uri, uri=True, isolation_level=None, timeout=5.0)


# -- the list of what is in it ---------------------------------------------------------------------------------------


def _write_list(folder: Path, now_ms: int) -> None:
    files = {p.name: {"bytes": p.stat().st_size, "sha256": _sha256(p)} for p in sorted(folder.iterdir())}
    told = {"made_at": now_ms, "version": VERSION, "files": files}
    (folder / LIST).write_text(json.dumps(told, indent=1), "utf-8")


def _listed(copy: Path) -> dict[str, int]:
    """Bytes by name of the files that the copy has as they were; raises UserError if one is another."""
    try:
        files = json.loads((copy / LIST).read_text("utf-8"))["files"]
        wrong = [n for n, f in files.items() if n not in _FILES or _sha256(copy / n) != f["sha256"]]
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as e:
        raise UserError(f"{copy}: this copy cannot be read: {e}; use another one") from None
    if wrong:
        raise UserError(f"{copy / wrong[0]}: it is not what was copied, the medium may be damaged; use another copy")
    return {name: int(f["bytes"]) for name, f in files.items()}


def _chosen(source: Path) -> Path:
    if (source / LIST).is_file():
        return source
    copies = sorted(p.parent for p in source.glob(f"shems-*/{LIST}"))
    if not copies:
        raise UserError(f"{source}: there is no copy here; name a folder that `shems backup` has written to")
    return copies[-1]


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


# -- folders and disks -----------------------------------------------------------------------------------------------


@contextmanager
def _nobody_in(data: Path) -> Iterator[None]:
    """No hub runs here, and none can begin to; raises UserError if one does."""
    try:
        file = os.open(data / HOT, os.O_RDWR | os.O_CLOEXEC)
    except FileNotFoundError:
        yield
        return
    try:
        fcntl.lockf(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        yield
    except BlockingIOError:
        raise UserError(f"{data}: the hub of this folder is running; stop it first") from None
    finally:
        os.close(file)


@contextmanager
def _scratch(folder: Path) -> Iterator[Path]:
    """A folder that is gone afterwards, unless it has been renamed."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _move_aside(data: Path, names: Iterable[str], now_ms: int) -> Iterator[str]:
    """Gives the new names."""
    for name in names:
        for part in (name, f"{name}-wal", f"{name}-shm"):
            if (data / part).exists():
                # the log of a database goes by its name
                aside = f"{name}.before-{now_ms}{part.removeprefix(name)}"
                (data / part).rename(data / aside)
                yield aside


def _need_room(folder: Path, size: int) -> None:
    free = shutil.disk_usage(folder).free
    if free < size + _SPARE:
        raise UserError(f"{folder}: {free >> 20} MB are free and {size + _SPARE >> 20} MB are needed; free some space")


def _size(database: Path) -> int:
    wal = database.with_name(f"{database.name}-wal")
    return database.stat().st_size + (wal.stat().st_size if wal.exists() else 0)


def _sync(*paths: Path) -> None:
    for path in paths:
        file = os.open(path, os.O_RDONLY)
        try:
            os.fsync(file)
        finally:
            os.close(file)
