"""The ring: the house's measurements from this second back to as far as the byte budget reaches."""

from __future__ import annotations

import math
import sqlite3
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from hub.errors import ShemsError
from hub.model import Clock, Column
from hub.model.clock import FAR_MS
from hub.store.ring.ahead import set_aside
from hub.store.ring.file import Files, Recovered, look, open_history
from hub.store.ring.hotlog import BLOCK
from hub.store.ring.levels import DAY
from hub.store.ring.now import Now
from hub.store.ring.reader import Reader
from hub.store.ring.storage import Storage, sizes
from hub.store.ring.types import FULL, Incidents, Joined, SeriesInfo
from hub.store.ring.writer import Writer

WINDOW_S = 10
BUDGET = 1 << 30
WRITE_BUDGET = 200_000_000
LONGEST_WINDOW_S = 300
_FOR_HOT = 0.8
"""of the write budget; the rest is for hours and days"""
RECENT_S = 600.0
"""how long it is a problem that seconds were not stored"""


@dataclass(frozen=True, slots=True)
class Limits:
    """Bytes on disk, bytes a day, and the least seconds between two flushes."""

    disk: int
    writes: int
    window_s: int


class Ring:
    """An Appender. One writer thread owns the files; a full window, the end of an hour or `flush` wakes it."""

    def __init__(self, path: Path, clock: Clock, now: Now, writer: Writer, found: list[str], limits: Limits) -> None:
        self._path = path
        self._clock = clock
        self._now = now
        self._writer = writer
        self._found = found
        self._limits = limits
        self._damaged: set[str] = set()
        self._noticed: dict[str, tuple[int, float]] = {}
        self._wake = threading.Condition()
        self._asked = self._done = 0
        self._durable = self._stopping = self._ended = self._eager = False
        self._thread = threading.Thread(target=self._run, name="history-writer", daemon=True)

    @staticmethod
    def open(
        path: Path,
        clock: Clock,
        budget: int = BUDGET,
        window_s: int = WINDOW_S,
        write_budget: int = WRITE_BUDGET,
        heard: bool = False,
    ) -> Ring:
        """Opens or makes the files and takes up what was not sealed.

        `budget`: bytes that database, write-ahead log and hot log may take together; `window_s`: seconds that a power
        cut may cost, more where `write_budget` (bytes a day) asks for it. A damaged file is moved aside and reported in
        `problems`; so is what lies far in the future of a clock whose time has been `heard` from elsewhere. Raises
        ShemsError when there is no way to have one.
        """
        files, found = open_history(path, clock.now(), budget)
        if heard and found.last_ms - clock.now() > FAR_MS:
            found = _without_future(files, found, clock.now() // 1000)
        now = Now(found.series, found.hours, found.last_ms, found.joined)
        limits = Limits(budget, write_budget, window_s)
        return Ring(path, clock, now, Writer(path, files, now, budget), found.problems, limits)

    @staticmethod
    def look(path: Path, resolve: Callable[[str], str | None]) -> tuple[Reader, list[str]]:
        """(a reader of files that a running hub may be writing, what is wrong with them). Raises UserError."""
        found = look(path)
        problems = list(found.problems)
        now = Now(found.series, found.hours, found.last_ms, found.joined)
        return Reader(path, now, resolve, problems.append), problems

    def join(self, uid: str, before: str) -> None:
        """By the owner's word, what was told of the device `before` is the past of `uid`, from now on. Before `start`.

        What was joined to it by an earlier word is not any more; "" takes that back alone. Where it cannot be written,
        it is so until the next start, which tries again.
        """
        joined, t = self._now.joined, max(self._clock.now(), self.last_ms + 1000) // 1000
        for mistaken in [j for j in joined if j.uid == uid and j.before != before]:
            self._write(self._writer.part, replace(mistaken, t=t))
            joined.remove(mistaken)
        if before and all((j.uid, j.before) != (uid, before) for j in joined):
            joined.append(Joined(uid, before, t))
            self._write(self._writer.join, joined[-1])

    def _write(self, write: Callable[[Joined], None], joined: Joined) -> None:
        try:
            write(joined)
        except ShemsError as e:
            self._found.append(str(e))

    def start(self) -> None:
        self._thread.start()

    def close(self) -> bool:
        """Makes everything durable and stops; False if the last seconds could not be written."""
        with self._wake:
            self._stopping = True
            self._asked += 1
            self._wake.notify_all()
        if self._thread.ident is not None:
            self._thread.join()
        self._writer.close()
        return self._durable

    def append(self, column: Column, series: Mapping[str, SeriesInfo]) -> None:
        """Takes the second's column; never waits for the disk. A bug that ended the writer ends the hub."""
        if self._ended and not self._stopping:
            raise RuntimeError("the history's writer thread has ended; its traceback is above")
        if self._now.put(column, series) >= self.window_s:
            self._ask()

    def shift(self, since_ms: int, by_ms: int) -> None:
        """The true time has come: what was appended since `since_ms` (UTC ms) belongs `by_ms` later.

        Only what is not sealed yet is moved; an hour that is keeps its provisional time.
        """
        self._now.shift(since_ms // 1000, round(by_ms / 1000))
        self._ask()

    @property
    def window_s(self) -> int:
        """Seconds between two flushes: as set, and longer where the write budget would not do."""
        needed = self._writer.record_blocks * BLOCK * DAY / (self._limits.writes * _FOR_HOT)
        return max(self._limits.window_s, min(math.ceil(needed), LONGEST_WINDOW_S))

    def flush(self, timeout_s: float = 30.0) -> bool:
        """Whether everything appended before this call is durable now. Blocks: for tests, tools and pool threads."""
        mine = self._ask()
        with self._wake:
            arrived = self._wake.wait_for(lambda: self._done >= mine or self._ended, timeout_s)
            return arrived and self._done >= mine and self._durable

    def settle(self, timeout_s: float = 600.0) -> bool:
        """Like `flush`, and all days that are over are packed too."""
        self._eager = True
        try:
            return self.flush(timeout_s) and self.flush(timeout_s)
        finally:
            self._eager = False

    def reader(self, resolve: Callable[[str], str | None]) -> Reader:
        """A Querier. `resolve` gives the series key of a point id (uid + quantity), None for an unknown point."""
        return Reader(self._path, self._now, resolve, self._unread, lambda: self._writer.generation)

    def storage(self, reader: Reader) -> Storage:
        """What it takes of the disk and the card. Blocks: for pool threads."""
        file, wal, hot = sizes(self._path)
        limits, wear = self._limits, self._writer.wear
        return Storage(
            budget=limits.disk,
            write_budget=limits.writes,
            file=file,
            wal=wal,
            hot=hot,
            reach=reader.reach(),
            window_s=self.window_s,
            ours_a_day=wear.ours_a_day,
            device_a_day=wear.device_a_day,
        )

    @property
    def version(self) -> tuple[int, int, int]:
        """Another one when anything before the newest second has changed. It begins at the same with each start."""
        return self._writer.generation, self._writer.changes, self._now.incidents.late

    @property
    def last_ms(self) -> int:
        """The last stored time, UTC ms; a clock that is behind it is not to be trusted. 0 = nothing stored."""
        return self._now.last_ms

    @property
    def incidents(self) -> Incidents:
        return self._now.incidents

    @property
    def problems(self) -> list[str]:
        """What is wrong with the history, in words; empty when all is well. What was not stored is told for a while."""
        trouble = [words for words in (self._writer.trouble, self._writer.squeezed) if words]
        damaged = sorted(self._damaged | self._writer.damaged)
        salvaged = [str(report) for report in self._writer.salvaged]
        return [*self._found, *self._writer.moved, *salvaged, *damaged, *trouble, *self._refused()]

    def _unread(self, what: str) -> None:
        if not self._writer.alone:
            self._damaged.add(what)

    def _refused(self) -> list[str]:
        i = self._now.incidents
        more = f" and {len(i.strangers) - 3} more" if len(i.strangers) > 3 else ""
        strangers = [f"not stored: {', '.join(i.strangers[:3])}{more}: {FULL}"] if i.strangers else []
        said = (
            (i.backwards, "seconds were not stored because the clock was behind the last sealed hour"),
            (i.overflow, "seconds were not stored because the disk could not be written for too long"),
            (i.out_of_range, "values were not stored because they do not fit 32 bits"),
        )
        now = self._clock.monotonic()
        for n, words in said:
            if n > self._noticed.get(words, (0, 0.0))[0]:
                self._noticed[words] = n, now
        return strangers + [f"{n} {words}" for words, (n, at) in self._noticed.items() if now - at < RECENT_S]

    def _ask(self) -> int:
        with self._wake:
            self._asked += 1
            self._wake.notify_all()
            return self._asked

    def _run(self) -> None:
        try:
            while not self._turn():
                pass
        finally:
            with self._wake:
                self._ended = True
                self._wake.notify_all()

    def _turn(self) -> bool:
        """One wake-up of the writer; True when it was the last. What is asked for comes before packing goes on."""
        with self._wake:
            self._wake.wait_for(lambda: self._asked > self._done)
            ticket, last = self._asked, self._stopping
        durable = self._writer.cycle(self._clock.now)
        with self._wake:
            self._done, self._durable = ticket, durable
            self._wake.notify_all()
        while not last and self._writer.pack(self._now.last_ms) and self._eager:
            pass
        return last


def _without_future(files: Files, found: Recovered, now: int) -> Recovered:
    """Where it cannot be set aside it stays, and new seconds go on from it: they too are kept."""
    try:
        return set_aside(files, found, now)
    except (sqlite3.Error, OSError) as e:
        said = f"what lies in the future could not be set aside ({e}); free some space and start the hub again"
        found.problems.append(f"{files.path.name}: the machine's clock was wrong: {said}")
        return found
