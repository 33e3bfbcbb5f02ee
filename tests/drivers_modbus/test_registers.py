"""Registers to values and back, as tables."""

from __future__ import annotations

import math
import struct
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers.modbus.blocks import Limits, blocks
from drivers.modbus.catalogue import load
from drivers.modbus.registers import FORMS, Image, Reading, Register, Sum, Term, decode, encode, size
from drivers.modbus.transforms import TRANSFORMS, four_quadrants
from drivers.modbus.writes import Part, Write
from hub.errors import Refused
from hub.model import Role


def register(kind: str, low: bool = False, length: int = 0) -> Register:
    return Register(0, 3, kind, length or size(kind), low)


@pytest.mark.parametrize(
    ("kind", "low", "words", "raw"),
    [
        ("u16", False, (0xFFFE,), 65534),
        ("i16", False, (0xFFFE,), -2),
        ("u32", False, (0x0001, 0x0002), 65538),
        ("u32", True, (0x0002, 0x0001), 65538),
        ("i32", False, (0xFFFF, 0xFFFF), -1),
        ("i32", True, (0xFFFF, 0x7FFF), 2**31 - 1),
        ("u64", False, (0, 0, 1, 0), 65536),
        ("u64", True, (0, 1, 0, 0), 65536),
        ("i64", False, (0xFFFF, 0xFFFF, 0xFFFF, 0xFFFE), -2),
        ("f32", False, (0x4366, 0x8000), 230.5),
        ("f32", True, (0x8000, 0x4366), 230.5),
        ("f64", False, (0x406C, 0xD000, 0, 0), 230.5),
    ],
)
def test_numbers_in_both_word_orders(kind: str, low: bool, words: tuple[int, ...], raw: float) -> None:
    at = register(kind, low)
    assert decode(at, words) == raw
    assert encode(at, raw) == words


def at(address: int, kind: str = "u16", function: int = 3, length: int = 0) -> Register:
    return Register(address, function, kind, length or size(kind))


def image(words: dict[int, int]) -> Image:
    """Holding registers by address; what is not there was refused."""

    def of(register: Register) -> list[int] | None:
        found = [words.get(a) for a in range(register.address, register.end)]
        return None if None in found else [w for w in found if w is not None]

    return of


@pytest.mark.parametrize(
    ("reading", "words", "value"),
    [
        (Reading(register("u16"), scale=0.1), (2301,), 230.1),
        (Reading(register("u16"), scale=0.1, offset=-100), (1235,), 23.5),
        (Reading(register("i16"), scale=-1), (0xFF9C,), 100),
        (Reading(register("i16"), missing=(-32768,)), (0x8000,), None),
        (Reading(register("i32"), missing=(-(2**31),), asleep=0.0), (0x8000, 0), 0),
        (Reading(register("i32"), scale=-1, missing=(-(2**31),), asleep=0.0), (0, 5), -5),
        (Reading(register("f32"), missing=(-1,), asleep=0.0), (0x7FC0, 0), None),
        (Reading(register("f32")), (0x7FC0, 0), None),
        (Reading(register("f32")), (0x7F80, 0), None),
        (Reading(register("u32"), bits=(2,)), (0, 7), True),
        (Reading(register("u32"), bits=(2,)), (0, 3), False),
        (Reading(register("u16"), bits=(4, 7)), (0xA5C3,), 12),
        (Reading(register("u16"), bits=(8, 15), scale=2), (0xA5C3,), 330),
        (Reading(register("u16"), bits=(0, 3), values={3: "charging"}), (0xA5C3,), "charging"),
        (Reading(register("i16"), bits=(15,)), (0x8000,), True),
        (Reading(register("u16"), values={3: "charging"}), (3,), "charging"),
        (Reading(register("u16"), values={3: "charging"}), (4,), None),
        (Reading(register("f32"), values={3: "charging"}), (0x4060, 0), None),
        (Reading(register("text", length=3)), (0x4142, 0x4300, 0x5858), "ABC"),
        (Reading(register("text", length=1), values={"C2": "charging", "A": "no_vehicle"}), (0x4332,), "charging"),
        (Reading(register("text", length=1), values={"C2": "charging", "A": "no_vehicle"}), (0x4100,), "no_vehicle"),
        (Reading(register("text", length=1), values={"C2": "charging"}), (0x4400,), None),
        (Reading(Register(0, 1, "bit", 1), values={0: False, 1: True}), (1,), True),
        (Reading(Register(0, 2, "bit", 1)), (1,), 1),
    ],
)
def test_a_reading_is_a_value_or_plainly_none(reading: Reading, words: tuple[int, ...], value: object) -> None:
    assert reading.of(lambda _: words) == value
    assert reading.of(lambda _: None) is None


@pytest.mark.parametrize(
    ("exponent", "value"), [(-2, 23.01), (0, 2301), (1, 23010), (-32768, None), (21, None), (None, None)]
)
def test_an_exponent_is_a_register_of_its_own(exponent: int | None, value: float | None) -> None:
    words = {0: 2301} if exponent is None else {0: 2301, 9: exponent & 0xFFFF}
    assert Reading(at(0), exponent=at(9, "i16")).of(image(words)) == value


@pytest.mark.parametrize(
    ("words", "value"),
    [
        ({0: 100, 1: 20, 2: 3}, 100 + 40 - 3),
        ({0: 100, 1: 0xFFFF, 2: 3}, 100 - 3),
        ({0: 100, 1: 20}, 100 + 40),
        ({0: 0xFFFF, 1: 20, 2: 3}, None),
        ({1: 20, 2: 3}, None),
    ],
)
def test_a_sum_has_parts_that_may_be_missing_and_parts_that_may_not(words: dict[int, int], value: float | None) -> None:
    gone = (0xFFFF,)
    terms = (
        Term(Reading(at(0), missing=gone)),
        Term(Reading(at(1), scale=2, missing=gone), optional=True),
        Term(Reading(at(2), scale=-1, missing=gone), optional=True),
    )
    assert Sum(terms).of(image(words)) == value
    assert Sum(terms[1:]).of(image({})) is None, "nothing at all is no 0"


@pytest.mark.parametrize(
    ("raw", "factor"), [(0.95, 0.95), (-0.95, -0.95), (1.0, 1.0), (1.05, 0.95), (-1.05, -0.95), (2.0, 0.0)]
)
def test_a_power_factor_of_four_quadrants(raw: float, factor: float) -> None:
    """Schneider Electric DOCA0005EN, "Power Factor Register Format": beyond 1 the register is folded back from 2."""
    assert four_quadrants(raw, ()) == factor


@pytest.mark.parametrize(
    ("low", "high", "watts"),
    [
        (1500, 0, 1500),
        (62086, 0xFFFF, -3450),
        (40000, 0, 40000),
        (25536, 0xFFFF, -40000),
        (34464, 1, 100000),
        (65500, 0, -36),
        (40, 0xFFFF, 40),
        (62086, 0, -3450),
        (62086, None, -3450),
        (1500, None, 1500),
    ],
    ids=[
        *("import", "export", "import of 40 kW", "export of 40 kW", "import of 100 kW"),
        *("the low word has gone below 0 first", "the low word has gone above 0 first"),
        *("older firmware, export", "no high word, export", "no high word, import"),
    ],
)
def test_a_power_of_two_words_that_lie_apart(low: int, high: int | None, watts: float) -> None:
    """Deye, high voltage: 625 and 690."""
    point = load("deye/hybrid-3p-hv").faces[Role.GRID].point("power")
    assert point.of(image({625: low} if high is None else {625: low, 690: high})) == watts


@pytest.mark.parametrize(("state", "value"), [(0b010, -1500), (0b100, 1500), (0b001, 0), (0b011, -1500), (None, None)])
def test_a_battery_without_a_sign_goes_where_its_state_says(state: int | None, value: float | None) -> None:
    words = {} if state is None else {13000: state}
    assert TRANSFORMS["sungrow_battery_direction"].apply(1500.0, image(words)) == value
    assert TRANSFORMS["sungrow_battery_direction"].apply(None, image({13000: 2})) is None


def part(kind: str = "u16", **content: Any) -> Part:
    return Part(register(kind), **content)


@pytest.mark.parametrize(
    ("content", "value", "words"),
    [
        (part(scale=0.001), 10.5, (10500,)),
        (part(scale=0.1, offset=5), 7, (20,)),
        (part(constant=7), 10.5, (7,)),
        (part(values={1.0: 0, 3.0: 1}), True, (0,)),
        (part("i16", scale=-1), 300, (0xFED4,)),
        (part(magnitude=True), -300, (300,)),
        (part(signs={"negative": 1, "zero": 0, "positive": 2}), -300, (1,)),
        (part(signs={"negative": 1, "zero": 0, "positive": 2}), 0, (0,)),
        (part(signs={"negative": 1, "zero": 0, "positive": 2}), 5.5, (2,)),
        (Part(Register(0, 5, "bit", 1)), True, (1,)),
        (Part(Register(0, 5, "bit", 1), values={1.0: 0, 0.0: 1}), True, (0,)),
    ],
)
def test_what_is_wanted_becomes_what_is_written(content: Part, value: Any, words: tuple[int, ...]) -> None:
    assert content.words(value) == words


@pytest.mark.parametrize(
    ("content", "value", "says"),
    [
        (part(values={1.0: 0, 3.0: 1}), 2, "2 is none of 1, 3"),
        (part(signs={"negative": 1}), 2, "positive is none of negative"),
        (part(scale=0.001), 70, "does not fit"),
        (part(), math.nan, "does not fit"),
        (part(), "fast", "not a number"),
    ],
)
def test_what_cannot_be_written_is_refused(content: Part, value: Any, says: str) -> None:
    with pytest.raises(Refused, match=says):
        content.words(value)


def test_a_block_goes_out_at_once_and_some_writes_only_for_a_sign() -> None:
    parts = (Part(at(10), constant=1), Part(at(11, "i32"), scale=-1), Part(at(13), magnitude=True))
    assert Write(parts).words(-5) == (1, 0, 5, 5)
    charges = Write((Part(at(20)),), frozenset({"negative", "zero"}))
    assert [charges.goes(v) for v in (-1, 0, 1, False, True)] == [True, True, False, True, False]


@given(st.sampled_from(sorted(FORMS)), st.booleans(), st.binary(min_size=8, max_size=8))
def test_every_register_image_decodes_and_encodes_to_itself(kind: str, low: bool, raw: bytes) -> None:
    place = register(kind, low)
    words = struct.unpack(f">{place.length}H", raw[: 2 * place.length])
    value = decode(place, words)
    if not math.isnan(value):  # a NaN need not keep its payload
        assert encode(place, value) == words


registers = st.builds(
    lambda address, function, kind: Register(address, function, kind, size(kind)),
    st.integers(0, 300),
    st.sampled_from([3, 4]),
    st.sampled_from(sorted(FORMS)),
)


@given(st.lists(registers, max_size=40), st.integers(4, 125), st.integers(-1, 40))
def test_blocks_cover_every_register_within_the_limits(wanted: list[Register], most: int, gap: int) -> None:
    found = blocks(wanted, Limits(most, gap))
    assert all(b.count <= most for b in found)
    for r in wanted:
        assert any(b.function == r.function and b.address <= r.address and r.end <= b.end for b in found)
    if gap < 0:
        exact = {(r.function, r.address, r.length) for r in wanted}
        assert all((b.function, b.address, b.count) in exact for b in found)
