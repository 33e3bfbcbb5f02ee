"""An owner's own description of an MQTT device: a TOML file with a closed schema. No expressions.

Read by `parse`; every error names the file, the key and what to do. docs/mqtt-devices.md shows one.
"""

from __future__ import annotations

from dataclasses import dataclass

from drivers.json.own_file import Figure, Form, Setting
from drivers.json.path import JsonPath
from drivers.mqtt.behaviour import Message
from hub.model.document import Document, Table

BASE = "~"
"""Stands for the option `topic` at the beginning of a topic, so that one file serves several devices."""


@dataclass(frozen=True, slots=True)
class Presence:
    """Where the device tells that it is there, and its words for it."""

    topic: str
    at: JsonPath | None
    online: str
    offline: str


@dataclass(frozen=True, slots=True)
class Description:
    """A whole file. `holds_s`, `silent_s`: see the behaviour. `question`: what makes it tell its values at once."""

    vendor: str
    model: str
    figures: tuple[Figure, ...]
    settings: tuple[Setting[Message], ...]
    presence: Presence | None
    question: Message | None
    holds_s: float
    silent_s: float

    @property
    def places(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(figure.place for figure in self.figures))


def parse(text: str, where: str) -> Description:
    """Raises ConfigError."""
    return _Parser(where).description(Document.load(text, where))


class _Parser(Form):
    def description(self, t: Table) -> Description:
        self.keys(t, "", ("vendor", "model", "points", "commands", "availability", "ask", "holds_s", "silent_s"))
        figures = tuple(self.figure(point, row, "topic", self.topic) for point, row in self.rows(t, "points"))
        if not figures:
            raise self.error("points", 'is missing; name at least one, as "plug.power" = { topic = "~/power" }')
        return Description(
            self.get(t, "vendor", str, ""),
            self.get(t, "model", str, ""),
            figures,
            tuple(
                self.setting(point, row, figures, ("topic", "payload", "retain"), self.sent, whole=False)
                for point, row in self.rows(t, "commands")
            ),
            self.presence(self.table(t, "availability")) if "availability" in t else None,
            self.question(self.table(t, "ask")) if "ask" in t else None,
            self.number(t, "holds_s", 0, 0, 86_400),
            self.number(t, "silent_s", 300, 0, 1e6),
        )

    def topic(self, t: Table, at: str) -> str:
        topic = self.need(t, at)
        if set(topic) & set("+#\0") or topic.startswith("/"):
            raise self.error(at, f"{topic!r} is no single topic; write it out, without + and #")
        if BASE in topic and not topic.startswith(f"{BASE}/"):
            raise self.error(at, f"{BASE} stands only at the beginning, as {BASE}/power: for the device's option topic")
        return topic

    def presence(self, t: Table) -> Presence:
        at = "availability"
        self.keys(t, at, ("topic", "at", "online", "offline"))
        return Presence(
            self.topic(t, f"{at}.topic"),
            self.json_path(t, f"{at}.at"),
            self.get(t, f"{at}.online", str, "online"),
            self.get(t, f"{at}.offline", str, "offline"),
        )

    def question(self, t: Table) -> Message:
        self.keys(t, "ask", ("topic", "payload"))
        return Message(self.topic(t, "ask.topic"), self.get(t, "ask.payload", str, ""))

    def sent(self, t: Table, at: str) -> Message:
        payload = self.template(self.get(t, f"{at}.payload", str, "{value}"), f"{at}.payload")
        if "{value}" not in payload:
            raise self.error(f"{at}.payload", "has no {value}, so it would always set the same")
        return Message(self.topic(t, f"{at}.topic"), payload, self.get(t, f"{at}.retain", bool, False))
