"""The MQTT driver: one client for one broker, for all devices behind it."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Iterable, Sequence
from pathlib import Path

import aiomqtt

from drivers.json.in_force import LOOK_S, Own
from drivers.mqtt.behaviour import Message
from drivers.mqtt.kinds import MAPS, OWN_KIND, Kind
from drivers.mqtt.link import Broker, address, client_of
from drivers.mqtt.options import Options
from drivers.mqtt.own import Described
from drivers.mqtt.watch import TRIES, Watch
from hub.errors import NoAnswer, Refused
from hub.model import Clock, Command, Device, DeviceSpec, Driver, Link, Sink
from hub.model.document import hint
from hub.model.heard import Reading

log = logging.getLogger(__name__)

_BACKOFF_S = (0.2, 5.0)
_ACK_S = 1.0
_JUDGE_S = 0.1
"""so long before the settle time ends it is said that nothing came, so that this is what the journal says"""
_REFUSED_S = 0.3
"""so long a bridge has to say that a device which sleeps cannot be told this"""
_ANSWER_S = 1.5
_LONGEST_ANSWER_S = 4.0
_GONE_WITHIN_S = 9.5
"""From a device's last word until it counts as gone: the pause, and every question unanswered."""


def build(link: str, devices: Sequence[DeviceSpec], clock: Clock) -> Driver:
    """A driver for the broker at `link`; raises ConfigError for options that cannot be."""
    broker = address(link, devices[0].id)
    return MqttDriver(broker, [_watch(spec, broker) for spec in devices], clock)


def prepare(data: Path) -> None:
    """The owner's own descriptions of devices lie in `maps` of the data folder."""
    Own.folder = data / "maps"


class MqttDriver:
    """Owns the connection; messages go to each device's watch, commands to its topic."""

    def __init__(self, broker: Broker, watches: Sequence[Watch], clock: Clock) -> None:
        self._broker = broker
        self._watches = {watch.device.id: watch for watch in watches}
        self._clock = clock
        self._client: aiomqtt.Client | None = None
        self._subscribed: set[str] = set()
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
        """Returns when the device has told its value since, or the broker has it for one that sleeps.

        Raises NoAnswer when the device says nothing of it within its settle time, or Refused.
        """
        device, _, name = command.point.partition(".")
        watch = self._watches.get(device)
        if watch is None:
            raise Refused(f"{command.point}: no such device on this link")
        message, spec = watch.behaviour.write(name, command.value), watch.device.command(command.point)
        if spec is None:
            raise Refused(f"{command.point}: the device has no such command")
        until, before = asyncio.get_running_loop().time() + spec.settle_ms / 1000 - _JUDGE_S, watch.words
        for one in (message, *watch.behaviour.confirm()):
            await self._send(one)
        left = max(until - asyncio.get_running_loop().time(), _JUDGE_S)
        prompt = watch.behaviour.prompt
        if not await watch.shown(spec, command.value, before, left if prompt else min(left, _REFUSED_S)) and prompt:
            raise NoAnswer(f"{device} has not said what became of it")

    def raw(self, device: str) -> tuple[Reading, ...]:
        """The wire's own readings of a device, as last told."""
        watch = self._watches.get(device)
        return watch.raw if watch else ()

    async def _send(self, message: Message) -> None:
        if self._client is None:
            raise NoAnswer(f"the broker at {self._broker.shown} is not connected")
        try:
            await self._client.publish(message.topic, message.payload, 1, message.retain, timeout=_ACK_S)
        except aiomqtt.MqttError as error:
            raise NoAnswer(f"the broker at {self._broker.shown}: {error}") from None

    async def _attempt(self, sink: Sink) -> None:
        try:
            await self._session(sink)
        except* (aiomqtt.MqttError, OSError) as group:
            self._lose(sink, str(_first(group)))

    async def _session(self, sink: Sink) -> None:
        async with client_of(self._broker) as client:
            for watch in self._watches.values():
                watch.begin()
            self._subscribed = set()
            await self._subscribe(client, self._watches.values())
            log.info("mqtt %s: connected", self._broker.shown)
            self._client, self._backoff = client, _BACKOFF_S[0]
            try:
                async with asyncio.TaskGroup() as tasks:
                    tasks.create_task(self._listen(client, sink))
                    tasks.create_task(self._follow(client, sink))
                    for watch in self._watches.values():
                        tasks.create_task(watch.keep_asking(_publisher(client), sink))
                        tasks.create_task(watch.keep_holding(self._clock, sink))
            finally:
                self._client = None

    async def _subscribe(self, client: aiomqtt.Client, watches: Iterable[Watch]) -> None:
        """To what is not subscribed yet; devices that describe themselves name their topics later."""
        wanted = {topic for watch in watches for topic in watch.behaviour.topics()} - self._subscribed
        if wanted:
            self._subscribed |= wanted
            await client.subscribe([(topic, 0) for topic in sorted(wanted)])
            _heed_cancellation()

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
                    await self._subscribe(client, (watch,))

    async def _follow(self, client: aiomqtt.Client, sink: Sink) -> None:
        """An owner's file may have been changed: from now on its device is as it says."""
        while True:
            await asyncio.sleep(LOOK_S)
            for watch in self._watches.values():
                if isinstance(watch.behaviour, Described) and watch.behaviour.look():
                    watch.renew(sink)
                    await self._subscribe(client, (watch,))

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


def _watch(spec: DeviceSpec, broker: Broker) -> Watch:
    options = Options(spec)
    kind = _kind(options)
    if spec.role not in kind.roles:
        listed = ", ".join(kind.roles)
        raise options.error("role", f"{spec.role.value} is none of what this map is for: {listed}")
    behaviour = kind.make(options)
    options.done(("map", "poll_s", "answer_s", *kind.options))
    device = Device(spec.uid, spec.id, spec.role, Link("mqtt", broker.shown), behind=spec.behind)
    return Watch(device, behaviour, *_patience(spec, kind.poll_s))


def _kind(options: Options) -> Kind:
    name = options.text("map")
    if name.endswith(".toml"):
        return OWN_KIND
    if name not in MAPS:
        known = f"{hint(name, MAPS)}, or name a .toml file of your own"
        raise options.error("map", f"{name!r} is not an MQTT device{known}")
    return MAPS[name]


def _patience(spec: DeviceSpec, poll_s: float) -> tuple[float, float]:
    """Seconds between questions and for an answer; a pause that would hide a device's death for too long is cut."""
    options = Options(spec)
    answer = min(options.number("answer_s", _ANSWER_S, 0.05, 60), _LONGEST_ANSWER_S)
    poll = options.number("poll_s", poll_s, 0.05, 86_400)
    return min(poll, _GONE_WITHIN_S - TRIES * answer), answer


def _first(group: BaseExceptionGroup[BaseException]) -> BaseException:
    first = group.exceptions[0]
    return _first(first) if isinstance(first, BaseExceptionGroup) else first
