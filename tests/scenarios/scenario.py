"""A scenario: a file that says who lives in a house, what happens there, and what the core must make of it.

How to write one: docs/scenarios.md.
"""

from __future__ import annotations

import json
import math
import re
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any

from hub import config
from hub.control.intents import with_intents
from hub.control.planned import known
from hub.core import HOUSE, House
from hub.model import CommandSpec, Device, DeviceSpec, Link, Point, Wear
from hub.model.document import Document
from hub.model.quantity import QUANTITIES
from hub.model.site import Site
from hub.rules import Rule, parse
from hub.schedules import Schedule
from hub.schedules import parse as parse_schedule

ROOM = Path(__file__).parent
_KEYS = (
    *("about", "begin", "devices", "site", "commands", "answers", "rules", "schedules", "given", "ask", "expect"),
    "known_defect",
)
_ASK = ("source", "point", "relation", "value", "from", "until", "priority")
_EXPECT = (
    *("at", "from", "until", "point", "value", "reason", "limits", "source", "unmet", "numbers"),
    *("never_above", "never_below", "sometimes", "changes_at_most", "starts_at_most", "mean", "told"),
)
_HAPPENS = ("at", "every", "until", "restart", "memory", "clock", "load", "sun", "car", "soc", "plan", "prices")
_PLAN = ("import", "for", "efficiency", "wear")
_PLANNED = ("from", "task", "value", "power", "boost", "rest", "on")
_PRICES = ("from", "until", "import", "export")
FOR_GOOD_S = 10**7
START = 1_700_000_000_000
_UNITS = {"s": 1, "min": 60, "h": 3600, "d": 86_400}
Table = Mapping[str, Any]


@dataclass(frozen=True)
class Scenario:
    """`given`, `ask` and `expect` are the rows of the file with their times as whole seconds; `begin`: UTC ms."""

    name: str
    about: str
    site: Site
    devices: tuple[Device, ...]
    house: House
    given: tuple[Table, ...]
    ask: tuple[Table, ...]
    expect: tuple[Table, ...]
    answers: Table | None = None
    known_defect: str = ""
    end: int = 0
    begin: int = START
    rules: tuple[Rule, ...] = ()
    schedules: tuple[Schedule, ...] = ()
    codes: frozenset[str] = field(default_factory=frozenset)

    @staticmethod
    def read(path: Path) -> Scenario:
        name = path.relative_to(ROOM).as_posix()
        return _Reader(name).scenario(tomllib.loads(path.read_text(encoding="utf-8")))


def files() -> list[Path]:
    return sorted(ROOM.glob("*/*.toml"))


def seconds(text: float | str) -> int:
    """90, "90 s", "1 min 30 s" -> 90."""
    if not isinstance(text, str):
        return int(text)
    parts = re.findall(r"(\d+) (s|min|h|d)\b", text)
    if " ".join(f"{n} {unit}" for n, unit in parts) != text:
        raise ValueError(f"{text!r} is no time; write it like 90, '90 s' or '1 h 5 min'")
    return sum(int(n) * _UNITS[unit] for n, unit in parts)


class _Reader(Document):
    """Every key is known, so that a slip of the pen is an error and not a scenario that expects nothing."""

    def scenario(self, doc: Table) -> Scenario:
        self.keys(doc, "", _KEYS)
        self.need(doc, "about")
        devices = {d: _described(d) for d in self.texts(doc, "devices")}
        tables = _merged(devices, doc.get("site", {}).get("devices", {}))
        site = config.parse(_text({**doc.get("site", {}), "devices": _owners(tables)}), self.where)
        commands = _merged({d: t.get("commands", {}) for d, t in tables.items()}, doc.get("commands", {}))
        listed = [
            *(_device(s, tables[s.id].get("points", ["power"]), commands.get(s.id, {})) for s in site.devices),
            HOUSE,
        ]
        expect = tuple(self._timed(e, ("at", "from", "until")) for e in self._rows(doc, "expect", _EXPECT))
        given = tuple(self._given(g, tables) for g in doc.get("given", []))
        end = max(e.get("at", e.get("until", 0)) for e in expect)
        house = House.of(site, listed)
        ask = tuple(self._timed(a, ("from", "until")) for a in self._rows(doc, "ask", _ASK))
        for row in ask:
            self.one_of("ask.point", row["point"], house.commands)
        told = known(listed)
        begin = round(datetime.fromisoformat(doc["begin"]).timestamp() * 1000) if "begin" in doc else START
        return Scenario(
            self.where,
            doc["about"],
            site,
            tuple(listed),
            house,
            tuple(sorted(_repeated(given, end), key=lambda g: int(g["at"]))),
            ask,
            expect,
            doc.get("answers"),
            self.get(doc, "known_defect", str, ""),
            end,
            begin,
            tuple(parse(id_, rule, *told) for id_, rule in doc.get("rules", {}).items()),
            tuple(parse_schedule(id_, s, *told, has_place=False) for id_, s in doc.get("schedules", {}).items()),
            frozenset(_codes(expect)),
        )

    def _rows(self, doc: Table, at: str, known: tuple[str, ...]) -> list[Table]:
        rows = doc.get(at, [])
        for row in rows:
            self.keys(row, at, known)
            self.need(row, f"{at}.point")
        return list(rows)

    def _given(self, row: Table, devices: Table) -> Table:
        self.keys(row, "given", (*_HAPPENS, *devices))
        for device in devices:
            if isinstance(row.get(device), dict):
                self.keys(row[device], f"given.{device}", QUANTITIES)
        self._plan(row, devices)
        return self._timed(row, ("at", "every", "until", "restart"))

    def _plan(self, row: Table, devices: Table) -> None:
        for price in row.get("prices", []):
            self.keys(price, "given.prices", _PRICES)
        plan = row.get("plan", {})
        if isinstance(plan, dict):
            self.keys(plan, "given.plan", (*_PLAN, *devices))
            for device in devices:
                for slot in plan.get(device, []):
                    self.keys(slot, f"given.plan.{device}", _PLANNED)

    def _timed(self, row: Table, keys: tuple[str, ...]) -> Table:
        return {**row, **{k: seconds(row[k]) for k in keys if k in row}}


def _codes(expect: tuple[Table, ...]) -> Iterator[str]:
    for row in expect:
        yield from row.get("limits", ())
        yield row.get("reason", "")


def _repeated(given: tuple[Table, ...], end: int) -> Iterator[Table]:
    """A row with `every` happens again and again, `until` it does not."""
    for row in given:
        last = row.get("until", end)
        for at in range(row["at"], last + 1, row["every"]) if "every" in row else [row["at"]]:
            yield {k: v for k, v in row.items() if k not in ("every", "until")} | {"at": at}


# -- the house -----------------------------------------------------------------------------------------------------


@cache
def _shelf() -> Table:
    return tomllib.loads((ROOM / "devices.toml").read_text(encoding="utf-8"))


def _described(device: str) -> Table:
    return _merged(_shelf()[device], {})


def _owners(tables: Table) -> dict[str, Table]:
    """What the site document says of the devices."""
    told = {"driver": "test", "link": "test"}
    return {d: told | {k: v for k, v in t.items() if k not in ("points", "commands")} for d, t in tables.items()}


def _merged(base: Table, change: Table) -> dict[str, Any]:
    found = dict(base)
    for key, value in change.items():
        old = found.get(key, {})
        found[key] = _merged(old, value) if isinstance(value, dict) and isinstance(old, dict) else value
    return found


def _text(table: Table, at: str = "") -> str:
    """The table as a site document: JSON's texts, numbers and lists are TOML's too."""
    lines = [f"{k} = {json.dumps(v)}" for k, v in table.items() if not isinstance(v, dict)]
    inner = [_text(v, f"{at}.{k}" if at else k) for k, v in table.items() if isinstance(v, dict)]
    return "\n".join([*([f"[{at}]"] if at else []), *lines, *inner])


def _device(spec: DeviceSpec, points: list[str], commands: Table) -> Device:
    made = tuple(Point.of(spec.uid, spec.id, q) for q in points)
    specs = tuple(_command(f"{spec.id}.{q}", c) for q, c in commands.items())
    link = Link("test", "test")
    return with_intents(Device(spec.uid, spec.id, spec.role, link, behind=spec.behind, points=made, commands=specs))


def _command(point: str, table: Table) -> CommandSpec:
    return CommandSpec(point, **{**table, "wear": Wear(table.get("wear", "volatile"))})


def is_nan(value: object) -> bool:
    return isinstance(value, float) and math.isnan(value)
