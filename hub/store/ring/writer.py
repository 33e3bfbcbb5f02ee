"""What the writer thread does with its files: seal finished hours, make the newest seconds durable, pack past days."""

from __future__ import annotations

import json
import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path

from hub.errors import ShemsError
from hub.store.ring import hot, hour
from hub.store.ring.begun import Hour
from hub.store.ring.budget import file_limit, make_room, scarce, used
from hub.store.ring.day import DayPacker, Rows
from hub.store.ring.file import Files, is_damage, keep_registry, move_aside, open_history, row_of, transaction
from hub.store.ring.hotlog import BLOCK, Full, blocks_of
from hub.store.ring.levels import DAY
from hub.store.ring.now import Now
from hub.store.ring.pages import PAGE
from hub.store.ring.salvage import Report, Salvage, waiting
from hub.store.ring.types import Joined
from hub.store.ring.wear import Wear

FULL_EVERY = 30
"""Hot records from one full one to the next: what a damaged one can cost at most."""

PACKED_AT_ONCE = 20
"""Series of a day that are packed in one turn, in one transaction."""

_SLACK_S = 600
"""A day is packed so long after its end."""

_SALVAGE_S = 0.5
"""What is spent in one turn on bringing back a damaged file."""

_SQUEEZED = "the disk is full: the oldest seconds of the history have made room for the newest; free some space"

_UNSHARED = "the disk is full: only the newest hours can be shown, and little be stored; free some space"

_DISK_FULL = (sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR)


class Writer:
    """Owns the files. Not thread-safe: only the writer thread calls it once the ring has started."""

    def __init__(self, path: Path, files: Files, now: Now, budget: int) -> None:
        self._path = path
        self._files: Files | None = files
        self._now = now
        self._budget = budget
        self._base: hot.Base | None = None
        self._base_hour = -1
        self._since_full = 0
        self._packing: tuple[int, DayPacker, list[int]] | None = None
        self._disk_full = False
        self.wear = Wear(path.parent)
        self.wear.restore(files.wear)
        self.record_blocks = 1
        """what the last flush took of the hot log"""
        self.changes = 0
        """counts up when what was sealed has changed"""
        self.trouble, self.squeezed = _UNSHARED if files.alone else "", ""
        self.moved: list[str] = []
        self.damaged: set[str] = set()
        self.generation = 0
        """counts up when the file is another one"""
        self.salvaged: list[Report] = []
        self._salvage = self._salvage_of(waiting(path))

    def cycle(self, wall_ms: Callable[[], int]) -> bool:
        """Makes everything in memory durable; False (and `trouble` says why) when that fails, to be retried."""
        try:
            if self._files is None:
                self._start_over(wall_ms())
            self._opened().share(self._budget)
            self._settle_shift(wall_ms())
            for done in self._now.complete():
                self._seal([done])
            self._flush()
        except (sqlite3.DatabaseError, OSError) as e:
            self._failed(e)
            return False
        except ShemsError as e:
            self.trouble = str(e)
            return False
        self.trouble, self._disk_full = _UNSHARED if self.alone else "", False
        return True

    def pack(self, now_ms: int) -> bool:
        """Brings back some of a damaged file, packs some series of the oldest day that is over, or gives up a period.

        Whether there is more to do.
        """
        try:
            return self._bring_back() or self._pack(now_ms // 1000) or self._shrink(now_ms // 1000)
        except ShemsError as e:
            self.trouble = str(e)
            return False
        except (sqlite3.DatabaseError, OSError) as e:
            self._packing = None
            self._failed(e)
            return False

    def join(self, joined: Joined) -> None:
        """Raises ShemsError."""
        self._told("joined", joined, "INSERT INTO joined VALUES (:uid, :before, :t)")

    def part(self, joined: Joined) -> None:
        """What was joined is not any more, from its `t` on. Raises ShemsError."""
        self._told("parted", joined, "DELETE FROM joined WHERE uid = :uid AND before = :before")

    def _told(self, kind: str, joined: Joined, sql: str) -> None:
        numbers = json.dumps({"uid": joined.uid, "before": joined.before})
        event = joined.t, kind, numbers
        try:
            connection = self._opened().connection
            with transaction(connection):
                connection.execute(sql, asdict(joined))
                connection.execute("INSERT INTO event (t, series, kind, numbers) VALUES (?, 0, ?, ?)", event)
        except sqlite3.Error as e:
            raise ShemsError(self._explain(e)) from e

    def close(self) -> None:
        if self._salvage:
            self._salvage.close()
            self._salvage = None
        if self._files:
            self._files.close()
            self._files = None

    # -- sealing -----------------------------------------------------------------------------------------------------

    def _seal(self, hours: list[Hour], open_from: int = 2**40, event: tuple[int, str] | None = None) -> None:
        """One transaction: the hours' rows in, the oldest of the past out if the budget asks for it.

        Hours from `open_from` (s UTC) on are not over: more is to come. `event`: (s UTC, kind) goes with them.
        """
        self._put([(h.start, h.start < open_from, *hour.pack(h.start, h.series())) for h in hours], event)
        for done in hours:
            if done.start < open_from:
                self._now.sealed(done)

    def _put(self, rows: list[tuple[int, bool, bytes, bytes]], event: tuple[int, str] | None) -> None:
        """The transaction of `_seal`: rows of (start, over, directory, chunks)."""
        size = sum(len(directory) + len(chunks) for *_, directory, chunks in rows)
        with self._registering() as connection:
            self._room(connection, size, rows[0][0])
            connection.executemany("INSERT OR REPLACE INTO hour VALUES (?, ?, ?, ?)", rows)
            connection.execute(
                "INSERT OR IGNORE INTO meta VALUES ('packed_until', (SELECT min(t) / ? FROM hour))", (DAY,)
            )
            connection.execute("INSERT OR REPLACE INTO meta VALUES ('hot_from', ?)", (self._opened().log.next_seq,))
            if event:
                connection.execute("INSERT INTO event (t, series, kind, numbers) VALUES (?, 0, ?, '{}')", event)
        files = self._opened()
        files.log.keep_from(files.log.next_seq)
        self._base = None
        self._wrote(2 * size)

    def _settle_shift(self, now_ms: int) -> None:
        """Seconds that were moved from one hour to another: both go into the file at once, so that none is lost."""
        hours = self._now.take_shifted()
        if hours:
            self._seal(hours, hours[-1].start, (now_ms // 1000, "clock_shift"))
            self._now.settled()

    def _room(self, connection: sqlite3.Connection, coming: int, t: int) -> None:
        tight, rows = scarce(self._path, coming), connection.total_changes
        full = tight or self._disk_full
        room = make_room(connection, coming, self._budget, t // DAY, full)
        self.squeezed = _SQUEEZED if tight or (full and connection.total_changes > rows) else ""
        if not room and not full:
            raise ShemsError(f"{self._path}: the history's budget is used up by its rollups; allow it more")

    def _wrote(self, size: int) -> None:
        """Counts a transaction, and takes it from the log into the file.

        At once, so that the file always has the room that the log will need in it: else a full disk could keep either
        from being written. And what lies in the log has no second copy yet.
        """
        self._opened().connection.execute("PRAGMA wal_checkpoint")
        self.changes += 1
        self.wear.wrote(self._now.last_ms // 1000, size + 2 * PAGE)

    # -- the hot log -------------------------------------------------------------------------------------------------

    def _flush(self) -> None:
        files = self._opened()
        batch = self._now.take()
        if batch is None:
            return
        try:
            self._register()
            full = self._base is None or self._base_hour != batch.hour or self._since_full >= FULL_EVERY
            record, base = hot.encode(batch, None if full else self._base)
            files.log.append(record)
        except Full:
            self._now.give_back(batch)
            self._spill()
            return
        except (sqlite3.Error, OSError):
            self._now.give_back(batch)
            raise
        self.record_blocks = blocks_of(record)
        self.wear.wrote(self._now.last_ms // 1000, self.record_blocks * BLOCK)
        self._base, self._base_hour = base, batch.hour
        self._since_full = 0 if full else self._since_full + 1

    def _spill(self) -> None:
        """The hot log is full of an hour that is not over: what there is of it goes into the file."""
        oldest = self._now.oldest()
        if oldest is not None:
            batch = self._now.take()
            try:
                self._seal([oldest], oldest.start)
            except BaseException:
                if batch:
                    self._now.give_back(batch)
                raise

    def _register(self) -> None:
        if self._now.new_series():
            with self._registering():
                pass

    @contextmanager
    def _registering(self) -> Iterator[sqlite3.Connection]:
        """A transaction that also brings series made since the last one into the file, twice."""
        rows = self._now.new_series()
        connection = self._opened().connection
        with transaction(connection):
            if rows:
                connection.executemany(
                    "INSERT OR IGNORE INTO series VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
                    [(i, *row_of(s), t) for i, s, t in rows],
                )
                keep_registry(connection, self._now.infos())
            yield connection
        self._now.registered(rows)

    @property
    def alone(self) -> bool:
        """Whether no reader can open the file: the disk was full when it was opened."""
        return self._files is not None and self._files.alone

    def _opened(self) -> Files:
        if self._files is None:
            raise ShemsError(f"{self._path}: the history is closed")
        return self._files

    # -- salvage -----------------------------------------------------------------------------------------------------

    def salvage(self, damaged: Path, now_ms: int) -> Report:
        """Brings back all that can be read of a damaged file, at once. Raises ShemsError."""
        work = Salvage(damaged, self._now, self._budget)
        try:
            while work.step(self._registering):
                pass
            if not self.cycle(lambda: now_ms):
                raise ShemsError(self.trouble)
            return work.report
        except (sqlite3.DatabaseError, OSError) as e:
            raise ShemsError(self._explain(e)) from e
        finally:
            work.close()

    def _salvage_of(self, damaged: Path | None) -> Salvage | None:
        if damaged is None:
            return None
        try:
            work = Salvage(damaged, self._now, self._budget)
        except OSError as e:
            self.moved.append(f"{damaged.name}: cannot be read ({e.strerror}); nothing is brought back from it")
            return None
        self.salvaged.append(work.report)
        return work

    def _bring_back(self) -> bool:
        """Goes on for a moment with the salvage that is under way; whether there is one."""
        if self._salvage is None or self._files is None:
            return False
        until, more = time.monotonic() + _SALVAGE_S, True
        while more and time.monotonic() < until:
            more = self._salvage.step(self._registering)
        if not more:
            self._salvage = self._salvage_of(waiting(self._path))
        self.changes += 1
        return True

    # -- packing days ------------------------------------------------------------------------------------------------

    def _pack(self, now_s: int) -> bool:
        if self._packing is None and not self._begin_day(now_s):
            return False
        assert self._packing is not None
        day, packer, left = self._packing
        some, rest = left[:PACKED_AT_ONCE], left[PACKED_AT_ONCE:]
        infos = self._now.infos()
        seconds = packer.seconds([i for i in some if i in infos])
        rows = [packer.rows(i, infos[i], values) for i, values in seconds.items()]
        if not rest:
            rows.append(packer.checked({info.key: i for i, info in infos.items()}))
        self._write(day, rows, last=not rest)
        self.damaged.update(f"{what} is damaged and missing" for what in packer.damaged)
        self._packing = (day, packer, rest) if rest else None
        return True

    def _begin_day(self, now_s: int) -> bool:
        """Whether a day is over and not packed; what was packed of it before a restart is not packed again."""
        connection = self._opened().connection
        oldest = connection.execute("SELECT min(t) FROM hour WHERE whole").fetchone()[0]
        if oldest is None or (oldest // DAY + 1) * DAY + _SLACK_S > now_s:
            return False
        day = oldest // DAY
        if any(h.start // DAY <= day for h in [self._now.oldest()] if h):
            return False
        packer = DayPacker(connection, day)
        done = connection.execute("SELECT id & 65535 FROM raw WHERE id >> 16 = ?", (day,)).fetchall()
        self._packing = day, packer, sorted(packer.series() - {i for (i,) in done})
        return True

    def _write(self, day: int, rows: list[Rows], last: bool) -> None:
        connection = self._opened().connection
        with transaction(connection):
            self._room(connection, sum(r.size for r in rows), (day + 1) * DAY)
            for r in rows:
                r.write(connection)
            if last:
                connection.execute("DELETE FROM hour WHERE t < ?", ((day + 1) * DAY,))
                connection.execute("INSERT OR REPLACE INTO meta VALUES ('packed_until', ?)", (day + 1,))
                connection.execute("INSERT OR REPLACE INTO meta VALUES ('wear', ?)", (json.dumps(self.wear.kept()),))
        self._wrote(2 * sum(r.size for r in rows))

    def _shrink(self, now_s: int) -> bool:
        """Gives up a period where the budget has become smaller; whether there are more to go."""
        connection = self._opened().connection
        if used(connection) <= file_limit(self._budget):
            return False
        with transaction(connection):
            found = make_room(connection, PAGE, self._budget, now_s // DAY, disk_full=False)
        self._wrote(PAGE)
        return found

    # -- trouble -----------------------------------------------------------------------------------------------------

    def _failed(self, error: sqlite3.DatabaseError | OSError) -> None:
        if isinstance(error, sqlite3.DatabaseError):
            if not isinstance(error, sqlite3.OperationalError) and not is_damage(error):
                raise error
            if is_damage(error):
                self.close()
        self.trouble = self._explain(error)
        self._base = None
        self._disk_full = _is_full(error)

    def _start_over(self, wall_ms: int) -> None:
        """The file turned out damaged while in use: it is moved aside, what is in memory goes into a new one."""
        aside = move_aside(self._path, wall_ms)
        self._files, _ = open_history(self._path, wall_ms, self._budget)
        self._files.log.keep_from(self._files.log.next_seq)
        self._now.forget_file()
        self._packing = None
        if self._salvage is None:
            self._salvage = self._salvage_of(aside)
        self.generation += 1
        self.moved.append(f"{self._path.name} was damaged and is now {aside.name}; a new history has been started")

    def _explain(self, error: Exception) -> str:
        what = "the disk is full or failing" if _is_full(error) else "writing failed"
        return f"{self._path}: {what} ({error}); measurements are kept in memory and tried again; free some space"


def _is_full(error: Exception) -> bool:
    return getattr(error, "sqlite_errorcode", 0) & 0xFF in _DISK_FULL or isinstance(error, OSError)
