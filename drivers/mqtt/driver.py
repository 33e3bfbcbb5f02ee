"""The MQTT driver: one client for one broker, for all devices behind it."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence

import aiomqtt

from drivers.mqtt.behaviour import Behaviour, Message
from drivers.mqtt.link import address, client_of
from drivers.mqtt.tasmota import Plug
from drivers.mqtt.watch import TRIES, Watch
from drivers.mqtt.zigbee2mqtt import Light, Thermostat
from hub.errors import ConfigError, NoAnswer, Refused
from hub.model import Clock, Command, Device, DeviceSpec, Driver, Link, Point, Sink
from hub.model.broker import BrokerAddress
from hub.model.document import hint

log = logging.getLogger(__name__)

_BACKOFF_S = (0.2, 5.0)
_ACK_S = 1.0
_POLL_S = {"tasmota/plug": 5.0}
_OTHER_POLL_S = 6.0
_ANSWER_S = 1.5
_LONGEST_ANSWER_S = 4.0
_GONE_WITHIN_S = 9.5
"""From a device's last word until it counts as gone: the pause, and every question unanswered."""
_OPTIONS = ("map", "topic", "poll_s", "answer_s")
_MORE_OPTIONS = {"tasmota/plug": ("channel",)}
MAPS: dict[str, Callable[[DeviceSpec, str], Behaviour]] = {
    "tasmota/plug": lambda spec, topic: Plug(topic, int(_number(spec, "channel", 1, 1))),
    "zigbee2mqtt/light": lambda spec, topic: Light(topic, str(spec.options.get("base", "zigbee2mqtt"))),
    "zigbee2mqtt/thermostat": lambda spec, topic: Thermostat(topic, str(spec.options.get("base", "zigbee2mqtt"))),
}


def build(link: str, devices: Sequence[DeviceSpec], clock: Clock) -> Driver:
    """A driver for the broker at `link`; raises ConfigError for options that cannot be."""
    broker = address(link, devices[0].id)
    return MqttDriver(broker, [_watch(spec, broker) for spec in devices], clock)


class MqttDriver:
    """Owns the connection; messages go to each device's watch, commands to its topic."""

    def __init__(self, broker: BrokerAddress, watches: Sequence[Watch], clock: Clock) -> None:
        self._broker = broker
        self._watches = {watch.device.id: watch for watch in watches}
        self._clock = clock
        self._client: aiomqtt.Client | None = None
        self._backoff = _BACKOFF_S[0]

    @property
    def devices(self) -> tuple[Device, ...]:
        return tuple(watch.device for watch in self._watches.values())

    async def run(self, sink: Sink) -> None:
        while True:
            async with asyncio.TaskGroup() as tasks:  # a task of its own, so that its cancellations are counted apart
                tasks.create_task(self._attempt(sink))
            await asyncio.sleep(self._backoff)
            self._backoff = min(self._backoff * 2, _BACKOFF_S[1])

    async def apply(self, command: Command) -> None:
        """Returns when the broker has acknowledged; the device's own state message follows by itself."""
        device, _, name = command.point.partition(".")
        watch = self._watches.get(device)
        if watch is None:
            raise Refused(f"{command.point}: no such device on this link")
        message = watch.behaviour.write(name, command.value)
        await self._send(message)

    async def _send(self, message: Message) -> None:
        if self._client is None:
            raise NoAnswer(f"the broker at {self._broker.shown} is not connected")
        try:
            await self._client.publish(message.topic, message.payload, qos=1, timeout=_ACK_S)
        except aiomqtt.MqttError as error:
            raise NoAnswer(f"the broker at {self._broker.shown}: {error}") from None

    async def _attempt(self, sink: Sink) -> None:
        try:
            await self._session(sink)
        except* (aiomqtt.MqttError, OSError) as group:
            self._lose(sink, str(_first(group)))

    async def _session(self, sink: Sink) -> None:
        async with client_of(self._broker) as client:
            topics = {topic for watch in self._watches.values() for topic in watch.behaviour.topics()}
            await client.subscribe([(topic, 0) for topic in sorted(topics)])
            _heed_cancellation()
            log.info("mqtt %s: connected", self._broker.shown)
            self._client, self._backoff = client, _BACKOFF_S[0]
            try:
                async with asyncio.TaskGroup() as tasks:
                    tasks.create_task(self._listen(client, sink))
                    for watch in self._watches.values():
                        tasks.create_task(watch.keep_asking(_publisher(client), sink))
            finally:
                self._client = None

    async def _listen(self, client: aiomqtt.Client, sink: Sink) -> None:
        async for message in client.messages:
            payload = message.payload
            if not isinstance(payload, bytes):
                continue
            now = self._clock.now()
            for watch in self._watches.values():
                update = watch.behaviour.read(message.topic.value, payload)
                if update:
                    watch.take(update, now, message.retain, sink)

    def _lose(self, sink: Sink, reason: str) -> None:
        for watch in self._watches.values():
            watch.lose(sink, f"the broker at {self._broker.shown}: {reason}")


def _publisher(client: aiomqtt.Client) -> Callable[[Message], Awaitable[None]]:
    async def publish(message: Message) -> None:
        await client.publish(message.topic, message.payload, qos=0)
        _heed_cancellation()

    return publish


def _heed_cancellation() -> None:
    """Python 3.11's wait_for, which aiomqtt uses, loses a cancellation that comes together with its result."""
    task = asyncio.current_task()
    if task and task.cancelling():
        raise asyncio.CancelledError


def _watch(spec: DeviceSpec, broker: BrokerAddress) -> Watch:
    kind = str(spec.options.get("map", ""))
    if kind not in MAPS:
        raise ConfigError(f"devices.{spec.id}.map", f"{kind!r} is not an MQTT device; known: {', '.join(MAPS)}")
    for key in spec.options:
        if key not in (known := (*_OPTIONS, *_MORE_OPTIONS.get(kind, ("base",)))):
            raise ConfigError(f"devices.{spec.id}.{key}", f"unknown option{hint(key, known)}")
    behaviour = MAPS[kind](spec, _topic(spec))
    writable = {command.point for command in behaviour.commands(spec.id)}
    points = tuple(Point.of(spec.uid, spec.id, name, f"{spec.id}.{name}" in writable) for name in behaviour.quantities)
    device = Device(
        spec.uid,
        spec.id,
        spec.role,
        Link("mqtt", broker.shown),
        behind=spec.behind,
        points=points,
        commands=behaviour.commands(spec.id),
    )
    return Watch(device, behaviour, *_patience(spec, kind))


def _patience(spec: DeviceSpec, kind: str) -> tuple[float, float]:
    """Seconds between questions and for an answer; a pause that would hide a device's death for too long is cut."""
    answer = min(_number(spec, "answer_s", _ANSWER_S, 0.05), _LONGEST_ANSWER_S)
    poll = _number(spec, "poll_s", _POLL_S.get(kind, _OTHER_POLL_S), 0.05)
    return min(poll, _GONE_WITHIN_S - TRIES * answer), answer


def _topic(spec: DeviceSpec) -> str:
    topic = str(spec.options.get("topic", spec.id))
    if not topic or set(topic) & set("+#\0"):
        raise ConfigError(f"devices.{spec.id}.topic", f"{topic!r} is no topic of one device; no + or # in it")
    return topic


def _number(spec: DeviceSpec, key: str, default: float, low: float) -> float:
    value = spec.options.get(key, default)
    if isinstance(value, bool) or not isinstance(value, int | float) or value < low:
        raise ConfigError(f"devices.{spec.id}.{key}", f"{value!r} is not a number of at least {low:g}")
    return float(value)


def _first(group: BaseExceptionGroup[BaseException]) -> BaseException:
    first = group.exceptions[0]
    return _first(first) if isinstance(first, BaseExceptionGroup) else first
