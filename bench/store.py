"""The history beside its rivals: bytes at the device, bytes on disk, processor time, memory, and time to read.

`./shems bench store [--quick]`: the same 200 series for the ring, Home Assistant's recorder, a row store in SQLite,
VictoriaMetrics and `xz`. Bytes and same-run ratios are what counts; times are of this machine. The whole run takes
about an hour: the recorder runs in real time, a year is made day by day, and three years are kept in 64 MB.
"""

from __future__ import annotations

import statistics
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from bench.kit import store_recorder, store_rows, store_victoria
from bench.kit.rows import Row, percentile, row, skipped, times
from bench.kit.store_disk import Skipped, chill, private_disk
from bench.kit.store_house import DAY_S, appliances, house, household
from bench.kit.store_limit import limit_bytes_per_sample
from bench.kit.store_ours import EPOCH, Written, build, file_parts, ingest, keep, opening, reading, real, resident
from bench.kit.store_serve import charts, each, served
from hub.store.ring.reader import Reader

MB = 1 << 20
_BUSY_S, _BUSY_FROM = 7200, 10 * 3600
_QUICK_RECORDER_S = 15
_QUICK_VICTORIA_S = 4 * 3600


PARTS = ("writes", "sizes", "real", "reads", "path", "served", "budget")


def run(quick: bool, parts: Sequence[str] = PARTS) -> Iterator[Row]:
    """`quick`: a young recorder, a month instead of a year, a small budget; same rows."""
    with tempfile.TemporaryDirectory(prefix="shems-bench-") as room:
        folder = Path(room)
        try:
            days, path = 5 if quick else 365, folder / "year" / "history.db"
            if {"sizes", "reads", "served"} & {*parts}:
                build(path, days)
            make: dict[str, Callable[[], Iterator[Row]]] = {
                "writes": lambda: _writes(quick),
                "sizes": lambda: _sizes(path, days, quick),
                "real": lambda: _real(folder),
                "reads": lambda: _reads(path, folder, days),
                "path": lambda: _path(folder),
                "served": lambda: _served(path, folder, days),
                "budget": lambda: _budget(folder, quick),
            }
            for part in parts:
                yield from make[part]()
        except Skipped as why:
            yield skipped("bench store", str(why))


def _or_skipped(name: str, make: Callable[[], Iterator[Row]]) -> Iterator[Row]:
    try:
        yield from make()
    except Skipped as why:
        yield skipped(name, str(why))


# -- writing -----------------------------------------------------------------------------------------------------------


def _writes(quick: bool) -> Iterator[Row]:
    seconds = _QUICK_RECORDER_S if quick else store_recorder.FULL_S
    of = house()
    with private_disk() as disk:
        ours = ingest(disk, of, _BUSY_FROM, _BUSY_S, 5)
    per = ours.device_bytes_per_sample

    def recorder() -> Iterator[Row]:
        with private_disk() as disk:
            theirs = store_recorder.record(disk, of, seconds)
        name = f"Home Assistant recorder, {seconds} s"
        rival = (name, theirs.device_bytes_per_sample)
        yield times("device bytes written, 5 s window", per, rival, "B/smp", None if quick else 80)
        on_disk = (name, theirs.file_bytes_per_sample)
        yield times("seconds on disk, pages included", _a_day_on_disk(), on_disk, "B/smp", None if quick else 200)
        yield row("recorder's processor time", theirs.cpu_us_per_sample, "us/smp")

    yield from _or_skipped("device bytes beside the recorder", recorder)
    with private_disk() as disk:
        rows = store_rows.ingest(disk, of, 1800, 5)
    yield times(
        "device bytes written, 5 s window", per, ("row store, FULL", rows.device_bytes_per_sample), "B/smp", None
    )
    with private_disk() as disk:
        day = ingest(disk, of, 0, DAY_S, 10)
    yield row(
        "device bytes written, 10 s window, a whole day with its packing", day.device_bytes_per_sample, "B/smp", 6
    )
    yield from _processor(day)


def _processor(day: Written) -> Iterator[Row]:
    yield row("processor time a sample, tick to packed day", day.cpu_us_per_sample, "us", 0.5, digits=3)
    yield row("flush, p99", percentile(day.flush_ms, 99), "ms", 30)
    yield row("packing, slowest transaction of a day", max(day.packing_ms), "ms", 100)


def _path(folder: Path) -> Iterator[Row]:
    bare, with_ring = resident(folder / "resident")
    yield row("resident above bare numpy, 200 series", (with_ring - bare) / MB, "MB", 12)


# -- sizes -------------------------------------------------------------------------------------------------------------


def _sizes(path: Path, days: int, quick: bool) -> Iterator[Row]:
    parts, samples = file_parts(path), days * house().values.size
    one = [part / samples for part in (parts["raw"], sum(parts.values()))]
    first = _a_day_on_disk()

    def victoria() -> Iterator[Row]:
        rival = store_victoria.load(house()).file_bytes_per_sample
        yield row(
            "sealed seconds of day 0, pages included", first, "B/smp", 1.05 * rival, ("VictoriaMetrics", rival), 4
        )

    yield from _or_skipped("sealed seconds beside VictoriaMetrics", victoria)
    limit = limit_bytes_per_sample(house())
    yield row(
        "sealed seconds of day 0, pages included", first, "B/smp", 1.3 * limit, ("xz -9e, the day as one", limit), 4
    )
    with private_disk() as disk:
        rows = store_rows.ingest(disk, house(), 1800, 5)
    yield times("seconds on disk", one[0], ("row store", rows.file_bytes_per_sample), "B/smp", 120)
    yield row(f"{days} days x 200 series x 1 Hz, all rollups", path.stat().st_size / 1e6, "MB", None if quick else 1000)
    yield row("all of it, a sample", one[1], "B/smp", digits=4)


def _a_day_on_disk() -> float:
    """Bytes a sample of the house's first day, sealed."""
    with tempfile.TemporaryDirectory(prefix="shems-bench-") as room:
        return file_parts(build(Path(room) / "day" / "history.db", 1))["raw"] / house().values.size


def _real(folder: Path) -> Iterator[Row]:
    homes = [("appliances (tracebase), 1 s", appliances()), ("a household (UCI), 26 days at 60 s", household())]
    for k, (name, of) in enumerate(homes):
        limit = ("xz -9e of it as one", limit_bytes_per_sample(of))
        packed = real(folder / f"real{k}" / "history.db", of)
        yield row(f"real {name}: sealed, pages included", packed, "B/smp", None, limit, 4)


# -- reading -----------------------------------------------------------------------------------------------------------


def _reads(path: Path, folder: Path, days: int) -> Iterator[Row]:
    (folder / "rows").mkdir()
    rows = store_rows.rows_to_read(folder / "rows", min(31, days), days)
    with reading(path) as reader:
        for what, goal, theirs, ours in _asks(days):
            mine, rival = _interleaved(lambda: ours(reader), theirs(rows), 25)  # noqa: B023
            yield times(f"{what}, warm", mine, ("row store", rival), "ms", goal if days >= 365 else None)
    for what, _, theirs, ours in _asks(days):
        mine, rival = _cold(path, rows, ours, theirs, 5)
        yield times(f"{what}, cold", mine, ("row store", rival), "ms", None)
    rows.close()


Ours = Callable[[Reader], object]
Theirs = Callable[[store_rows.Rows], store_rows.Query]


def _asks(days: int) -> list[tuple[str, float, Theirs, Ours]]:
    """(what, how many times faster, the row store's query, ours)"""
    name, end, month, year = store_rows.READ[0], EPOCH + days * DAY_S, min(30, days), min(365, days)

    def over(n: int, step_s: int) -> Ours:
        return lambda reader: reader.query([name], (end - n * DAY_S) * 1000, end * 1000, step_s * 1000)

    return [
        ("24 h raw to numpy", 40, lambda r: r.raw_day(0), lambda reader: reader.seconds(name, end - DAY_S, end)),
        (f"{month} d @ 15 min", 2.5, lambda r: r.month_by_quarter(0), over(month, 900)),
        (f"{year} d @ 1 h", 15, lambda r: r.year_by_hour(0), over(year, 3600)),
    ]


def _cold(path: Path, rows: store_rows.Rows, ours: Ours, theirs: Theirs, n: int) -> tuple[float, float]:
    """Medians in ms with the page cache dropped; both open their file within that time."""
    taken = []
    for _ in range(n):
        chill(path)
        with reading(path) as reader:
            mine = _ms(lambda: ours(reader))
        rows.chill()
        taken.append((mine, _ms(theirs(rows))))
    return statistics.median(a for a, _ in taken), statistics.median(b for _, b in taken)


def _interleaved(ours: Callable[[], object], theirs: Callable[[], object], n: int) -> tuple[float, float]:
    """Medians in ms, taken in turn."""
    taken = [(_ms(ours), _ms(theirs)) for _ in range(n)]
    return statistics.median(a for a, _ in taken), statistics.median(b for _, b in taken)


def _ms(act: Callable[[], object]) -> float:
    began = time.perf_counter()
    act()
    return (time.perf_counter() - began) * 1000


# -- over HTTP, and in a budget ----------------------------------------------------------------------------------------


def _served(path: Path, folder: Path, days: int) -> Iterator[Row]:
    yield row(f"start with its check, {days} d in the file, cold", opening(path), "s", 1, digits=3)
    end = (EPOCH + days * DAY_S) * 1000
    page = charts(days)
    asks = {
        f"GET /history, {days} d of a point @ 1 h": (f"point=grid.power&from={end - days * 86_400_000}&step=3600", 30),
        "GET /history, 24 h @ screen width": (f"point=grid.power&from={end - 86_400_000}&step=auto&width=1000", 20),
        "GET /history, 24 h of seconds in 90 s buckets": (f"point=grid.power&from={end - 86_400_000}&step=90", 20),
    }
    paths = [*(f"history?{ask}&to={end}" for ask, _ in asks.values()), *page.values()]
    taken = list(each(served(path, folder, paths, 15)))
    for (name, (_, goal)), ms in zip(asks.items(), taken, strict=False):
        yield row(f"{name}, p50", statistics.median(ms), "ms", goal)
    for name, ms in zip(page, taken[len(asks) :], strict=True):
        yield row(f"chart: {name}, p50", statistics.median(ms), "ms")
    yield row(
        "a page with 6 charts, p50", statistics.median(map(sum, zip(*taken[len(asks) :], strict=True))), "ms", 200
    )


def _budget(folder: Path, quick: bool) -> Iterator[Row]:
    days, budget = (12, 24 * MB) if quick else (3 * 365, 64 * MB)
    kept = keep(folder / "kept", days, budget)
    yield row(f"the most that {days} days took of {budget // MB} MB, logs included", kept.most / MB, "MB", budget / MB)
    yield row("file's length at the end beside when it was full", 100 * abs(kept.last / kept.full - 1), "%", 1)
    yield row("sealing an hour, slowest transaction", kept.transaction_ms, "ms", 100)
    yield row("sealing an hour, most processor time of a transaction", kept.busy_ms, "ms")
    yield row("sealing an hour, slowest, with what is packed before its transaction", kept.slowest_ms, "ms")
