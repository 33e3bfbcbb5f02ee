"""The connection of one MQTT device to a broker: comes up when the broker does, and again after every loss."""

import asyncio
import logging
import random
import socket
from collections.abc import Iterable
from dataclasses import dataclass
from urllib.parse import unquote, urlsplit

import aiomqtt

from ..device import Device
from ..fault import SLOW_S, Kind

LOG = logging.getLogger(__name__)
TICK_S = 0.2
BACKOFF_S = (0.2, 5.0)


@dataclass(frozen=True, slots=True)
class Message:
    topic: str
    payload: str
    retain: bool = False


class MqttDevice(Device):
    """What is said when; subclasses do no input or output. `tick` and `receive` give messages to publish."""

    client_id = ""
    topics: tuple[str, ...] = ()
    will = Message("", "")

    def hello(self) -> list[Message]:
        return []

    def tick(self) -> list[Message]:
        return []

    def receive(self, topic: str, payload: str) -> list[Message]:
        return []


@dataclass(frozen=True, slots=True)
class Broker:
    host: str
    port: int
    user: str | None
    password: str | None


def broker(url: str) -> Broker:
    """From mqtt://user:password@host:port; raises ValueError."""
    parts = urlsplit(url)
    if parts.scheme != "mqtt" or not parts.hostname:
        raise ValueError("the broker is given as mqtt://[user:password@]host[:port]")
    return Broker(
        parts.hostname,
        parts.port or 1883,
        parts.username and unquote(parts.username),
        parts.password and unquote(parts.password),
    )


class MqttLink:
    def __init__(self, device: MqttDevice, at: Broker, stop: asyncio.Event) -> None:
        self._device = device
        self._at = at
        self._stop = stop
        self._connected = False

    async def run(self) -> None:
        """Connect for ever; ends when asked to stop."""
        pause = BACKOFF_S[0]
        while not self._stop.is_set():
            try:
                if self._device.fault.kind is not Kind.DROP:
                    await self._session()
                    pause = BACKOFF_S[0]
            except aiomqtt.MqttError as error:
                pause = BACKOFF_S[0] if self._connected else min(pause * 1.5, BACKOFF_S[1])
                self._lost(str(error))
            await _wait(self._stop, pause)

    def _lost(self, why: str) -> None:
        """Said once for each loss; nothing is said of a broker that was not there yet, or that ends with the house."""
        if self._connected and not self._stop.is_set():
            LOG.warning("%s lost the broker: %s", self._device.name, why)
        self._connected = False

    def _client(self) -> aiomqtt.Client:
        will = self._device.will
        client = aiomqtt.Client(
            self._at.host,
            self._at.port,
            username=self._at.user,
            password=self._at.password,
            identifier=self._device.client_id,
            keepalive=20,
            timeout=5,
            will=aiomqtt.Will(will.topic, will.payload, 1, will.retain),
            socket_options=[(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)],
        )
        # aiomqtt keeps the end of a connection here and may look at it never, of which asyncio would complain
        client._disconnected.add_done_callback(_look_at)
        return client

    async def _session(self) -> None:
        will = self._device.will
        async with self._client() as client:
            self._connected = True
            for topic in self._device.topics:
                await client.subscribe(topic)
            await self._publish(client, self._device.hello())
            listening = asyncio.create_task(self._listen(client))
            try:
                await self._tick(client, listening)
            finally:
                listening.cancel()
                await asyncio.gather(listening, return_exceptions=True)
            await client.publish(will.topic, will.payload, 1, will.retain, timeout=0.5)

    async def _tick(self, client: aiomqtt.Client, listening: asyncio.Task[None]) -> None:
        """Say what the device says by itself, until it is dropped or the house ends."""
        while not self._stop.is_set() and self._device.fault.kind is not Kind.DROP:
            if listening.done():
                listening.result()
                return
            await self._publish(client, self._device.tick())
            await _wait(self._stop, TICK_S)

    async def _listen(self, client: aiomqtt.Client) -> None:
        async for message in client.messages:
            payload = message.payload
            text = payload.decode(errors="replace") if isinstance(payload, bytes | bytearray) else str(payload or "")
            kind = self._device.fault.kind
            if kind is Kind.SLOW:
                await asyncio.sleep(SLOW_S)
            if kind not in (Kind.SILENT, Kind.DROP):
                await self._publish(client, self._device.receive(str(message.topic), text))

    async def _publish(self, client: aiomqtt.Client, messages: Iterable[Message]) -> None:
        for message in messages:
            kind = self._device.fault.kind
            if kind in (Kind.SILENT, Kind.DROP):
                return
            self._device.reads += 1
            noise = kind is Kind.GARBAGE
            payload = random.randbytes(len(message.payload)) if noise else message.payload.encode()
            await client.publish(message.topic, payload, 0, message.retain)


def _look_at(ended: asyncio.Future[None]) -> None:
    if not ended.cancelled():
        ended.exception()


async def _wait(stop: asyncio.Event, seconds: float) -> None:
    try:
        await asyncio.wait_for(stop.wait(), seconds)
    except TimeoutError:
        return
