"""Which forecaster is used: the one that did best in the last weeks, against persistence on the same days. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from hub.model.score import Quantity, Score

DAYS = 28
_LEAST_DAYS = 7
_SHARE = 0.5
"""Of the days of the forecaster that was rated most; who has fewer has not been tried enough."""


@dataclass(frozen=True, slots=True)
class Standing:
    """A forecaster over the days that were rated. W; `mae_ratio`, `rmse_ratio`: against persistence on the same days,
    None where that made no error; `covered`: the share of steps in its 10 to 90 % band.
    """

    quantity: Quantity
    author: str
    days: int
    mae: float
    rmse: float
    bias: float
    covered: float
    mae_ratio: float | None
    rmse_ratio: float | None


def standings(scores: Iterable[Score]) -> list[Standing]:
    """By quantity and name of the forecaster."""
    by: dict[tuple[Quantity, str], list[Score]] = {}
    for score in scores:
        by.setdefault((score.quantity, score.author), []).append(score)
    return [_standing(by[key]) for key in sorted(by)]


def best(found: Iterable[Standing]) -> dict[Quantity, str]:
    """By quantity the least error against persistence; none as long as too few days were rated."""
    chosen: dict[Quantity, Standing] = {}
    listed = list(found)
    for one in listed:
        most = max(s.days for s in listed if s.quantity == one.quantity)
        if one.days < max(_LEAST_DAYS, _SHARE * most) or one.mae_ratio is None:
            continue
        so_far = chosen.get(one.quantity)
        if so_far is None or so_far.mae_ratio is None or one.mae_ratio < so_far.mae_ratio:
            chosen[one.quantity] = one
    return {quantity: one.author for quantity, one in chosen.items()}


def _standing(scores: list[Score]) -> Standing:
    steps = sum(s.steps for s in scores)
    before = [sum(s.steps * e for s, e in zip(scores, errors, strict=True)) / steps for errors in _before(scores)]
    mae, bias, covered = (
        sum(s.steps * getattr(s, name) for s in scores) / steps for name in ("mae", "bias", "covered")
    )
    rmse = (sum(s.steps * s.rmse**2 for s in scores) / steps) ** 0.5
    return Standing(
        scores[0].quantity,
        scores[0].author,
        len(scores),
        mae,
        rmse,
        bias,
        covered,
        mae / before[0] if before[0] else None,
        rmse / before[1] ** 0.5 if before[1] else None,
    )


def _before(scores: list[Score]) -> tuple[list[float], list[float]]:
    return [s.day_before_mae for s in scores], [s.day_before_rmse**2 for s in scores]
