"""Figures as rows of the report."""

from __future__ import annotations

from typing import Any

Row = dict[str, Any]


def row(name: str, value: float, unit: str, goal: float | None = None, rival: tuple[str, float] | None = None) -> Row:
    """One figure; `goal` is an upper bound in the same unit."""
    return {
        "name": name,
        "value": round(value, 2),
        "unit": unit,
        "rival": rival[0] if rival else "",
        "rival_value": round(rival[1], 2) if rival else None,
        "ratio": round(value / rival[1], 2) if rival else None,
        "goal": None if goal is None else f"<= {goal:g}",
        "met": None if goal is None else value <= goal,
    }


def percentile(times: list[float], percent: int) -> float:
    return sorted(times)[min(len(times) - 1, round(len(times) * percent / 100))]
