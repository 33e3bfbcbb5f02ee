"""The usual forms of Home Assistant's templates, read as data by a closed grammar. Nothing is ever evaluated. Pure.

Understood: one `{{ ... }}` as drivers/mqtt/ha_grammar.py has it, such a one between `{% if x is defined %}` and
`{% endif %}`, with an `{% else %}` or without; and for commands a text around one `{{ value }}`. Anything else is said
to be not understood.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from drivers.mqtt.ha_grammar import Node, Path, Reader, either, value_of

_WHOLE = re.compile(r"\{\{-?([^{}]*?)-?\}\}")
_IF = re.compile(
    r"\{%-?\s*if\s([^{}%]*?)-?%\}\s*\{\{-?([^{}]*?)-?\}\}\s*"
    r"(?:\{%-?\s*else\s*-?%\}(?:\s*\{\{-?([^{}]*?)-?\}\}\s*|[^{}%]*?))?\{%-?\s*endif\s*-?%\}"
)
_FILTER = re.compile(r"(float|int|round|is_defined)(?:\(\s*(?:default\s*=\s*)?(-?\d{0,9}(?:\.\d{0,9})?)\s*\))?")
_LONGEST = 400
_PAYLOAD = Path()


@dataclass(frozen=True, slots=True)
class Template:
    """What of a payload is the value."""

    tree: Node = _PAYLOAD

    def of(self, payload: bytes) -> object:
        """The value, None where there is none."""
        return value_of(self.tree, payload)


PLAIN = Template()


def at(*steps: str | int) -> Template:
    """The value that stands there in a JSON payload."""
    return Template(Path(True, steps))


def parse(text: object) -> Template:
    """Raises ValueError for a form that is not understood."""
    if text is None or text == "":
        return PLAIN
    told = text.strip() if isinstance(text, str) and len(text) <= _LONGEST else ""
    if match := _WHOLE.fullmatch(told):
        return Template(Reader(match[1]).expression())
    if match := _IF.fullmatch(told):
        other = Reader(match[3]).expression() if match[3] and not _constant(match[3]) else None
        return Template(either(Reader(match[1]).condition(), Reader(match[2]).expression(), other))
    raise ValueError(f"template {str(text)[:80]!r} is not of a form that is understood")


def _constant(text: str) -> bool:
    """What stands for a value that was not told."""
    return "value" not in text


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
