"""The codec as tables: registers in, plain units out, and back."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers.sunspec.codec import KINDS, encode, kind_of, number, scaled, text


@pytest.mark.parametrize(
    ("type_", "words", "exponent", "expected"),
    [
        ("int16", (5000,), 0, 5000),
        ("int16", (0xFFFF,), 0, -1),
        ("int16", (0x8001,), 0, -32_767),
        ("uint16", (2301,), -1, 230.1),
        ("uint16", (5001,), -2, 50.01),
        ("uint16", (0xFFFE,), 0, 65_534),
        ("uint16", (123,), 2, 12_300),
        ("uint16", (1,), -10, 1e-10),
        ("uint16", (1,), 10, 1e10),
        ("sunssf", (0xFFFE,), 0, -2),
        ("enum16", (4,), 0, 4),
        ("bitfield16", (3,), 0, 3),
        ("count", (2,), 0, 2),
        ("acc16", (7,), 0, 7),
        ("int32", (0xFFFF, 0xFFFE), 0, -2),
        ("uint32", (0, 50_013), -3, 50.013),
        ("acc32", (0x0001, 0x0000), 1, 655_360),
        ("int64", (0xFFFF, 0xFFFF, 0xFFFF, 0xFFFF), 0, -1),
        ("uint64", (0, 0, 1, 2), 0, 65_538),
        ("uint64", (0, 0, 0, 0), 0, 0),
        ("acc64", (0, 0, 0, 9), 0, 9),
        ("float32", (0x4366, 0x199A), 0, 230.1),
        ("float32", (0xC2C8, 0), 0, -100),
        ("float64", (0x4059, 0, 0, 0), 0, 100),
    ],
)
def test_a_value_in_plain_units(type_: str, words: tuple[int, ...], exponent: int, expected: float) -> None:
    assert number(KINDS[type_], words, exponent) == expected


@pytest.mark.parametrize(
    ("type_", "words"),
    [
        ("int16", (0x8000,)),
        ("sunssf", (0x8000,)),
        ("uint16", (0xFFFF,)),
        ("count", (0xFFFF,)),
        ("enum16", (0xFFFF,)),
        ("bitfield16", (0xFFFF,)),
        ("acc16", (0,)),
        ("int32", (0x8000, 0)),
        ("uint32", (0xFFFF, 0xFFFF)),
        ("enum32", (0xFFFF, 0xFFFF)),
        ("bitfield32", (0xFFFF, 0xFFFF)),
        ("acc32", (0, 0)),
        ("int64", (0x8000, 0, 0, 0)),
        ("uint64", (0xFFFF,) * 4),
        ("acc64", (0,) * 4),
        ("float32", (0x7FC0, 0)),
        ("float32", (0x7F80, 0)),
        ("float64", (0x7FF8, 0, 0, 0)),
    ],
)
def test_the_mark_of_a_point_that_is_not_implemented(type_: str, words: tuple[int, ...]) -> None:
    assert number(KINDS[type_], words) is None


@pytest.mark.parametrize("exponent", [None, -11, 11, 2000])
def test_a_point_without_a_scale_factor_is_unusable(exponent: int | None) -> None:
    assert number(KINDS["int16"], (5,), exponent) is None


@given(st.integers(-(2**31), 2**31), st.integers(-10, 10))
def test_scaling_leaves_no_dust(raw: int, exponent: int) -> None:
    assert scaled(raw, exponent) == float(f"{raw}e{exponent}")


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ((0x466C, 0x7578, 0), "Flux"),
        ((0x4100,), "A"),
        ((0,), ""),
        ((0x2041, 0x2000), "A"),
        ((0xFFFF,), ""),
        ((0x4107, 0x4200), "AB"),
        ((0xC3BC, 0), "ü"),
        ((0x4100, 0x4242), "A"),
    ],
)
def test_texts(words: tuple[int, ...], expected: str) -> None:
    assert text(words) == expected


@pytest.mark.parametrize(
    ("type_", "words", "expected"),
    [
        ("ipaddr", (0xC0A8, 0x0128), "192.168.1.40"),
        ("ipaddr", (0, 0), ""),
        ("ipv6addr", (0xFE80, 0, 0, 0, 0, 0, 0, 1), "fe80::1"),
        ("ipv6addr", (0,) * 8, ""),
        ("eui48", (0, 0x0200, 0x5E10, 0x00FF), "02:00:5E:10:00:FF"),
        ("eui48", (0,) * 4, ""),
        ("eui48", (0xFFFF,) * 4, ""),
    ],
)
def test_addresses(type_: str, words: tuple[int, ...], expected: str) -> None:
    spell = KINDS[type_].spell
    assert spell and spell(words) == expected


@pytest.mark.parametrize(
    ("type_", "value", "exponent", "expected"),
    [
        ("int32", -1500, 0, (0xFFFF, 0xFA24)),
        ("int16", -32.5, -1, (0xFEBB,)),
        ("uint16", 33.34, -2, (3334,)),
        ("uint16", 149, 1, (15,)),
        ("enum16", 1, 0, (1,)),
        ("uint32", 60, 0, (0, 60)),
        ("float32", 100, 0, (0x42C8, 0)),
    ],
)
def test_registers_for_a_value(type_: str, value: float, exponent: int, expected: tuple[int, ...]) -> None:
    assert encode(KINDS[type_], value, exponent) == expected


@pytest.mark.parametrize(
    ("type_", "value", "exponent"),
    [
        ("int16", 32_768, 0),
        ("int16", -32_768, 0),
        ("uint16", 65_535, 0),
        ("uint16", -1, 0),
        ("uint16", 700, -2),
        ("int32", math.nan, 0),
        ("int16", math.inf, 0),
        ("uint32", 2**32 - 1, 0),
    ],
)
def test_what_the_type_cannot_hold_is_not_written(type_: str, value: float, exponent: int) -> None:
    with pytest.raises(ValueError):
        encode(KINDS[type_], value, exponent)


@given(
    st.sampled_from([name for name, kind in KINDS.items() if not kind.floats and not kind.spell]),
    st.integers(1, 2**15 - 1),
    st.integers(-5, 5),
)
def test_what_was_read_is_written_as_it_was(type_: str, raw: int, exponent: int) -> None:
    kind = KINDS[type_]
    value = number(kind, encode(kind, raw), exponent)
    assert value is not None
    assert encode(kind, value, exponent) == encode(kind, raw)


def test_sizes() -> None:
    assert [kind_of(t).size for t in ("string16", "pad", "uint64")] == [16, 1, 4]
    with pytest.raises(KeyError):
        kind_of("uint24")
