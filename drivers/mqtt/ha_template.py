"""The plain forms of Home Assistant's templates, read as data. Nothing is ever evaluated. Pure.

Understood: `{{ value }}`, `{{ value_json.a.b }}`, `{{ value_json['a'][0] }}`, each with the filters float, int, round
and is_defined behind it; and for commands a text around one `{{ value }}`. Anything else is said to be not understood.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from drivers.json.told import as_json, text_number, under

_WHOLE = re.compile(r"\{\{-?([^{}]*?)-?\}\}")
_STEP = re.compile(r"""\.([A-Za-z_]\w*)|\[\s*(?:'([^'\]]*)'|"([^"\]]*)"|(-?\d{1,4}))\s*\]""")
_FILTER = re.compile(r"(float|int|round|is_defined)(?:\(\s*(?:default\s*=\s*)?(-?\d{0,9}(?:\.\d{0,9})?)\s*\))?")
_LONGEST = 400


@dataclass(frozen=True, slots=True)
class Template:
    """Where in the payload the value is; without `json` it is the payload itself. `digits`: rounded to so many."""

    json: bool = False
    steps: tuple[str | int, ...] = ()
    whole: bool = False
    digits: int | None = None

    def of(self, payload: bytes) -> object:
        """The value, None where there is none."""
        found = under(as_json(payload), *self.steps) if self.json else payload.decode(errors="replace").strip()
        if not self.whole and self.digits is None:
            return found
        number = text_number(found)
        if number is None:
            return found
        return int(number) if self.whole else round(number, self.digits)


PLAIN = Template()


def parse(text: object) -> Template:
    """Raises ValueError for a form that is not understood."""
    if text is None or text == "":
        return PLAIN
    match = _WHOLE.fullmatch(text.strip()) if isinstance(text, str) and len(text) <= _LONGEST else None
    if match is None:
        raise ValueError(f"template {str(text)[:80]!r} is not of a form that is understood")
    head, *filters = (part.strip() for part in match[1].split("|"))
    json, steps = _path(head)
    whole, digits = _filters(filters)
    return Template(json, steps, whole, digits)


def _path(text: str) -> tuple[bool, tuple[str | int, ...]]:
    if text == "value":
        return False, ()
    if not text.startswith("value_json"):
        raise ValueError(f"template {text[:80]!r} is not of a form that is understood")
    steps: list[str | int] = []
    at = len("value_json")
    while at < len(text):
        match = _STEP.match(text, at)
        if match is None:
            raise ValueError(f"template {text[:80]!r} is not of a form that is understood")
        name, single, double, index = match.groups()
        steps.append(int(index) if index is not None else next(s for s in (name, single, double) if s is not None))
        at = match.end()
    return True, tuple(steps)


def _filters(filters: list[str]) -> tuple[bool, int | None]:
    whole, digits = False, None
    for text in filters:
        match = _FILTER.fullmatch(text)
        if match is None:
            raise ValueError(f"template filter {text[:40]!r} is not understood")
        if match[1] == "int":
            whole = True
        elif match[1] == "round":
            if match[2] and not match[2].isdecimal():
                raise ValueError(f"template filter {text[:40]!r} is not understood")
            digits = min(int(match[2] or 0), 9)
    return whole, digits


def command(text: object) -> str:
    """What is sent, with `{value}` where the wish stands. Raises ValueError for a form that is not understood."""
    if text is None or text == "":
        return "{value}"
    parts = _WHOLE.findall(text) if isinstance(text, str) and len(text) <= _LONGEST else []
    plain = isinstance(text, str) and "{%" not in text and "{#" not in text
    if not plain or len(parts) != 1 or not _is_value(parts[0]) or "{value}" in str(text):
        raise ValueError(f"command template {str(text)[:80]!r} is not of a form that is understood")
    return _WHOLE.sub("{value}", str(text))


def _is_value(text: str) -> bool:
    head, *filters = (part.strip() for part in text.split("|"))
    return head == "value" and all(_FILTER.fullmatch(f) for f in filters)
