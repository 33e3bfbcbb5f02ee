"""The integration edge: `shems/<device>/<quantity>` mirrors the house, `.../set` enters at the Desk.

Values are text: numbers, `true` and `false`, choices by name; a value that is gone is `unknown`.
`shems/status` is `online`, `offline` by last will. Only what changed is published, and all again after a reconnect.
"""

from __future__ import annotations

import asyncio
import logging
import socket
from collections.abc import Callable, Mapping
from typing import Protocol

import aiomqtt

from hub.model import Value
from hub.model.broker import BrokerAddress
from hub.mqtt.wishes import Submit, Wishes

log = logging.getLogger(__name__)

ROOT = "shems"
_UP = "connected"
_STATUS = f"{ROOT}/status"
_WISHES = f"{ROOT}/+/+/set"
_NODELAY = [(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)]
_BACKOFF_S = (0.2, 10.0)
_GONE = "unknown"


class PointReading(Protocol):
    """A point's present value, None when it has none that may be used."""

    @property
    def value(self) -> Value | None: ...


class Changes(Protocol):
    """A bounded subscription: the first `get` gives every point, later ones what changed."""

    async def get(self) -> Mapping[str, PointReading]: ...

    def close(self) -> None: ...


class Topics:
    """A client of the broker at `broker`, on behalf of the house."""

    def __init__(self, broker: BrokerAddress, subscribe: Callable[[], Changes], submit: Submit) -> None:
        self._broker = broker
        self._subscribe = subscribe
        self._submit = submit
        self._state = "not connected"
        self._backoff = _BACKOFF_S[0]

    @property
    def health(self) -> str:
        """One line for people."""
        return f"integration topics at {self._broker.shown}: {self._state}"

    @property
    def up(self) -> bool:
        return self._state == _UP

    async def run(self) -> None:
        """Lives as long as the edge is wanted; a lost broker is retried."""
        while True:
            async with asyncio.TaskGroup() as tasks:  # a task of its own, so that its cancellations are counted apart
                tasks.create_task(self._attempt())
            await asyncio.sleep(self._backoff)
            self._backoff = min(self._backoff * 2, _BACKOFF_S[1])

    async def _attempt(self) -> None:
        try:
            await self._session()
        except* (aiomqtt.MqttError, OSError) as group:
            self._disconnected(str(group.exceptions[0]))

    async def _session(self) -> None:
        changes = self._subscribe()
        try:
            async with self._client() as client:
                await client.subscribe(_WISHES, qos=1)
                await client.publish(_STATUS, "online", qos=1, retain=True)
                _heed_cancellation()
                self._connected()
                await self._serve(client, changes)
        finally:
            changes.close()

    async def _serve(self, client: aiomqtt.Client, changes: Changes) -> None:
        try:
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(_publish(client, changes))
                tasks.create_task(_listen(client, Wishes(tasks, self._submit)))
        except asyncio.CancelledError:  # an orderly end sends no last will, so we say it ourselves
            await client.publish(_STATUS, "offline", qos=1, retain=True, timeout=1.0)
            raise

    def _client(self) -> aiomqtt.Client:
        return aiomqtt.Client(
            self._broker.host,
            self._broker.port,
            username=self._broker.user,
            password=self._broker.password,
            keepalive=15,
            timeout=5.0,
            socket_options=_NODELAY,
            max_queued_incoming_messages=1_000,
            will=aiomqtt.Will(_STATUS, "offline", qos=1, retain=True),
        )

    def _connected(self) -> None:
        self._state, self._backoff = _UP, _BACKOFF_S[0]
        log.info("%s", self.health)

    def _disconnected(self, reason: str) -> None:
        before, self._state = self._state, f"not connected: {reason}"
        if not before.startswith("not connected: "):
            log.warning("%s", self.health)


async def _listen(client: aiomqtt.Client, wishes: Wishes) -> None:
    async for message in client.messages:
        if message.retain:
            log.warning("%s: a retained wish is not obeyed: it would come again at every start", message.topic)
        elif isinstance(message.payload, bytes):
            wishes.put(message.topic.value, message.payload)


async def _publish(client: aiomqtt.Client, changes: Changes) -> None:
    said: dict[str, str] = {}
    while True:
        for point, reading in (await changes.get()).items():
            text = as_text(reading.value)
            if said.get(point) != text:
                await client.publish(f"{ROOT}/{point.replace('.', '/', 1)}", text, retain=True)
                said[point] = text
                _heed_cancellation()


def _heed_cancellation() -> None:
    """Python 3.11's wait_for, which aiomqtt uses, loses a cancellation that comes together with its result."""
    task = asyncio.current_task()
    if task and task.cancelling():
        raise asyncio.CancelledError


def as_text(value: Value | None) -> str:
    """`21.5`, `230`, `true`, `charging`; numbers without a needless `.0`."""
    if value is None:
        return _GONE
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() else repr(round(value, 6))
    return str(value)
