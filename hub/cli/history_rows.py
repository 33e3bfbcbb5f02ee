"""The past as people and programs read it: each form is written a part at a time."""

from __future__ import annotations

import json
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, Any
from zoneinfo import ZoneInfo

import numpy as np

from hub.cli.history_parts import Part, Parts
from hub.errors import UserError
from hub.model import Kind, Quantity
from hub.store.ring import parquet
from hub.store.ring.energy import WATTS

FIELDS = ("mean", "min", "max", "last")
FLOWS = ("plus", "minus", "known", "marks")
COUNT = ("count",)
SPOOL = 1 << 20
_COPIED = 1 << 16


@dataclass(frozen=True, slots=True)
class Rows:
    """`points`: their quantities by id; `now`: UTC ms; `count`: whether it is told how many values buckets are of."""

    points: dict[str, Quantity]
    parts: Parts
    zone: ZoneInfo
    now: int
    count: bool = False

    @property
    def fields(self) -> tuple[str, ...]:
        """The arrays of each point."""
        return (*FIELDS, *(FLOWS if self.parts.civil else ()), *(COUNT if self.count else ()))

    @property
    def counted(self) -> list[str]:
        """Of which points it is told how many values their buckets are of."""
        return list(self.points) if self.count else []

    @property
    def flowing(self) -> list[tuple[str, Quantity]]:
        """In civil periods: counters and powers."""
        some = [(id_, q) for id_, q in self.points.items() if q.kind is Kind.COUNTER or q.name in WATTS]
        return some if self.parts.civil else []

    @property
    def counters(self) -> list[str]:
        """Where a bucket is longer than a second: those whose readings are of one moment of it."""
        return [id_ for id_, q in self.points.items() if q.kind is Kind.COUNTER and self.parts.width_ms > 1000]


def table_rows(rows: Rows) -> Iterator[str]:
    """Local times; means of gauges, the last values of others; in civil periods their energies in kWh; counts."""
    titles = [_title(id_, q) for id_, q in rows.points.items()]
    titles += [f"{id_} {_flow(q)[1]}" for id_, q in rows.flowing]
    titles += [f"{id_} count" for id_ in rows.counted]
    widths = [max(len(t), 9) for t in titles]
    yield "  ".join(
        ["time".ljust(19 + len(_split(0, rows))), *(t.rjust(w) for t, w in zip(titles, widths, strict=True))]
    )
    for part in rows.parts:
        columns = [_shown(q, part, id_) for id_, q in rows.points.items()]
        columns += [_flowed(q, part, id_) for id_, q in rows.flowing]
        columns += [part.buckets[id_].count.tolist() for id_ in rows.counted]
        for t, *cells in zip(_times(part), *columns, strict=True):
            local = datetime.fromtimestamp(t // 1000, rows.zone).strftime("%Y-%m-%d %H:%M:%S")
            told = (_cell(c) or "-" for c in cells)
            yield "  ".join([f"{local}{_split(t, rows)}", *(c.rjust(w) for c, w in zip(told, widths, strict=True))])


def csv_rows(rows: Rows) -> Iterator[str]:
    """UTC, from 1970 until now. `shems history import` takes steps up to a day back: means hold from their line's time,
    counters were read at it, so they have a line more at the end. Energies and counts are to be looked at; it leaves
    them out.
    """
    told = [*(_energy(id_, q) for id_, q in rows.flowing), *(f"count of {id_}" for id_ in rows.counted)]
    yield ",".join(("time", *rows.points, *told))
    read = _Read(rows)
    for part in rows.parts:
        readings = read.at_times(part)
        columns = [readings.get(id_) or _shown(q, part, id_) for id_, q in rows.points.items()]
        columns += [_flowed(q, part, id_) for id_, q in rows.flowing]
        columns += [part.buckets[id_].count.tolist() for id_ in rows.counted]
        for t, *cells in zip(_times(part), *columns, strict=True):
            if 0 <= t <= rows.now:
                yield ",".join((_iso(t, rows), *map(_cell, cells)))
    for at, last in read.at_end():
        yield ",".join((_iso(at, rows), *(_cell(last.get(id_)) for id_ in rows.points), *("" for _ in told)))


class _Read:
    """What counters showed when buckets began: the newest reading until then that their seconds, or the buckets before,
    still tell."""

    def __init__(self, rows: Rows) -> None:
        self._counters = rows.counters
        self._parts = rows.parts
        self._now = rows.now
        self._before: dict[str, float] | None = None
        self._begun = rows.now

    def at_times(self, part: Part) -> dict[str, list[float]]:
        if not self._counters:
            return {}
        t = next(iter(part.buckets.values())).t
        exact = self._parts.readings(self._counters, t)
        before = self._before or self._parts.read_before(self._counters, int(t[0]))
        last = {id_: np.asarray(part.buckets[id_].last, np.float64) for id_ in self._counters}
        past = np.flatnonzero(t < self._now)
        if len(past):
            self._begun = int(t[past[-1]])
            self._before = {id_: float(v[past[-1]]) for id_, v in last.items()}
        shown = {id_: np.insert(v[:-1], 0, before[id_]) for id_, v in last.items()}
        return {id_: np.where(np.isnan(exact[id_]), v, exact[id_]).tolist() for id_, v in shown.items()}

    def at_end(self) -> Iterator[tuple[int, dict[str, float]]]:
        """(UTC ms, readings) when the last bucket that has begun was over, or now; nothing where there is none."""
        at = min(self._parts.end_of(self._begun), self._now // 1000 * 1000)
        if self._before and at > self._begun:
            exact = self._parts.readings(self._counters, np.array([at], np.int64))
            yield at, {id_: v if np.isnan(exact[id_][0]) else float(exact[id_][0]) for id_, v in self._before.items()}


def json_document(rows: Rows, out: IO[str] | None = None) -> None:
    """As GET /history answers: arrays side by side, which wait in files until all of the past has been read."""
    out = out or sys.stdout
    fields = ("t", *rows.fields)
    with ExitStack() as files:
        spools = {
            id_: {f: files.enter_context(tempfile.SpooledTemporaryFile(SPOOL, "w+", encoding="ascii")) for f in fields}
            for id_ in rows.points
        }
        for part in rows.parts:
            for id_, mine in spools.items():
                for f in fields:
                    told = _array(part, id_, f)
                    if told:
                        mine[f].write((", " if mine[f].tell() else "") + json.dumps(told)[1:-1])
        out.write(json.dumps({"step_ms": rows.parts.step_ms})[:-1] + ", ")
        several = len(rows.points) > 1
        out.write('"series": {' if several else "")
        for k, (id_, mine) in enumerate(spools.items()):
            out.write((", " if k else "") + (f"{json.dumps(id_)}: {{" if several else ""))
            for n, f in enumerate(fields):
                out.write((", " if n else "") + f'"{f}": [')
                _copy(mine[f], out)
                out.write("]")
            out.write("}" if several else "")
        out.write("}}\n" if several else "}\n")


def parquet_file(rows: Rows, path: Path) -> None:
    """A row group a part. Raises UserError, without pyarrow too."""
    fields = rows.fields
    columns = {f"{id_}.{f}": f == "last" and bool(q.choices) for id_, q in rows.points.items() for f in fields}
    try:
        with parquet.written(path, columns) as put:
            for part in rows.parts:
                put(_times(part), {f"{id_}.{f}": _array(part, id_, f) for id_ in rows.points for f in fields})
    except OSError as e:
        raise UserError(f"{path}: cannot be written: {e.strerror or e}; choose another file") from None


def _title(id_: str, q: Quantity) -> str:
    return f"{id_} {q.unit}".strip()


def _times(part: Part) -> list[int]:
    times: list[int] = next(iter(part.buckets.values())).t.tolist()
    return times


def _shown(q: Quantity, part: Part, id_: str) -> Sequence[Any]:
    buckets = part.buckets[id_]
    return buckets.mean.tolist() if q.kind is Kind.GAUGE else _plain(buckets.last)


def _energy(id_: str, q: Quantity) -> str:
    """A title that is no point, so that an import leaves it out."""
    unit = _flow(q)[1]
    return f"{'volume' if unit == q.unit else 'energy'} of {id_} [{unit}]"


def _flow(q: Quantity) -> tuple[float, str]:
    """(how many of the counter's unit make one, its unit) of what flows in a period."""
    return (1.0, q.unit) if q.unit == "m3" else (1000.0, "kWh")


def _flowed(q: Quantity, part: Part, id_: str) -> Sequence[float]:
    flow = part.flows[id_]
    net: list[float] = np.round((flow.plus - flow.minus) / _flow(q)[0], 4).tolist()
    return net


def _array(part: Part, id_: str, field: str) -> list[Any]:
    """Plain values, None where nothing is known."""
    source = part.flows[id_] if field in FLOWS else part.buckets[id_]
    return [None if isinstance(v, float) and np.isnan(v) else v for v in _plain(getattr(source, field))]


def _plain(values: Any) -> list[Any]:
    return values.tolist() if isinstance(values, np.ndarray) else list(values)


def _cell(value: Any) -> str:
    if value is None or (isinstance(value, float) and np.isnan(value)):
        return ""
    if isinstance(value, bool):
        return "on" if value else "off"
    return f"{round(value, 4):.15g}" if isinstance(value, float) else str(value)


def _iso(t: int, rows: Rows) -> str:
    return f"{datetime.fromtimestamp(t // 1000, UTC):%Y-%m-%dT%H:%M:%S}{_split(t, rows)}Z"


def _split(t: int, rows: Rows) -> str:
    """The part of the second, where the step is one."""
    return f".{t % 1000:03}" if 0 < (rows.parts.step_ms or 0) < 1000 else ""


def _copy(spool: Any, out: IO[str]) -> None:
    spool.seek(0)
    while piece := spool.read(_COPIED):
        out.write(piece)
