"""What the ring may take of the disk and the card, and what goes first when it is too much."""

from __future__ import annotations

import sqlite3
import time
from dataclasses import dataclass, field
from pathlib import Path

from hub.store.ring.file import PAGE, hot_blocks
from hub.store.ring.hotlog import BLOCK
from hub.store.ring.levels import DAY, first_day

WAL_RESERVE = 6 << 20
_KEEP_DAYS = (("raw", 3), ("m1", 31), ("m15", 400), ("raw", 0), ("m1", 0), ("m15", 0))
"""What goes, oldest first, down to so many days; then the next. Hours, days and energies are kept for ever."""


def file_limit(budget: int) -> int:
    """Bytes that the database itself may have: the budget less the write-ahead log and the hot log."""
    return max(budget - WAL_RESERVE - hot_blocks(budget) * BLOCK, budget // 2)


def make_room(connection: sqlite3.Connection, coming: int, budget: int, today: int, disk_full: bool) -> bool:
    """Deletes whole periods, inside the caller's transaction, until `coming` bytes fit; False if they cannot.

    On a full disk the file must make do with the pages it has.
    """
    limit = file_limit(budget)
    if disk_full:
        limit = min(limit, PAGE * _pragma(connection, "page_count"))
    while used(connection) + coming > limit:
        if not any(_drop_oldest(connection, table, today - days) for table, days in _KEEP_DAYS):
            return False
    return True


def used(connection: sqlite3.Connection) -> int:
    """Bytes of pages in use."""
    return PAGE * (_pragma(connection, "page_count") - _pragma(connection, "freelist_count"))


def _drop_oldest(connection: sqlite3.Connection, table: str, before_day: int) -> bool:
    """Whether a period that ends before `before_day` was there to be deleted."""
    found = connection.execute(f"SELECT min(id) FROM {table}").fetchone()[0]
    if found is None:
        return False
    period = found >> 16
    ends = first_day(period + 1) if table == "m15" else period + 1
    if ends > before_day:
        return False
    connection.execute(f"DELETE FROM {table} WHERE id < ?", ((period + 1) << 16,))
    return True


def _pragma(connection: sqlite3.Connection, name: str) -> int:
    return int(connection.execute(f"PRAGMA {name}").fetchone()[0])


# -- what is written -------------------------------------------------------------------------------------------------


def kernel_written(io: Path = Path("/proc/self/io")) -> int | None:
    """Bytes that this process has caused to be sent to storage, by the kernel's count; None where it does not tell."""
    try:
        lines = dict(line.split(": ") for line in io.read_text("ascii").splitlines())
        return int(lines["write_bytes"])
    except (OSError, KeyError, ValueError):
        return None


@dataclass(slots=True)
class Written:
    """Bytes written to the card, by day: what the kernel counts for this process, since it started."""

    days: dict[int, int] = field(default_factory=dict)
    counted: bool = True
    _seen: int | None = field(default_factory=kernel_written)
    _since: float = field(default_factory=time.monotonic)

    def note(self, now_s: int) -> None:
        """Adds what was written since the last call to the day of `now_s` (s UTC)."""
        total = kernel_written()
        self.counted = total is not None and self._seen is not None
        if total is not None and self._seen is not None:
            day = now_s // DAY
            self.days[day] = self.days.get(day, 0) + total - self._seen
            for old in sorted(self.days)[:-31]:
                del self.days[old]
        self._seen = total

    def a_day(self, now_s: int) -> int | None:
        """Bytes a day: the mean of the whole days that are known, else today's so far, scaled up; None if unknown."""
        today = now_s // DAY
        whole = [n for day, n in self.days.items() if day < today]
        if whole:
            return round(sum(whole) / len(whole))
        lasted = time.monotonic() - self._since
        return round(self.days.get(today, 0) / lasted * DAY) if self.counted and lasted > 60 else None


def card_years(card_bytes: int, a_day: int, cycles: int = 1000) -> float:
    """How long a card lasts that may be written over `cycles` times, if it spreads its wear over all of itself.

    Inside the card small writes count several times; `cycles` of a cheap card is about 1,000 for that reason.
    """
    return card_bytes * cycles / max(a_day, 1) / 365.25
