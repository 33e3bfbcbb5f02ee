"""A rule: from its document to checked conditions and actions, and back."""

from __future__ import annotations

import json
import re
import zlib
from collections.abc import Container, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from hub.model import HEEDED, CommandSpec, Kind, Quantity, Relation, Value
from hub.model.document import hint
from hub.model.quantity import MOMENTARY, TARGETS
from hub.rules import scalar, tree
from hub.rules.fixed import between_wholes, fixed
from hub.rules.parse import Parser, Points
from hub.rules.tokens import RuleError, Sentence, meant

KEYS = (*("name", "when", "for", "while", "then", "until"), *("priority", "cooldown", "min_for", "enabled"))
_LABELS = ("name", "priority", "enabled")
_ID = re.compile(r"[a-z][a-z0-9_]{0,39}")
_DURATION = re.compile(r"(\d+(?:\.\d+)?) *(s|min|h|d)")
_SECONDS = {"s": 1, "min": 60, "h": 3600, "d": 86_400}
_ACTION = re.compile(r"\s*([A-Za-z]\w*\.[A-Za-z]\w*)\s*(<=|>=|==?)\s*(.+?)\s*$", re.DOTALL)
_RELATIONS = {"=": Relation.SET, "==": Relation.SET, "<=": Relation.AT_MOST, ">=": Relation.AT_LEAST}
_LOWER, _UPPER = (Relation.SET, Relation.AT_LEAST), (Relation.SET, Relation.AT_MOST)
_CLOCK = re.compile(r"(\d{1,2}):(\d{2})")
_ON = {"on": True, "true": True, "off": False, "false": False}


@dataclass(frozen=True, slots=True)
class Condition:
    """`bits`: how many of its comparisons have a band."""

    text: str
    tree: tree.Truth
    bits: int
    truth: scalar.Truth = field(compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Action:
    """What is asked of a point: a fixed `value`, or an `amount` that is worked out each time."""

    point: str
    relation: Relation
    value: Value | None = None
    tree: tree.Amount | None = None
    amount: scalar.Amount | None = field(default=None, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Until:
    """What ends a rule: a condition, a time in force (s), or a time of day (minutes since midnight)."""

    condition: Condition | None = None
    seconds: float | None = None
    minute: int | None = None


@dataclass(frozen=True, slots=True)
class Rule:
    """`for_s`: how long `when` must hold before it fires; `hold` must go on holding (None: `when`); `min_for_s`: it
    then is in force for so long at least, unless `until` ends it; for `cooldown_s` after that it does not fire again.
    `digest`: of the text that says when it is in force and what it then asks; never 0.
    """

    id: str
    name: str
    when: Condition
    for_s: float
    hold: Condition | None
    then: tuple[Action, ...]
    until: Until
    priority: int
    cooldown_s: float
    min_for_s: float
    enabled: bool
    document: Mapping[str, Any] = field(compare=False, repr=False)
    digest: int

    @property
    def reads(self) -> tuple[str, ...]:
        """Points that its conditions and amounts look at, each once."""
        conditions = (c.tree for c in (self.when, self.hold, self.until.condition) if c)
        amounts = (action.tree for action in self.then if action.tree)
        return tuple(dict.fromkeys(p for tree in (*conditions, *amounts) for p in _points(tree)))

    @property
    def points(self) -> tuple[str, ...]:
        """All points that its conditions and actions speak of, each once."""
        return tuple(dict.fromkeys((*self.reads, *(action.point for action in self.then))))


def parse(
    id_: str, document: Mapping[str, Any], points: Points, commands: Mapping[str, CommandSpec], kept: bool = False
) -> Rule:
    """Raises RuleError, which names rule, field, column, and what to do. `commands`: what may be set, by point; of a
    rule that is `kept` a value may be beyond that, as a device may tell another rating one day, and it may say what
    can never be.
    """
    reader = _Reader(id_, document, points, commands, kept)
    return reader.rule()


def plain(rule: Rule) -> dict[str, Any]:
    """The document again, as it was."""
    return dict(rule.document)


class _Reader:
    def __init__(
        self, id_: str, doc: Mapping[str, Any], points: Points, commands: Mapping[str, CommandSpec], kept: bool
    ) -> None:
        self._id, self._doc, self._points, self._commands, self._kept = id_, doc, points, commands, kept
        if not _ID.fullmatch(id_):
            raise RuleError(f"rules.{id_}", "an id is up to 40 lower-case letters, digits and _; rename it")

    def rule(self) -> Rule:
        for key in self._doc:
            if key not in KEYS:
                raise self._error(key, f"unknown key{hint(key, KEYS)}")
        return Rule(
            self._id,
            self._text("name", self._id),
            self._condition("when", self._text("when")),
            self._seconds("for", 0.0),
            self._condition("while", self._text("while")) if "while" in self._doc else None,
            self._actions(),
            self._until(),
            self._priority(),
            self._seconds("cooldown", 0.0),
            self._seconds("min_for", 0.0),
            self._bool("enabled", True),
            dict(self._doc),
            _digest(self._doc),
        )

    def _condition(self, key: str, text: str) -> Condition:
        parser = Parser(Sentence(f"rules.{self._id}.{key}", text), self._points, self._kept)
        found = parser.condition()
        return Condition(text, found, parser.bits, scalar.truth(found))

    def _actions(self) -> tuple[Action, ...]:
        told = self._doc.get("then")
        listed = [told] if isinstance(told, str) else told
        if not isinstance(listed, list) or not listed or not all(isinstance(a, str) for a in listed):
            raise self._error("then", 'is missing or no list of texts; write then = ["heatpump.sg_ready = 3"]')
        actions: list[Action] = []
        for text in listed:
            action = self._action(text)
            if any((a.point, a.relation) == (action.point, action.relation) for a in actions):
                raise self._error("then", f"{action.point} is set twice; keep one of them")
            against = next((k for k, a in enumerate(actions) if exclude(a, action)), None)
            if against is not None and not self._kept:
                said = f"{listed[against]!r} is asked too, and both cannot be; change one of them"
                raise Sentence(f"rules.{self._id}.then", text).error(len(text) - len(text.lstrip()), said)
            actions.append(action)
        return tuple(actions)

    def _action(self, text: str) -> Action:
        match = _ACTION.match(text)
        if match is None:
            raise self._error("then", f"{text!r} is no action; write a point, = or <= or >=, and a value")
        point, sign, value = match.groups()
        spec, sentence = self._commands.get(point), Sentence(f"rules.{self._id}.then", text, match.start(3))
        if point not in self._points or spec is None:
            near = meant(point, self._commands) or hint(point, self._commands)
            raise sentence.error(match.start(1), f"{point!r} cannot be set{near}")
        if point.partition(".")[2] in MOMENTARY:
            raise sentence.error(match.start(1), f"{point} is for a person to ask for, never for a rule; take it out")
        if point.partition(".")[2] in TARGETS:
            said = f"{point} needs a time to be reached by; a schedule with an end has one"
            raise sentence.error(match.start(1), said)
        q, relation = self._points[point], _RELATIONS[sign]
        choices = spec.choices or q.choices
        if choices or (q.high == 1 and value in _ON):
            if relation is not Relation.SET:
                raise sentence.error(match.start(2), f"{point} is a word and can only be set with =")
            return Action(point, relation, self._word(sentence, point, value, choices))
        if point.partition(".")[2] in HEEDED and relation is not Relation.SET and not self._kept:
            raise sentence.error(match.start(2), f"{point} is an amount to heed and can only be set with =")
        found = self._amount(sentence, point, value, spec)
        return Action(point, relation, None, found, scalar.amount(found))

    def _amount(self, sentence: Sentence, point: str, value: str, spec: CommandSpec) -> tree.Amount:
        q = self._points[point]
        switch = q.kind is Kind.STATE and q.high == 1
        if switch and value.casefold() in _ON:
            raise sentence.error(sentence.begin, f"{point} is on or off, not {value}")
        found = Parser(sentence, self._points, self._kept).amount(q.unit)
        if isinstance(found, tree.Number):
            if switch and found.value not in (0, 1):
                raise sentence.error(sentence.begin, f"{point} is on or off, not {value}")
            if not self._kept:
                self._in_range(sentence, point, found.value, spec, q)
        if (said := between_wholes(fixed(found), q)) and not self._kept:
            raise sentence.error(sentence.begin, f"{point} is always {said}")
        return found

    def _word(self, sentence: Sentence, point: str, value: str, choices: Sequence[str]) -> Value:
        word = value.strip('"')
        if not choices:
            return _ON[word]
        if word not in choices:
            near = meant(word, choices) or hint(word, choices)
            raise sentence.error(sentence.begin, f"{point} cannot be {word!r}{near}")
        return word

    def _in_range(self, sentence: Sentence, point: str, value: float, spec: CommandSpec, q: Quantity) -> None:
        low = q.low if spec.low is None else spec.low
        high = q.high if spec.high is None else spec.high
        if value != 0 and ((low is not None and value < low) or (high is not None and value > high)):
            ends = " ".join(f"{word} {end:g}" for word, end in (("from", low), ("to", high)) if end is not None)
            raise sentence.error(sentence.begin, f"{point} goes {ends} {q.unit}, not to {value:g}")

    def _until(self) -> Until:
        if "until" not in self._doc:
            return Until()
        text = self._text("until")
        if duration := _DURATION.fullmatch(text.strip()):
            seconds = float(duration[1]) * _SECONDS[duration[2]]
            if not seconds and not self._kept:
                raise self._error("until", f"{text} ends the rule as it begins; write a longer one, or leave it out")
            return Until(seconds=seconds)
        if clock := _CLOCK.fullmatch(text.strip()):
            hour, minute = int(clock[1]), int(clock[2])
            if hour > 23 or minute > 59:
                raise self._error("until", f"{text} is no time of day; it goes from 00:00 to 23:59")
            return Until(minute=hour * 60 + minute)
        return Until(condition=self._condition("until", text))

    def _seconds(self, key: str, default: float) -> float:
        told = self._doc.get(key)
        if told is None:
            return default
        match = _DURATION.fullmatch(told.strip()) if isinstance(told, str) else None
        if match is None:
            raise self._error(key, f"{told!r} is no duration; write it like '90 s', '5 min' or '2 h'")
        seconds = float(match[1]) * _SECONDS[match[2]]
        if seconds > 7 * 86_400:
            raise self._error(key, "is longer than a week")
        return seconds

    def _priority(self) -> int:
        told = self._doc.get("priority", 50)
        if isinstance(told, bool) or not isinstance(told, int) or not 0 <= told <= 100:
            raise self._error("priority", f"must be a whole number from 0 to 100, not {told!r}")
        return told

    def _text(self, key: str, default: str = "") -> str:
        told = self._doc.get(key, default)
        if not isinstance(told, str) or not told.strip():
            raise self._error(key, "is missing; add it" if told == "" else f"must be a text, not {told!r}")
        return told

    def _bool(self, key: str, default: bool) -> bool:
        told = self._doc.get(key, default)
        if not isinstance(told, bool):
            raise self._error(key, f"must be true or false, not {told!r}")
        return told

    def _error(self, key: str, message: str) -> RuleError:
        return RuleError(f"rules.{self._id}.{key}", message)


def exclude(one: Action, other: Action) -> bool:
    """Whether no value could be what both ask."""
    a, b = fixed(one.tree), fixed(other.tree)
    if a is None or b is None or one.point != other.point:
        return False
    above = a > b and one.relation in _LOWER and other.relation in _UPPER
    return above or (a < b and one.relation in _UPPER and other.relation in _LOWER)


def _digest(document: Mapping[str, Any]) -> int:
    told = {key: value for key, value in document.items() if key not in _LABELS}
    return zlib.crc32(json.dumps(told, sort_keys=True).encode()) or 1


def _points(node: object) -> list[str]:
    """All points in a tree, in its order."""
    if isinstance(node, tree.Reading | tree.State | tree.Switch | tree.Known):
        return [node.point]
    if isinstance(node, tuple):
        return [p for part in node for p in _points(part)]
    names: Container[str] = getattr(node, "__slots__", ())
    return [p for name in names for p in _points(getattr(node, name))] if names else []  # type: ignore[attr-defined]
