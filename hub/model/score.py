"""How well forecasters of the house do."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Quantity = Literal["load", "pv"]
"""What the house itself forecasts."""


@dataclass(frozen=True, slots=True)
class Score:
    """How a forecaster (`author`) would have done on a local `day` (days since 1970-01-01), over `steps` steps that are
    known: W; `covered`: the share that lay in its 10 to 90 % band. `day_before_*`: persistence on the same steps.
    """

    quantity: Quantity
    day: int
    author: str
    steps: int
    mae: float
    rmse: float
    bias: float
    covered: float
    day_before_mae: float
    day_before_rmse: float
