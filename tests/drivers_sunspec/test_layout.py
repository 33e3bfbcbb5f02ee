"""The model tables against the published models and against pysunspec2's reading of published device maps."""

from __future__ import annotations

import json
from collections.abc import Mapping
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from sunspec2.file.client import FileClientDevice

from drivers.sunspec.chain import walk
from drivers.sunspec.layout import MOST, Field, Layout, Values, layouts
from drivers.sunspec.unit import USED
from tests.drivers_sunspec.kit import answers, encoded, encoded_file, image, vectors

MAPS = ("cjne_inverter", "cjne_inverter_secondreading", "hilman2_inverter_writecontrols")


def same_points(layout: Layout, group: Mapping[str, Any]) -> int:
    """How many points lie where the published model has them, with its type, scale factor and access."""
    at, names = 0, {field.name: field for field in layout.fields}
    for point in group["points"]:
        if point["type"] != "pad":
            told = names.pop(point["name"])
            size = str(point["size"]) if point["type"] == "string" else ""
            assert (told.at, told.type) == (at, point["type"] + size), told.name
            assert (told.scale or told.power) == (point.get("sf") or 0), told.name
            assert told.writable == (point.get("access") == "RW"), told.name
            assert {name: value for value, name in told.symbols.items()} == {
                symbol["name"]: symbol["value"] for symbol in point.get("symbols", ())
            }
        at += point["size"]
    assert not names and layout.size == at
    inner = group.get("groups", [])
    assert [g.name for g in layout.groups] == [g["name"] for g in inner]
    return len(layout.fields) + sum(map(same_points, layout.groups, inner))


@pytest.mark.parametrize("model", sorted(layouts()))
def test_every_point_lies_where_the_published_model_has_it(model: int) -> None:
    group = json.loads((vectors("sunspec-models") / f"model_{model}.json").read_text())["group"]
    assert same_points(layouts()[model], group) > 2


def test_no_published_model_is_missing() -> None:
    there = {int(path.stem.removeprefix("model_")) for path in vectors("sunspec-models").glob("model_*.json")}
    assert set(layouts()) == there


@pytest.mark.parametrize("model", sorted(layouts()))
def test_no_request_is_too_long_and_together_they_are_the_model(model: int) -> None:
    layout = layouts()[model]
    for length in (0, 1, layout.size - 2, layout.size + 61, 600):
        spans = layout.spans(length)
        assert all(0 < count <= MOST for _, count in spans)
        assert all(start + count == after for (start, count), (after, _) in pairwise(spans))
        assert sum(count for _, count in spans) <= length + 2


def test_what_the_house_uses_of_a_long_model_lies_in_its_first_request() -> None:
    """701 and 211 to 214 are longer than one request by an alarm and a maker's text."""
    long = [model for model in sorted(USED) if layouts()[model].size > MOST]
    assert long == [211, 212, 213, 214, 701]
    for model in long:
        [(_, count)] = layouts()[model].spans(layouts()[model].size - 2)
        cut = [field.name for field in layouts()[model].fields if field.end > count]
        assert cut == (["MnAlrmInfo"] if model == 701 else ["Evt"])


@pytest.mark.parametrize("name", MAPS)
def test_device_maps_read_as_pysunspec2_reads_them(name: str) -> None:
    path: Path = vectors("sunspec-device-maps") / f"{name}.json"
    theirs = FileClientDevice(str(path))
    theirs.scan()
    compared = 0
    for words, model in zip(encoded_file(path), theirs.model_list, strict=True):
        compared += agree(layouts()[model.model_id], layouts()[model.model_id].decode(words), model)
    assert compared > 40


def agree(layout: Layout, values: Values, theirs: Any) -> int:
    """How many points are implemented and the same; `theirs` is a model or a group of pysunspec2."""
    compared = sum(same(field, theirs.points[field.name].cvalue, values) for field in layout.fields)
    groups = [(layout.group(name), group) for name, told in theirs.groups.items() for group in listed(told)]
    return compared + sum(agree(own, part, group) for part, (own, group) in zip(values.parts, groups, strict=True))


def listed(groups: Any) -> list[Any]:
    return groups if isinstance(groups, list) else [groups]


def same(field: Field, theirs: Any, values: Values) -> bool:
    """A point whose scale factor is not implemented is a bare number here; pysunspec2 gives its raw value too."""
    if field.name in values.texts:
        assert values.texts[field.name] == (theirs or "")
        return True
    ours = values.numbers.get(field.name, values.bare.get(field.name))
    there = theirs is not None and not (field.type.startswith("acc") and theirs == 0)
    assert ours == (pytest.approx(theirs, rel=1e-9) if there else None), field.name
    return there


@pytest.mark.parametrize("name", MAPS)
def test_device_maps_are_walked(name: str) -> None:
    models = encoded_file(vectors("sunspec-device-maps") / f"{name}.json")
    places = answers(walk(), image(models))
    assert [(place.model, place.length) for place in places] == [words[:2] for words in models]


# -- repetitions -----------------------------------------------------------------------------------------------------

PORT = {"PrtTyp": 0, "ID": 1, "IDStr": "PV", "DCW": 100}


def test_a_model_of_many_ports_takes_several_reads_that_split_no_port() -> None:
    [words] = encoded([{"ID": 714, "NPrt": 9, "DCW_SF": 0, "Prt": [PORT] * 9}])
    spans = layouts()[714].spans(words[1])
    assert [offset for offset, _ in spans] == [0, 120]
    assert all(count <= MOST for _, count in spans)
    assert sum(count for _, count in spans) == len(words)
    read = tuple(word for offset, count in spans for word in words[offset : offset + count])
    assert len(layouts()[714].decode(read).parts) == 9


@pytest.mark.parametrize(("said", "room", "expected"), [(2, 2, 2), (9, 2, 2), (1, 2, 1), (0, 2, 0), (0xFFFF, 2, 2)])
def test_no_more_repetitions_than_said_and_than_there_is_room_for(said: int, room: int, expected: int) -> None:
    [words] = encoded([{"ID": 714, "NPrt": room, "DCW_SF": 0, "Prt": [PORT] * room}])
    layout = layouts()[714]
    assert len(layout.decode((*words[:4], said, *words[5:])).parts) == expected


def test_a_lying_length_asks_for_a_bounded_number_of_registers() -> None:
    [module] = layouts()[160].groups
    assert sum(count for _, count in layouts()[160].spans(60_000)) == layouts()[160].size + 64 * module.size
    assert sum(count for _, count in layouts()[103].spans(60_000)) < 60
    assert sum(count for _, count in layouts()[705].spans(60_000)) == 2000


def test_a_model_shorter_than_published_has_fewer_points() -> None:
    [words] = encoded([{"ID": 103, "W": 800, "W_SF": 0, "St": 4}])
    values = layouts()[103].decode(words[:17])
    assert values.numbers["W"] == 800
    assert "St" not in values.numbers
    assert layouts()[103].spans(3) == ((0, 5),)
