"""The hub's own history, fed with the house's days: written, packed, read, and kept to a budget."""

from __future__ import annotations

import json
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from bench.kit.store_disk import Disk, chill
from bench.kit.store_house import DAY_S, House, house
from hub.model import Column
from hub.store.ring import Ring, SeriesInfo
from hub.store.ring.begun import Hour
from hub.store.ring.past import PastWriter
from hub.store.ring.reader import Reader
from hub.store.ring.storage import sizes

EPOCH = 1_700_006_400
"""A midnight, UTC."""
HOUR_S = 3600
ROOM = 2 << 30
_KINDS = {"counter": "counter", "state": "state"}
_UNITS = {"power": "W", "volt": "V", "amp": "A", "counter": "Wh", "pct": "%", "temp": "degC"}


class StillClock:
    """The data has its own time."""

    trusted = True
    provisional_since = None

    def now(self) -> int:
        return EPOCH * 1000

    def monotonic(self) -> float:
        return 0.0


def infos(of: House) -> dict[str, SeriesInfo]:
    """The series as the ring keeps them, by name."""
    return {
        s.name: SeriesInfo(key(s.name), _KINDS.get(s.kind, "gauge"), 1 / s.scale, _UNITS.get(s.kind, ""))
        for s in of.series
    }


def key(name: str) -> str:
    """Device and quantity as the ring names them; the house's powers are called p."""
    device, _, quantity = name.partition("/")
    return f"{device}.{'power' if quantity == 'p' else quantity}"


def columns(of: House, start: int, seconds: int, at: int) -> list[Column]:
    """`seconds` columns from second `start` of the data on, told to be at `at` (s UTC) and after."""
    names = [s.name for s in of.series]
    values = of.values[:, start : start + seconds].T.tolist()
    return [Column((at + k) * 1000, dict(zip(names, row, strict=True))) for k, row in enumerate(values)]


# -- writing -----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Written:
    samples: int
    device_bytes: int
    cpu_us_per_sample: float
    flush_ms: list[float] = field(repr=False)
    packing_ms: list[float] = field(repr=False)

    @property
    def device_bytes_per_sample(self) -> float:
        return self.device_bytes / self.samples


def ingest(disk: Disk, of: House, start: int, seconds: int, window_s: int) -> Written:
    """Feeds the ring as the hub does, a flush each window; a whole day is packed too. CPU is the whole path's."""
    ring = Ring.open(disk.folder / "history.db", StillClock(), 64 << 20, window_s, 10**12)
    ring.start()
    known = infos(of)
    fed = columns(of, start, seconds, EPOCH + start)
    after = columns(of, 0, 700, EPOCH + DAY_S) if seconds == DAY_S else []
    bytes_before = disk.written()
    flush_ms: list[float] = []
    packing_ms: list[float] = []
    cpu = time.process_time()
    for k, column in enumerate(fed, 1):
        ring.append(column, known)
        if k % window_s == 0:
            flush_ms.append(_ms(ring.flush))
    for column in after:
        ring.append(column, known)
    ring.flush()
    writer = ring._writer
    write = writer._write
    writer._write = lambda *what, **how: packing_ms.append(_ms(lambda: write(*what, **how)))  # type: ignore[method-assign]
    while after and writer.pack(ring.last_ms):
        pass
    cpu = time.process_time() - cpu
    device = disk.written() - bytes_before
    ring.close()
    return Written(of.values[:, :seconds].size, device, cpu / (len(fed) * len(of.series)) * 1e6, flush_ms, packing_ms)


def _ms(act: Callable[[], object]) -> float:
    began = time.perf_counter()
    act()
    return (time.perf_counter() - began) * 1000


# -- a past made at once -----------------------------------------------------------------------------------------------


def build(path: Path, days: int, budget: int = ROOM) -> Path:
    """A history of `days` different days of the 200 series, packed as the nights pack them. A second each."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with PastWriter.opened(path, (EPOCH + (days + 1) * DAY_S) * 1000, budget) as past:
        for day in range(days):
            of = house(day)
            for info, values in zip(infos(of).values(), of.values, strict=True):
                past.seconds(info, EPOCH // DAY_S + day, values)
    return path


def file_parts(path: Path) -> dict[str, int]:
    """Bytes of pages by table."""
    with sqlite3.connect(path) as connection:
        return dict(connection.execute("SELECT name, sum(pgsize) FROM dbstat GROUP BY name").fetchall())


def real(path: Path, of: House) -> float:
    """Bytes a measurement of whole days of real data, packed, pages of the seconds included.

    A value that comes less often than each second stands in the column until the next one, as in the hub.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    days = of.values.shape[1] * of.step_s // DAY_S
    with PastWriter.opened(path, (EPOCH + (days + 1) * DAY_S) * 1000, ROOM) as past:
        for day in range(days):
            today = of.values[:, day * DAY_S // of.step_s : (day + 1) * DAY_S // of.step_s]
            for info, values in zip(infos(of).values(), today, strict=True):
                past.seconds(info, EPOCH // DAY_S + day, np.repeat(values, of.step_s))
    measured: int = days * DAY_S // of.step_s * len(of.series)
    packed: int = file_parts(path)["raw"]
    return packed / measured


# -- a budget kept -----------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Kept:
    """Bytes: the most that file and logs took together, and the file's length when it was full and later."""

    most: int
    full: int
    last: int
    days: int
    slowest_ms: float
    """sealing an hour, what is packed before its transaction included"""
    transaction_ms: float
    """with the device's own flush"""
    busy_ms: float
    """processor time of the transaction that took most of it"""


def keep(folder: Path, days: int, budget: int) -> Kept:
    """`days` of the house, hour by hour and night by night, in `budget` bytes. Three days' data in turn."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "history.db"
    ring = Ring.open(path, StillClock(), budget)
    of = [house(d) for d in range(3)]
    known = infos(of[0])
    ring.append(Column((EPOCH - 5000) * 1000, dict.fromkeys(known, 0)), known)
    ids = {name: next(iter(ring._now.ids(info.key))) for name, info in known.items()}
    rows = {ids[name]: k for k, name in enumerate(known)}
    ring._writer._seal(list(ring._now._hours))
    most, lengths, slowest = 0, [], 0.0
    transactions: list[float] = []
    busy: list[float] = []
    put = ring._writer._put

    def timed(*what: Any) -> None:
        began = time.process_time()
        transactions.append(_ms(lambda: put(*what)))
        busy.append((time.process_time() - began) * 1000)

    ring._writer._put = timed  # type: ignore[assignment, method-assign]
    for day in range(days):
        values = of[day % 3].values
        for hour in range(24):
            start = EPOCH + day * DAY_S + hour * HOUR_S
            done = Hour(start, {i: values[k, hour * HOUR_S : (hour + 1) * HOUR_S] for i, k in rows.items()})
            ring._now._hours.append(done)
            slowest = max(slowest, _ms(lambda done=done: ring._writer._seal([done])))  # type: ignore[misc]
            ring._now.last_ms = (start + HOUR_S) * 1000
        while ring._writer.pack(ring._now.last_ms + 3_600_000):
            most = max(most, sum(sizes(path)))
        most = max(most, sum(sizes(path)))
        lengths.append(sizes(path)[0])
    assert not ring.problems, ring.problems
    ring.close()
    full = next((n for n in lengths if n >= 0.99 * max(lengths)), 0)
    return Kept(most, full, lengths[-1], days, slowest, max(transactions), max(busy))


def opening(path: Path) -> float:
    """Seconds that the hub's start spends on a history, its check included; with a cold page cache."""
    chill(path)
    began = time.perf_counter()
    ring = Ring.open(path, StillClock(), ROOM)
    taken = time.perf_counter() - began
    assert not ring.problems, ring.problems
    ring.close()
    return taken


# -- reading -----------------------------------------------------------------------------------------------------------


@contextmanager
def reading(path: Path) -> Iterator[Reader]:
    """A reader of a history that was built."""
    names = {s.name: info for s, info in zip(house(0).series, infos(house(0)).values(), strict=True)}
    reader, problems = Ring.look(path, lambda p: names[p].key if p in names else None)
    yield reader
    assert not problems, problems


_RSS = """
import sys, json, resource
sys.path[:0] = [{root!r}, {root!r} + "/firmware-sim"]
import numpy
from bench.kit.store_disk import rss_bytes
import os, sqlite3, zlib
from hub.ops.memory import frugal
frugal()
bare = rss_bytes(os.getpid())
from pathlib import Path
from hub.model import Column
from hub.store.ring import Ring, SeriesInfo
from tests.store.house import StillClock
ring = Ring.open(Path(sys.argv[1]), StillClock())
ring.start()
known = {{f"d{{i}}.power": SeriesInfo(f"u{{i}}.power", "gauge") for i in range({series})}}
for k in range(7300):
    ring.append(Column((1_700_006_400 + k) * 1000, {{p: (k * (i + 7)) % 5000 for i, p in enumerate(known)}}), known)
    if k % 10 == 0:
        ring.flush()
ring.flush()
print(json.dumps([bare, rss_bytes(os.getpid())]))
ring.close()
"""


def resident(folder: Path, series: int = 200) -> tuple[int, int]:
    """(bytes resident of a process with numpy, sqlite3 and zlib; the same with two hours of the ring) of a process."""
    folder.mkdir(parents=True, exist_ok=True)
    root = str(Path(__file__).parents[2])
    code = _RSS.format(root=root, series=series)
    done = subprocess.run(
        [sys.executable, "-c", code, str(folder / "history.db")], capture_output=True, text=True, check=True
    )
    bare, with_ring = json.loads(done.stdout)
    return int(bare), int(with_ring)
