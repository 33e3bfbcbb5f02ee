"""What the device is rated for, W: its settings before its nameplate. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from drivers.sunspec.chain import Place
from drivers.sunspec.layout import Values

_POWER = ((702, "WMax"), (121, "WMax"), (702, "WMaxRtg"), (120, "WRtg"))
_CHARGE = ((702, "WChaRteMax"), (702, "WChaRteMaxRtg"), (120, "MaxChaRte"), (124, "WChaMax"), (802, "WChaRteMax"))
_DISCHARGE = (
    (702, "WDisChaRteMax"),
    (702, "WDisChaRteMaxRtg"),
    (120, "MaxDisChaRte"),
    (124, "WChaMax"),
    (802, "WDisChaRteMax"),
)
MODELS = frozenset({120, 121, 124, 702, 802})


@dataclass(frozen=True, slots=True)
class Ratings:
    """AC power of the unit, greatest charge and discharge; None where no model says it."""

    power: float | None
    charge: float | None
    discharge: float | None


def ratings(images: Mapping[Place, Values]) -> Ratings:
    rated = ((place.model, values) for place, values in images.items() if place.model in MODELS)
    said = {(model, name): value for model, values in rated for name, value in values.numbers.items()}
    first = [next((said[key] for key in keys if said.get(key)), None) for keys in (_POWER, _CHARGE, _DISCHARGE)]
    return Ratings(*first)
