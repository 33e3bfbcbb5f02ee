"""Derived points of the house. DESIGN: grid + sum of inverters' and AC batteries' power = consumption."""

from __future__ import annotations

from hub.core.types import Inputs

DERIVED = ("consumption", "unexplained", "surplus", "autarky")


def derive(inputs: Inputs) -> dict[str, float]:
    """consumption, unexplained, surplus (W) and autarky (%); a quantity whose inputs are missing is absent."""
    house = inputs.house
    grid = inputs.number(f"{house.grid}.power")
    made = [inputs.number(f"{d}.power") for d in house.producers]
    if grid is None or any(p is None for p in made):
        return {}
    consumption = grid + sum(p for p in made if p is not None)
    known = sum(inputs.number(f"{d}.power") or 0.0 for d in house.loads)
    flexible = sum(inputs.number(f"{c.device}.power") or 0.0 for c in house.chargers)
    derived = {
        "house.consumption": consumption,
        "house.unexplained": min(0.0, consumption - known),
        "house.surplus": flexible - grid - sum(inputs.number(f"{b.device}.power") or 0.0 for b in house.batteries),
    }
    if consumption > 0:
        derived["house.autarky"] = max(0.0, min(100.0, 100.0 * (1.0 - max(grid, 0.0) / consumption)))
    return derived
