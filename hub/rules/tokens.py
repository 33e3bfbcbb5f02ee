"""A sentence as words with their places, and the one error that everything here raises."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable
from dataclasses import dataclass

from hub.errors import ConfigError

LONGEST = 2_000
_WORDS = re.compile(
    r"""(?P<time>\d{1,2}:\d{2})
    |(?P<number>\d+(?:\.\d*)?|\.\d+)
    |(?P<unit>(?:ct|EUR|CHF|GBP|cur)/kWh|W/m[2²](?!\w)|m³|°C|°)
    |(?P<name>[A-Za-z_][A-Za-z0-9_]*(?:\.[A-Za-z_][A-Za-z0-9_]*)?)
    |(?P<text>"[^"]*")
    |(?P<sign>\+-|±|<=|>=|!=|==|[-+*/()<>=,%])""",
    re.VERBOSE,
)


class RuleError(ConfigError):
    """A rule that cannot be used: which, in which field, at which column, and what to do."""


@dataclass(frozen=True, slots=True)
class Token:
    """`at`: its first column, from 0."""

    kind: str
    text: str
    at: int


@dataclass(frozen=True, slots=True)
class Sentence:
    """Where a text stands, for errors: `rules.night.when`. What is read of it begins at column `begin`, from 0."""

    where: str
    text: str
    begin: int = 0

    def error(self, at: int, message: str) -> RuleError:
        return RuleError(self.where, f"at column {at + 1} of {self.text!r}: {message}")

    def tokens(self) -> list[Token]:
        """Raises RuleError. The last one is an end."""
        if len(self.text) > LONGEST:
            raise RuleError(self.where, f"is longer than {LONGEST} characters; make two rules of it")
        found, at = [], self.begin
        while at < len(self.text):
            if self.text[at].isspace():
                at += 1
                continue
            match = _WORDS.match(self.text, at)
            if match is None:
                raise self.error(at, f"{self.text[at]!r} is not understood here; remove it")
            found.append(Token(match.lastgroup or "", match.group(), at))
            at = match.end()
        return [*found, Token("end", "the end", len(self.text))]


def meant(text: str, known: Iterable[str], cutoff: float = 0.6) -> str:
    """What else may have been meant, in capitals or not, as the end of a sentence."""
    listed = {word.casefold(): word for word in known if word != text}
    near = difflib.get_close_matches(text.casefold(), listed, 1, cutoff)
    return f"; did you mean {listed[near[0]]!r}?" if near else ""
