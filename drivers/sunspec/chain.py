"""Finding the models of a unit: the mark, then id and length of one model after the other. Pure: yields what to read.

Whatever a device answers, the walk ends: after `_MODELS` models, at an end mark, at a refusal, or where a length leads
out of the address space. What was found before garbage is kept.
"""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass
from typing import TypeAlias

from hub.errors import LinkError, NoAnswer, Refused

BASES = (40_000, 0, 50_000)
MARK = (0x5375, 0x6E53)
_END = (0xFFFF, 0)
_MODELS = 100
_SPACE = 0x1_0000

Answer: TypeAlias = tuple[int, ...] | NoAnswer | Refused


@dataclass(frozen=True, slots=True)
class Place:
    """A model of the chain: `address` of its id register, `length` without id and length."""

    model: int
    address: int
    length: int


@dataclass(frozen=True, slots=True)
class Wish:
    """Registers to read. `probe`: silence is an answer too, as some devices are silent about what they do not have."""

    address: int
    count: int = 2
    probe: bool = False


Walk: TypeAlias = Generator[Wish, Answer, tuple[Place, ...]]


def walk() -> Walk:
    """Sent the registers of each wish, or the error; returns the chain. Raises LinkError when there is none."""
    base = yield from _base()
    places: list[Place] = []
    at = base + len(MARK)
    while len(places) < _MODELS and at + 2 <= _SPACE:
        place = yield from _place(at)
        if place is None:
            break
        places.append(place)
        at += 2 + place.length
    if not places:
        raise LinkError(f"a SunSpec mark at {base}, but no model behind it")
    return tuple(places)


def _base() -> Generator[Wish, Answer, int]:
    silence: NoAnswer | None = None
    answered = False
    for base in BASES:
        answer = yield Wish(base, probe=True)
        if answer == MARK:
            return base
        silence = answer if isinstance(answer, NoAnswer) else silence
        answered = answered or not isinstance(answer, NoAnswer)
    if silence and not answered:
        raise silence
    raise LinkError(f"no SunSpec mark at {', '.join(map(str, BASES))}")


def _place(at: int) -> Generator[Wish, Answer, Place | None]:
    """The model at `at`; None at the end of the chain."""
    answer = yield Wish(at)
    if isinstance(answer, NoAnswer):
        raise answer
    if isinstance(answer, Refused) or answer[0] in _END or at + 2 + answer[1] > _SPACE:
        return None
    return Place(answer[0], at, answer[1])
