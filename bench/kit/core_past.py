"""A year of seconds of a few points, and rules to try on it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from zoneinfo import ZoneInfo

import numpy as np

from bench.kit.store_house import DAY_S, house
from bench.kit.store_ours import EPOCH, ROOM
from hub.calendar import Calendar, Place
from hub.model import CommandSpec, Moment, Quantity, Value, quantity
from hub.rules import Memory, Rule, advance, parse
from hub.store.ring import Ring, SeriesInfo
from hub.store.ring.past import PastWriter
from hub.store.ring.reader import Reader

FROM = {"grid.power": ("grid/p", 1.0), "house.surplus": ("grid/p", -1.0), "battery.soc": ("bat/soc", 1.0)}
"""Our points, and the invented house's series that they are made from."""
POINTS: dict[str, Quantity] = {p: quantity(p.partition(".")[2]) for p in (*FROM, "plug.on", "plug.power")}
COMMANDS = {"plug.on": CommandSpec("plug.on")}
CALENDAR = Calendar(ZoneInfo("Europe/Berlin"), Place(52.5, 13.4), "DE")
TEXTS = (
    {"when": "house.surplus > 1500 W ± 300 W", "for": "5 min"},
    {"when": "grid.power > 2 kW", "for": "1 min", "until": "30 min", "cooldown": "10 min"},
    {"when": "time between 22:00 and 06:00 and battery.soc < 50 %", "min_for": "10 min"},
    {"when": "time > sunset - 1 h and not weekend", "until": "22:00"},
    {"when": "house.surplus / 2 > 500 W or battery.soc > 95 % ± 2 %", "for": "2 min", "while": "house.surplus > 0"},
)


def rules(n: int) -> list[Rule]:
    """`n` of them, of five kinds."""
    texts = [{**TEXTS[k % len(TEXTS)], "then": ["plug.on = on"]} for k in range(n)]
    return [parse(f"r{k}", text, POINTS, COMMANDS) for k, text in enumerate(texts)]


def year(path: Path, days: int) -> Path:
    """Three invented days in turn, packed as the nights pack them."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with PastWriter.opened(path, (EPOCH + (days + 1) * DAY_S) * 1000, ROOM) as past:
        for day in range(days):
            for point, values in seconds(day).items():
                past.seconds(_info(point), EPOCH // DAY_S + day, values)
    return path


def seconds(day: int) -> dict[str, np.ndarray]:
    """A day of stored integers, by point."""
    of = house(day % 3)
    index = {s.name: k for k, s in enumerate(of.series)}
    made = {p: (of.values[index[name]] * sign).astype(np.int32) for p, (name, sign) in FROM.items()}
    return {**made, "plug.on": np.zeros(DAY_S, np.int32), "plug.power": np.zeros(DAY_S, np.int32)}


def reader(path: Path) -> Reader:
    found, _ = Ring.look(path, lambda p: p if p in POINTS else None)
    return found


def _info(point: str) -> SeriesInfo:
    q = POINTS[point]
    return SeriesInfo(point, q.kind.value, float(q.scale), q.unit, q.choices, q.high == 1)


def in_force_each_minute(rule: Rule, days: int, every_s: int = 1) -> Iterator[bool]:
    """As the live evaluator, asked each `every_s`, would have it at the end of each minute."""
    memory = Memory()
    for day in range(days):
        columns = {p: v for p, v in seconds(day).items() if p in rule.points}
        scales = {p: POINTS[p].scale for p in columns}
        for s in range(every_s - 1, DAY_S, every_s):
            values: dict[str, Value] = {p: float(v[s]) * scales[p] for p, v in columns.items()}
            moment: Moment = CALENDAR.moment((EPOCH + day * DAY_S + s) * 1000)
            memory, _ = advance(rule, memory, values, moment)
            if s % 60 == 59:
                yield memory.since > 0
