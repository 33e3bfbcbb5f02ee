"""What was asked under which id, and what came of it: the same id again gets the first answer, after a restart too."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any, Protocol

from hub.errors import UserError
from hub.model import OutcomeState, Reason, Value
from hub.model.journal import NO_REASON

REMEMBERED = 1000


@dataclass(frozen=True, slots=True)
class Answer:
    """What a person gets back: the device's own reading, or why there is none. `ms`: how long it took."""

    id: str
    state: OutcomeState
    asked: Value
    applied: Value | None
    reason: Reason
    limited_by: Reason | None = None
    ms: float = 0.0

    def packed(self) -> dict[str, object]:
        """As JSON; `unpacked` is the way back."""
        limit = self.limited_by
        return {
            "id": self.id,
            "state": self.state.value,
            "asked": self.asked,
            "applied": self.applied,
            "reason": [self.reason.code, dict(self.reason.numbers)],
            "limited_by": [limit.code, dict(limit.numbers)] if limit else None,
            "ms": self.ms,
        }

    @staticmethod
    def unpacked(raw: Mapping[str, Any]) -> Answer:
        state, reason, limit = OutcomeState(raw["state"]), _reason(raw["reason"]), raw["limited_by"]
        return Answer(
            raw["id"], state, raw["asked"], raw["applied"], reason, _reason(limit) if limit else None, raw["ms"]
        )


def _reason(raw: tuple[str, Mapping[str, Value]]) -> Reason:
    return replace(NO_REASON, code=raw[0], numbers=raw[1])


class AnswerKeep(Protocol):
    """Where answers survive a restart; `answer` is durable when it returns."""

    async def answer_of(self, request_id: str) -> tuple[str, Mapping[str, Any]] | None:
        """(point, packed answer) of an answered request."""

    async def answer(self, request_id: str, state: str, answer: Mapping[str, object]) -> None: ...


class IdInUseError(UserError):
    """An id that another command had before."""


@dataclass(slots=True)
class _Asked:
    point: str
    value: Value
    answer: asyncio.Future[Answer]


class Answers:
    """Remembers the last REMEMBERED in memory, and in `keep` all those whose id the client chose."""

    def __init__(self, keep: AnswerKeep) -> None:
        self._keep = keep
        self._asked: dict[str, _Asked] = {}

    async def once(self, id_: str, point: str, value: Value, carry_out: Callable[[str], Awaitable[Answer]]) -> Answer:
        """The answer of `carry_out(id)`, or the first one under this id; raises IdInUseError when that was another.

        `value`: in the point's own type, as the answer has it, so that "on" and true are the same wish.
        """
        chosen, id_ = bool(id_), id_ or uuid.uuid4().hex[:16]
        known = self._asked.get(id_)
        if known:
            _same(id_, (known.point, known.value), (point, value))
            return await asyncio.shield(known.answer)
        self._remember(id_, asked := _Asked(point, value, asyncio.get_running_loop().create_future()))
        try:
            answer = await (self._first(id_, point, value, carry_out) if chosen else carry_out(id_))
        except BaseException:
            self._asked.pop(id_, None)
            asked.answer.cancel()
            raise
        asked.answer.set_result(answer)
        return answer

    async def get(self, id_: str) -> Answer | None:
        """What is known under this id; None while it is not answered."""
        asked = self._asked.get(id_)
        if asked:
            return asked.answer.result() if asked.answer.done() and not asked.answer.cancelled() else None
        stored = await self._keep.answer_of(id_)
        return Answer.unpacked(stored[1]) if stored else None

    async def _first(self, id_: str, point: str, value: Value, carry_out: Callable[[str], Awaitable[Answer]]) -> Answer:
        stored = await self._keep.answer_of(id_)
        if stored:
            answer = Answer.unpacked(stored[1])
            _same(id_, (stored[0], answer.asked), (point, value))
            return answer
        answer = await carry_out(id_)
        await self._keep.answer(id_, answer.state.value, answer.packed())
        return answer

    def _remember(self, id_: str, asked: _Asked) -> None:
        self._asked[id_] = asked
        while len(self._asked) > REMEMBERED:
            del self._asked[next(iter(self._asked))]


def _same(id_: str, first: tuple[str, Value], now: tuple[str, Value]) -> None:
    if first != now:
        raise IdInUseError(f"id: {id_!r} was used to set {first[0]} to {first[1]!r}; choose a new one")
