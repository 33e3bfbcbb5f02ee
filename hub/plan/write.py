"""A Problem as the table that `read_problem` makes it of again: JSON, without loss."""

from __future__ import annotations

from dataclasses import fields
from datetime import UTC, datetime
from typing import Any

import numpy as np

from hub.plan.problem import Problem
from hub.plan.shape import Many, Part, Shape, Span, Time


def problem_table(problem: Problem) -> dict[str, Any]:
    """What is None is left out; a series that is the same in all steps is one number."""
    return _table(problem)


def _table(told: Any) -> dict[str, Any]:
    values = ((f, getattr(told, f.name)) for f in fields(told))
    return {f.name: _plain(f.metadata["shape"], value) for f, value in values if value is not None}


def _plain(shape: Shape, value: Any) -> Any:
    match shape:
        case Part():
            return _table(value)
        case Many():
            return [_plain(shape.of, v) for v in value]
        case Time():
            return _iso(value)
        case Span():
            return [_iso(t) for t in value]
    if isinstance(value, np.ndarray):
        return float(value[0]) if len(value) and (value == value[0]).all() else value.tolist()
    return [list(v) if isinstance(v, tuple) else v for v in value] if isinstance(value, tuple) else value


def _iso(t: int) -> str:
    return datetime.fromtimestamp(t / 1000, UTC).isoformat()
