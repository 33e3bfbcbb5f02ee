"""The rival that everybody writes first: SQLite, a row per sample, clustered by series and time."""

from __future__ import annotations

import functools
import sqlite3
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from bench.kit.store_disk import Disk, chill, file_bytes, sync
from bench.kit.store_house import DAY_S, House, house

START_S = 10 * 3600  # the busy part of the day
WRITEBACK_S = 30  # the kernel writes out what is this old
EPOCH = 1_700_006_400  # a midnight, UTC
READ = ("grid/p", "grid/l0_v", "pv0/p", "bat/soc")
RAW_DAYS, ROLLUP_DAYS = 31, 366
QUARTER_S, HOUR_S = 900, 3600

SAMPLES = "CREATE TABLE sample(series INTEGER, ts INTEGER, value REAL, PRIMARY KEY(series, ts)) WITHOUT ROWID"
ROLLUPS = (
    "CREATE TABLE rollup(series INTEGER, step INTEGER, ts INTEGER, low REAL, high REAL, mean REAL,"
    " PRIMARY KEY(series, step, ts)) WITHOUT ROWID"
)

Query = Callable[[], NDArray[np.float64]]


# -- writing -----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Ingested:
    seconds: int
    samples: int
    device_bytes: int  # journal included
    file_bytes: int  # after a checkpoint
    cpu_s: float

    @property
    def device_bytes_per_sample(self) -> float:
        return self.device_bytes / self.samples

    @property
    def file_bytes_per_sample(self) -> float:
        return self.file_bytes / self.samples


def ingest(
    disk: Disk, house: House, seconds: int, commit_s: int, synchronous: Literal["FULL", "NORMAL"] = "FULL"
) -> Ingested:
    """Writes `seconds` of all series as fast as it can, a commit for every `commit_s`; WAL.

    Dirty pages reach the device when they would have in real time: every 30 s of the data.
    """
    file = disk.folder / "rows.db"
    connection = sqlite3.connect(file, isolation_level=None)
    connection.execute("PRAGMA journal_mode=WAL")
    connection.execute(f"PRAGMA synchronous={synchronous}")
    connection.execute(SAMPLES)
    values = house.values[:, START_S : START_S + seconds] / house.scales[:, None]
    bytes_before, cpu, written_back = disk.written(), 0.0, 0
    for t in range(0, seconds, commit_s):
        columns = values[:, t : t + commit_s].T.tolist()
        cpu_before = time.process_time()
        connection.execute("BEGIN")
        for k, column in enumerate(columns, EPOCH + t):
            connection.executemany(f"INSERT INTO sample VALUES(?, {k}, ?)", enumerate(column))
        connection.execute("COMMIT")
        cpu += time.process_time() - cpu_before
        if t + commit_s - written_back >= WRITEBACK_S:
            sync(disk.folder)
            written_back = t + commit_s
    device_bytes = disk.written() - bytes_before
    connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    connection.close()
    size = file_bytes(file)
    file.unlink()
    return Ingested(seconds, values.size, device_bytes, size, cpu)


# -- reading -----------------------------------------------------------------------------------------------------------


@dataclass
class Rows:
    """A data base to read from; `end` (s UTC) is just after the last sample, series i is `READ[i]`.

    It is opened by the first query. Queries fetch all rows and make an array of them, as one does; `streamed` is the
    fastest way found, cell by cell.
    """

    file: Path
    end: int

    @functools.cached_property
    def connection(self) -> sqlite3.Connection:
        return sqlite3.connect(f"file:{self.file}?mode=ro", uri=True)

    def raw_day(self, i: int, streamed: bool = False) -> Query:
        """The last 24 h as they were recorded: (ts, value)."""
        return self._query("SELECT ts, value FROM sample WHERE series=? AND ts>=? AND ts<?", i, 1, streamed)

    def month_by_quarter(self, i: int, streamed: bool = False) -> Query:
        """The last 30 days at 15 min, from rollup rows: (ts, low, high, mean)."""
        return self._rollup(i, QUARTER_S, 30, streamed)

    def year_by_hour(self, i: int, streamed: bool = False) -> Query:
        """The last 365 days at 1 h, from rollup rows: (ts, low, high, mean)."""
        return self._rollup(i, HOUR_S, 365, streamed)

    def chill(self) -> bool:
        """Makes the next query cold: page cache dropped, connection new; false if a loop device's image stays warm."""
        self.close()
        return chill(self.file)

    def close(self) -> None:
        if opened := self.__dict__.pop("connection", None):
            opened.close()

    def _rollup(self, i: int, step_s: int, days: int, streamed: bool) -> Query:
        sql = f"SELECT ts, low, high, mean FROM rollup WHERE series=? AND step={step_s} AND ts>=? AND ts<?"
        return self._query(sql, i, days, streamed)

    def _query(self, sql: str, i: int, days: int, streamed: bool) -> Query:
        bounds = (i, self.end - days * DAY_S, self.end)
        width = sql.partition("FROM")[0].count(",") + 1

        def fetched() -> NDArray[np.float64]:
            return np.array(self.connection.execute(sql, bounds).fetchall(), np.float64)

        def stream() -> NDArray[np.float64]:
            cells = chain.from_iterable(self.connection.execute(sql, bounds))
            return np.fromiter(cells, np.float64).reshape(-1, width)

        return stream if streamed else fetched


def rows_to_read(folder: Path, raw_days: int = RAW_DAYS, rollup_days: int = ROLLUP_DAYS) -> Rows:
    """Makes `folder`/read.db: four series, their last `raw_days` at 1 s and `rollup_days` of rollup rows.

    Three days of the house come again and again. With the defaults 10.7 million rows, about 0.2 GB.
    """
    file = folder / "read.db"
    connection = sqlite3.connect(file, isolation_level=None)
    for statement in ("PRAGMA journal_mode=WAL", "PRAGMA synchronous=OFF", SAMPLES, ROLLUPS, "BEGIN"):
        connection.execute(statement)
    days = [_day(d) for d in range(3)]
    for i in range(len(READ)):
        for d in range(rollup_days - raw_days, rollup_days):
            seconds = range(EPOCH + d * DAY_S, EPOCH + (d + 1) * DAY_S)
            connection.executemany(
                f"INSERT INTO sample VALUES({i}, ?, ?)", zip(seconds, days[d % 3][i].tolist(), strict=True)
            )
        for step_s in (QUARTER_S, HOUR_S):
            connection.executemany(
                f"INSERT INTO rollup VALUES({i}, {step_s}, ?, ?, ?, ?)",
                chain.from_iterable(_rolled(days[d % 3][i], step_s, EPOCH + d * DAY_S) for d in range(rollup_days)),
            )
    connection.execute("COMMIT")
    connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    connection.close()
    return Rows(file, EPOCH + rollup_days * DAY_S)


def day_read(d: int) -> House:
    """What `rows_to_read` holds for its day d."""
    return house(d % 3).pick(*READ)


def _day(d: int) -> NDArray[np.float64]:
    picked = day_read(d)
    values: NDArray[np.float64] = picked.values / picked.scales[:, None]
    return values


def _rolled(column: NDArray[np.float64], step_s: int, midnight: int) -> Iterator[tuple[int, float, float, float]]:
    steps = column.reshape(-1, step_s)
    times = range(midnight, midnight + DAY_S, step_s)
    return zip(times, steps.min(1).tolist(), steps.max(1).tolist(), steps.mean(1).tolist(), strict=True)
