"""A small house, and imports into it without the command around them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

import numpy as np

from hub import config
from hub.model.site import Site
from hub.store.foreign import CsvSource, Entry, Report, Source, Wish, bring, wishes
from hub.store.foreign.mapping import entries
from hub.store.foreign.points import point_of
from hub.store.ring import Ring
from hub.store.ring.past import PastReader, PastWriter
from hub.store.ring.reader import Reader

BUDGET = 1 << 28
DOCUMENT = """
[site]
timezone = "Europe/Vienna"
[devices.grid]
role = "grid"
driver = "modbus"
link = "tcp://10.0.0.2:502"
[devices.pv_roof]
role = "inverter"
driver = "sunspec"
link = "tcp://10.0.0.3:502"
[devices.battery]
role = "battery"
driver = "sunspec"
link = "tcp://10.0.0.3:502"
behind = "pv_roof"
[devices.heatpump]
role = "heatpump"
driver = "modbus"
link = "tcp://10.0.0.4:502"
[devices.plug_tv]
role = "plug"
driver = "mqtt"
link = "hub"
[devices.living]
role = "thermostat"
driver = "mqtt"
link = "hub"
"""


def site() -> Site:
    return config.parse(DOCUMENT)


def utc(text: str) -> int:
    """s"""
    return int(datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp())


NOW = utc("2026-06-01T12:00")


def wished(source: Source, found: Sequence[Entry] | None = None) -> list[Wish]:
    columns = source.columns()
    return wishes(entries(None, columns) if found is None else found, columns, site(), "map.toml")


def taken(source: Source, path: Path, found: Sequence[Entry] | None = None, now: int = NOW) -> Report:
    with PastWriter.opened(path, now * 1000, BUDGET) as past:
        return bring(source, wished(source, found), past, "file", dry_run=False)


def rehearsed(source: Source, path: Path, found: Sequence[Entry] | None = None, now: int = NOW) -> Report:
    with PastReader.looked(path, now * 1000) as past:
        return bring(source, wished(source, found), past, "file", dry_run=True)


def csv_of(folder: Path, text: str, **options: object) -> CsvSource:
    path = folder / "past.csv"
    path.write_text(text, "utf-8")
    return CsvSource(path, **options)  # type: ignore[arg-type]


def reader(path: Path) -> Reader:
    return Ring.look(path, lambda p: point_of(site(), p).series)[0]


def means(path: Path, point: str, start: str, end: str, step_s: int) -> list[float | None]:
    found = reader(path).query([point], utc(start) * 1000, utc(end) * 1000, step_s * 1000)[point].mean
    return [None if np.isnan(v) else float(v) for v in found]


def lasts(path: Path, point: str, start: str, end: str) -> list[object]:
    """By the second."""
    found = reader(path).query([point], utc(start) * 1000, utc(end) * 1000, None)[point].last
    return [None if v is None or (isinstance(v, float) and np.isnan(v)) else v for v in found]


def told(report: Report) -> dict[str, object]:
    """Without what differs between a dry run and a real one."""
    return {k: v for k, v in report.told().items() if k != "dry_run"}
