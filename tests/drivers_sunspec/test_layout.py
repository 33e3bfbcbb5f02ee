"""The model tables against the published models and against pysunspec2's reading of published device maps."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from sunspec2.file.client import FileClientDevice

from drivers.sunspec.chain import walk
from drivers.sunspec.layout import MOST, Field, Group, Layout, layouts
from tests.drivers_sunspec.kit import answers, encoded, encoded_file, image, vectors

BRIEF = {
    1,
    101,
    102,
    103,
    111,
    112,
    113,
    120,
    121,
    122,
    123,
    124,
    160,
    201,
    202,
    203,
    204,
    701,
    702,
    703,
    704,
    713,
    714,
    802,
}
MAPS = ("cjne_inverter", "cjne_inverter_secondreading", "hilman2_inverter_writecontrols")


def published(points: list[Mapping[str, Any]]) -> dict[str, tuple[int, str, str, bool]]:
    """Offset, type, scale factor and whether it may be written, by name."""
    found, at = {}, 0
    for point in points:
        size = str(point["size"]) if point["type"] == "string" else ""
        found[point["name"]] = (at, point["type"] + size, point.get("sf", ""), point.get("access") == "RW")
        at += point["size"]
    return found


def ours(fields: tuple[Field, ...]) -> Iterator[tuple[str, tuple[int, str, str, bool]]]:
    for field in fields:
        yield field.name, (field.at, field.type, field.scale, field.writable)


@pytest.mark.parametrize("model", sorted(layouts()))
def test_every_point_lies_where_the_published_model_has_it(model: int) -> None:
    group = json.loads((vectors("sunspec-models") / f"model_{model}.json").read_text())["group"]
    layout = layouts()[model]
    there = published(group["points"])
    for name, point in ours(layout.fields):
        assert there[name] == point, name
    if layout.group:
        repeated = group["groups"][0]
        inner = published(repeated["points"])
        assert all(inner[name] == point for name, point in ours(layout.group.fields))
        assert layout.group.at == sum(point["size"] for point in group["points"])
        assert layout.group.size == sum(point["size"] for point in repeated["points"])


def test_the_models_that_a_house_needs_are_there() -> None:
    assert set(layouts()) >= BRIEF


@pytest.mark.parametrize("model", sorted(layouts()))
def test_scale_factors_are_listed_and_points_do_not_overlap(model: int) -> None:
    layout = layouts()[model]
    names = {field.name for field in layout.fields}
    parts = layout.group.fields if layout.group else ()
    assert {f.scale for f in (*layout.fields, *parts) if f.scale} <= names
    for fields in (layout.fields, parts):
        assert all(one.end <= other.at for one, other in pairwise(fields))
    assert all(count <= MOST for _, count in layout.spans(layout.fields[-1].end))


@pytest.mark.parametrize("name", MAPS)
def test_device_maps_read_as_pysunspec2_reads_them(name: str) -> None:
    path: Path = vectors("sunspec-device-maps") / f"{name}.json"
    theirs = FileClientDevice(str(path))
    theirs.scan()
    compared = 0
    for words, model in zip(encoded_file(path), theirs.model_list, strict=True):
        if model.model_id in layouts():
            compared += agree(layouts()[model.model_id], words, model)
    assert compared > 10


def agree(layout: Layout, words: tuple[int, ...], model: Any) -> int:
    """A point whose scale factor is not implemented is absent here; pysunspec2 gives its raw value."""
    values = layout.decode(words)
    compared = [same(f, model.points, values.numbers, values.texts, model.points) for f in layout.fields]
    groups = next(iter(model.groups.values()), []) if layout.group else []
    for part, theirs in zip(values.parts, groups, strict=True):
        assert layout.group
        compared += [same(f, theirs.points, part.numbers, part.texts, model.points) for f in layout.group.fields]
    return sum(compared)


def same(field: Field, points: Any, numbers: Mapping[str, float], texts: Mapping[str, str], scales: Any) -> bool:
    theirs = points[field.name].cvalue
    if field.name in texts:
        assert texts[field.name] == theirs
        return True
    usable = theirs is not None and (not field.scale or scales[field.scale].value is not None)
    if usable and not (field.type.startswith("acc") and theirs == 0):
        assert numbers[field.name] == pytest.approx(theirs, rel=1e-9), field.name
        return True
    assert field.name not in numbers
    return False


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
    group = layouts()[160].group
    assert isinstance(group, Group)
    assert sum(count for _, count in layouts()[160].spans(60_000)) == group.at + 64 * group.size
    assert sum(count for _, count in layouts()[103].spans(60_000)) < 60


def test_a_model_shorter_than_published_has_fewer_points() -> None:
    [words] = encoded([{"ID": 103, "W": 800, "W_SF": 0, "St": 4}])
    values = layouts()[103].decode(words[:17])
    assert values.numbers["W"] == 800
    assert "St" not in values.numbers
    assert layouts()[103].spans(3) == ((0, 5),)
