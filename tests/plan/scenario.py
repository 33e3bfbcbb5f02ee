"""A planning scenario: a file that says what a house and its prices are like, and what its plan must be like.

A file holds the keys of a problem (`shems plan --schema`), written shortly:

- `zone` and `start` ("2026-06-12", local midnight, or "2026-06-12 18:00"), `step` (minutes, 15) and `days` (local
  ones, so that a day of a clock change has 23 or 25 hours) or `hours`;
- times are local: "07:00" on the first day, "+1 07:00" on the next; a full ISO time stands for itself;
- series: a number, a list, "0.30, 7: 0.42, 21: 0.30, +1 0: 0.28" (from that local hour on, every day or from that day
  on; `?` is a gap), or "sun 6000" and "sun 6000 8-16" (panels);
- `[batteries.ID]`, `[cars.ID]`, `[heat_pumps.ID]`, `[appliances.ID]`: what differs from the device of `shelf.toml`;
- `[[expect]]`: see judge.py. `effort = "dive"` takes what there is at once.
"""

from __future__ import annotations

import math
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

ROOM = Path(__file__).parent / "scenarios"
DEVICES = ("batteries", "cars", "heat_pumps", "appliances")
Table = Mapping[str, Any]

_OWN = ("about", "zone", "start", "step", "days", "hours", "expect", "effort", "known_defect", "json")
_TIMES = (
    *("start", "end", "by", "earliest", "latest", "hygiene_by", "estimated_from", "quiet", "from", "until", "at"),
    "anew",
)
_SERIES = (
    *("load_w", "pv_w", "price_import", "price_export", "fee_import", "co2_g", "import_limit_w", "export_limit_w"),
    *("power_share", "low", "high", "gains_w", "draw_w", "cop", "cop_tank", "outdoor_c"),
)
_CLOCK = re.compile(r"(?:\+(\d+) )?(\d\d):(\d\d)")
_FROM = re.compile(r"(?:\+(\d+) )?([\d.]+)")
_SUN = re.compile(r"sun ([\d.]+)(?: ([\d.]+)-([\d.]+))?")


@dataclass(frozen=True)
class Scenario:
    """`problem`: the JSON of a problem file; `expect`: its rows, times as UTC ms."""

    name: str
    about: str
    problem: dict[str, Any]
    expect: tuple[Table, ...]
    effort: str = ""
    known_defect: str = ""


def files() -> list[Path]:
    return sorted(ROOM.glob("*/*.toml"))


def read_scenario(path: Path) -> Scenario:
    return scenario_of(tomllib.loads(path.read_text(encoding="utf-8")), path.relative_to(ROOM).as_posix())


def scenario_of(told: Table, name: str) -> Scenario:
    clock = Clock.of(told)
    problem = {"start": clock.iso(clock.start), "step_s": clock.step_s, "steps": clock.steps}
    plain = {k: v for k, v in told.items() if k not in (*_OWN, *DEVICES)}
    problem |= _resolved(_merged(_shelf()["house"], plain), clock)
    for kind in DEVICES:
        tables = told.get(kind, {})
        made = [{"id": name, **_merged(_shelf()[kind], table)} for name, table in tables.items()]
        problem |= {kind: [_resolved(t, clock) for t in made]} if made else {}
    problem |= told.get("json", {})
    expect = tuple({k: clock.ms(v) if k in _TIMES else v for k, v in row.items()} for row in told["expect"])
    assert expect, f"{name}: expects nothing"
    return Scenario(name, told["about"], problem, expect, told.get("effort", ""), told.get("known_defect", ""))


@cache
def _shelf() -> Table:
    return tomllib.loads((ROOM.parent / "shelf.toml").read_text(encoding="utf-8"))


def _merged(base: Table, change: Table) -> dict[str, Any]:
    """Tables are merged, all else replaced; what is "unknown" is not told."""
    found = dict(base)
    for key, value in change.items():
        old = found.get(key)
        found[key] = _merged(old, value) if isinstance(value, dict) and isinstance(old, dict) else value
    return {k: v for k, v in found.items() if v != "unknown"}


@dataclass(frozen=True)
class Clock:
    """The steps of a scenario, seen by the clock on the wall."""

    zone: ZoneInfo
    start: datetime
    step_s: int
    steps: int

    @staticmethod
    def of(told: Table) -> Clock:
        zone = ZoneInfo(told.get("zone", "Europe/Berlin"))
        start = datetime.fromisoformat(told.get("start", "2026-06-12")).replace(tzinfo=zone)
        if "hours" in told:
            span = timedelta(hours=told["hours"])
        else:
            span = (start + timedelta(days=told.get("days", 1))).astimezone(UTC) - start.astimezone(UTC)
        step_s = round(told.get("step", 15) * 60)
        return Clock(zone, start, step_s, round(span.total_seconds() / step_s))

    def ms(self, text: str) -> int:
        """A local or an ISO time as UTC ms."""
        return round(self._when(text).timestamp() * 1000)

    def iso(self, when: datetime) -> str:
        return when.astimezone(UTC).isoformat().replace("+00:00", "Z")

    def time(self, text: str) -> str:
        return self.iso(self._when(text))

    def _when(self, text: str) -> datetime:
        found = _CLOCK.fullmatch(text)
        if not found:
            told = datetime.fromisoformat(text)
            return told if told.tzinfo else told.replace(tzinfo=self.zone)
        day, hour, minute = (int(part or 0) for part in found.groups())
        midnight = self.start.replace(hour=0, minute=0) + timedelta(days=day + hour // 24)
        return midnight.replace(hour=hour % 24, minute=minute)

    def local(self) -> list[datetime]:
        begin = self.start.astimezone(UTC)
        return [(begin + timedelta(seconds=self.step_s * t)).astimezone(self.zone) for t in range(self.steps)]

    def series(self, text: str) -> list[float | None]:
        sun = _SUN.fullmatch(text)
        if sun:
            peak, rise, down = (float(v) if v else v for v in sun.groups())
            return [_sun(peak or 0.0, rise or 6.0, down or 20.0, _hour(t)) for t in self.local()]
        rows = [_row(part) for part in text.split(",")]
        first = self.start.date()
        return [_at(rows, (t.date() - first).days, _hour(t)) for t in self.local()]


def _hour(t: datetime) -> float:
    return t.hour + t.minute / 60


def _sun(peak: float, rise: float, down: float, hour: float) -> float:
    if not rise < hour < down:
        return 0.0
    height = math.sin(math.pi * (hour - rise) / (down - rise))
    return round(peak * height * math.sqrt(height), 1)


def _row(part: str) -> tuple[int, float, float | None]:
    """First day, hour and value of "7: 0.42", "+1 7: 0.42" or "0.30"."""
    when, _, value = part.rpartition(":")
    number = None if value.strip() == "?" else float(value)
    if not when:
        return 0, 0.0, number
    found = _FROM.fullmatch(when.strip())
    if not found:
        raise ValueError(f"{part!r} is no part of a series; write it like '7: 0.42' or '+1 7: 0.42'")
    return int(found[1] or 0), float(found[2]), number


def _at(rows: list[tuple[int, float, float | None]], day: int, hour: float) -> float | None:
    """Of the rows of the latest day that has begun the last hour that has; a day's first hours may be those before."""
    latest = max(d for d, h, _ in rows if d <= day and (d < day or h <= hour))
    due = [(h, v) for d, h, v in rows if d == latest and (latest < day or h <= hour)]
    due = [(h, v) for h, v in due if h <= hour] or due
    return max(due, key=lambda row: row[0])[1]


def _resolved(value: Any, clock: Clock, key: str = "") -> Any:
    """With times in ISO 8601 and series as lists."""
    if isinstance(value, Mapping):
        return {k: _resolved(v, clock, k) for k, v in value.items()}
    if isinstance(value, list):
        return [_resolved(v, clock, key) for v in value]
    if isinstance(value, str) and key in _TIMES:
        return clock.time(value) if re.match(r"[\d+]", value) else value
    if isinstance(value, str) and key in _SERIES:
        return clock.series(value)
    return value
