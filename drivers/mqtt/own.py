"""Any MQTT device, described by a TOML file of its owner: topics, JSON paths, scales, and what is sent."""

from __future__ import annotations

from dataclasses import replace

from drivers.json.in_force import InForce
from drivers.json.own_file import Figure
from drivers.json.told import Told, as_json, leaves
from drivers.mqtt.behaviour import Message, Placed, Update
from drivers.mqtt.options import Options
from drivers.mqtt.own_file import BASE, Description, Presence, parse
from hub.errors import Refused
from hub.model import CommandSpec, Value
from hub.model.heard import Heard

_MOST_READINGS = 300


def make(options: Options) -> Described:
    """Options `map` (the file), `topic` (what ~ stands for), `channel` (which of several of its role), `reverse`."""
    file = InForce(options, parse)
    channel = options.whole("channel", 1, 1, 99)
    topic = options.topic()
    place = options.role if channel == 1 else f"{options.role}_{channel}"
    file.need(file.file, (place,))
    return Described(file, topic, place, options.role, options.flag("reversed"))


class Described(Placed):
    """Knows only what its file says."""

    def __init__(self, file: InForce[Description], topic: str, place: str, role: str, reverse: bool) -> None:
        self._file, self._topic = file, topic
        super().__init__((place,), role, (), reverse)
        self._fit()

    def look(self) -> bool:
        """Whether its file says something else now, and so does this."""
        changed = self._file.look(self._places)
        if changed:
            self._fit()
        return changed

    def _fit(self) -> None:
        file, (place,) = self._file.file, self._places
        self._figures = tuple(replace(f, source=self._filled(f.source)) for f in file.figures if f.place == place)
        self._settings = {s.quantity: s for s in file.settings if s.place == place}
        self.expect(f.quantity for f in self._figures)
        self._presence = file.presence and replace(file.presence, topic=self._filled(file.presence.topic))
        self._question = file.question and replace(file.question, topic=self._filled(file.question.topic))
        self._facts = {"vendor": file.vendor, "model": file.model}
        self.vouches = self._presence is not None and self._question is None
        self.holds_s, self.silent_s = file.holds_s, file.silent_s
        self.sleepy = self._question is None and not file.silent_s

    def _filled(self, topic: str) -> str:
        return self._topic + topic[1:] if topic.startswith(f"{BASE}/") else topic

    def commands(self, device: str) -> tuple[CommandSpec, ...]:
        return tuple(setting.spec(device) for setting in self._settings.values())

    def topics(self) -> tuple[str, ...]:
        presence = (self._presence.topic,) if self._presence else ()
        return tuple(dict.fromkeys((*(f.source for f in self._figures), *presence)))

    def hello(self) -> tuple[Message, ...]:
        return self.ask()

    def ask(self) -> tuple[Message, ...]:
        return (self._question,) if self._question else ()

    def read(self, topic: str, payload: bytes) -> Update | None:
        alive = _alive(self._presence, topic, payload)
        mine = tuple(f for f in self._figures if f.source == topic)
        if not mine:
            return None if alive is None else Update(alive=alive)
        heard = understand(mine, topic, payload)
        update = self.told(heard)
        return replace(update, alive=alive, answer=bool(heard.points), facts=self._facts)

    def write(self, name: str, value: Value) -> Message:
        setting = self._settings.get(name)
        if setting is None:
            raise Refused(f"its file has no command for {name}")
        sent = setting.sent
        payload = sent.payload.replace("{value}", setting.wire(value))
        return replace(sent, topic=self._filled(sent.topic), payload=payload)


def understand(figures: tuple[Figure, ...], topic: str, payload: bytes) -> Heard:
    """What a message says to the figures that are told on its topic. A key that it leaves out says nothing: many
    devices tell only what has changed.
    """
    told, found = Told(), as_json(payload)
    for n, (path, _, value) in enumerate(leaves(found)):
        if n < _MOST_READINGS:
            told.reading(f"{topic} {path}" if isinstance(found, dict | list) else topic, value)
    text = payload.decode(errors="replace").strip()
    if found is None:
        told.reading(topic, text[:200])
    for figure in figures:
        figure.tell(told, text if figure.at is None else figure.at.of(found))
    return told.heard()


def _alive(presence: Presence | None, topic: str, payload: bytes) -> bool | None:
    if presence is None or presence.topic != topic:
        return None
    at = presence.at
    word = payload.decode(errors="replace").strip() if at is None else str(at.of(as_json(payload)))
    return {presence.online.lower(): True, presence.offline.lower(): False}.get(word.lower())
