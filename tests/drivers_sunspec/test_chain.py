"""The walk along the chain, against devices that lie."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers.sunspec.chain import MARK, Place, walk
from hub.errors import LinkError, NoAnswer
from tests.drivers_sunspec.kit import answers, image

ONE, THREE = (1, 2, 0, 0), (103, 3, 0, 0, 0)
FOUND = [1, 103]


def models(registers: dict[int, int]) -> list[int]:
    return [place.model for place in answers(walk(), registers)]


@pytest.mark.parametrize("base", [40_000, 0, 50_000])
def test_the_mark_is_found_at_each_base(base: int) -> None:
    assert answers(walk(), image([ONE, THREE], base)) == (Place(1, base + 2, 2), Place(103, base + 6, 3))


def test_the_first_base_wins() -> None:
    registers = image([ONE], 0) | image([THREE], 40_000)
    assert models(registers) == [103]


def test_unknown_models_are_passed_over_by_their_length() -> None:
    assert models(image([ONE, (64_777, 5, 1, 2, 3, 4, 5), THREE])) == [1, 64_777, 103]


@pytest.mark.parametrize("end", [(0xFFFF, 0), (0xFFFF, 9), (0, 0), ()], ids=["mark", "length", "zeros", "nothing"])
def test_ends_of_the_chain(end: tuple[int, ...]) -> None:
    assert models(image([ONE, THREE], end=end)) == FOUND


def test_models_before_an_overrunning_length_are_kept() -> None:
    assert models(image([ONE, THREE, (7, 60_000)])) == FOUND


def test_an_endless_chain_ends() -> None:
    endless = dict.fromkeys(range(40_002, 65_536), 1) | dict(enumerate(MARK, 40_000))
    assert len(models(endless)) == 100


def test_models_without_registers_do_not_hold_the_walk() -> None:
    assert len(models(image([(9, 0)] * 300))) == 100


def test_the_chain_may_reach_the_last_register() -> None:
    length = 65_536 - 50_002 - 2
    assert models(image([(9, length, *[0] * length)], 50_000, ())) == [9]


@pytest.mark.parametrize(
    ("registers", "said"),
    [
        ({}, "no SunSpec mark"),
        ({40_000: MARK[0], 40_001: 0}, "no SunSpec mark"),
        (image([]), "no model behind it"),
        (image([(7, 60_000)]), "no model behind it"),
        (image([], end=()), "no model behind it"),
    ],
    ids=["empty", "half a mark", "only the end", "only garbage", "only the mark"],
)
def test_what_is_no_chain_is_said(registers: dict[int, int], said: str) -> None:
    with pytest.raises(LinkError, match=said):
        answers(walk(), registers)


def test_silence_about_one_base_is_not_the_end() -> None:
    walker = walk()
    assert next(walker).address == 40_000
    assert walker.send(NoAnswer("silent")).address == 0
    assert walker.send(MARK).address == 2


def test_silence_about_all_is_no_answer() -> None:
    walker = walk()
    next(walker)
    walker.send(NoAnswer("silent"))
    walker.send(NoAnswer("silent"))
    with pytest.raises(NoAnswer, match="silent"):
        walker.send(NoAnswer("silent"))


def test_silence_in_the_chain_is_no_answer() -> None:
    walker = walk()
    next(walker)
    walker.send(MARK)
    with pytest.raises(NoAnswer):
        walker.send(NoAnswer("silent"))


@given(st.lists(st.integers(0, 0xFFFF), max_size=300))
def test_random_registers_end_in_a_chain_or_an_error(words: list[int]) -> None:
    try:
        places = answers(walk(), dict(enumerate([*MARK, *words], 40_000)))
    except LinkError:
        return
    assert all(place.address + 2 + place.length <= 65_536 for place in places)
