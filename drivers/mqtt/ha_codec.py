"""Captures of Home Assistant's discovery: what devices offer, and what they tell of it in the same capture. Pure.

A discovery message alone has readings (what is offered, key by key) and no points. Where states follow in a capture,
each device gets a place: what it is by its components, numbered as the devices come.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from drivers.json.told import Told, leaves
from drivers.mqtt import capture
from drivers.mqtt.capture import Packet
from drivers.mqtt.ha_choice import choose
from drivers.mqtt.ha_config import Entity, entities, is_config
from drivers.mqtt.ha_entity import Offer, Slot, offer
from drivers.mqtt.homeassistant import availability, point, tell
from hub.model.heard import NO_HINTS, Capture, CaptureHints, Heard

_PLACES = (("climate", "thermostat"), ("light", "light"), ("switch", "plug"))
_METERED = ("power", "energy", "current_l1")
_SIGNS = ("state_topic", "stat_t", "command_topic", "cmd_t", "unique_id", "uniq_id", "cmps", "components", "device",
          "dev", "availability", "avty", "availability_topic", "avty_t")  # fmt: skip
_MOST_DEVICES = 500
_NEITHER = "is no discovery message of Home Assistant, and no state that one has announced"


def decode(data: bytes, hints: CaptureHints = NO_HINTS) -> Capture:
    """Messages with their topics, or payloads alone; the name of a file says which component it is. Raises nothing."""
    known = Known(hints.name)

    def understand(packet: Packet) -> Heard | str:
        told = Told()
        told.time = packet.at
        understood = known.read(told, packet)
        return told.heard(packet.offset) if understood else _NEITHER

    return capture.decode(data, understand, known.announces)


class Known:
    """The devices of a capture, as they describe themselves."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._devices: dict[str, dict[str, Offer]] = {}
        self._presences: set[str] = set()
        self._slots: dict[str, list[tuple[str, Slot]]] | None = None

    def read(self, told: Told, packet: Packet) -> bool:
        """A discovery message, or a state or presence that one has announced."""
        return self._config(told, packet) or self._state(told, packet)

    def announces(self, topic: str) -> bool:
        """Whether a device has said that a state or its presence is told there."""
        return topic in self._by_topic() or topic in self._presences

    def _config(self, told: Told, packet: Packet) -> bool:
        if packet.topic and not is_config(packet.topic):
            return False
        if packet.topic and packet.payload in (b"", b"null"):
            told.reading("removed", packet.topic)
            return True
        found = entities(packet.topic or self._named(), packet.payload)
        offered = [e for e in found if packet.topic or e.device or any(sign in e.config for sign in _SIGNS)]
        for entity in offered:
            self._add(told, entity, len(offered) > 1)
        return bool(offered)

    def _named(self) -> str:
        """A file without topics may be called after its component."""
        parts = [part for part in self._name.removesuffix(".json").replace("-", "_").split("_") if part]
        component = next((part for part in parts if part in _COMPONENTS), "")
        return f"homeassistant/{component}/{parts[-1] if parts else 'object'}/config"

    def _add(self, told: Told, entity: Entity, several: bool) -> None:
        one = offer(entity)
        prefix = f"{entity.object}." if several else ""
        told.reading(f"{prefix}component", entity.component)
        for slot in one.slots:
            told.reading(f"{prefix}offers.{slot.code}", f"{slot.quantity or 'reading'} {slot.unit}".strip())
        for path, _, value in leaves(entity.config):
            told.reading(prefix + path, value)
        for path, _, value in leaves(entity.device):
            told.reading(f"{prefix}device.{path}", value)
        for problem in one.problems:
            told.problem(problem)
        told.device.update(entity.facts)
        identity = next(iter(entity.identifiers), entity.object)
        if identity in self._devices or len(self._devices) < _MOST_DEVICES:
            self._devices.setdefault(identity, {})[f"{entity.component}/{entity.object}"] = one
            self._presences.update(availability(entity))
        self._slots = None

    def _state(self, told: Told, packet: Packet) -> bool:
        mine = self._by_topic().get(packet.topic, [])
        for place, slot in mine:
            if place:
                point(told, place, slot, packet.payload)
            else:
                tell(told, slot, packet.payload)
        presence = self._presence(packet)
        if presence is not None:
            told.reading("availability", presence)
        return bool(mine) or presence is not None

    def _by_topic(self) -> dict[str, list[tuple[str, Slot]]]:
        if self._slots is None:
            self._slots = {}
            for place, slot in self._places():
                self._slots.setdefault(slot.topic, []).append((place, slot))
        return self._slots

    def _places(self) -> Iterator[tuple[str, Slot]]:
        """Every slot twice: as a reading, and at its place as a point."""
        counts: dict[str, int] = {}
        for offers in self._devices.values():
            role = role_of(offers.values())
            counts[role] = n = counts.get(role, 0) + 1
            choice = choose(offers.values(), role, {})
            yield from (("", slot) for slot in choice.readings)
            yield from ((role if n == 1 else f"{role}_{n}", slot) for slot in choice.slots)

    def _presence(self, packet: Packet) -> str | None:
        for offers in self._devices.values():
            for one in offers.values():
                found = availability(one.entity).get(packet.topic)
                if found:
                    return str(found[0].of(packet.payload))[:40]
        return None


_COMPONENTS = ("sensor", "binary", "switch", "light", "number", "climate", "select", "fan", "cover", "siren", "event",
               "update", "button", "lock", "valve", "text", "device")  # fmt: skip


def role_of(offers: Iterable[Offer]) -> str:
    """What a device is by what it offers."""
    listed = tuple(offers)
    components = {one.entity.component for one in listed}
    for component, role in _PLACES:
        if component in components:
            return role
    metered = any(slot.quantity in _METERED for one in listed for slot in one.slots)
    return "meter" if metered else "sensor"
