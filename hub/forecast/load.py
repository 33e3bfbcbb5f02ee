"""What the house will use: all forecasters of the load, and the house without what is planned for itself."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from hub.forecast.candidates import Forecaster, persistence, week
from hub.forecast.cold import slots, typical
from hub.forecast.days import local_day
from hub.forecast.load_model import LoadModel, fit
from hub.forecast.series import Floats, Forecast, Past, Series

_WEEK_S = 7 * 86_400


def ridge(past: Past, steps: int) -> Forecast | None:
    """Learned anew from the past each time it is asked; Nightly says the same sooner."""
    model = fit(past)
    return model.forecast(past, steps) if model else None


class Nightly:
    """`ridge` that learns once a local day: as nothing of the day itself is learned from, it says the same."""

    def __init__(self) -> None:
        self._day: int | None = None
        self._model: LoadModel | None = None

    def __call__(self, past: Past, steps: int) -> Forecast | None:
        today = local_day(past.now_ms, past.zone)
        if today != self._day:
            self._day, self._model = today, fit(past)
        return self._model.forecast(past, steps) if self._model else None


CANDIDATES: Mapping[str, Forecaster] = {
    "ridge": ridge,
    "slots": slots,
    "week": week,
    "persistence": persistence,
    "typical": typical,
}
"""By name, what is preferred first as long as nothing speaks for another."""


def house_load(total: Series, devices: Mapping[str, Series]) -> Series:
    """What is left of the house, W, when each large device that is planned for itself is taken out of it.

    While a device is silent the house is not known either; where it is silent for more than a week (before it came,
    after it went) it is taken to use nothing that is told apart. Each device has the step of `total`.
    """
    left = total.values.copy()
    for name, device in devices.items():
        if device.seconds != total.seconds:
            raise ValueError(f"{name}: steps of {device.seconds} s where the house has {total.seconds} s")
        left -= _absent_is_zero(device.between(total.start_ms, total.end_ms).values, _WEEK_S // total.seconds)
    return Series(total.start_ms, total.seconds, np.maximum(left, 0.0))


def _absent_is_zero(values: Floats, longest: int) -> Floats:
    """0 in place of each run of NaN that is longer than `longest` or touches an end."""
    out = values.copy()
    edges = np.diff(np.concatenate([[0], np.isnan(values).astype(np.int8), [0]]))
    for start, end in zip(np.flatnonzero(edges == 1), np.flatnonzero(edges == -1), strict=True):
        if end - start > longest or start == 0:
            out[start:end] = 0.0
    return out
