"""Whether one device still answers: asks, waits, asks again, and gives up. The device's own clock of patience."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import Any

from drivers.mqtt.behaviour import Behaviour, Message, Update
from hub.model import Device, Measurement, Sink

log = logging.getLogger(__name__)

TRIES = 2
_SLOW_S = 600.0
"""How often a device that sleeps (and so never answered) is asked."""


class Watch:
    """One device on the link: its state towards the sink, and its questions. Seconds."""

    def __init__(self, device: Device, behaviour: Behaviour, poll_s: float, answer_s: float) -> None:
        self.device = device
        self.behaviour = behaviour
        self._poll_s = poll_s
        self._answer_s = answer_s
        self._spoken = asyncio.Event()
        self._answers = not behaviour.sleepy
        self._up: bool | None = None

    async def keep_asking(self, publish: Callable[[Message], Awaitable[None]], sink: Sink) -> None:
        """Lives as long as the connection. Hello first, then a question every `poll_s`."""
        answered = await self._question(publish, self.behaviour.hello())
        while True:
            if not answered and self._answers:
                self.lose(sink, f"no answer in {TRIES} tries")
            await asyncio.sleep(self._poll_s if self._answers else _SLOW_S)
            answered = await self._question(publish, self.behaviour.ask())

    async def _question(self, publish: Callable[[Message], Awaitable[None]], messages: tuple[Message, ...]) -> bool:
        for _ in range(TRIES):
            self._spoken.clear()
            for message in messages:
                await publish(message)
            if await self._heard():
                self._answers = True
                return True
        return False

    async def _heard(self) -> bool:
        try:
            async with asyncio.timeout(self._answer_s):
                await self._spoken.wait()
        except TimeoutError:
            return False
        return True

    def take(self, update: Update, now: int, retained: bool, sink: Sink) -> None:
        """A retained state is a memory of unknown age: only presence is believed from it."""
        if update.alive is False:
            self.lose(sink, "says it is offline")
        if update.answer and not retained:
            self._spoken.set()
            self._find(update, sink)
            if update.values:
                sink.put([Measurement(f"{self.device.id}.{name}", value, now) for name, value in update.values.items()])

    def lose(self, sink: Sink, reason: str) -> None:
        if self._up is False:
            return
        self._up = False
        log.warning("mqtt %s: lost: %s", self.device.id, reason)
        sink.lost(self.device.id, reason)

    def _find(self, update: Update, sink: Sink) -> None:
        facts: dict[str, Any] = dict(update.facts)
        known = replace(self.device, **facts)
        if self._up and known == self.device:
            return
        if not self._up:
            log.info("mqtt %s: answers", self.device.id)
        self.device, self._up = known, True
        sink.seen(known)
