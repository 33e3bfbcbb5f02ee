"""What an entity of Home Assistant's discovery tells and takes: topics, plain templates, units, words. Pure.

Source: home-assistant.io, MQTT sensor, binary sensor, switch, light (default and JSON schema), number, climate, select.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace

from drivers.json.told import as_number, linear, shown, text_number
from drivers.json.wish import wanted_number, wanted_switch
from drivers.mqtt import ha_template
from drivers.mqtt.behaviour import plain
from drivers.mqtt.ha_config import Entity
from drivers.mqtt.ha_template import Template
from drivers.mqtt.ha_units import base, meaning
from hub.model import CommandSpec, Value
from hub.model.quantity import quantity

_OPENINGS = ("door", "window", "opening", "garage_door")
_LIGHT_SCALE = 255.0
_CLIMATE = (7.0, 35.0, 0.5)
"""lowest, highest, step where a thermostat says nothing, degC"""
_NUMBER = (1.0, 100.0, 1.0)
_SETTLE_MS = 1_500


@dataclass(frozen=True, slots=True)
class Slot:
    """Where one value of an entity is told. `quantity` is empty for what is a reading only.

    `words`: the texts for on and off; with `opening` on means open, so that the contact is not closed.
    """

    entity: str
    code: str
    topic: str
    template: Template
    quantity: str = ""
    unit: str = ""
    factor: float = 1.0
    offset: float = 0.0
    words: tuple[str, str] | None = None
    opening: bool = False

    def value(self, payload: bytes) -> Value | None:
        """In base units; None for what the payload does not tell. Raises ValueError for what is not understood."""
        raw = self.template.of(payload)
        if raw is None or raw in ("unknown", "unavailable", "None", ""):
            return None
        if self.words:
            return self._state(raw)
        if self.quantity and quantity(self.quantity).choices:
            return str(raw).lower()
        number = text_number(raw)
        if number is not None:
            return linear(number, self.factor, self.offset)
        if self.quantity:
            raise ValueError(f"{self.code}: {shown(raw)} is not a number")
        return raw if isinstance(raw, str | bool) else None

    def _state(self, raw: object) -> bool:
        """A truth of JSON is a text with a capital for a template."""
        text = str(raw).lower()
        on, off = self.words or ("", "")
        if text not in (on.lower(), off.lower()):
            raise ValueError(f"{self.code}: {shown(raw)} is neither {on!r} nor {off!r}")
        return (text == on.lower()) != self.opening


@dataclass(frozen=True, slots=True)
class Lever:
    """How a quantity is set. `payload` has `{value}` where the wish stands; `words` are those for on and off.

    `low`, `high`, `step` in base units; the wire's number is (wish - `offset`) / `factor`.
    """

    quantity: str
    topic: str
    payload: str = "{value}"
    words: tuple[str, str] | None = None
    low: float = 0.0
    high: float = 1.0
    step: float = 1.0
    factor: float = 1.0
    offset: float = 0.0
    whole: bool = False
    retain: bool = False

    def spec(self, device: str) -> CommandSpec:
        tolerance = 0.0 if self.words else self.step / 2
        return CommandSpec(
            f"{device}.{self.quantity}", self.low, self.high, self.step, (), _SETTLE_MS, tolerance=tolerance
        )

    def wired(self, value: Value) -> str:
        """Raises Refused."""
        if self.words:
            return self.payload.replace("{value}", self.words[0] if wanted_switch(value) else self.words[1])
        wanted = round(wanted_number(value, self.low, self.high) / self.step) * self.step
        number = round((wanted - self.offset) / self.factor, 3)
        return self.payload.replace("{value}", str(round(number) if self.whole else plain(number)))


@dataclass(frozen=True, slots=True)
class Offer:
    """All of an entity. `doubtful`: diagnostic or disabled, so that it is taken only when its owner names it."""

    entity: Entity
    slots: tuple[Slot, ...] = ()
    levers: tuple[Lever, ...] = ()
    problems: tuple[str, ...] = ()
    doubtful: bool = False


@dataclass(slots=True)
class _Draft:
    """An offer in the making."""

    entity: Entity
    slots: list[Slot] = field(default_factory=list)
    levers: list[Lever] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)

    def slot(self, part: str, topic: str, template: str, slot: Slot | None = None) -> None:
        """Adds what is told at the config's key `topic`, if it has one."""
        where = self.entity.text(topic)
        if not where:
            return
        try:
            parsed = ha_template.parse(self.entity.config.get(template))
        except ValueError as error:
            self.problems.append(f"{self.entity.component} {self.entity.object}: {template}: {error}")
            return
        code = f"{self.entity.object}.{part}" if part else self.entity.object
        self.slots.append(replace(slot or _BARE, entity=self.entity.object, code=code, topic=where, template=parsed))

    def lever(self, topic: str, template: str, lever: Lever) -> None:
        where = self.entity.text(topic)
        if not where or set(where) & set("+#"):
            return
        try:
            payload = ha_template.command(self.entity.config.get(template))
        except ValueError as error:
            self.problems.append(f"{self.entity.component} {self.entity.object}: {template}: {error}")
            return
        self.levers.append(
            replace(lever, topic=where, payload=payload, retain=self.entity.config.get("retain") is True)
        )

    def presence(self) -> None:
        """A presence that is not understood is not looked at, so it is said."""
        rows = self.entity.config.get("availability")
        templates = (
            [row.get("value_template") for row in rows if isinstance(row, Mapping)] if isinstance(rows, list) else []
        )
        for text in (*templates, self.entity.config.get("availability_template")):
            try:
                ha_template.parse(text)
            except ValueError as error:
                self.problems.append(f"{self.entity.component} {self.entity.object}: availability: {error}")

    def number(self, key: str, default: float) -> float:
        """Some write their numbers as texts."""
        found = text_number(self.entity.config.get(key))
        return default if found is None else float(found)

    def words(self) -> tuple[str, str]:
        return str(self.entity.config.get("payload_on", "ON")), str(self.entity.config.get("payload_off", "OFF"))

    def state_words(self) -> tuple[str, str]:
        on, off = self.words()
        return str(self.entity.config.get("state_on", on)), str(self.entity.config.get("state_off", off))


_BARE = Slot("", "", "", ha_template.PLAIN)


def offer(entity: Entity) -> Offer:
    """A component without a meaning of ours tells its state as a reading only."""
    draft = _Draft(entity)
    _READ.get(entity.component, _other)(draft)
    draft.presence()
    doubtful = entity.config.get("enabled_by_default") is False or bool(entity.text("entity_category"))
    return Offer(entity, tuple(draft.slots), tuple(draft.levers), tuple(draft.problems), doubtful)


def _other(draft: _Draft) -> None:
    where = "state_value_template" if draft.entity.text("state_value_template") else "value_template"
    draft.slot("", "state_topic", where)


def _sensor(draft: _Draft) -> None:
    config = draft.entity.config
    unit, factor, offset = base(config.get("unit_of_measurement"))
    found = meaning(config.get("device_class"), config.get("unit_of_measurement"))
    if found and found[0] == "energy" and config.get("state_class") == "measurement":
        found = None  # what goes up and down is no counter
    slot = Slot("", "", "", ha_template.PLAIN, found[0] if found else "", unit, factor, offset)
    draft.slot("", "state_topic", "value_template", replace(slot, factor=found[1]) if found else slot)


def _binary(draft: _Draft) -> None:
    opening = draft.entity.config.get("device_class") in _OPENINGS
    slot = replace(_BARE, quantity="contact" if opening else "", words=draft.state_words(), opening=opening)
    draft.slot("", "state_topic", "value_template", slot)


def _switch(draft: _Draft) -> None:
    draft.slot("", "state_topic", "value_template", replace(_BARE, quantity="on", words=draft.state_words()))
    draft.lever("command_topic", "command_template", Lever("on", "", words=draft.words()))


def _light(draft: _Draft) -> None:
    schema = draft.entity.config.get("schema", "basic")
    if schema not in ("basic", "default", "json"):
        draft.problems.append(f"light {draft.entity.object}: schema {str(schema)[:20]!r} is not understood")
        return
    scale = draft.number("brightness_scale", _LIGHT_SCALE)
    level = replace(_BARE, quantity="brightness", unit="%", factor=100 / scale if scale > 0 else 100 / _LIGHT_SCALE)
    dim = Lever("brightness", "", high=100.0, factor=level.factor, whole=True)
    if schema == "json":
        _json_light(draft, level, dim)
        return
    where = "state_value_template" if draft.entity.text("state_value_template") else "value_template"
    draft.slot("", "state_topic", where, replace(_BARE, quantity="on", words=draft.words()))
    draft.slot("brightness", "brightness_state_topic", "brightness_value_template", level)
    draft.lever("command_topic", "command_template", Lever("on", "", words=draft.words()))
    draft.lever("brightness_command_topic", "brightness_command_template", dim)


def _json_light(draft: _Draft, level: Slot, dim: Lever) -> None:
    """One topic for all, in and out, whose keys the schema names."""
    entity, words = draft.entity, ("ON", "OFF")
    topic, retain = entity.text("state_topic"), entity.config.get("retain") is True
    modes = entity.config.get("supported_color_modes")
    dimmable = entity.config.get("brightness") is True or (isinstance(modes, list) and modes not in ([], ["onoff"]))
    if topic:
        state = replace(_BARE, quantity="on", words=words, template=ha_template.at("state"))
        draft.slots.append(replace(state, entity=entity.object, code=entity.object, topic=topic))
    if topic and dimmable:
        told = replace(level, entity=entity.object, code=f"{entity.object}.brightness", topic=topic)
        draft.slots.append(replace(told, template=ha_template.at("brightness")))
    if command := entity.text("command_topic"):
        draft.levers.append(Lever("on", command, json.dumps({"state": "{value}"}), words, retain=retain))
        if dimmable:
            draft.levers.append(replace(dim, topic=command, payload='{"state": "ON", "brightness": {value}}'))


def _number(draft: _Draft) -> None:
    """What it sets, only its owner knows: it has a place once he has named it."""
    unit, factor, offset = base(draft.entity.config.get("unit_of_measurement"))
    draft.slot("", "state_topic", "value_template", replace(_BARE, unit=unit, factor=factor, offset=offset))
    low, high, step = (draft.number(k, d) for k, d in zip(("min", "max", "step"), _NUMBER, strict=True))
    ends = (linear(low, factor, offset), linear(high, factor, offset))
    if ends[0] < ends[1] and step > 0:
        lever = Lever("", "", "", None, *ends, step * factor, factor, offset)
        draft.lever("command_topic", "command_template", lever)


def _climate(draft: _Draft) -> None:
    unit = str(draft.entity.config.get("temperature_unit", "C"))
    _, factor, offset = base(unit)
    slot = replace(_BARE, unit="degC", factor=factor, offset=offset)
    draft.slot(
        "current", "current_temperature_topic", "current_temperature_template", replace(slot, quantity="temperature")
    )
    draft.slot(
        "target", "temperature_state_topic", "temperature_state_template", replace(slot, quantity="target_temperature")
    )
    draft.slot("mode", "mode_state_topic", "mode_state_template")
    draft.slot("action", "action_topic", "action_template")
    rows = (("min_temp", 0), ("max_temp", 1))
    low, high = (
        linear(v, factor, offset)
        if (v := as_number(text_number(draft.entity.config.get(k)))) is not None
        else _CLIMATE[n]
        for k, n in rows
    )
    step = draft.number("temp_step", _CLIMATE[2] / factor) * factor
    if low < high and step > 0:
        lever = Lever("target_temperature", "", "", None, low, high, step, factor, offset)
        draft.lever("temperature_command_topic", "temperature_command_template", lever)


_READ: Mapping[str, Callable[[_Draft], None]] = {
    "sensor": _sensor,
    "binary_sensor": _binary,
    "switch": _switch,
    "light": _light,
    "number": _number,
    "climate": _climate,
    "select": _other,
}


def named(chosen: Offer, name: str) -> tuple[Slot | None, Lever | None, str]:
    """The quantity that the owner has given to an entity: where it is told, how it is set, and what is wrong."""
    slot = next((s for s in chosen.slots if s.quantity in (name, "")), next(iter(chosen.slots), None))
    lever = next((v for v in chosen.levers if v.quantity in (name, "")), None)
    if slot is None:
        return None, None, f"{chosen.entity.object} tells nothing that is understood"
    unit = quantity(name).unit
    if slot.unit and slot.unit != unit:
        return None, None, f"{chosen.entity.object} is in {slot.unit}, and {name} is in {unit or 'no unit'}"
    return replace(slot, quantity=name), replace(lever, quantity=name) if lever else None, ""
