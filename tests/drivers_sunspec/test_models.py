"""Every published model, whole: each point that a device has is told under its own name, and no other."""

from __future__ import annotations

import json
import random
import struct
import sys
from collections.abc import Iterator, Mapping
from subprocess import run
from typing import Any

import pytest

from drivers.sunspec.capture import decode
from drivers.sunspec.chain import MARK
from drivers.sunspec.layout import Values, layouts
from hub.model.heard import Heard
from tests.drivers_sunspec.kit import encoded
from tests.drivers_sunspec.published import Maker, definitions

MODELS = definitions()
HOUSE = {1, *range(2, 20), 101, 102, 103, 111, 112, 113, *range(120, 133), 160, *range(201, 205), *range(211, 215), 220}
HOUSE |= {*range(302, 309), *range(401, 405), 501, 502, 601, *range(701, 716), *range(801, 810)}
COMMON = {"ID": 1, "Mn": "ACME"}
METER = {"ID": 203, "W": -1200, "W_SF": 0}


def parts(model: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    return list(model["group"].get("groups", ()))


def heard(*models: tuple[int, ...]) -> Heard:
    words = [*MARK, *(word for model in models for word in model), 0xFFFF, 0]
    (message,) = decode(struct.pack(f">{len(words)}H", *words)).messages
    return message


def told(message: Heard) -> dict[str, Any]:
    said = {reading.code: reading.value for reading in message.readings}
    assert len(said) == len(message.readings), "no code twice"
    return said


def test_the_models_that_a_house_can_have_are_there() -> None:
    assert set(layouts()) >= HOUSE
    assert set(layouts()) == set(MODELS)


@pytest.mark.parametrize("model", sorted(MODELS))
def test_every_point_of_a_model_is_told(model: int) -> None:
    made = Maker(MODELS[model], random.Random(model))
    message = heard(made.words)
    assert told(message) == made.expected | made.symbols
    assert not [problem for problem in message.problems if problem.startswith("model")]


@pytest.mark.parametrize("model", sorted(MODELS))
def test_what_is_not_implemented_is_not_told(model: int) -> None:
    made = Maker(MODELS[model], random.Random(model), absent=True)
    assert told(heard(made.words)) == made.expected


@pytest.mark.parametrize("model", sorted(MODELS))
def test_a_model_shorter_than_published_says_what_it_has(model: int) -> None:
    """Wherever a device's model ends: what is told is right, and the registers behind it are not its own."""
    made = Maker(MODELS[model], random.Random(model))
    for length in range(len(made.words) - 1):
        values = layouts()[model].decode((model, length, *made.words[2 : 2 + length]))
        said = dict(numbers(str(model), values))
        assert said.pop(f"{model}.L") == length
        assert said == {code: made.expected[code] for code in said}
    whole = {code for code, value in made.expected.items() if not isinstance(value, str)} - {f"{model}.L"}
    assert said.keys() == whole


def numbers(path: str, values: Values) -> Iterator[tuple[str, float]]:
    yield from ((f"{path}.{name}", number) for name, number in values.numbers.items())
    for part in values.parts:
        yield from numbers(f"{path}.{part.name}", part)


@pytest.mark.parametrize("model", sorted(n for n, m in MODELS.items() if all(g.get("count") for g in parts(m))))
def test_a_model_longer_than_published_says_the_same_and_the_rest_is_named(model: int) -> None:
    made = Maker(MODELS[model], random.Random(model))
    length = len(made.words) - 2 + 3
    message = heard((model, length, *made.words[2:], 7, 8, 9), *encoded([METER]))
    said = told(message)
    assert said.pop("203[2].W" if model == 203 else "203.W") == -1200
    wanted = made.expected | made.symbols | {f"{model}.L": length}
    assert {code: said.get(code) for code in wanted} == wanted
    assert f"model {model}: 3 registers more than its points take" in message.problems


@pytest.mark.parametrize("base", [0, 40_000, 50_000, 40_001])
def test_the_chain_begins_at_any_base(base: int) -> None:
    words = [*MARK, *(word for model in encoded([COMMON, METER]) for word in model), 0xFFFF, 0]
    (message,) = decode(json.dumps({str(base + n): word for n, word in enumerate(words)}).encode()).messages
    assert told(message)["203.W"] == -1200 and message.device["vendor"] == "ACME"


def test_models_of_one_kind_and_parts_of_a_model_have_names_of_their_own() -> None:
    module = {"ID": 160, "DCW_SF": 0, "N": 2, "module": [{"DCW": 900, "DCEvt": 0b1001}, {"DCW": 20, "DCSt": 4}]}
    said = told(heard(*encoded([METER, {**METER, "W": 7}, module])))
    assert (said["203.W"], said["203[2].W"]) == (-1200, 7)
    assert (said["160.module[1].DCW"], said["160.module[2].DCW"]) == (900, 20)
    assert said["160.module[1].DCEvt.symbol"] == "GROUND_FAULT, DC_DISCONNECT"
    assert said["160.module[2].DCSt.symbol"] == "MPPT"


def test_a_value_that_has_no_name_is_told_as_its_number() -> None:
    said = told(heard(*encoded([{"ID": 103, "St": 77, "Evt1": 0}])))
    assert said["103.St"] == 77 and "103.St.symbol" not in said
    assert said["103.Evt1"] == 0 and "103.Evt1.symbol" not in said


def test_a_point_without_its_scale_factor_stands_raw_and_makes_no_point_of_the_house() -> None:
    message = heard(*encoded([{"ID": 103, "W": 800, "Hz": 5001, "Hz_SF": -2}]))
    assert {(r.value, r.unit) for r in message.readings if r.code == "103.W"} == {(800, "")}
    assert message.points == {"inverter.frequency": 50.01}
    assert "model 103: no scale factor, taken as they stand: W" in message.problems


def test_only_the_models_that_are_asked_for_are_read() -> None:
    """The others' tables cost no memory."""
    script = "from drivers.sunspec.layout import layouts; m = layouts(); m[1], m[103]; print(m._read.keys() ^ {1, 103})"
    assert run([sys.executable, "-c", script], capture_output=True, text=True, check=True).stdout.strip() == "set()"
