"""From words to a checked tree: one walk down, units and names looked up on the way."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Iterable, Mapping
from typing import TypeAlias, TypeVar

from hub.model import Kind, Quantity
from hub.model.moment import WEEKDAYS
from hub.model.units import UNITS
from hub.rules import tree, units
from hub.rules.tokens import Sentence, Token

T = TypeVar("T")
Points: TypeAlias = Mapping[str, Quantity]
_SIGNS = ("<", "<=", ">", ">=", "=", "==", "!=")
_CLOCKS = {"time": units.TIME, "sunrise": units.TIME, "sunset": units.TIME, "sun.elevation": "deg"}
_FLAGS = ("holiday", "sun.up")
_WORDS = (*_CLOCKS, *_FLAGS, "weekday", "weekend", "known", "min", "max", "abs", "and", "or", "not", "between", "in")
_DEEPEST = 40
_MOST_PARTS = 100
"""Both keep a sentence far from Python's own limit of nesting: a chain of sums is a deep tree too."""
_ON = {"on": True, "true": True, "off": False, "false": False}

Typed: TypeAlias = tuple[tree.Amount, str]
"""An amount and its unit."""


class Parser:
    """Of one sentence. `points`: what it may speak of."""

    def __init__(self, sentence: Sentence, points: Points) -> None:
        self._sentence = sentence
        self._points = points
        self._tokens = sentence.tokens()
        self._at = self._depth = self._parts = 0
        self.bits = 0
        """comparisons with a band, so far"""

    # -- what may be asked for ---------------------------------------------------------------------------------------

    def condition(self) -> tree.Truth:
        """The whole text as a condition; raises RuleError."""
        found = self._either()
        self._end()
        return found

    def amount(self, unit: str) -> tree.Amount:
        """The whole text as an amount in `unit`; raises RuleError."""
        begin = self._now
        found, its = self._sum()
        self._end()
        if units.same(its, unit or units.PLAIN) is None:
            raise self._error(begin, f"this is {its}, and {unit or units.PLAIN} is wanted")
        return found

    # -- truths ------------------------------------------------------------------------------------------------------

    def _either(self) -> tree.Truth:
        found = self._both()
        while self._took("or"):
            self._one_more()
            found = tree.Either(found, self._both())
        return found

    def _both(self) -> tree.Truth:
        found = self._not()
        while self._took("and"):
            self._one_more()
            found = tree.Both(found, self._not())
        return found

    def _not(self) -> tree.Truth:
        if self._took("not"):
            return tree.Not(self._deeper(self._not))
        return self._truth()

    def _truth(self) -> tree.Truth:
        begin = self._now
        if begin.text == "(" and self._is_group():
            self._next()
            found = self._deeper(self._either)
            self._need(")")
            return found
        if begin.kind == "name":
            special = self._special(begin)
            if special is not None:
                return special
        left, unit = self._sum()
        return self._compared(begin, left, unit)

    def _is_group(self) -> bool:
        """Whether the parenthesis here holds a condition: it does if a comparison or a word of one stands in it."""
        depth = 0
        for token in self._tokens[self._at :]:
            depth += (token.text == "(") - (token.text == ")")
            if depth == 0:
                return False
            q = self._points.get(token.text)
            if token.text in (*_SIGNS, "and", "or", "not", "in", "between", "weekend", "known", *_FLAGS):
                return True
            if q and (q.choices or _switch(q)):
                return True
        return False

    def _special(self, begin: Token) -> tree.Truth | None:
        """What is a truth without being compared, or is compared with words."""
        name = begin.text
        if name == "weekend":
            self._next()
            return tree.Day((5, 6))
        if name in _FLAGS:
            self._next()
            return tree.Flag(name)
        if name == "weekday":
            self._next()
            negative = self._now.text == "!="
            days = tree.Day(self._chosen("weekday", WEEKDAYS))
            return tree.Not(days) if negative else days
        if name == "known":
            self._next()
            self._need("(")
            point = self._point(self._next())
            self._need(")")
            return tree.Known(point)
        q = self._points.get(name)
        return self._worded(name, q) if q and (q.choices or _switch(q)) else None

    def _worded(self, point: str, q: Quantity) -> tree.Truth:
        """A state, or a switch: alone, or compared with on or off."""
        self._next()
        if q.choices:
            negative = self._now.text == "!="
            chosen = self._chosen(point, q.choices)
            found: tree.Truth = tree.State(point, tuple((q.choices[k], k) for k in chosen))
            return tree.Not(found) if negative else found
        if self._now.text not in ("=", "==", "!="):
            return tree.Switch(point)
        negative = self._next().text == "!="
        word = self._next()
        if word.text not in _ON:
            raise self._error(word, f"{point} is on or off, not {word.text}")
        return tree.Switch(point) if _ON[word.text] is not negative else tree.Not(tree.Switch(point))

    def _chosen(self, what: str, choices: tuple[str, ...]) -> tuple[int, ...]:
        """`= word` or `in (word, word)`, as the words' numbers."""
        sign = self._next()
        if sign.text == "in":
            self._need("(")
            found = [self._word(what, choices)]
            while self._took(","):
                found.append(self._word(what, choices))
            self._need(")")
            return tuple(found)
        if sign.text not in ("=", "==", "!="):
            raise self._error(sign, f"{what} is compared by = or !=, or with `in (...)`, not by {sign.text}")
        return (self._word(what, choices),)

    def _word(self, what: str, choices: tuple[str, ...]) -> int:
        word = self._next()
        text = word.text.strip('"')
        if text not in choices:
            raise self._error(word, f"{what} is never {text!r}{_meant(text, choices)}")
        return choices.index(text)

    def _compared(self, begin: Token, left: tree.Amount, unit: str) -> tree.Truth:
        sign = self._next()
        if sign.text == "between":
            return self._between(begin, left, unit)
        if sign.text not in _SIGNS:
            raise self._error(sign, f"a comparison was expected here, like > 1500 W, not {sign.text}")
        right, its = self._sum()
        both = self._same(sign, unit, its)
        text = "=" if sign.text == "==" else sign.text
        if self._now.text not in ("+-", "±"):
            return tree.Compare(text, left, right)
        wide = self._next()
        if text in ("=", "!="):
            raise self._error(wide, "a band goes with <, <=, > and >= only")
        band, of = self._sum()
        self._same(wide, "min" if both == units.TIME else both, of)
        self.bits += 1
        return tree.Compare(text, left, right, band, self.bits - 1)

    def _between(self, begin: Token, left: tree.Amount, unit: str) -> tree.Truth:
        low, one = self._sum()
        joint = self._next()
        if joint.text != "and":
            raise self._error(joint, f"`between A and B` needs `and` here, not {joint.text}")
        high, other = self._sum()
        both = self._same(joint, self._same(begin, unit, one), other)
        return tree.Between(left, low, high, both == units.TIME)

    # -- amounts -----------------------------------------------------------------------------------------------------

    def _sum(self) -> Typed:
        left, unit = self._product()
        while self._now.text in ("+", "-"):
            self._one_more()
            sign = self._next()
            right, its = self._product()
            both = units.added(sign.text, unit, its)
            if both is None:
                raise self._error(sign, f"{unit or 'a number'} and {its or 'a number'} do not add up")
            left, unit = tree.Sum(sign.text, left, right), both
        return left, unit

    def _product(self) -> Typed:
        left, unit = self._signed()
        while self._now.text in ("*", "/"):
            self._one_more()
            sign = self._next()
            right, its = self._signed()
            both = units.multiplied(sign.text, unit, its)
            if both is None:
                raise self._error(sign, "a time of day cannot be multiplied")
            left, unit = tree.Sum(sign.text, left, right), both
        return left, unit

    def _signed(self) -> Typed:
        if self._took("-"):
            of, unit = self._deeper(self._signed)
            return tree.Number(-of.value) if isinstance(of, tree.Number) else tree.Negative(of), unit
        return self._atom()

    def _atom(self) -> Typed:
        token = self._next()
        if token.kind == "number":
            return self._number(token)
        if token.kind == "time":
            return tree.Number(float(self._minutes(token))), units.TIME
        if token.text == "(":
            found = self._deeper(self._sum)
            self._need(")")
            return found
        if token.kind != "name":
            raise self._error(token, f"a number, a point or a time was expected here, not {token.text}")
        if token.text in ("min", "max", "abs") and self._now.text == "(":
            return self._pick(token)
        if token.text in _CLOCKS:
            return tree.Clock(token.text), _CLOCKS[token.text]
        point = self._point(token)
        q = self._points[point]
        if q.choices:
            raise self._error(token, f"{point} is a word, like {q.choices[0]}, and cannot be calculated with")
        return tree.Reading(point), q.unit or units.PLAIN

    def _pick(self, name: Token) -> Typed:
        self._need("(")
        found = [self._deeper(self._sum)]
        for _ in range(name.text != "abs"):
            self._need(",")
            found.append(self._deeper(self._sum))
        self._need(")")
        unit = found[0][1] if len(found) == 1 else self._same(name, found[0][1], found[1][1])
        return tree.Pick(name.text, tuple(of for of, _ in found)), unit

    def _number(self, token: Token) -> Typed:
        value, word = float(token.text), self._now
        if word.text in UNITS and not (word.text in ("min", "max") and self._after.text == "("):
            self._next()
            unit, factor = UNITS[word.text]
            return tree.Number(value * factor), unit
        if word.kind in ("name", "unit") and word.text not in (*_WORDS, *self._points):
            raise self._error(word, f"{word.text!r} is no unit{_meant(word.text, UNITS, 0.4)}")
        return tree.Number(value), units.ANY

    def _minutes(self, token: Token) -> int:
        hour, minute = map(int, token.text.split(":"))
        if hour > 23 or minute > 59:
            raise self._error(token, f"{token.text} is no time of day; it goes from 00:00 to 23:59")
        return hour * 60 + minute

    def _point(self, token: Token) -> str:
        if token.text in self._points:
            return token.text
        raise self._error(token, f"there is no point {token.text!r}{_meant(token.text, (*self._points, *_WORDS))}")

    # -- the words ---------------------------------------------------------------------------------------------------

    @property
    def _now(self) -> Token:
        return self._tokens[self._at]

    @property
    def _after(self) -> Token:
        return self._tokens[min(self._at + 1, len(self._tokens) - 1)]

    def _next(self) -> Token:
        token = self._now
        self._at = min(self._at + 1, len(self._tokens) - 1)
        return token

    def _took(self, text: str) -> bool:
        if self._now.text != text:
            return False
        self._next()
        return True

    def _need(self, text: str) -> None:
        token = self._next()
        if token.text != text:
            raise self._error(token, f"{text!r} was expected here, not {token.text}")

    def _end(self) -> None:
        if self._now.kind != "end":
            raise self._error(self._now, f"{self._now.text!r} is too much here; join conditions with `and` or `or`")

    def _same(self, at: Token, left: str, right: str) -> str:
        both = units.same(left, right)
        if both is None:
            raise self._error(at, f"{left or 'a number'} cannot be compared with {right or 'a number'}")
        return both

    def _deeper(self, walk: Callable[[], T]) -> T:
        self._depth += 1
        if self._depth > _DEEPEST:
            raise self._error(self._now, f"is nested more than {_DEEPEST} deep; make two rules of it")
        try:
            return walk()
        finally:
            self._depth -= 1

    def _one_more(self) -> None:
        self._parts += 1
        if self._parts >= _MOST_PARTS:
            raise self._error(self._now, f"has more than {_MOST_PARTS} parts; make two rules of it")

    def _error(self, token: Token, message: str) -> Exception:
        return self._sentence.error(token.at, message)


def _switch(q: Quantity) -> bool:
    return q.kind is Kind.STATE and q.high == 1 and not q.choices


def _meant(text: str, known: Iterable[str], cutoff: float = 0.6) -> str:
    near = difflib.get_close_matches(text, list(known), 1, cutoff)
    return f"; did you mean {near[0]!r}?" if near else ""
