"""The data that the stores compete on: columns of integers on a fixed grid, invented and real."""

from __future__ import annotations

import functools
import importlib.util
import lzma
import math
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType

import numpy as np
from numpy.typing import NDArray

from bench.kit.store_disk import Skipped

SHARED = Path(__file__).parents[3] / "shared"
DAY_S = 86_400
SEED = 7

Columns = NDArray[np.int32]


@dataclass(frozen=True)
class Series:
    """`kind`: power, volt, amp, temp, pct, counter, state, price or misc; a value is its integer / `scale`."""

    name: str
    kind: str
    scale: float

    @property
    def decimals(self) -> int:
        return max(0, round(math.log10(self.scale)))


@dataclass(frozen=True)
class House:
    """`values[i, k]` is series i at k x `step_s` seconds; read only."""

    series: tuple[Series, ...]
    values: Columns
    step_s: int = 1

    @property
    def scales(self) -> NDArray[np.float64]:
        return np.array([s.scale for s in self.series])

    def index(self, name: str) -> int:
        return next(i for i, s in enumerate(self.series) if s.name == name)

    def pick(self, *names: str) -> House:
        """The same period with only these series."""
        rows = [self.index(name) for name in names]
        return House(tuple(self.series[i] for i in rows), self.values[rows], self.step_s)

    def text(self, i: int, value: int) -> str:
        """A value as a device would say it."""
        series = self.series[i]
        return f"{value / series.scale:.{series.decimals}f}"


@functools.lru_cache(maxsize=4)
def house(day: int = 0) -> House:
    """200 series of one invented day at 1 s; days 0, 1, 2 are sunny, broken cloud, overcast, and so on."""
    meta, values = _generator().matrix(SEED, day)
    return _frozen([Series(name, kind, float(scale)) for name, kind, scale, _ in meta], values)


@functools.lru_cache(maxsize=1)
def appliances() -> House:
    """Real appliances (tracebase), W at 1 s, a day each; a second without a reading keeps the one before."""
    files = sorted(_shared("data/appliances").glob("*.csv.xz"))
    names = [file.name.removesuffix(".csv.xz") for file in files]
    return _frozen([Series(name, "power", 1) for name in names], np.stack([_trace(file) for file in files]))


def _trace(file: Path) -> Columns:
    """Lines of `day/month/year h:m:s;W;W`, several or none a second."""
    column = np.full(DAY_S, -1, np.int32)
    for line in _lines(file):
        stamp, watts, *_ = line.split(";")
        hour, minute, second = stamp.split()[1].split(":")
        column[int(hour) * 3600 + int(minute) * 60 + int(second)] = int(watts)
    seen = np.maximum.accumulate(np.where(column >= 0, np.arange(DAY_S), 0))
    return np.maximum(column[seen], 0)


HOUSEHOLD = (
    Series("power", "power", 1),
    Series("reactive", "power", 1),
    Series("voltage", "volt", 100),
    Series("current", "amp", 10),
    Series("sub1", "counter", 1),
    Series("sub2", "counter", 1),
    Series("sub3", "counter", 1),
)
# the file tells powers in kW and kvar
HOUSEHOLD_COUNTS = np.array([1000, 1000, 100, 10, 1, 1, 1])


@functools.lru_cache(maxsize=1)
def household() -> House:
    """A real home (UCI), 26 days at 60 s: W, var, V, A, and Wh in each minute of three sub-meters."""
    (file,) = _shared("data/household-1min").glob("*.txt.xz")
    table = np.array([line.split(";")[2:] for line in _lines(file)[1:] if "?" not in line], float)
    return _frozen(list(HOUSEHOLD), np.rint(table * HOUSEHOLD_COUNTS).T, 60)


def _lines(file: Path) -> list[str]:
    return lzma.decompress(file.read_bytes()).decode().splitlines()


def _frozen(series: list[Series], values: NDArray[np.generic], step_s: int = 1) -> House:
    if values.min() < -(2**31) or values.max() >= 2**31:
        raise ValueError("a value does not fit 32 bits")
    columns = np.ascontiguousarray(values, np.int32)
    columns.setflags(write=False)
    return House(tuple(series), columns, step_s)


@functools.lru_cache(maxsize=1)
def _generator() -> ModuleType:
    spec = importlib.util.spec_from_file_location("store_generator", _shared("bench/store/gen.py"))
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def _shared(path: str) -> Path:
    if not (SHARED / path).exists():
        raise Skipped("needs ../shared")
    return SHARED / path
