"""Registers to values and back, as tables."""

from __future__ import annotations

import math
import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers.modbus.blocks import Limits, blocks
from drivers.modbus.registers import FORMS, Reading, Register, Write, decode, encode, size
from hub.errors import Refused


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


@pytest.mark.parametrize(
    ("reading", "words", "value"),
    [
        (Reading(register("u16"), scale=0.1), (2301,), 230.1),
        (Reading(register("i16"), scale=-1), (0xFF9C,), 100),
        (Reading(register("i16"), missing=(-32768,)), (0x8000,), None),
        (Reading(register("f32")), (0x7FC0, 0), None),
        (Reading(register("f32")), (0x7F80, 0), None),
        (Reading(register("u32"), bit=2), (0, 7), True),
        (Reading(register("u32"), bit=2), (0, 3), False),
        (Reading(register("u16"), values={3: "charging"}), (3,), "charging"),
        (Reading(register("u16"), values={3: "charging"}), (4,), None),
        (Reading(register("text", length=3)), (0x4142, 0x4300, 0x5858), "ABC"),
    ],
)
def test_a_reading_is_a_value_or_plainly_none(reading: Reading, words: tuple[int, ...], value: object) -> None:
    assert reading.of(words) == value


def test_writes_scale_choose_and_refuse_what_does_not_fit() -> None:
    assert Write(register("u16"), scale=0.001).words(10.5) == (10500,)
    assert Write(register("u16"), constant=7).words(10.5) == (7,)
    assert Write(register("u16"), values={1.0: 0, 3.0: 1}).words(True) == (0,)
    with pytest.raises(Refused, match="2 is none of 1, 3"):
        Write(register("u16"), values={1.0: 0, 3.0: 1}).words(2)
    with pytest.raises(Refused, match="does not fit"):
        Write(register("u16"), scale=0.001).words(70)
    with pytest.raises(Refused, match="not a number"):
        Write(register("u16")).words("fast")


@given(st.sampled_from(sorted(FORMS)), st.booleans(), st.binary(min_size=8, max_size=8))
def test_every_register_image_decodes_and_encodes_to_itself(kind: str, low: bool, raw: bytes) -> None:
    at = register(kind, low)
    words = struct.unpack(f">{at.length}H", raw[: 2 * at.length])
    value = decode(at, words)
    if not math.isnan(value):  # a NaN need not keep its payload
        assert encode(at, value) == words


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
    for at in wanted:
        assert any(b.function == at.function and b.address <= at.address and at.end <= b.end for b in found)
    if gap < 0:
        exact = {(r.function, r.address, r.length) for r in wanted}
        assert all((b.function, b.address, b.count) in exact for b in found)
