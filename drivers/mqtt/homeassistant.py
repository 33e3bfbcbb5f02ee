"""A device that describes itself by Home Assistant's discovery messages: ESPHome, OpenDTU, EVCC, and many more."""

from __future__ import annotations

from collections.abc import Mapping

from drivers.json.roles import as_role
from drivers.json.told import Told
from drivers.mqtt import ha_template
from drivers.mqtt.behaviour import Message, Placed, Update
from drivers.mqtt.ha_choice import Choice, choose
from drivers.mqtt.ha_config import Entity, entities, is_config
from drivers.mqtt.ha_entity import Offer, Slot, offer
from hub.errors import Refused
from hub.model import CommandSpec, Value
from hub.model.heard import Heard

PREFIX = "homeassistant"
_MOST = 300
"""entities of one device"""
Gate = tuple[ha_template.Template, str, str]
"""How a presence topic is read, and its words for there and not there."""


class Device(Placed):
    """All entities whose device has the identifier `device`; what they tell is of one device of the house.

    `wanted`: quantity -> the object of the entity that its owner has named. Powers are taken with the sign of the
    role; `reverse` turns them. Nothing can be asked: a device speaks when it likes.
    """

    vouches = True

    def __init__(
        self,
        device: str,
        role: str,
        wanted: Mapping[str, str],
        prefix: str = PREFIX,
        reverse: bool = False,
        holds_s: float = 0.0,
        silent_s: float = 0.0,
    ) -> None:
        super().__init__((role,), role, (), reverse)
        self._device = device
        self._needle = device.encode()
        self._wanted = wanted
        self._prefix = prefix
        self.holds_s, self.silent_s = holds_s, silent_s
        self.sleepy = not silent_s
        self._offers: dict[str, tuple[Offer, ...]] = {}
        self._choice = Choice()
        self._gates: dict[str, Gate] = {}
        self._presence: dict[str, bool] = {}
        self._own: frozenset[str] = frozenset()
        self._facts: dict[str, str] = {}

    def commands(self, device: str) -> tuple[CommandSpec, ...]:
        told = {slot.quantity for slot in self._choice.slots}
        return tuple(lever.spec(device) for lever in self._choice.levers if lever.quantity in told)

    def topics(self) -> tuple[str, ...]:
        configs = (f"{self._prefix}/+/+/config", f"{self._prefix}/+/+/+/config")
        return (*configs, *sorted(self._own))

    def hello(self) -> tuple[Message, ...]:
        return ()

    def ask(self) -> tuple[Message, ...]:
        return ()

    def read(self, topic: str, payload: bytes) -> Update | None:
        if is_config(topic) and topic.startswith(f"{self._prefix}/"):
            return self._read_config(topic, payload)
        if topic not in self._own:
            return None
        alive = self._read_presence(topic, payload)
        told = Told()
        for slot in self._choice.readings:
            if slot.topic == topic:
                tell(told, slot, payload)
        heard, mine = told.heard(), self._points(topic, payload)
        problems = (*heard.problems, *mine.problems)
        if not heard.readings and not problems and alive is None:
            return None
        return Update(self.values(mine), alive, bool(heard.readings), self._facts, heard.readings, problems)

    def write(self, name: str, value: Value) -> Message:
        lever = next((v for v in self._choice.levers if v.quantity == name), None)
        if lever is None:
            raise Refused(f"{self._device} offers no {name} to set")
        return Message(lever.topic, lever.wired(value), lever.retain)

    def _points(self, topic: str, payload: bytes) -> Heard:
        told = Told()
        for slot in self._choice.slots:
            if slot.topic == topic:
                point(told, self._role, slot, payload)
        return told.heard()

    # -- what it offers ----------------------------------------------------------------------------------------------

    def _read_config(self, topic: str, payload: bytes) -> Update | None:
        """A message without the identifier is not read any further: a house has thousands of them."""
        if payload and self._needle not in payload and topic not in self._offers:
            return None
        mine = tuple(offer(e) for e in entities(topic, payload) if self._device in e.identifiers)
        if not mine and self._offers.pop(topic, None) is None:
            return None
        if mine and len(self._offers) < _MOST:
            self._offers[topic] = mine
            self._facts = mine[0].entity.facts
        self._choice = choose((o for known in self._offers.values() for o in known), self._role, self._wanted)
        self._gates = {}
        for one in (o for known in self._offers.values() for o in known):
            self._gates |= availability(one.entity)
        self._own = frozenset((*(slot.topic for slot in self._choice.readings), *self._gates))
        self.quantities = tuple(
            as_role(dict.fromkeys((s.quantity for s in self._choice.slots), 0), self._role, self._role, self._reverse)
        )
        return Update(facts=self._facts, problems=self._choice.problems)

    def _read_presence(self, topic: str, payload: bytes) -> bool | None:
        """All of its presence topics say that it is there, or one that it is not."""
        if topic not in self._gates:
            return None
        template, there, gone = self._gates[topic]
        word = str(template.of(payload))
        if word not in (there, gone):
            return None
        self._presence[topic] = word == there
        alive = [state for name, state in self._presence.items() if name in self._gates]
        return False if not all(alive) else True if len(alive) == len(self._gates) else None


def availability(entity: Entity) -> dict[str, Gate]:
    """Presence topics that are understood, and their words."""
    rows = entity.config.get("availability")
    listed = [row for row in rows if isinstance(row, Mapping)] if isinstance(rows, list) else []
    if topic := entity.text("availability_topic"):
        template = entity.config.get("availability_template")
        listed = [{**entity.config, "topic": topic, "value_template": template}]
    found = {}
    for row in listed:
        try:
            template = ha_template.parse(row.get("value_template"))
        except ValueError:
            continue
        words = str(row.get("payload_available", "online")), str(row.get("payload_not_available", "offline"))
        if isinstance(row.get("topic"), str) and row["topic"] and not set(row["topic"]) & set("+#"):
            found[row["topic"]] = (template, *words)
    return found


def tell(told: Told, slot: Slot, payload: bytes) -> None:
    """Adds what a slot tells as a reading."""
    try:
        value = slot.value(payload)
    except ValueError as error:
        told.problem(str(error))
        return
    told.reading(slot.code, value, slot.unit)


def point(told: Told, place: str, slot: Slot, payload: bytes) -> None:
    """Adds what a slot tells as a point; what is wrong with it has been said with the reading."""
    try:
        told.point(place, slot.quantity, slot.value(payload))
    except ValueError:
        return
