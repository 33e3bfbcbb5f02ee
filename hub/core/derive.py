"""Derived points of the house. DESIGN: grid + sum of inverters' and AC batteries' power = consumption."""

from __future__ import annotations

from collections.abc import Mapping
from math import fsum

from hub.core.connection import EXPORT_LIMIT, IMPORT_LIMIT, Cap
from hub.core.draw import EXPORT, IMPORT
from hub.core.types import Inputs
from hub.model import CommandSpec, Device, Link, Point, Role

_DERIVED = ("consumption", "unexplained", "surplus", "autarky")
_LIMITS = ("import_limit", "export_limit")
HOUSE = Device(
    "house",
    "house",
    Role.HOUSE,
    Link("core", "derived"),
    points=(
        *(Point.of("house", "house", q) for q in _DERIVED),
        *(Point.of("house", "house", q, writable=True) for q in _LIMITS),
    ),
    commands=tuple(CommandSpec(f"house.{q}", low=0.0) for q in _LIMITS),
)


def derive(inputs: Inputs, limits: Mapping[int, Cap]) -> dict[str, float | None]:
    """consumption, unexplained, surplus (W), autarky (%) and the limits in force (W).

    None where inputs are missing, it has no meaning, or there is no limit.
    """
    return {**_flows(inputs), **{p: limits[way].watts if way in limits else None for way, p in _POINTS.items()}}


_POINTS = {IMPORT: IMPORT_LIMIT, EXPORT: EXPORT_LIMIT}


def _flows(inputs: Inputs) -> dict[str, float | None]:
    house = inputs.house
    grid = inputs.number(f"{house.grid}.power")
    made = [_made(inputs, d) for d in house.producers]
    if grid is None or any(p is None for p in made):
        return dict.fromkeys(f"house.{q}" for q in _DERIVED)
    consumption = grid + fsum(p for p in made if p is not None)
    known = fsum(inputs.number(f"{d}.power") or 0.0 for d in house.loads)
    flexible = fsum(inputs.number(f"{c.device}.power") or 0.0 for c in house.chargers)
    return {
        "house.consumption": consumption,
        "house.unexplained": min(0.0, consumption - known),
        "house.surplus": flexible - grid - fsum(inputs.number(f"{b.device}.power") or 0.0 for b in house.batteries),
        "house.autarky": _autarky(grid, consumption),
    }


def _made(inputs: Inputs, device: str) -> float | None:
    """W. What has nothing but sun to make it from makes nothing in the dark, when many an inverter does not answer."""
    watts, elevation = inputs.number(f"{device}.power"), inputs.moment.elevation if inputs.moment else None
    dark = elevation is not None and elevation <= 0
    return 0.0 if watts is None and dark and device in inputs.house.solar else watts


def _autarky(grid: float, consumption: float) -> float | None:
    """The share of the consumption that does not come from the grid, %."""
    return max(0.0, min(100.0, 100.0 * (1.0 - max(grid, 0.0) / consumption))) if consumption > 0 else None
