"""Who may forecast what, for the planner and for the nightly rating alike."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from hub.forecast import load, pv
from hub.forecast.candidates import Forecaster
from hub.forecast.series import Past
from hub.model.score import Quantity


def candidates_of(load_past: Past, pv_past: Past | None) -> Iterator[tuple[Quantity, Past, Mapping[str, Forecaster]]]:
    """What there is to forecast, from what, and by whom, the preferred first."""
    yield "load", load_past, load.CANDIDATES
    if pv_past is not None:
        yield "pv", pv_past, _panels(pv_past)


def _panels(past: Past) -> dict[str, Forecaster]:
    """What is preferred first as long as nothing speaks for another: the blend of all."""
    known = pv.candidates(past.told)
    return {name: known[name] for name in ("blend", *known)}
