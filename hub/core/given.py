"""What devices have been given in a step, one after the other, and what that comes to."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from itertools import islice
from math import fsum

from hub.core.types import Inputs


class Given:
    """A or W by device, + = into it. A sum over all of them takes only what is new since it was asked for last."""

    def __init__(self) -> None:
        self._by_device: dict[str, float] = {}
        self._terms: dict[tuple[int, Hashable], tuple[list[float], dict[str, None]]] = {}

    def give(self, device: str, amount: float) -> None:
        """In place of what it was given before."""
        if device in self._by_device:
            self._terms.clear()
        self._by_device[device] = amount

    def get(self, device: str, otherwise: float) -> float:
        return self._by_device.get(device, otherwise)

    def sum(self, inputs: Inputs, name: Hashable, of: Callable[[str, float], float], but: str = "") -> float:
        """Of each device but one, what `of` makes of it and of its amount; it is the same for the same `name`.

        `inputs` live as long as this does.
        """
        if but in self._by_device:
            return fsum(of(d, a) for d, a in self._by_device.items() if d != but)
        terms, points = self._terms.setdefault((id(inputs), name), ([], {}))
        if len(terms) < len(self._by_device):
            before, inputs.looked_at.points = inputs.looked_at.points, points
            terms += [of(d, a) for d, a in islice(self._by_device.items(), len(terms), None)]
            inputs.looked_at.points = before
        inputs.looked_at.points.update(points)
        return fsum(terms)
