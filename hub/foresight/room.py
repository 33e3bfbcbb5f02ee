"""The planner of a house, put together."""

from __future__ import annotations

from collections.abc import Callable
from zoneinfo import ZoneInfo

from hub.foresight.books import Books
from hub.foresight.bygone import Bygone
from hub.foresight.lookout import Lookout
from hub.foresight.nightly import Nightly
from hub.foresight.planner import Planner
from hub.foresight.records import History
from hub.live import Board
from hub.model import Clock, Request
from hub.model.site import Site
from hub.store.state import State
from hub.tariff.prices import Prices


def planner_of(
    site: Site,
    board: Board,
    clock: Clock,
    prices: Prices,
    history: History,
    state: State,
    wishes: Callable[[int], tuple[Request, ...]],
) -> Planner:
    """`wishes`: all requests in force at a time (UTC ms). Whoever has it runs it as a task."""
    zone, kept = ZoneInfo(site.timezone), state.foresight
    lookout = Lookout(site, board, clock, prices, history, kept, wishes)
    books = Books(Bygone(board, prices, history, state.journal), clock, state.ledgers, zone)
    return Planner(lookout, clock, kept, Nightly(lookout, clock, kept, zone), books)
