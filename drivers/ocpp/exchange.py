"""Calls and answers on one connection, in both directions: one call of ours at a time, as the protocol wants it."""

from __future__ import annotations

import asyncio
import logging
import uuid
from collections.abc import Awaitable, Callable

from drivers.ocpp.frame import Call, Failure, Frame, MalformedError, Payload, Result, parse, text
from hub.errors import NoAnswer, Refused

log = logging.getLogger(__name__)

Send = Callable[[str], Awaitable[None]]
Answer = Callable[[Call], Payload]


class FaultError(Exception):
    """A call of the charger that cannot be answered; `code` is one of the protocol's."""

    def __init__(self, code: str, why: str) -> None:
        super().__init__(why)
        self.code = code


class NotKnownError(Refused):
    """The charger does not know the action that was asked for."""


class Exchange:
    """`send` puts a text on the wire, `answer` makes the payload of an answer or raises FaultError.

    Raises in `call`: NoAnswer after `answer_s` or when the connection has ended, Refused with the charger's own words.
    """

    def __init__(self, name: str, send: Send, answer: Answer, answer_s: float) -> None:
        self._name, self._send, self._answer, self._answer_s = name, send, answer, answer_s
        self._turn = asyncio.Lock()
        self._asked: dict[str, asyncio.Future[Payload]] = {}
        self._ended = ""

    async def call(self, action: str, payload: Payload) -> Payload:
        async with self._turn:
            if self._ended:
                raise NoAnswer(self._ended)
            id_ = str(uuid.uuid4())
            answer: asyncio.Future[Payload] = asyncio.get_running_loop().create_future()
            self._asked[id_] = answer
            try:
                async with asyncio.timeout(self._answer_s):
                    await self._say(Call(id_, action, payload))
                    return await answer
            except TimeoutError:
                raise NoAnswer(f"no answer to {action} within {self._answer_s:g} s") from None
            finally:
                del self._asked[id_]

    async def take(self, raw: str | bytes) -> bool:
        """Handles one frame of the charger; False for what is none."""
        try:
            frame = parse(raw)
        except MalformedError as error:
            log.debug("%s: %s", self._name, error)
            if error.id:
                await self._say(Failure(error.id, "FormationViolation", str(error)))
            return False
        if isinstance(frame, Call):
            await self._reply(frame)
        else:
            self._settle(frame)
        return True

    def end(self, reason: str) -> None:
        """The connection is gone: whoever waits for an answer is told so."""
        self._ended = reason
        for answer in self._asked.values():
            if not answer.done():
                answer.set_exception(NoAnswer(reason))

    async def _reply(self, call: Call) -> None:
        try:
            reply: Frame = Result(call.id, self._answer(call))
        except FaultError as fault:
            log.debug("%s: %s: %s", self._name, call.action, fault)
            reply = Failure(call.id, fault.code, str(fault))
        if not call.silent:
            await self._say(reply)

    def _settle(self, frame: Result | Failure) -> None:
        answer = self._asked.get(frame.id)
        if answer is None or answer.done():
            log.debug("%s: an answer to nothing, or too late", self._name)
        elif isinstance(frame, Result):
            answer.set_result(frame.payload)
        else:
            known = frame.code not in ("NotImplemented", "NotSupported")
            words = f"{frame.code} {frame.text}".strip()
            answer.set_exception((Refused if known else NotKnownError)(f"the charger says: {words}"))

    async def _say(self, frame: Frame) -> None:
        try:
            await self._send(text(frame))
        except (ConnectionError, RuntimeError) as error:
            raise NoAnswer(f"the connection has ended: {error}") from None
