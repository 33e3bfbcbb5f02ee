"""The network operator's fees at a time: the first that holds, by the clock on the wall. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray

from hub.model.network import Fee, NetworkCharges

QUARTER_MS = 900_000
"""No fee changes but with a whole quarter-hour of UTC, as no clock of our time is put forward or back otherwise."""
_HOUR_MS = 3_600_000


def fees_at(charges: NetworkCharges, t: int, zone: ZoneInfo) -> tuple[int, int]:
    """For what is imported, and for what is fed in, 1e-5 currency units per kWh at UTC ms; 0 where none holds."""
    local = datetime.fromtimestamp(t // 1000, UTC).astimezone(zone)
    return _first(charges.import_fees, local), _first(charges.export_fees, local)


def same_until(charges: NetworkCharges, fees: tuple[int, int], t: int, zone: ZoneInfo) -> int:
    """UTC ms up to when they are the `fees` of `t`; an hour's end at most."""
    end = t // _HOUR_MS * _HOUR_MS + _HOUR_MS
    until = t // QUARTER_MS * QUARTER_MS + QUARTER_MS
    while until < end and fees_at(charges, until, zone) == fees:
        until += QUARTER_MS
    return until


def by_step(fees: Sequence[Fee], start: int, steps: int, step_ms: int, zone: ZoneInfo) -> NDArray[np.float64]:
    """Of each step from `start` (UTC ms) on: what holds at its begin."""
    if not fees:
        return np.zeros(steps)
    local = (datetime.fromtimestamp((start + i * step_ms) // 1000, UTC).astimezone(zone) for i in range(steps))
    return np.array([_first(fees, at) for at in local], np.float64)


def _first(fees: Sequence[Fee], local: datetime) -> int:
    for fee in fees:
        if fee.holds(local):
            return fee.fee
    return 0
