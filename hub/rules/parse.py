"""From words to a checked tree: one walk down, units and names looked up on the way."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TypeAlias, TypeVar

from hub.model import Kind, Quantity
from hub.model.moment import WEEKDAYS
from hub.model.units import UNITS
from hub.rules import tree, units
from hub.rules.fixed import between_wholes, fixed
from hub.rules.tokens import Sentence, Token, meant

T = TypeVar("T")
Points: TypeAlias = Mapping[str, Quantity]
_SIGNS = ("<", "<=", ">", ">=", "=", "==", "!=")
_CLOCKS = {"time": units.TIME, "sunrise": units.TIME, "sunset": units.TIME, "sun.elevation": "deg"}
_FLAGS = ("holiday", "sun.up")
_JOINTS = ("and", "or", "not", "between", "in")
_PICKS = {"min": "min(grid.power, 0 W)", "max": "max(grid.power, 0 W)", "abs": "abs(grid.power)"}
_WORDS = (*_CLOCKS, *_FLAGS, "weekday", "weekend", "known", *_PICKS, *_JOINTS)
_SURE = 0.7
"""So near a word must be to one that joins conditions, that not a unit is sought first."""
_DEEPEST = 40
_MOST_PARTS = 100
"""Both keep a sentence far from Python's own limit of nesting: a chain of sums is a deep tree too."""
_ON = {"on": True, "true": True, "off": False, "false": False}


@dataclass(frozen=True, slots=True)
class Typed:
    """An amount, its unit, and the word that it begins with."""

    of: tree.Amount
    unit: str
    begin: Token


class Parser:
    """Of one sentence. `points`: what it may speak of. One that is `kept` may say what can never be, or what nobody can
    have meant: it goes on as it was understood when it was written.
    """

    def __init__(self, sentence: Sentence, points: Points, kept: bool = False) -> None:
        self._sentence = sentence
        self._points = points
        self._kept = kept
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
        found = self._sum()
        self._end()
        if units.same(found.unit, unit or units.PLAIN) is None:
            raise self._error(found.begin, f"this is {found.unit}, and {unit or units.PLAIN} is wanted")
        return found.of

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
        return self._compared(self._sum())

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
            raise self._error(word, f"{what} is never {text!r}{meant(text, choices)}")
        return choices.index(text)

    def _compared(self, left: Typed) -> tree.Truth:
        sign = self._next()
        if sign.text == "between":
            return self._between(left)
        if sign.text not in _SIGNS:
            said = f"a comparison was expected here, like > 1500 W, not {sign.text}"
            raise self._error(sign, said + meant(sign.text, ("between",)))
        right = self._sum()
        both = self._same(sign, left, right)
        text = "=" if sign.text == "==" else sign.text
        if text in ("=", "!="):
            self._can_equal(left, right)
            self._can_equal(right, left)
        if self._now.text not in ("+-", "±"):
            return tree.Compare(text, left.of, right.of)
        wide = self._next()
        if text in ("=", "!="):
            raise self._error(wide, "a band goes with <, <=, > and >= only")
        band = self._band(wide, both)
        self.bits += 1
        return tree.Compare(text, left.of, right.of, band, self.bits - 1)

    def _can_equal(self, one: Typed, other: Typed) -> None:
        q = self._points.get(one.of.point) if isinstance(one.of, tree.Reading) else None
        said = between_wholes(fixed(other.of), q) if q else ""
        if said:
            self._refuse(other.begin, f"{one.begin.text} is always {said}")

    def _band(self, wide: Token, unit: str) -> tree.Amount:
        band = self._sum()
        self._together(wide, "min" if unit == units.TIME else unit, band.unit)
        self._tell(band, unit, moved=True)
        if (fixed(band.of) or 0) < 0:
            self._refuse(band.begin, "a band is so wide to both sides, and never less than 0; take the minus out")
        return band.of

    def _between(self, left: Typed) -> tree.Truth:
        low = self._sum()
        joint = self._next()
        if joint.text != "and":
            raise self._error(joint, f"`between A and B` needs `and` here, not {joint.text}")
        high = self._sum()
        self._same(left.begin, left, low)
        both = self._same(joint, left, high)
        self._has_room(low, joint, high, both)
        return tree.Between(left.of, low.of, high.of, both == units.TIME)

    def _has_room(self, low: Typed, joint: Token, high: Typed, unit: str) -> None:
        """Times of day go over midnight; all else must rise."""
        a, b = fixed(low.of), fixed(high.of)
        if a is None or b is None or a < b or (a > b and unit == units.TIME):
            return
        one, other = self._text(low.begin, joint), self._text(high.begin, self._now)
        instead = f"write between {other} and {one}" if a > b else "widen it, or leave it out"
        self._refuse(low.begin, f"nothing is ever between {one} and {other}; {instead}")

    # -- amounts -----------------------------------------------------------------------------------------------------

    def _sum(self) -> Typed:
        left = self._product()
        while self._now.text in ("+", "-"):
            self._one_more()
            sign = self._next()
            right = self._product()
            both = units.added(sign.text, left.unit, right.unit)
            if both is None:
                raise self._error(sign, f"{left.unit or 'a number'} and {right.unit or 'a number'} do not add up")
            self._unbare(left, right, moved=True)
            left = Typed(tree.Sum(sign.text, left.of, right.of), both, left.begin)
        return left

    def _product(self) -> Typed:
        left = self._signed()
        while self._now.text in ("*", "/"):
            self._one_more()
            sign = self._next()
            right = self._signed()
            both = units.multiplied(sign.text, left.unit, right.unit)
            if both is None:
                raise self._error(sign, "a time of day cannot be multiplied")
            if sign.text == "/" and fixed(right.of) == 0:
                self._refuse(right.begin, "nothing can be divided by 0; take it out")
            left = Typed(tree.Sum(sign.text, left.of, right.of), both, left.begin)
        return left

    def _signed(self) -> Typed:
        begin = self._now
        if self._took("-"):
            found = self._deeper(self._signed)
            of = found.of
            turned = tree.Number(-of.value) if isinstance(of, tree.Number) else tree.Negative(of)
            return Typed(turned, found.unit, begin)
        return Typed(*self._atom(), begin)

    def _atom(self) -> tuple[tree.Amount, str]:
        """And its unit."""
        token = self._next()
        if token.kind == "number":
            return self._number(token)
        if token.kind == "time":
            return tree.Number(float(self._minutes(token))), units.TIME
        if token.text == "(":
            found = self._deeper(self._sum)
            self._need(")")
            return found.of, found.unit
        if token.kind != "name":
            raise self._error(token, f"a number, a point or a time was expected here, not {token.text}")
        if token.text in _PICKS and self._now.text == "(":
            return self._pick(token)
        if token.text in _CLOCKS:
            return tree.Clock(token.text), _CLOCKS[token.text]
        point = self._point(token)
        q = self._points[point]
        if q.choices:
            raise self._error(token, f"{point} is a word, like {q.choices[0]}, and cannot be calculated with")
        return tree.Reading(point), q.unit or units.PLAIN

    def _pick(self, name: Token) -> tuple[tree.Amount, str]:
        self._need("(")
        found = [self._deeper(self._sum)]
        for _ in range(name.text != "abs"):
            self._need(",")
            found.append(self._deeper(self._sum))
        self._need(")")
        unit = found[0].unit if len(found) == 1 else self._same(name, *found)
        return tree.Pick(name.text, tuple(t.of for t in found)), unit

    def _number(self, token: Token) -> tuple[tree.Amount, str]:
        value, word = float(token.text), self._now
        if word.text in UNITS and not (word.text in _PICKS and self._after.text == "("):
            self._next()
            unit, factor = UNITS[word.text]
            return tree.Number(value * factor), unit
        if word.kind in ("name", "unit") and word.text not in (*_WORDS, *self._points):
            joint = meant(word.text, _JOINTS, _SURE)
            raise self._error(word, f"{word.text!r} is no unit{joint or meant(word.text, UNITS, 0.4)}")
        return tree.Number(value), units.ANY

    def _minutes(self, token: Token) -> int:
        hour, minute = map(int, token.text.split(":"))
        if hour > 23 or minute > 59:
            raise self._error(token, f"{token.text} is no time of day; it goes from 00:00 to 23:59")
        return hour * 60 + minute

    def _point(self, token: Token) -> str:
        text = token.text
        if text in self._points:
            return text
        if text in _PICKS:
            raise self._error(token, f"{text!r} needs amounts in parentheses, like {_PICKS[text]}")
        if text in _WORDS:
            raise self._error(token, f"{text!r} cannot stand here; a number or a point was expected")
        raise self._error(token, f"there is no point {text!r}{meant(text, (*self._points, *_WORDS))}")

    # -- what goes together ------------------------------------------------------------------------------------------

    def _same(self, at: Token, left: Typed, right: Typed) -> str:
        """The unit of both."""
        both = self._together(at, left.unit, right.unit)
        self._unbare(left, right)
        return both

    def _together(self, at: Token, left: str, right: str) -> str:
        both = units.same(left, right)
        if both is None:
            raise self._error(at, f"{left or 'a number'} cannot be compared with {right or 'a number'}")
        return both

    def _unbare(self, left: Typed, right: Typed, moved: bool = False) -> None:
        self._tell(left, right.unit, moved)
        self._tell(right, left.unit, moved)

    def _tell(self, amount: Typed, beside: str, moved: bool = False) -> None:
        """That a bare number stands beside what has a unit, where that may mean anything."""
        said = units.bare(beside, fixed(amount.of), moved) if amount.unit == units.ANY else ""
        if said:
            self._refuse(amount.begin, said)

    def _refuse(self, at: Token, message: str) -> None:
        if not self._kept:
            raise self._error(at, message)

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
            said = meant(self._now.text, _JOINTS, _SURE) or "; join conditions with `and` or `or`"
            raise self._error(self._now, f"{self._now.text!r} is too much here{said}")

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

    def _text(self, begin: Token, end: Token) -> str:
        return self._sentence.text[begin.at : end.at].strip()

    def _error(self, token: Token, message: str) -> Exception:
        return self._sentence.error(token.at, message)


def _switch(q: Quantity) -> bool:
    return q.kind is Kind.STATE and q.high == 1 and not q.choices
