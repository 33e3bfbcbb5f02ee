"""A history at rest: looked over, and what can be read of a damaged one brought into the new one."""

from __future__ import annotations

import sqlite3
import time
from contextlib import closing, suppress
from pathlib import Path

from hub.errors import UserError
from hub.store.ring import integrity
from hub.store.ring.blob import HEAD, Damaged, peek
from hub.store.ring.file import look, open_history, text
from hub.store.ring.integrity import QUICK_S
from hub.store.ring.now import Now
from hub.store.ring.pages import Cell, Pages, log_is_broken
from hub.store.ring.salvage import Report
from hub.store.ring.writer import Writer


def check(path: Path, deep: bool, limit_s: float = QUICK_S) -> integrity.Report:
    """Looks at the history at `path`, whether or not a hub is writing it; a quick look takes about `limit_s` s at most.

    Raises UserError when there is none. Not for the process that is writing it: whoever closes the hot log, even one
    opened for reading, gives up the process's lock on it.
    """
    if not path.is_file():
        raise UserError(f"{path}: there is no history; name the hub's data folder with --data")
    began, report = time.monotonic(), integrity.Report()
    try:
        if log_is_broken(path):
            report.sqlite.append("the write-ahead log is damaged in the middle")
        found = look(path)
        if found.problems:
            found = look(path)  # what a hub was just writing over is not damaged
        report.damaged += found.problems
        with closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True, timeout=5.0)) as connection:
            connection.text_factory = text
            if deep:
                integrity.deep(connection, found.series, report)
            else:
                integrity.quick(connection, found.series, began + limit_s - time.monotonic(), report)
    except (sqlite3.DatabaseError, UserError) as e:
        report.sqlite.append(str(e))
    report.seconds = time.monotonic() - began
    return report


def salvage_file(damaged: Path, path: Path, now_ms: int, budget: int) -> Report:
    """Brings back what can be read of `damaged` into the history at `path`, whose hub is not running.

    `budget`: bytes that the history may take. Raises UserError, ShemsError.
    """
    if not damaged.is_file():
        raise UserError(f"{damaged}: there is no such file")
    if path.exists() and damaged.samefile(path):
        raise UserError(f"{damaged}: this is the history itself; it is moved aside when it is damaged")
    if not _has_blocks(damaged):
        raise UserError(f"{damaged}: has no page of a history that can be read; name a history.db or a copy of one")
    files, found = open_history(path, now_ms, budget)
    writer = Writer(path, files, Now(found.series, found.hours, found.last_ms, found.joined), budget)
    try:
        return writer.salvage(damaged, now_ms)
    finally:
        writer.close()


def _has_blocks(path: Path) -> bool:
    """Whether anything in the file is a sound block of a history. Raises UserError."""
    try:
        with Pages.opened(path) as pages:
            rows = (row for number in range(1, pages.count + 1) for row in pages.rows(number))
            return any(_is_block(cell) for row in rows for cell in row.cells)
    except OSError as e:
        raise UserError(f"{path}: cannot be read: {e.strerror}; name a readable file") from None


def _is_block(cell: Cell) -> bool:
    """By its checksum; an hour is known by its directory, or by the head that its seconds begin with."""
    for blob in (cell, cell[:HEAD]) if isinstance(cell, bytes) else ():
        with suppress(Damaged):
            peek(blob)
            return True
    return False
