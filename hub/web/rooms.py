"""What the HTTP edge needs of the house, and nothing more."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from aiohttp import web

from hub.auth import Doorman
from hub.control import Desk
from hub.live import Board
from hub.model import Clock
from hub.model.site import Site
from hub.store.ring import Buckets
from hub.web.schema import JournalRow


class JournalReader(Protocol):
    async def rows(self, point: str | None, start: int, end: int, limit: int) -> list[JournalRow]:
        """Newest first."""

    async def of_request(self, request: str) -> list[JournalRow]:
        """All rows of one wish, oldest first."""


class HistoryReader(Protocol):
    async def query(self, points: Sequence[str], start: int, end: int, step_ms: int | None) -> dict[str, Buckets]:
        """Buckets by point id; `step_ms` None = as stored."""


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


ROOMS = web.AppKey("rooms", Rooms)
