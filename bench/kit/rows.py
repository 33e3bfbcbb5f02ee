"""Figures as rows of the report."""

from __future__ import annotations

from typing import Any

Row = dict[str, Any]


def row(
    name: str,
    value: float,
    unit: str,
    goal: float | None = None,
    rival: tuple[str, float] | None = None,
    digits: int = 2,
) -> Row:
    """One figure; `goal` is an upper bound in the same unit."""
    return {
        "name": name,
        "value": round(value, digits),
        "unit": unit,
        "rival": rival[0] if rival else "",
        "rival_value": round(rival[1], digits) if rival else None,
        "ratio": round(value / rival[1], 2) if rival else None,
        "goal": None if goal is None else f"<= {goal:g}",
        "met": None if goal is None else value <= goal,
    }


def times(name: str, value: float, rival: tuple[str, float], unit: str, at_least: float | None) -> Row:
    """How many times less `value` is than the rival's, both in `unit`; `at_least` is the goal."""
    ratio = rival[1] / value
    return {
        "name": name,
        "value": round(value, 4),
        "unit": unit,
        "rival": rival[0],
        "rival_value": round(rival[1], 4),
        "ratio": round(ratio, 2),
        "goal": None if at_least is None else f">= {at_least:g} x",
        "met": None if at_least is None else ratio >= at_least,
    }


def skipped(name: str, why: str) -> Row:
    """A figure that cannot be had here."""
    return {
        "name": f"{name}: skipped, {why}",
        "value": "-",
        "unit": "",
        "rival": "",
        "rival_value": None,
        "ratio": None,
        "goal": None,
        "met": None,
    }


def percentile(times: list[float], percent: int) -> float:
    return sorted(times)[min(len(times) - 1, round(len(times) * percent / 100))]
