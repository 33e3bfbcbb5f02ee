"""Captures of a whole broker, as `shems record` writes them: each message is read by whoever knows its topic. Pure."""

from __future__ import annotations

import re

from drivers.json.told import Told
from drivers.mqtt import capture, ha_codec, shelly_gen2_codec, tasmota_codec, z2m_codec
from drivers.mqtt.capture import Packet
from drivers.mqtt.shelly_gen1 import ROOT, Codec
from hub.model.heard import NO_HINTS, Capture, CaptureHints, Heard

_TASMOTA = re.compile(
    r"(?:.*/)?(?:tele|stat)/(?:.*/)?[A-Z]+\d{0,2}|tasmota/discovery/[^/]+/(?:config|sensors)"
    r"|(?:STATE|SENSOR|RESULT|STATUS\d{0,2}|POWER\d?)"  # in its console, as long as it has no broker
)
_GEN2 = re.compile(r"(?P<id>.+?)/(?P<rest>status/[a-z0-9_]+(?::\d+)?|events/rpc|rpc)")
_NOBODY = "no device of a known kind tells anything on this topic"
_MOST_DEVICES = 1_000


def decode(data: bytes, hints: CaptureHints = NO_HINTS) -> Capture:
    """Messages with their topics. Raises nothing."""
    broker = _Broker(hints.name)
    return capture.decode(data, broker.understand, broker.announces)


class _Broker:
    """What has been learnt of the devices by the messages so far."""

    def __init__(self, name: str) -> None:
        self._offered = ha_codec.Known(name)
        self._zigbee = z2m_codec.Known()
        self._gen1: dict[str, Codec] = {}

    def understand(self, packet: Packet) -> Heard | str:
        """The one with the surest sign is asked first: a topic of zigbee2mqtt may be announced for others as well."""
        told = Told()
        told.time = packet.at
        for read in (self._by_topic, self._zigbee.read, self._offered.read):
            if read(told, packet):
                return told.heard(packet.offset)
        return _NOBODY if packet.topic else "has no topic, which says what it means"

    def announces(self, topic: str) -> bool:
        return self._offered.announces(topic)

    def _by_topic(self, told: Told, packet: Packet) -> bool:
        topic, payload = packet.topic, packet.payload
        if topic.startswith(f"{ROOT}/"):
            return self._shelly(told, topic.removeprefix(f"{ROOT}/"), payload)
        if match := _GEN2.fullmatch(topic):
            return shelly_gen2_codec.read(told, match["rest"], payload)
        return bool(_TASMOTA.fullmatch(topic)) and tasmota_codec.read(told, topic, payload)

    def _shelly(self, told: Told, rest: str, payload: bytes) -> bool:
        """`shellies/announce` is every device's; Gen2 devices may be set to live below `shellies` as well."""
        if match := _GEN2.fullmatch(rest):
            return shelly_gen2_codec.read(told, match["rest"], payload)
        id_, _, below = rest.partition("/")
        if id_ not in self._gen1 and len(self._gen1) < _MOST_DEVICES:
            self._gen1[id_] = Codec({"shellyem3": True, "shellyem": False}.get(id_.partition("-")[0]))
        return self._gen1.get(id_, Codec()).read(told, below or id_, payload)
