"""Where the everyday load of the house comes from: real homes replayed, or a seeded generator of the same character.

Everything is a function of local time in seconds; powers in W per phase."""

import csv
import gzip
import io
import lzma
import math
import random
from array import array
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path
from typing import Protocol

from .state import Three

DAY = 86400
HOMES = ("uci", "emhass", "generated")


class Home(Protocol):
    """Base load, and the irradiance (W/m2) where the recording has its own sun, else None."""

    def load(self, local_s: float) -> Three: ...

    def irradiance(self, local_s: float) -> float | None: ...


class Generated:
    """A base of always-on devices, a fridge, and short and long bursts in the hours when people are up."""

    def __init__(self, seed: int) -> None:
        self._seed = seed
        self._day = -1
        self._bursts: list[tuple[float, float, float, int]] = []

    def load(self, local_s: float) -> Three:
        day, second = divmod(local_s, DAY)
        if day != self._day:
            self._day = int(day)
            self._bursts = self._plan(int(day))
        fridge = 95.0 if local_s % 2700 < 1000 else 2.0
        watts = [120 + fridge, 60 + 25 * math.sin(second / 7000), 45.0]
        for start, end, power, phase in self._bursts:
            if start <= second < end:
                watts[phase] += power
        return watts[0], watts[1], watts[2]

    def irradiance(self, local_s: float) -> float | None:
        return None

    def _plan(self, day: int) -> list[tuple[float, float, float, int]]:
        chance = random.Random(f"{self._seed}/home/{day}")
        bursts = []
        for hour, spread, length_s, power in _HABITS:
            start = chance.gauss(hour, spread) * 3600
            phase = chance.randrange(3)
            bursts.append((start, start + length_s * chance.uniform(0.7, 1.3), power * chance.uniform(0.8, 1.2), phase))
        return bursts


_HABITS = (
    (6.8, 0.3, 200, 2000),
    (7.0, 0.4, 1800, 300),
    (7.3, 0.5, 150, 1100),
    (10.0, 1.5, 240, 1900),
    (11.5, 0.6, 1500, 1300),
    (12.2, 0.4, 1200, 1600),
    (15.0, 1.5, 200, 1900),
    (17.8, 0.5, 2400, 1900),
    (18.1, 0.4, 1500, 1400),
    (19.2, 0.8, 4200, 900),
    (18.5, 0.7, 14000, 260),
    (20.5, 0.8, 3000, 450),
    (21.0, 1.0, 180, 2000),
)
"""typical hour, its spread (h), length (s) and power (W) of one use"""


class MinuteRecording:
    """A household recorded every minute: whole days, repeated; three sub-meters lie on the three phases."""

    def __init__(self, file: Path, seed: int) -> None:
        self._minutes = _read_minutes(file)
        self._days = len(self._minutes) // 1440
        self._shift = seed

    def load(self, local_s: float) -> Three:
        day, second = divmod(local_s, DAY)
        at = (int(day + self._shift) % self._days) * 1440 + int(second // 60)
        return self._minutes[at]

    def irradiance(self, local_s: float) -> float | None:
        return None


def _read_minutes(file: Path) -> list[Three]:
    """Rows of kW in total and Wh per minute of three sub-meters; a missing minute repeats the one before."""
    minutes: list[Three] = []
    last: Three = (100.0, 100.0, 100.0)
    with lzma.open(file, "rt") as text:
        for row in csv.DictReader(text, delimiter=";"):
            if not minutes and row["Time"] != "00:00:00":
                continue
            if row["Global_active_power"] not in ("", "?"):
                last = _phases(row)
            minutes.append(last)
    return minutes


def _phases(row: dict[str, str]) -> Three:
    total = 1000 * float(row["Global_active_power"])
    a, b, c = (60 * float(row[f"Sub_metering_{number}"]) for number in (1, 2, 3))
    rest = max(total - a - b - c, 0.0) / 3
    return a + rest, b + rest, c + rest


class HalfHourRecording:
    """A home with PV recorded every half hour, UTC; its PV gives the sun too (W/m2 of the largest value seen)."""

    STEP = 1800

    def __init__(self, file: Path) -> None:
        self._start, self._load, self._pv = _read_half_hours(file)
        self._peak = max(self._pv)

    def load(self, local_s: float) -> Three:
        watts = self._between(self._load, local_s)
        return 0.4 * watts, 0.35 * watts, 0.25 * watts

    def irradiance(self, local_s: float) -> float | None:
        return 1000 * self._between(self._pv, local_s) / self._peak

    def _between(self, values: "array[float]", local_s: float) -> float:
        whole = len(values) // 48 * 48
        place = (local_s - self._start) / self.STEP
        low, share = int(place // 1), place % 1
        return values[low % whole] * (1 - share) + values[(low + 1) % whole] * share


def _read_half_hours(file: Path) -> "tuple[int, array[float], array[float]]":
    load, pv, start = array("f"), array("f"), 0
    with gzip.open(file, "rt") as text:
        for row in csv.DictReader(text):
            moment = datetime.fromisoformat(row["utc"]).astimezone(UTC)
            if not load and (moment.hour or moment.minute):
                continue
            start = start or int(moment.timestamp())
            load.append(float(row["load_w"] or (load[-1] if load else 300.0)))
            pv.append(max(float(row["pv_w"] or 0.0), 0.0))
    return start, load, pv


def open_home(name: str | None, data: Path | None, seed: int) -> Home:
    """The home by name; without a name the minute recording if it is there. Raises FileNotFoundError."""
    minute = sorted((data / "household-1min").glob("household_power_consumption_*.txt.xz")) if data else []
    half_hour = sorted((data / "homes").glob("emhass_home_30min_*.csv.gz")) if data else []
    if name == "generated" or (name is None and not minute):
        return Generated(seed)
    if name in (None, "uci") and minute:
        return MinuteRecording(minute[0], seed)
    if name == "emhass" and half_hour:
        return HalfHourRecording(half_hour[0])
    raise FileNotFoundError(f"home {name}: its recording is not in the data directory")


class Trace:
    """One day of an appliance at one value a second (W), repeated every day."""

    def __init__(self, seconds: "array[float]", earlier_s: float) -> None:
        self._seconds = seconds
        self._earlier_s = earlier_s

    def __call__(self, local_s: float) -> float:
        return self._seconds[int((local_s + self._earlier_s) % DAY)]


def open_trace(name: str, data: Path | None, earlier_h: float, fallback: "array[float]") -> Trace:
    """The recorded day of an appliance `name`, moved to earlier hours; `fallback` when it is not in `data`."""
    file = data / "appliances" / f"{name}.csv.xz" if data else None
    if file and file.is_file():
        return Trace(_read_trace(file), 3600 * earlier_h)
    return Trace(fallback, 0.0)


def _read_trace(file: Path) -> "array[float]":
    """Rows `DD/MM/YYYY HH:MM:SS;W;W`; a value holds until the next row."""
    rows = []
    for line in io.StringIO(lzma.decompress(file.read_bytes()).decode()):
        moment, watts, *_ = line.split(";")
        hour, minute, second = moment[-8:].split(":")
        rows.append((3600 * int(hour) + 60 * int(minute) + int(second), float(watts)))
    seconds = array("f", bytes(4 * DAY))
    for (start, power), (end, _) in pairwise([*rows, (DAY, 0.0)]):
        for at in range(start, end):
            seconds[at] = power
    return seconds


def shape(*spans: tuple[float, float, float]) -> "array[float]":
    """A day from (start hour, end hour, W)."""
    seconds = array("f", bytes(4 * DAY))
    for start, end, watts in spans:
        for second in range(int(start * 3600), int(end * 3600)):
            seconds[second] = watts
    return seconds
