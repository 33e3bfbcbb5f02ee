"""What the HTTP edge needs of the house, and nothing more."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol, TypeVar

from aiohttp import web

from hub.auth import Doorman
from hub.commission.session import Pace, Session
from hub.control import Desk, Planned
from hub.core import Made
from hub.finding.adoption import Adoption
from hub.foresight.planner import Planner
from hub.live import Board
from hub.model import Clock
from hub.model.heard import Reading
from hub.model.site import Site
from hub.rehearse.shadow import Score
from hub.store.journal import Row
from hub.store.ring import Querier, Storage
from hub.tariff.prices import Prices

T = TypeVar("T")


class JournalReader(Protocol):
    async def rows(self, point: str | None, start: int, end: int, limit: int) -> list[Row]:
        """Newest first."""

    async def of_request(self, request: str) -> list[Row]:
        """All rows of one wish, oldest first."""


class HistoryReader(Protocol):
    async def ask(self, make: Callable[[Querier], T]) -> T:
        """What `make` makes of the history, beside the event loop."""

    async def storage(self) -> Storage:
        """What it takes, and how far it reaches."""

    def version(self, end_ms: int) -> str:
        """What is known up to `end_ms` (UTC ms) is the same as long as this is."""


@dataclass(frozen=True, slots=True)
class SelfTest:
    """`start(person, pace)` begins one; False when one is under way."""

    session: Session
    start: Callable[[str, Pace], bool]


async def _nothing(_t: int) -> None:
    """Nobody notes anything."""


@dataclass(frozen=True, slots=True)
class Rooms:
    site: Site
    board: Board
    desk: Desk
    doorman: Doorman
    journal: JournalReader
    history: HistoryReader
    clock: Clock
    health: Callable[[], tuple[str, Mapping[str, str]]]
    static: Path
    version: str
    noted: Callable[[int], Awaitable[None]] = _nothing
    """all that was noted of the core until a time (UTC ms) is durable; raises ShemsError"""
    decided: Callable[[int], Made | None] = lambda _t: None
    """the step that was in force at a time (UTC ms) whose notes are durable, made again; slow"""
    observed: Score | None = None
    """how the core that is tried beside the live one does"""
    planned: Planned | None = None
    adoption: Adoption | None = None
    look: Callable[[Sequence[str]], None] = lambda _addresses: None
    """begins to look for devices; raises UserError"""
    raw: Callable[[str], Sequence[Reading]] = lambda _device: ()
    """what the wire said last of a device"""
    self_test: SelfTest | None = None
    prices: Prices | None = None
    planner: Planner | None = None


ROOMS = web.AppKey("rooms", Rooms)
