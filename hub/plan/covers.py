"""Rows that the whole numbers obey anyhow and that the LP has to be told: half a device does not run on half the sun.

What the panels leave in a step feeds devices for nothing, up to what is left. The LP would spread a device over many
such steps until it costs nothing in any. But devices that together draw more than is left, by `beyond`, draw that from
the grid or from a battery when all of them are on, and one that is off saves no more than that (a flow cover):

    draws <= left + taken from elsewhere - sum over the devices of (most - beyond)+ * (1 - on)
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from hub.plan.matrix import Ints
from hub.plan.shape import Floats

_BROKEN = 1e-3
"""kW by which a row must be broken to be worth telling."""


@dataclass(frozen=True, slots=True)
class Flows:
    """By place: column, step, the kW that a unit of the column flows then, and the kW that flow at most while it is 1,
    0 where it does not say whether its device is on.
    """

    cols: Ints
    steps: Ints
    kw: Floats
    most: Floats


@dataclass(frozen=True, slots=True)
class Cover:
    """sum of values * columns <= upper"""

    cols: Ints
    values: Floats
    upper: float


class Covers:
    """`left_kw`: by step, panels less load; `taken`: what else there is; `devices`: of each that is on or off, what it
    draws and whether it is on.
    """

    def __init__(self, left_kw: Floats, taken: Flows, devices: list[Flows]) -> None:
        self._steps = np.flatnonzero(left_kw > _BROKEN)
        self._left = left_kw[self._steps]
        place = np.full(len(left_kw), -1)
        place[self._steps] = np.arange(len(self._steps))
        self._taken = _sorted(taken, place[taken.steps])
        self._devices = [_sorted(d, place[d.steps]) for d in devices]
        self._most = np.array([self._most_of(d) for d in self._devices]).reshape(len(devices), len(self._steps))

    def _most_of(self, d: Flows) -> Floats:
        """kW that it draws at most, by step."""
        most = np.zeros(len(self._steps))
        np.maximum.at(most, d.steps, d.most)
        return most

    def broken(self, x: Floats) -> list[Cover]:
        """At most one for each step: of the devices that are most on in `x` so many as break the row most."""
        if not self._most.size:
            return []
        n = len(self._steps)
        drawn = np.array([np.bincount(d.steps, d.kw * x[d.cols], n) for d in self._devices])
        on = np.array([np.bincount(d.steps, (d.most > 0) * x[d.cols], n) for d in self._devices])
        taken = np.bincount(self._taken.steps, self._taken.kw * x[self._taken.cols], n)
        order = np.argsort(-on, axis=0, kind="stable")
        drawn, on, most = (np.take_along_axis(a, order, axis=0) for a in (drawn, np.minimum(on, 1.0), self._most))
        beyond = np.cumsum(most, axis=0) - self._left
        saved = np.maximum(most[None] - beyond[:, None], 0.0) * (1.0 - on)[None]
        saved = (saved * np.tri(len(most))[:, :, None]).sum(axis=1)
        by = np.where(beyond > _BROKEN, np.cumsum(drawn, axis=0) + saved - self._left - taken, 0.0)
        worst = np.argmax(by, axis=0)
        return [
            self._cover(int(t), order[: worst[t] + 1, t], float(beyond[worst[t], t]))
            for t in np.flatnonzero(by.max(axis=0) > _BROKEN)
        ]

    def _cover(self, t: int, devices: Ints, beyond: float) -> Cover:
        saved = np.maximum(self._most[devices, t] - beyond, 0.0)
        taken = _in(self._taken, t)
        cols, values = [self._taken.cols[taken]], [-self._taken.kw[taken]]
        for device, each in zip(devices.tolist(), saved.tolist(), strict=True):
            d = self._devices[device]
            here = _in(d, t)
            cols.append(d.cols[here])
            values.append(d.kw[here] - each * (d.most[here] > 0))
        return Cover(np.concatenate(cols), np.concatenate(values), float(self._left[t] - saved.sum()))


def joined(flows: list[Flows]) -> Flows:
    """All of them as one."""
    cols, steps = (np.concatenate([getattr(f, name) for f in flows]) for name in ("cols", "steps"))
    return Flows(cols, steps, *(np.concatenate([getattr(f, name) for f in flows]) for name in ("kw", "most")))


def _sorted(flows: Flows, steps: Ints) -> Flows:
    """In the order of these steps; what is in none (-1) is left out."""
    order = np.argsort(steps, kind="stable")[int((steps < 0).sum()) :]
    return Flows(flows.cols[order], steps[order], flows.kw[order], flows.most[order])


def _in(flows: Flows, t: int) -> slice:
    first, end = np.searchsorted(flows.steps, [t, t + 1])
    return slice(int(first), int(end))
