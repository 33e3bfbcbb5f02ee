"""Decides again what was decided, from the columns and the inputs that were kept; says where it comes out otherwise."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from hub.calendar import Calendar, calendar_of
from hub.core import HOUSE, House, Inputs, Made, State, step
from hub.core.keyframe import unpacked
from hub.core.plain import beat_time, device_of, digest, plan_of, request_of
from hub.errors import UserError
from hub.model import CommandSpec, Device, Quantity, Request, Value
from hub.model.feed import KnownRate
from hub.model.plan import Plan
from hub.model.site import Site
from hub.rules import Rule, parse
from hub.tariff.ahead import Ahead
from hub.tariff.book import Book

_DERIVED = {p.id: p.quantity for p in HOUSE.points}
_FRESH_MS = 10_000
_TRAIL_MS = 30_000


@dataclass(frozen=True, slots=True)
class Row:
    """One of the inputs that were kept: house, plan, frame, step or digest. `t` UTC ms."""

    t: int
    kind: str
    data: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Difference:
    """Between `start` and `end` (UTC ms) other decisions were made, or other values derived of `point`."""

    start: int
    end: int
    point: str = ""
    was: Value | None = None
    now: Value | None = None


@dataclass(frozen=True, slots=True)
class Replayed:
    steps: int
    checked: int
    """how many of them a digest or a derived value has confirmed"""
    difference: Difference | None


@dataclass(frozen=True, slots=True)
class Second:
    """A column as the ring gives it back: stored integers by point id; `t` UTC ms."""

    t: int
    stored: Mapping[str, int]


class Replay:
    """Feeds the core with what was kept, from the first frame on. `site`: the site document of a version;
    `rates`: all that feeds have ever told.

    Raises UserError for a row that cannot be understood.
    """

    def __init__(self, site: Callable[[int], Site], rates: Iterable[KnownRate] = ()) -> None:
        self._site_of = site
        self._rates = tuple(rates)
        self._houses: dict[int, tuple[Device, ...]] = {}
        self._quantities: dict[str, Quantity] = {}
        self._house: House | None = None
        self._state: State | None = None
        self._requests: tuple[Request, ...] = ()
        self._intents: dict[str, str] = {}
        self._rules: tuple[Rule, ...] = ()
        self._commands: dict[str, CommandSpec] = {}
        self._calendar: Calendar | None = None
        self._ahead: Ahead | None = None
        self._plan: Plan | None = None
        self._plan_key = 0
        self._derived: dict[str, int] = {}
        self._column: dict[str, int] = {}
        self._last = self._from = self._digest = self._since = 0
        self._steps = self._checked = 0
        self._difference: Difference | None = None
        self.trail: list[Made] = []
        """the steps since the last digest that agreed, and some before it; the last one is the newest of all"""

    def run(self, rows: Iterable[Row], seconds: Iterable[Second]) -> Replayed:
        """`rows` and `seconds` in time order, going on from those of the call before. Ends at the first difference."""
        for event in _merged(rows, seconds):
            if isinstance(event, Second):
                self._beat(event)
            else:
                self._note(event)
            if self._difference:
                break
        return Replayed(self._steps, self._checked, self._difference)

    @property
    def made(self) -> Made | None:
        """The last step."""
        return self.trail[-1] if self.trail else None

    # -- events ------------------------------------------------------------------------------------------------------

    def _note(self, row: Row) -> None:
        try:
            self._understand(row)
        except (KeyError, TypeError, ValueError, AttributeError) as e:
            raise UserError(f"the {row.kind} that was noted at {row.t} cannot be understood: {e!r}") from e
        if row.kind == "step" and "values" in row.data and self._state is not None:
            self._decide(row.t, self._column)

    def _understand(self, row: Row) -> None:
        match row.kind:
            case "house":
                self._houses[row.data["key"]] = tuple(map(device_of, row.data["devices"]))
            case "plan":
                self._plan_key, told = row.data["key"], row.data["plan"]
                self._plan = plan_of(told) if told else None
            case "frame":
                self._begin(row)
            case "digest":
                self._compare(row)
            case "step":
                self._given(row.data)
                self._column = _patched(self._column, row.data.get("values", {}))

    def _begin(self, frame: Row) -> None:
        """A frame says what the core knew; if it was decided again until here, it has to be the same."""
        memory = unpacked(frame.data["memory"])
        devices = self._houses.get(frame.data["house"])
        known = frame.data.get("plan", 0) in (0, self._plan_key)
        if memory is None or devices is None or "requests" not in frame.data or not known:
            self._state = None
            return
        if self._state is not None and memory != self._state and not frame.data["start"]:
            self._difference = Difference(self._from, frame.t)
        site = self._site_of(frame.data["site"])
        self._house = House.of(site, devices)
        self._quantities = {p.id: p.quantity for d in devices for p in d.points}
        self._commands = {c.point: c for d in devices for c in d.commands}
        self._calendar = calendar_of(site)
        self._ahead = Ahead(site.tariff, self._calendar.zone, Book(site.tariff, self._rates))
        if not frame.data.get("plan", 0):
            self._plan, self._plan_key = None, 0
        self._state, self._derived = memory, dict(frame.data["derived"])
        self._given(frame.data)
        self._last, self._column = memory.t, {}
        self._digest = self._since = 0
        self._from = frame.t

    def _given(self, data: Mapping[str, Any]) -> None:
        if "requests" in data:
            self._requests = tuple(map(request_of, data["requests"]))
            self._intents = dict(data["intents"])
            self._rules = tuple(self._rule(id_, document) for id_, document in data["rules"].items())

    def _rule(self, id_: str, document: Mapping[str, Any]) -> Rule:
        return parse(id_, document, self._quantities, self._commands, kept=True)

    def _beat(self, second: Second) -> None:
        if self._state is None:
            return
        own = {p: v for p, v in second.stored.items() if p not in _DERIVED}
        self._column = {**own, **self._derived}
        self._decide(beat_time(second.t, self._last), self._column)
        for point, value in self._derived.items():
            was = second.stored.get(point)
            if was is not None and was != value:
                q = _DERIVED[point]
                self._difference = Difference(second.t, second.t + 1000, point, q.restore(was), q.restore(value))
        self._checked += 1

    def _decide(self, t: int, stored: Mapping[str, int]) -> None:
        assert self._house is not None and self._state is not None
        if t - self._last > _FRESH_MS:
            stored = {p: v for p, v in stored.items() if p not in _DERIVED}
        values = {p: q.restore(v) for p, v in stored.items() if (q := self._quantities.get(p) or _DERIVED.get(p))}
        moment = self._calendar.moment(t) if self._calendar else None
        prices = self._ahead(t) if self._ahead else ()
        known = self._rules, moment, prices, self._plan
        inputs = Inputs(t, self._house, values, self._requests, self._intents, *known)
        result = step(self._state, inputs)
        self.trail.append(Made(inputs, result))
        self._state, self._last = result.state, t
        derived = {p: _DERIVED[p].quantise(v) for p, v in result.derived.items() if v is not None}
        self._derived = derived
        self._digest = digest(self._digest, result)
        self._steps, self._since = self._steps + 1, self._since + 1

    def _compare(self, row: Row) -> None:
        if self._state is None:
            return
        if (self._digest, self._since) != (row.data["digest"], row.data["steps"]):
            self._difference = Difference(self._from, row.t)
        else:
            self.trail = [m for m in self.trail[:-1] if m.inputs.t > row.t - _TRAIL_MS] + self.trail[-1:]
        self._checked = self._steps
        self._digest = self._since = 0
        self._from = row.t


def _merged(rows: Iterable[Row], seconds: Iterable[Second]) -> Iterator[Row | Second]:
    """Both in the order in which they happened: each row tells which column came before it."""
    waiting = iter(seconds)
    second = next(waiting, None)
    for row in rows:
        while second is not None and second.t <= row.data["second"]:
            yield second
            second = next(waiting, None)
        yield row
    while second is not None:
        yield second
        second = next(waiting, None)


def _patched(column: Mapping[str, int], changes: Mapping[str, int | None]) -> dict[str, int]:
    merged = {**column, **changes}
    return {p: v for p, v in merged.items() if v is not None}
