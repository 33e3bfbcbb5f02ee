"""What the registers of a device said, for whoever installs it: the raw words, and what the map makes of them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from drivers.modbus.device_map import PointMap
from drivers.modbus.registers import Image, Register
from hub.model import quantity
from hub.model.heard import Reading


def readings(points: Iterable[PointMap], images: Mapping[str, Image]) -> tuple[Reading, ...]:
    """`images` by poll class. A register is `3:9c40` (function, address in hex) with its words in hex; a point that
    needs it is `3:9c40 power` with the value in base units.
    """
    words: dict[str, Reading] = {}
    values: list[Reading] = []
    for point in points:
        image = images.get(point.poll)
        if image is None:
            continue
        for at in point.registers:
            found = image(at)
            if found is not None:
                words[_code(at)] = Reading(_code(at), " ".join(f"{word:04x}" for word in found))
        value = point.of(image)
        if value is not None:
            values.append(Reading(f"{_code(point.registers[0])} {point.name}", value, quantity(point.name).unit))
    return (*words.values(), *values)


def _code(at: Register) -> str:
    return f"{at.function}:{at.address:04x}"
