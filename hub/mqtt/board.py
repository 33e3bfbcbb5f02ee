"""The Board as the integration topics read it: first every point, then what changed."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import ExitStack

from hub.control import Desk
from hub.errors import Refused
from hub.live import Board, Reading
from hub.model import OutcomeState, Reason, Source
from hub.mqtt.topics import as_text

TICK_S = 0.2


class BoardChanges:
    """A bounded subscription that begins with the full state; changes are gathered to the next tick."""

    def __init__(self, board: Board) -> None:
        self._board = board
        self._stack = ExitStack()
        self._subscription = self._stack.enter_context(board.subscribe())
        self._subscription.mark(board.points)

    async def get(self) -> Mapping[str, Reading]:
        return self._board.snapshot(await self._subscription.settled(TICK_S))

    def close(self) -> None:
        self._stack.close()


class DeskDoor:
    """Wishes from the integration topics; raises Refused with the reason and its numbers. What a device takes its time
    for is not refused: its reading tells what came of it.
    """

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    async def __call__(self, point_id: str, value: str, person: str) -> None:
        answer = await self._desk.ask(point_id, value, person=person, source=Source.PERSON, cause="mqtt")
        if answer.state not in (OutcomeState.CONFIRMED, OutcomeState.PENDING):
            raise Refused(_said(answer.reason))


def _said(reason: Reason) -> str:
    """`out_of_range (asked 64, low 6, high 32)`"""
    numbers = ", ".join(f"{name} {as_text(value)}" for name, value in reason.numbers.items())
    return f"{reason.code} ({numbers})" if numbers else reason.code
