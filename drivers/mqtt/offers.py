"""What the messages of a broker show of the devices behind it, for whoever looks for devices. Pure.

zigbee2mqtt lists its devices, Tasmota and Home Assistant's discovery describe each one, a Shelly announces itself.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from drivers.json.told import as_object, under
from drivers.mqtt import z2m_codec
from drivers.mqtt.ha_codec import role_of
from drivers.mqtt.ha_config import entities, is_config
from drivers.mqtt.ha_entity import Offer, offer
from drivers.mqtt.shelly_gen1 import ROOT
from drivers.mqtt.shelly_gen2_codec import component_keys
from drivers.mqtt.tasmota import PATTERN
from drivers.mqtt.z2m_exposes import first_place
from hub.model import Role
from hub.model.found import Found

TOPICS = (
    "+/bridge/devices",
    "homeassistant/+/+/config",
    "homeassistant/+/+/+/config",
    "tasmota/discovery/+/+",
    f"{ROOT}/announce",
    f"{ROOT}/+/announce",
    "+/online",
    f"{ROOT}/+/online",
)
_ROLES = {
    "plug": (Role.PLUG,),
    "light": (Role.LIGHT,),
    "thermostat": (Role.THERMOSTAT,),
    "meter": (Role.METER, Role.GRID, Role.INVERTER),
    "grid": (Role.GRID, Role.METER, Role.INVERTER),
    "sensor": (Role.SENSOR,),
}
_GEN1 = (  # beginnings of ids: what they are
    ("shellyem", "grid"), ("shellydimmer", "light"), ("shellybulb", "light"), ("shellyvintage", "light"),
    ("shellyrgbw", "light"), ("shellycolor", "light"), ("shellyht", "sensor"), ("shellydw", "sensor"),
    ("shellytrv", "thermostat"), ("shelly1", "plug"), ("shellyplug", "plug"), ("shellyswitch", "plug"),
    ("shelly4pro", "plug"), ("shellypro", "plug"), ("shellyair", "plug"), ("shellyuni", "plug"),
)  # fmt: skip
_GEN2 = (("em", "grid"), ("em1", "grid"), ("switch", "plug"), ("light", "light"), ("rgb", "light"), ("rgbw", "light"),
         ("cct", "light"), ("pm1", "meter"), ("thermostat", "thermostat"), ("blutrv", "thermostat"),
         ("humidity", "sensor"))  # fmt: skip
_TASMOTA = re.compile(r"tasmota/discovery/([^/]+)/(config|sensors)")
_PREFIXES = ["cmnd", "stat", "tele"]
_MOST = 5_000
SOURCE = f"{ROOT}/shems-find"
"""Where a Shelly of the second generation answers who asks it"""


class Offers:
    """Collects messages; `found` tells what they show. Topics are those of TOPICS, and answers to SOURCE."""

    def __init__(self, link: str) -> None:
        self._link = link
        self._zigbee: dict[str, bytes] = {}
        self._entities: dict[str, dict[str, Offer]] = {}
        self._tasmota: dict[str, dict[str, Mapping[str, Any]]] = {}
        self._gen1: dict[str, Mapping[str, Any]] = {}
        self._gen2: dict[str, dict[str, Any]] = {}

    def take(self, topic: str, payload: bytes) -> str:
        """The id of a device of Shelly's second generation that has just shown itself, to be asked; "" else."""
        if topic.endswith("/bridge/devices"):
            self._zigbee[topic.removesuffix("/bridge/devices")] = payload
        elif is_config(topic) and not topic.startswith("tasmota/"):
            self._entity(topic, payload)
        elif match := _TASMOTA.fullmatch(topic):
            if len(self._tasmota) < _MOST:
                self._tasmota.setdefault(match[1], {})[match[2]] = as_object(payload)
        elif topic.startswith(SOURCE):
            self._answer(topic, as_object(payload))
        elif topic.endswith("/announce"):
            self._announce(as_object(payload))
        elif topic.endswith("/online") and payload.strip().lower() == b"true":
            return self._online(topic.removesuffix("/online"))
        return ""

    def _entity(self, topic: str, payload: bytes) -> None:
        for entity in entities(topic, payload):
            for identity in entity.identifiers[:1]:
                if identity in self._entities or len(self._entities) < _MOST:
                    known = self._entities.setdefault(identity, {})
                    known[f"{entity.component}/{entity.object}"] = offer(entity)

    def _announce(self, found: Mapping[str, Any]) -> None:
        id_ = found.get("id")
        if isinstance(id_, str) and id_ and "gen" not in found and len(self._gen1) < _MOST:
            self._gen1[id_] = found

    def _online(self, id_: str) -> str:
        """One below `shellies` may be of the first generation; it announces itself when asked."""
        if id_ in self._gen2 or len(self._gen2) >= _MOST:
            return ""
        self._gen2[id_] = {}
        return id_

    def _answer(self, topic: str, found: Mapping[str, Any]) -> None:
        id_ = topic.removeprefix(f"{SOURCE}/").removesuffix("/rpc")
        result = found.get("result")
        if id_ in self._gen2 and isinstance(result, Mapping):
            self._gen2[id_] |= result

    # -- what they are -----------------------------------------------------------------------------------------------

    def found(self) -> Iterator[Found]:
        """Each device once, by the surest of its words."""
        yield from self._zigbee_found()
        yield from self._tasmota_found()
        yield from self._gen1_found()
        yield from self._gen2_found()
        yield from self._entities_found()

    def _zigbee_found(self) -> Iterator[Found]:
        for base, payload in self._zigbee.items():
            for member in z2m_codec.members(payload).values():
                place = first_place(member.features)
                if member.why or not place:
                    continue
                options = {"map": "zigbee2mqtt/auto", "topic": member.name}
                options |= {} if base == "zigbee2mqtt" else {"base": base}
                yield self._of(place, member.facts, options, f"zigbee2mqtt at {base}")

    def _tasmota_found(self) -> Iterator[Found]:
        for mac, told in self._tasmota.items():
            config, sensors = told.get("config", {}), under(told, "sensors", "sn")
            topic, pattern = config.get("t"), config.get("ft", PATTERN)
            if not isinstance(topic, str) or not isinstance(pattern, str) or config.get("tp", _PREFIXES) != _PREFIXES:
                continue
            kind = _tasmota_kind(config, sensors if isinstance(sensors, Mapping) else {})
            options = {"map": f"tasmota/{kind}", "topic": topic} if kind else {}
            options |= {} if pattern == PATTERN or not kind else {"full_topic": pattern}
            facts = {"vendor": "Tasmota", "model": str(config.get("md", "")), "serial": mac}
            if kind:
                yield self._of(kind, facts | {"firmware": str(config.get("sw", ""))}, options, "Tasmota's discovery")

    def _gen1_found(self) -> Iterator[Found]:
        for id_, told in self._gen1.items():
            place = next((place for start, place in _GEN1 if id_.startswith(start)), "")
            facts = {"vendor": "Shelly", "model": str(told.get("model", "")), "serial": str(told.get("mac", ""))}
            options = {"map": "shelly/gen1", "topic": id_}
            if place:
                yield self._of(place, facts | {"firmware": str(told.get("fw_ver", ""))}, options, "its announcement")

    def _gen2_found(self) -> Iterator[Found]:
        for id_, told in self._gen2.items():
            kinds = {kind for kind, _ in component_keys(told)}
            place = next((place for kind, place in _GEN2 if kind in kinds), "")
            facts = {"vendor": "Shelly", "model": str(told.get("model", "")), "serial": str(told.get("mac", ""))}
            if place and "gen" in told:
                options = {"map": "shelly/gen2", "topic": id_}
                yield self._of(place, facts | {"firmware": str(told.get("ver", ""))}, options, "its answer by RPC")

    def _entities_found(self) -> Iterator[Found]:
        """A device that one of the others has found already is not told twice."""
        for identity, offers in self._entities.items():
            if self._known(identity, offers):
                continue
            listed = tuple(offers.values())
            if any(slot.quantity for one in listed for slot in one.slots):
                facts = next((one.entity.facts for one in listed if one.entity.facts), {})
                options = {"map": "homeassistant/device", "device": identity}
                yield self._of(role_of(listed), facts, options, "Home Assistant's discovery")

    def _known(self, identity: str, offers: Mapping[str, Offer]) -> bool:
        if identity.startswith("zigbee2mqtt_") and self._zigbee:
            return True
        names = {_bare(name) for one in offers.values() for name in one.entity.identifiers}
        shellies = (told.get("mac") for told in (*self._gen1.values(), *self._gen2.values()))
        macs = {_bare(str(mac)) for mac in (*self._tasmota, *shellies) if mac}
        return bool(names & macs)

    def _of(self, place: str, facts: Mapping[str, str], options: Mapping[str, object], how: str) -> Found:
        vendor, model = facts.get("vendor", ""), facts.get("model", "")
        serial, firmware = facts.get("serial", ""), facts.get("firmware", "")
        return Found("mqtt", self._link, _ROLES[place], vendor, model, serial, firmware, options, how)


def _tasmota_kind(config: Mapping[str, Any], sensors: Mapping[str, Any]) -> str:
    """`rl`: 1 a relay, 2 a light, 3 a shutter; "" for what has nothing of ours."""
    relays = config.get("rl")
    rows = relays if isinstance(relays, list) else []
    if 1 in rows:
        return "plug"
    if 2 in rows:
        return "light"
    if "ENERGY" in sensors:
        return "meter"
    return "sensor" if any(isinstance(v, Mapping) and "Temperature" in v for v in sensors.values()) else ""


def _bare(address: str) -> str:
    return address.replace(":", "").replace("-", "").lower()
