"""What is planned: rules and schedules of people as they are in force, and the changing of them; the planner's plan."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from typing import Any, Literal, Protocol

from hub.calendar import Calendar
from hub.errors import UserError
from hub.live import Board
from hub.model import Clock, CommandSpec, Device, Moment, Quantity, Request
from hub.model.plan import Plan
from hub.model.site import Price
from hub.rules import Rule, RuleError, parse
from hub.schedules import WHEN, Due, Schedule, is_over, must_come
from hub.schedules import parse as parse_schedule

log = logging.getLogger(__name__)
Kind = Literal["rule", "schedule"]
MOST = 200
"""Rules, and schedules, that a house may have."""
MOST_SLOTS = 700
"""Of a plan: a week of quarter-hours. The rest of a longer one is not looked at, so that what is noted has an end."""


class Document(Protocol):
    @property
    def id(self) -> str: ...
    @property
    def version(self) -> int: ...
    @property
    def t(self) -> int: ...
    @property
    def author(self) -> str: ...
    @property
    def document(self) -> Mapping[str, Any]: ...


class Shelf(Protocol):
    """Where they are kept; durable when a call returns."""

    async def all(self, kind: Kind) -> list[Any]: ...
    async def put(self, kind: Kind, id_: str, document: Mapping[str, Any], author: str, t: int) -> None: ...
    async def remove(self, kind: Kind, id_: str, author: str, t: int) -> None: ...


class Planned:
    """`rules` are those that are enabled and understood; `problems` says why others are not, by kind and id.

    `prices`: those of the hours from a time (UTC ms) on; `plan`: the newest plan at a time. `down_since`: when the hub
    was alive last before this start, UTC ms.
    """

    def __init__(
        self,
        board: Board,
        clock: Clock,
        calendar: Calendar,
        shelf: Shelf,
        prices: Callable[[int], tuple[Price, ...]] = lambda _t: (),
        down_since: int = 0,
        plan: Callable[[int], Plan | None] = lambda _t: None,
    ) -> None:
        self._board = board
        self._clock = clock
        self._shelf = shelf
        self._turn = asyncio.Lock()
        self.prices = prices
        self._newest = plan
        self._told: Plan | None = None
        self._plan: Plan | None = None
        self._down_since, self._up_since = down_since, clock.now()
        self.calendar = calendar
        self.documents: dict[Kind, dict[str, Document]] = {"rule": {}, "schedule": {}}
        self.rules: tuple[Rule, ...] = ()
        self.schedules: tuple[Schedule, ...] = ()
        self.problems: dict[tuple[Kind, str], str] = {}
        self._due = Due((), calendar)

    # -- what the core is given --------------------------------------------------------------------------------------

    def moment(self, t: int) -> Moment:
        return self.calendar.moment(t)

    def requests(self, t: int) -> tuple[Request, ...]:
        """What the schedules ask at `t` (UTC ms)."""
        return self._due.at(t, self._up_since)

    def plan(self, t: int) -> Plan | None:
        """The plan in force at `t` (UTC ms), the same object as long as it is the same plan."""
        newest = self._newest(t)
        if newest is not self._told:
            self._told = newest
            self._plan = newest and replace(newest, slots=newest.slots[:MOST_SLOTS])
        return self._plan

    def understand(self) -> None:
        """Reads all documents again: a device has shown or changed its points."""
        self.problems = {}
        points, commands = known(self._board.devices.values())
        rules = [self._rule(d, points, commands) for d in self.documents["rule"].values()]
        schedules = [self._schedule(d, points, commands) for d in self.documents["schedule"].values()]
        self.rules = tuple(r for r in rules if r and r.enabled)
        self.schedules = tuple(s for s in schedules if s)
        self._due = Due(tuple(s for s in self.schedules if s.enabled), self.calendar, self._down_since)

    # -- changing them -----------------------------------------------------------------------------------------------

    async def load(self) -> None:
        """All that is kept. Of what is never due again the log tells: it was right when it was written."""
        await self._read()
        for s in self.schedules:
            if s.enabled and (over := is_over(s, self.calendar, self._clock.now())):
                log.warning("%s", over)

    async def _read(self) -> None:
        for kind in self.documents:
            self.documents[kind] = {d.id: d for d in await self._shelf.all(kind)}
        self.understand()

    def checked(self, kind: Kind, id_: str, document: Mapping[str, Any]) -> Rule | Schedule:
        """Raises UserError, which names the field and what to do. The times of a schedule that is kept may be over; new
        ones have to come.
        """
        points, commands = known(self._board.devices.values())
        if kind == "rule":
            return parse(id_, document, points, commands)
        found = parse_schedule(id_, document, points, commands, self.calendar.place is not None)
        kept = self.documents[kind].get(id_)
        anew = kept is None or any(kept.document.get(key) != document.get(key) for key in WHEN)
        if found.enabled and anew:
            must_come(found, self.calendar, self._clock.now())
        return found

    async def save(self, kind: Kind, id_: str, document: Mapping[str, Any], author: str) -> None:
        """A new version of it is in force when this returns; one that is wrong changes nothing. Raises UserError."""
        self.checked(kind, id_, document)
        async with self._turn:
            if id_ not in self.documents[kind] and len(self.documents[kind]) >= MOST:
                raise UserError(f"there are {MOST} of them already; remove one")
            await self._shelf.put(kind, id_, document, author, self._clock.now())
            await self._read()

    async def remove(self, kind: Kind, id_: str, author: str) -> bool:
        """False if there is none."""
        if id_ not in self.documents[kind]:
            return False
        await self._shelf.remove(kind, id_, author, self._clock.now())
        await self._read()
        return True

    def _rule(self, d: Document, points: Mapping[str, Quantity], commands: Mapping[str, CommandSpec]) -> Rule | None:
        try:
            return parse(d.id, d.document, points, commands, kept=True)
        except RuleError as e:
            self.problems["rule", d.id] = str(e)
            return None

    def _schedule(
        self, d: Document, points: Mapping[str, Quantity], commands: Mapping[str, CommandSpec]
    ) -> Schedule | None:
        try:
            return parse_schedule(d.id, d.document, points, commands, self.calendar.place is not None)
        except UserError as e:
            self.problems["schedule", d.id] = str(e)
            return None


def known(devices: Iterable[Device]) -> tuple[dict[str, Quantity], dict[str, CommandSpec]]:
    """All points with what they carry, and what may be set of them."""
    listed = list(devices)
    points = {p.id: p.quantity for d in listed for p in d.points}
    return points, {c.point: c for d in listed for c in d.commands}
