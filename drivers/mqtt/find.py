"""Finding devices behind MQTT brokers, and capturing what a broker tells. Changes nothing on any device.

Discovery messages are retained, so a broker tells them at once. Shellies are asked who they are: those of the first
generation announce themselves, those of the second answer Shelly.GetDeviceInfo and Shelly.GetStatus.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable, Sequence
from urllib.parse import parse_qsl, urlencode, urlsplit

import aiomqtt

from drivers.mqtt.behaviour import as_payload
from drivers.mqtt.capture import line_of
from drivers.mqtt.link import Broker, broker_at, client_of
from drivers.mqtt.offers import SOURCE, TOPICS, Offers
from drivers.mqtt.shelly_gen1 import ROOT
from hub.errors import ConfigError, LinkError
from hub.model.found import Found, Where

log = logging.getLogger(__name__)

LISTEN_S = 4.0
"""At most so long, and once something came, until nothing new has come for QUIET_S."""
QUIET_S = 1.0
_MOST_BYTES = 32_000_000
_QUESTIONS = ("Shelly.GetDeviceInfo", "Shelly.GetStatus")


async def find(where: Where, found: Callable[[Found], None]) -> None:
    """Listens to each broker; one that is not there, or whose address cannot be, is logged and costs nothing else."""

    async def look(link: str) -> None:
        try:
            for one in await probe(link):
                found(one)
        except (LinkError, ConfigError) as error:
            log.warning("looking for devices: %s", error)

    async with asyncio.TaskGroup() as tasks:
        for link in where.brokers:
            tasks.create_task(look(link), name="find mqtt")


async def probe(link: str) -> Sequence[Found]:
    """The devices behind the broker at `link`; raises ConfigError, or LinkError when it is not there."""
    broker, offers = broker_at(link, "the broker's address"), Offers(link)
    try:
        async with client_of(broker) as client:
            await client.subscribe([(topic, 0) for topic in (*TOPICS, f"{SOURCE}/#")])
            await client.publish(f"{ROOT}/command", "announce")
            await _collect(client, offers)
    except aiomqtt.MqttError as error:
        raise _gone(broker, error) from None
    return tuple(offers.found())


async def _collect(client: aiomqtt.Client, offers: Offers) -> None:
    """Ends when something came and then nothing more for a while, or the time is over."""
    loop = asyncio.get_running_loop()
    until = end = loop.time() + LISTEN_S
    messages = aiter(client.messages)
    while loop.time() < end:
        try:
            async with asyncio.timeout_at(until):
                message = await anext(messages)
        except TimeoutError:
            return
        until = min(loop.time() + QUIET_S, end)
        if isinstance(message.payload, bytes) and (id_ := offers.take(message.topic.value, message.payload)):
            for n, method in enumerate(_QUESTIONS, 1):
                asked = {"id": n, "src": f"{SOURCE}/{id_}", "method": method}
                await client.publish(f"{id_}/rpc", as_payload(asked))


async def record(link: str, seconds: float) -> bytes:
    """All that the broker tells in so long, a JSON object a line; `?topic=tele/%23` narrows it. Raises LinkError."""
    link, topic = _narrowed(link)
    broker = broker_at(link, "the broker's address")
    lines: list[bytes] = []
    size = 0
    try:
        async with client_of(broker) as client:
            await client.subscribe(topic)
            async with asyncio.timeout(seconds):
                async for message in client.messages:
                    if isinstance(message.payload, bytes) and size < _MOST_BYTES:
                        now = time.time_ns() // 1_000_000
                        lines.append(line_of(message.topic.value, message.payload, now, message.retain))
                        size += len(lines[-1])
    except TimeoutError:
        pass
    except aiomqtt.MqttError as error:
        raise _gone(broker, error) from None
    if not lines:
        raise LinkError(f"the broker at {broker.shown} told nothing on {topic} in {seconds:g} s")
    return b"".join(lines)


def _narrowed(link: str) -> tuple[str, str]:
    """The link without its topic, and the topic; all of them unless it is said."""
    parts = urlsplit(link)
    query = dict(parse_qsl(parts.query))
    topic = query.pop("topic", "#")
    return parts._replace(query=urlencode(query)).geturl(), topic


def _gone(broker: Broker, error: aiomqtt.MqttError) -> LinkError:
    return LinkError(f"the broker at {broker.shown}: {error}")
