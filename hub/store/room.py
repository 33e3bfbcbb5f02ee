"""Room on the disk for a start: a house must begin to control on a full disk too."""

from __future__ import annotations

import os
import shutil
import sqlite3
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

BALLAST = "room"
"""Name of the file that holds it."""

INDEX = 32_768
"""Bytes of the index that SQLite makes beside a database for its readers."""

_NO_ROOM = (
    sqlite3.SQLITE_FULL,
    sqlite3.SQLITE_IOERR_SHMOPEN,
    sqlite3.SQLITE_IOERR_SHMSIZE,
    sqlite3.SQLITE_IOERR_SHMMAP,
)


def hold(folder: Path, size: int) -> None:
    """While the hub does not run, a file of `size` bytes holds the room on the disk that its open files had."""
    file = folder / BALLAST
    try:
        with file.open("wb") as ballast:
            os.posix_fallocate(ballast.fileno(), 0, size)
    except OSError:
        let_go(folder)


def let_go(folder: Path) -> None:
    """The room is there for the files that are opened now."""
    with suppress(OSError):
        (folder / BALLAST).unlink(missing_ok=True)


def connected(path: Path, settings: Sequence[str]) -> tuple[sqlite3.Connection, bool]:
    """(the database, opened or made, with its `settings`; whether it is ours alone).

    It is where the disk has no room for the index that others need to read it meanwhile: ours is in memory then. Such
    a database can be read, and written as far as there is room. Raises sqlite3.Error.
    """
    try:
        return _with(path, settings), False
    except sqlite3.OperationalError as e:
        if e.sqlite_errorcode not in _NO_ROOM:
            raise
        return _with(path, ("PRAGMA locking_mode=EXCLUSIVE", *settings)), True


def has_room(path: Path) -> bool:
    """Whether the disk has room for the index of the database at `path`, and some."""
    try:
        return shutil.disk_usage(path.parent).free > 2 * INDEX
    except OSError:
        return False


def _with(path: Path, settings: Sequence[str]) -> sqlite3.Connection:
    connection = sqlite3.connect(path, isolation_level=None, check_same_thread=False, timeout=5.0)
    try:
        for setting in settings:
            connection.execute(setting)
        connection.execute("SELECT count(*) FROM sqlite_master").fetchone()  # now the log is opened
        return connection
    except BaseException:
        connection.close()
        raise
