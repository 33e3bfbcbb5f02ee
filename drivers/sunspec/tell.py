"""What the models of a unit say, point by point, under the models' own names. Pure.

A code is `model.point`, with the groups between them: `701.W`, `160.module[2].DCW`, `705.Crv[1].Pt[3].V`,
`704.PFWInj.PF`; the second model of one kind is `203[2]`. Numbers are in the model's unit, its scale factor applied;
one whose scale factor is not implemented stands raw and has no unit. The names of an enum's value, or of the bits that
a bitfield has set, follow as `.symbol`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping

from drivers.sunspec.chain import Place
from drivers.sunspec.layout import Field, Layout, Values, layouts
from hub.model.heard import Reading


def readings(images: Mapping[Place, Values]) -> Iterator[Reading]:
    """Every point of every model."""
    for place, label in labels(images):
        yield from _said(label, layouts()[place.model], images[place])


def labels(images: Mapping[Place, Values]) -> Iterator[tuple[Place, str]]:
    """The models with their names: `203`, and the further ones of the kind `203[2]`, `203[3]`."""
    seen = Counter[int]()
    for place in images:
        seen[place.model] += 1
        yield place, f"{place.model}[{seen[place.model]}]" if seen[place.model] > 1 else str(place.model)


def _said(prefix: str, layout: Layout, values: Values) -> Iterator[Reading]:
    for field in layout.fields:
        yield from _point(f"{prefix}.{field.name}", field, values)
    for part in values.parts:
        yield from _said(f"{prefix}.{part.name}", layout.group(part.name.partition("[")[0]), part)


def _point(code: str, field: Field, values: Values) -> Iterator[Reading]:
    if text := values.texts.get(field.name):
        yield Reading(code, text)
    if field.name in values.bare:
        yield Reading(code, values.bare[field.name])
    if field.name in values.numbers:
        number = values.numbers[field.name]
        yield Reading(code, number, field.unit)
        if symbols := ", ".join(_symbols(field, int(number))):
            yield Reading(f"{code}.symbol", symbols)


def _symbols(field: Field, value: int) -> Iterator[str]:
    """Of a bitfield those of the bits that are set."""
    if field.type.startswith("bitfield"):
        yield from (name for bit, name in field.symbols.items() if value >> bit & 1)
    elif value in field.symbols:
        yield field.symbols[value]
