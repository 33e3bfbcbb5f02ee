"""Derived points of the house. DESIGN: grid + sum of inverters' and AC batteries' power = consumption."""

from __future__ import annotations

from hub.core.types import Inputs
from hub.model import Device, Link, Point, Role

_DERIVED = ("consumption", "unexplained", "surplus", "autarky")
HOUSE = Device(
    "house", "house", Role.HOUSE, Link("core", "derived"), points=tuple(Point.of("house", "house", q) for q in _DERIVED)
)


def derive(inputs: Inputs) -> dict[str, float | None]:
    """consumption, unexplained, surplus (W) and autarky (%); None where inputs are missing or it has no meaning."""
    house = inputs.house
    grid = inputs.number(f"{house.grid}.power")
    made = [inputs.number(f"{d}.power") for d in house.producers]
    if grid is None or any(p is None for p in made):
        return dict.fromkeys(p.id for p in HOUSE.points)
    consumption = grid + sum(p for p in made if p is not None)
    known = sum(inputs.number(f"{d}.power") or 0.0 for d in house.loads)
    flexible = sum(inputs.number(f"{c.device}.power") or 0.0 for c in house.chargers)
    return {
        "house.consumption": consumption,
        "house.unexplained": min(0.0, consumption - known),
        "house.surplus": flexible - grid - sum(inputs.number(f"{b.device}.power") or 0.0 for b in house.batteries),
        "house.autarky": _autarky(grid, consumption),
    }


def _autarky(grid: float, consumption: float) -> float | None:
    """The share of the consumption that does not come from the grid, %."""
    return max(0.0, min(100.0, 100.0 * (1.0 - max(grid, 0.0) / consumption))) if consumption > 0 else None
