"""A CSV file: `time` and a column for each thing, one line a time, each later than the one before.

A value holds from its time on. What comes every minute or more often is taken as seconds, and may be missing once; what
comes less often is the mean of its interval. Counters are read at their times and not in between.
"""

from __future__ import annotations

import csv
import io
import lzma
import math
import zlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from zoneinfo import ZoneInfo

import numpy as np

from hub.errors import UserError
from hub.store.foreign.dialect import PACKED, Decimals, Header, header, opened
from hub.store.foreign.source import Day, Floats, Foreign, Reads, Remarks, Told, Wish
from hub.store.foreign.spans import Wide, held, laid
from hub.store.foreign.times import Times
from hub.store.ring.codec import MISSING
from hub.store.ring.levels import DAY, HOUR
from hub.store.ring.rollup import Rolled, roll

SECONDS_UP_TO = 60
"""s; values that come less often than that are means of their interval"""

LONGEST = 25 * HOUR
"""s; a local day can be so long. No value holds for longer than a day."""

_GAP = math.inf
"""Stands for a value that the file says is not known; NaN is an empty field."""


class CsvSource:
    """A Source. `zone`: of times without one; `decimal`: the sign, when it cannot be told; `skip_bad`: count bad lines
    instead of refusing the file."""

    format = "csv"

    def __init__(self, path: Path, zone: ZoneInfo | None = None, skip_bad: bool = False, decimal: str = "") -> None:
        self._path = path
        self._zone = zone
        self._skip_bad = skip_bad
        self._decimal = decimal
        self.remarks = Remarks()
        with self._text() as text:
            self._header: Header = header(path, text.readline())

    def columns(self) -> list[Foreign]:
        return list(self._header.columns.values())

    def told(self, wish: Wish) -> Told | None:
        return None

    def days(self, wishes: Sequence[Wish]) -> Iterator[Day]:
        """See Source. Raises UserError for the first bad line, unless they are to be skipped."""
        self.remarks = Remarks()
        at = {f.name: k for k, f in self._header.columns.items()}
        columns = [_Column(w, at[w.name], w.reads(self._header.columns[at[w.name]].unit), self.remarks) for w in wishes]
        times: list[int] = []
        day = -1
        for t, values in self._lines(columns):
            if t // DAY != day:
                for column in columns:
                    yield from column.days(day, times, t)
                day = t // DAY
                times.clear()
            times.append(t)
            for column, value in zip(columns, values, strict=True):
                column.values.append(value)
        for column in columns:
            yield from column.days(day, times, None)
            yield from column.rest()

    def _lines(self, columns: Sequence[_Column]) -> Iterator[tuple[int, list[float]]]:
        times, decimals = Times(self._zone), Decimals(self._header.separator, self._decimal)
        for line, row in self._rows():
            where = -1
            try:
                if len(row) != self._header.width:
                    raise ValueError(f"has {len(row)} fields, the header has {self._header.width}")
                values = []
                for column in columns:
                    where = column.at
                    values.append(column.read(row[where], decimals))
                where = self._header.time
                t = times.read(row[where])
            except ValueError as e:
                self._bad(line, where, str(e))
                continue
            yield t, values
        self.remarks.add(
            self._path.name, "times of the hour that comes twice, told apart by their order", n=times.twice
        )

    def _bad(self, line: int, at: int, reason: str) -> None:
        named = {-1: "", self._header.time: ", time"} | {k: f", {c.name}" for k, c in self._header.columns.items()}
        where = f"line {line}{named[at]}: {reason}"
        if not self._skip_bad:
            raise UserError(f"{self._path}: {where}; correct it, or leave such lines out with --skip-bad")
        self.remarks.add(self._path.name, "bad lines left out", where)

    def _rows(self) -> Iterator[tuple[int, list[str]]]:
        """(line, fields) after the header."""
        with self._text() as text:
            rows = csv.reader(text, delimiter=self._header.separator)
            next(rows)
            for row in rows:
                if row:
                    yield rows.line_num, row

    @contextmanager
    def _text(self) -> Iterator[io.TextIOWrapper]:
        """Raises UserError, also while it is read."""
        suffix = self._path.suffix
        try:
            with io.TextIOWrapper(opened(self._path), "utf-8-sig", errors="replace", newline="") as text:
                yield text
        except (OSError, EOFError, zlib.error, lzma.LZMAError, csv.Error) as e:
            plain = f", or take {suffix} off its name if it is not packed" if suffix in PACKED else ""
            raise UserError(f"{self._path}: cannot be read to its end: {e}; get an undamaged file{plain}") from None


class _Column:
    """The values of one column, a day at a time."""

    def __init__(self, wish: Wish, at: int, reads: Reads, remarks: Remarks) -> None:
        self.at = at
        self.values: list[float] = []
        self._wish = wish
        self._reads = reads
        self._remarks = remarks
        self._numbers = reads.words is None
        self._interval = 0
        self._tail: tuple[int, int, float] | None = None

    def read(self, cell: str, decimals: Decimals) -> float:
        """Raises ValueError."""
        if not cell or cell.isspace():
            return math.nan
        value = self._reads.text(decimals.plain(cell.strip()) if self._numbers else cell)
        return _GAP if math.isnan(value) else value

    def days(self, day: int, times: list[int], after: int | None) -> Iterator[Day]:
        """The day with the values so far; `after` is the next line's time."""
        t, v = np.array(times, np.int64), np.array(self.values)
        self.values.clear()
        there = ~np.isnan(v)
        if not there.any():
            return
        if self._tail and self._tail[0] // DAY < day:
            yield from self.rest()
        if self._wish.counter:
            known = there & np.isfinite(v)
            if known.any():
                yield Day(self._wish, day, seconds=laid(t[known] - day * DAY, t[known] - day * DAY + 1, v[known]))
            return
        self._interval = _interval(t[there], after) or self._interval or 1
        if len(t) > 1 and self._interval > 1.5 * (_interval(t, None) or 1):
            t, v, after = t[there], v[there], None
        yield self._held(day, t, self._as_power(np.where(np.isinf(v), np.nan, v)), after)

    def rest(self) -> Iterator[Day]:
        """What holds on after the last day that was told."""
        if self._tail:
            yield self._held(self._tail[0] // DAY, np.zeros(0, np.int64), np.zeros(0), None)

    def _held(self, day: int, t: Wide, v: Floats, after: int | None) -> Day:
        """A value holds for its interval; a single one that is missing among seconds is bridged."""
        hold = self._interval if self._interval <= LONGEST else DAY
        starts, ends, first = t, t + hold, day * DAY
        if self._interval <= SECONDS_UP_TO and len(t):
            following = np.append(t[1:], t[-1] if after is None else after)
            ends = np.where(following <= t + 2 * hold, np.maximum(ends, following), ends)
        if self._tail and self._tail[0] // DAY == day:
            starts, ends, v = (np.insert(a, 0, x) for a, x in zip((starts, ends, v), self._tail, strict=True))
        self._tail = None
        if int(ends[-1]) > first + DAY:
            self._tail = first + DAY, int(ends[-1]), float(v[-1])
        if self._interval <= SECONDS_UP_TO:
            return Day(self._wish, day, seconds=laid(starts - first, ends - first, v))
        step = 300 if self._interval < HOUR else HOUR
        return Day(self._wish, day, step=step, rolled=_means(held(starts - first, ends - first, v), step))

    def _as_power(self, v: Floats) -> Floats:
        if not self._reads.energies:
            return v
        watts = v * 3600 / self._interval
        within = np.isnan(watts) | ((watts >= self._reads.low) & (watts <= self._reads.high))
        self._remarks.add(self._wish.name, "energies that no house can have", n=int((~within).sum()))
        return np.where(within, watts, np.nan)


def _means(seconds: Floats, step: int) -> Rolled:
    """Buckets of `step` seconds, whose means keep the fractions of their values."""
    known = ~np.isnan(seconds)
    plain = np.where(known, seconds, 0)
    rolled = roll(np.where(known, np.rint(plain), MISSING).astype(np.int32), step)
    rolled.mean = plain.reshape(-1, step).sum(1) / np.maximum(rolled.n, 1)
    return rolled


def _interval(t: Wide, after: int | None) -> int:
    """Seconds from one time to the next, as a rule; 0 when there is but one."""
    if len(t) > 1:
        return int(np.median(np.diff(t)))
    return after - int(t[0]) if after is not None else 0
