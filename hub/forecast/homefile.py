"""A home's recorded past as a CSV file: `time,load_w[,pv_w][,pv_forecast_w][,temperature_c]`, text in, series out.
Where it is to be run in closed loop, `price_import,price_export` (currency per kWh) too.

Columns in any order, others are passed over; rows in any order, some twice, some missing; empty cells are unknown.
"""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np

from hub.errors import UserError
from hub.forecast.days import Ints
from hub.forecast.series import Floats, Series
from hub.model.document import hint

COLUMNS = ("load_w", "pv_w", "pv_forecast_w", "temperature_c", "price_import", "price_export")
_STEPS = (300, 600, 900, 1200, 1800, 3600)
_FINE = 900
"""s; steps that are shorter than the shortest are averaged to those of the hub."""
_UNKNOWN = {"", "nan", "null", "none", "na", "n/a", "unknown", "unavailable", "-"}
_LIMITS = {"load_w": (-1e6, 1e6), "pv_w": (-1e6, 1e6), "pv_forecast_w": (-1e6, 1e6), "temperature_c": (-70.0, 70.0)}
_LIMITS |= {"price_import": (-10.0, 10.0), "price_export": (-10.0, 10.0)}
_YEARS, _MOST_YEARS = (1990, 2200), 20
_BELOW_W, _BELOW_SHARE = -50.0, 0.02
_LEAST_W, _SOME = 30.0, 24
"""No house uses less in each of so many steps."""


@dataclass(frozen=True, slots=True)
class Home:
    """All series are on the grid of `load`. `told`: what a provider said that the panels make, W. Prices are in the
    house's currency per kWh.
    """

    zone: ZoneInfo
    load: Series
    pv: Series | None
    told: Series | None
    temperature: Series | None
    price_import: Series | None = None
    price_export: Series | None = None


@dataclass(frozen=True, slots=True)
class _Cells:
    """`at_ms` and, by column, values of the rows of the file; `line` of each row."""

    at_ms: Ints
    values: dict[str, Floats]
    line: Ints


def read(lines: Iterable[str], where: str, zone: ZoneInfo) -> Home:
    """`zone`: of the house, whose midnights count, and of times that name no offset.

    Raises UserError that names the file, the line and the column.
    """
    try:
        cells = _cells(_rows(lines, where), where, zone)
    except csv.Error as e:
        raise UserError(f"{where}: is no CSV text: {e}; give plain text, or the same as .gz") from None
    _sane_load(cells, where)
    seconds = _step(np.unique(cells.at_ms), where)
    series = {name: _even(cells.at_ms, values, seconds) for name, values in cells.values.items()}
    pv, told = (_positive(series.get(name)) for name in ("pv_w", "pv_forecast_w"))
    load = _positive(series["load_w"])
    assert load is not None
    if len(load.values) >= _SOME and (most := np.nanmax(load.values)) < _LEAST_W:
        raise UserError(f"{where}: load_w: no row is above {most:g}: these look like kW; give W")
    prices = (series.get(name) for name in ("price_import", "price_export"))
    return Home(zone, load, pv, told, series.get("temperature_c"), *prices)


def _rows(lines: Iterable[str], where: str) -> Iterator[list[str]]:
    """The cells of all lines, with commas, semicolons or tabs between them; else a comma is that of a decimal."""
    rest = iter(lines)
    first = next(rest, "")
    if not first.strip():
        raise UserError(f"{where}: line 1: is empty; the first line names the columns: time,load_w,...")
    between = max((",", ";", "\t"), key=first.count)

    def all_lines() -> Iterator[str]:
        yield first.lstrip("\ufeff")
        for line in rest:
            yield line if between == "," else line.replace(",", ".")

    return csv.reader(all_lines(), delimiter=between)


def _cells(rows: Iterator[list[str]], where: str, zone: ZoneInfo) -> _Cells:
    header = [name.strip().lower() for name in next(rows)]
    time_at, columns = _columns(header, where)
    times: list[int] = []
    lines: list[int] = []
    values: dict[str, list[float]] = {name: [] for name in columns}
    clock = _Clock(zone)
    for line, row in enumerate(rows, 2):
        if not any(cell.strip() for cell in row):
            continue
        if len(row) > len(header) or time_at >= len(row):
            raise UserError(f"{where}: line {line}: has {len(row)} cells where the first line names {len(header)}")
        times.append(clock.at(row[time_at].strip(), f"{where}: line {line}: time"))
        lines.append(line)
        for name, at in columns.items():
            values[name].append(_number(row[at] if at < len(row) else "", name, where, line))
    if not times:
        raise UserError(f"{where}: has no rows under its first line; give at least some days of them")
    arrays = {name: np.array(told, dtype=np.float64) for name, told in values.items()}
    return _Cells(np.array(times, dtype=np.int64), arrays, np.array(lines, dtype=np.int64))


def _columns(header: list[str], where: str) -> tuple[int, dict[str, int]]:
    """Where `time` is, and where those of COLUMNS are that there are."""
    for name in ("time", "load_w"):
        if name not in header:
            raise UserError(f"{where}: line 1: has no column {name!r}{hint(name, header)}")
    for name in ("time", *COLUMNS):
        if header.count(name) > 1:
            raise UserError(f"{where}: line 1: names {name!r} twice; keep one of them")
    return header.index("time"), {name: header.index(name) for name in COLUMNS if name in header}


class _Clock:
    """Times without an offset are of the zone; of an hour that comes twice, a time seen again is of the second one."""

    def __init__(self, zone: ZoneInfo) -> None:
        self._zone = zone
        self._seen: set[datetime] = set()

    def at(self, text: str, where: str) -> int:
        """UTC ms."""
        try:
            told = datetime.fromisoformat(text)
        except ValueError:
            raise UserError(f"{where}: {text!r} is no moment; write 2026-01-31T13:30:00+01:00") from None
        if not _YEARS[0] <= told.year < _YEARS[1]:
            raise UserError(f"{where}: {text!r} lies outside the years {_YEARS[0]} to {_YEARS[1]}; correct it")
        if told.tzinfo is None:
            again = told in self._seen
            self._seen.add(told)
            told = told.replace(tzinfo=self._zone, fold=int(again))
        return (told.astimezone(UTC) - _EPOCH) // _MS


_EPOCH, _MS = datetime(1970, 1, 1, tzinfo=UTC), timedelta(milliseconds=1)


def _number(text: str, name: str, where: str, line: int) -> float:
    text = text.strip()
    if text.lower() in _UNKNOWN:
        return np.nan
    low, high = _LIMITS[name]
    try:
        value = float(text)
    except ValueError:
        raise UserError(f"{where}: line {line}: {name}: {text!r} is no number; leave unknown cells empty") from None
    if not low <= value <= high:
        raise UserError(f"{where}: line {line}: {name}: {text} is not between {low:g} and {high:g}; correct the unit")
    return value


def _sane_load(cells: _Cells, where: str) -> None:
    load = cells.values["load_w"]
    if not (np.nan_to_num(load) > 0).any():
        raise UserError(f"{where}: load_w: no row is above 0 W; give the mean power that the house used, W")
    below = np.nan_to_num(load) < _BELOW_W
    if below.mean() > _BELOW_SHARE:
        line = int(cells.line[np.argmax(below)])
        raise UserError(
            f"{where}: line {line}: load_w: {below.sum()} rows from here on are below 0 W: this looks like the power "
            "at the grid; give what the house uses, without PV and battery"
        )


def _step(at_ms: Ints, where: str) -> int:
    """The step of the grid, s: that of the file, or the next longer one that divides an hour."""
    if len(at_ms) < 2:
        raise UserError(f"{where}: has one moment only; give at least some days")
    years = (at_ms[-1] - at_ms[0]) / (365.25 * 86_400_000)
    if years > _MOST_YEARS:
        first, last = (datetime.fromtimestamp(int(t) / 1000, UTC).date() for t in at_ms[[0, -1]])
        raise UserError(f"{where}: time: reaches from {first} to {last}; at most {_MOST_YEARS} years can be read")
    step = float(np.median(np.diff(at_ms))) / 1000
    if step > 1.05 * _STEPS[-1]:
        raise UserError(f"{where}: time: rows are {step:g} s apart; at most {_STEPS[-1]} s (1 h) can be used")
    if step < 0.95 * _STEPS[0]:
        return _FINE
    return next((s for s in _STEPS if s >= 0.95 * step), _STEPS[-1])


def _even(at_ms: Ints, values: Floats, seconds: int) -> Series:
    """The mean of what falls into each step."""
    cell = at_ms // (seconds * 1000)
    first = int(cell.min())
    size = int(cell.max()) - first + 1
    known = ~np.isnan(values)
    total = np.bincount(cell[known] - first, values[known], size)
    count = np.bincount(cell[known] - first, minlength=size)
    return Series(first * seconds * 1000, seconds, np.where(count > 0, total / np.maximum(count, 1), np.nan))


def _positive(series: Series | None) -> Series | None:
    """Without what meters show at rest, a few watts below 0; None where nothing is known."""
    if series is None or np.isnan(series.values).all():
        return None
    return Series(series.start_ms, series.seconds, np.maximum(series.values, 0.0))
