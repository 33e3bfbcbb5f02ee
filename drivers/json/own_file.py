"""What the owners' own descriptions of devices have in common: TOML with a closed schema, and no expressions. Pure.

A file says where each point is told and how it is set; what a request or a topic is, each protocol says for itself.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar

from drivers.json.path import JsonPath
from drivers.json.told import Told, is_state, shown, text_number
from drivers.json.wish import switch, wanted_number, wanted_switch
from hub.model import OWN_ROLES, QUANTITIES, CommandSpec, Role, Value, Wear
from hub.model.document import Document, Table, hint

Sent = TypeVar("Sent")

_PLACE = re.compile(r"([a-z]+)(?:_([2-9]|[1-9]\d))?")
_TEMPLATE = re.compile(r"\{([A-Za-z_]\w*)\}")
_LARGEST = 1e9
_FIGURE = ("at", "scale", "sign", "offset", "values")
_SETTING = ("low", "high", "step", "scale", "values", "whole", "settle_s", "heartbeat_s", "flash", "writes_a_day")


@dataclass(frozen=True, slots=True)
class Figure:
    """Where a point is told, and what makes it base units with the house's sign.

    `source`: the request or the topic. `at`: the place in the JSON, None when all of it is the value. `choices`: wire
    text in lower case -> value.
    """

    place: str
    quantity: str
    source: str
    at: JsonPath | None
    scale: float = 1.0
    offset: float = 0.0
    choices: Mapping[str, Value] = field(default_factory=dict)

    @property
    def point(self) -> str:
        return f"{self.place}.{self.quantity}"

    def tell(self, told: Told, raw: object) -> None:
        """What `raw` of the wire means. None says nothing."""
        if raw is None:
            return
        if self.choices:
            meaning = self.choices.get(str(raw).lower())
            if meaning is None:
                told.problem(f"{self.point}: {shown(str(raw))} is not among its values")
            told.point(self.place, self.quantity, meaning)
        elif is_state(self.quantity):
            state = switch(raw)
            told.point(self.place, self.quantity, str(raw) if state is None else state)
        else:
            number = text_number(raw)
            told.point(self.place, self.quantity, raw if number is None else number, self.scale, self.offset)


@dataclass(frozen=True, slots=True)
class Setting(Generic[Sent]):
    """How a point is set: `{value}` in `sent` is the wish divided by `scale`, or its text in `choices`."""

    place: str
    quantity: str
    sent: Sent
    low: float
    high: float
    step: float
    scale: float
    settle_ms: int
    heartbeat_s: float
    wear: Wear
    writes_a_day: int
    whole: bool
    choices: Mapping[str, str] = field(default_factory=dict)

    def spec(self, device: str) -> CommandSpec:
        return CommandSpec(
            f"{device}.{self.quantity}",
            low=self.low,
            high=self.high,
            step=self.step,
            settle_ms=self.settle_ms,
            heartbeat_s=self.heartbeat_s,
            wear=self.wear,
            writes_a_day=self.writes_a_day,
        )

    def wire(self, value: Value) -> str:
        """What stands for `{value}`; raises Refused for what cannot be."""
        if is_state(self.quantity):
            wish = "true" if wanted_switch(value) else "false"
            return self.choices.get(wish, wish)
        number = wanted_number(value, self.low, self.high)
        named = self.choices.get(f"{number:g}")
        if named is not None:
            return named
        scaled = round(number / self.scale, 6)
        return str(round(scaled)) if self.whole else f"{scaled:.6f}".rstrip("0").rstrip(".")


class Form(Document):
    """The leaves of such a file. All raise ConfigError that names the file, the key and what to do."""

    def rows(self, t: Table, at: str) -> list[tuple[str, Table]]:
        """The tables of a table by name."""
        found = self.table(t, at)
        for name, row in found.items():
            if not isinstance(row, dict):
                raise self.error(f"{at}.{name}", 'must be a table; put a point in quotes, as "plug.power" = { ... }')
        return list(found.items())

    def figure(self, point: str, t: Table, key: str, source: Callable[[Table, str], str]) -> Figure:
        """`key`: the protocol's own beside those of all; `source`: what it says, by the table and the key's path."""
        at = f"points.{point}"
        place, quantity = self.point(point, at)
        self.keys(t, at, (key, *_FIGURE))
        return Figure(
            place,
            quantity,
            source(t, f"{at}.{key}"),
            self.json_path(t, f"{at}.at"),
            self.scale(t, f"{at}.scale") * self.sign(t, f"{at}.sign"),
            self.number(t, f"{at}.offset", 0, -_LARGEST, _LARGEST),
            self.values(t, f"{at}.values", quantity),
        )

    def setting(
        self,
        point: str,
        t: Table,
        figures: tuple[Figure, ...],
        keys: tuple[str, ...],
        sent: Callable[[Table, str], Sent],
        whole: bool,
    ) -> Setting[Sent]:
        """`keys`: the protocol's own beside those of all; `sent`: what they say, by the table and its path; `whole`:
        whether numbers are whole unless it says.
        """
        at = f"commands.{point}"
        place, quantity = self.point(point, at)
        self.keys(t, at, (*keys, *_SETTING))
        if point not in (figure.point for figure in figures):
            raise self.error(at, "must also be one of [points]: what is set is read back")
        low, high = self.limits(t, at, quantity)
        return Setting(
            place,
            quantity,
            sent(t, at),
            low,
            high,
            1 if is_state(quantity) else self.number(t, f"{at}.step", 1, 1e-6, 1e6),
            self.scale(t, f"{at}.scale"),
            round(self.number(t, f"{at}.settle_s", 1.5, 0.1, 60) * 1000),
            self.number(t, f"{at}.heartbeat_s", 0, 0, 86_400),
            Wear.FLASH if self.get(t, f"{at}.flash", bool, False) else Wear.VOLATILE,
            self.whole(t, f"{at}.writes_a_day", 100, 1, 100_000),
            self.get(t, f"{at}.whole", bool, whole),
            self.words(t, f"{at}.values"),
        )

    def point(self, point: str, at: str) -> tuple[str, str]:
        place, _, quantity = point.partition(".")
        match = _PLACE.fullmatch(place)
        roles = [role.value for role in Role if role not in OWN_ROLES]
        if match is None or match[1] not in roles:
            raise self.error(at, f"must begin with a role, as plug or plug_2{hint(place, roles)}")
        if not quantity:
            raise self.error(at, 'is no point; write it whole and in quotes, as "plug.power" = { ... }')
        if quantity not in QUANTITIES:
            raise self.error(at, f"{quantity!r} is no quantity{hint(quantity, QUANTITIES)}")
        return place, quantity

    def scale(self, t: Table, at: str) -> float:
        scale = self.number(t, at, 1, -_LARGEST, _LARGEST)
        if not scale:
            raise self.error(at, "must not be 0")
        return scale

    def sign(self, t: Table, at: str) -> int:
        sign: Any = t.get("sign", 1)
        if sign not in (1, -1) or isinstance(sign, bool):
            raise self.error(at, f"must be 1 or -1, not {sign!r}")
        return int(sign)

    def json_path(self, t: Table, at: str) -> JsonPath | None:
        text = self.get(t, at, str, "")
        try:
            return JsonPath.parse(text) if text else None
        except ValueError as error:
            raise self.error(at, str(error)) from None

    def values(self, t: Table, at: str, quantity: str) -> dict[str, Value]:
        """Wire text -> what it means; for a status one of its choices, for a state true or false, else a number."""
        found: dict[str, Value] = {}
        choices, state = QUANTITIES[quantity].choices, is_state(quantity)
        for wire, meaning in self.table(t, at).items():
            if choices:
                self.one_of(f"{at}.{wire}", meaning, choices)
            elif not isinstance(meaning, bool | int | float) or (state and meaning not in (0, 1)):
                raise self.error(f"{at}.{wire}", f"must be true, false or a number as {quantity} is, not {meaning!r}")
            found[wire.lower()] = bool(meaning) if state else meaning
        if choices and not found:
            raise self.error(at, f"is missing; say which text of the device means which of: {', '.join(choices)}")
        return found

    def limits(self, t: Table, at: str, quantity: str) -> tuple[float, float]:
        """A state has its own; anything else must say how far it may go."""
        entry = QUANTITIES[quantity]
        if is_state(quantity):
            return 0, 1
        if entry.choices:
            raise self.error(at, "is a text; only on/off and numbers can be set")
        for key in ("low", "high"):
            if key not in t:
                raise self.error(f"{at}.{key}", "is missing; say how far it may be set")
        least = -_LARGEST if entry.low is None else entry.low
        most = _LARGEST if entry.high is None else entry.high
        low = self.number(t, f"{at}.low", 0, least, most)
        return low, self.number(t, f"{at}.high", 0, low, most)

    def template(self, text: str, at: str) -> str:
        """Only {value}; other braces are the device's own and stay."""
        for name in _TEMPLATE.findall(text):
            if name != "value":
                raise self.error(at, f"{{{name}}} is not known; only {{value}} is put in")
        return text

    def words(self, t: Table, at: str) -> dict[str, str]:
        """What stands on the wire for true, false or a number."""
        found: dict[str, str] = {}
        for key, value in self.table(t, at).items():
            if not isinstance(value, str):
                raise self.error(f"{at}.{key}", "must be a text in quotes: what stands for it on the wire")
            found[key.lower()] = value
        return found
