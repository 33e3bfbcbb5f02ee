"""A device that answers but has stopped measuring: its own stamp stands still. Pure."""

from __future__ import annotations

from hub.model.heard import Heard


class Standstill:
    """The points of an answer are dropped when its stamp has been the same for `most` answers before it.

    The device's clock need not be right for that; only that it moves.
    """

    def __init__(self, most: int) -> None:
        self._most = most
        self._last: int | None = None
        self._same = 0

    def pass_on(self, heard: Heard) -> Heard:
        if heard.time is None:
            return heard
        self._same = self._same + 1 if heard.time == self._last else 0
        self._last = heard.time
        if self._same < self._most:
            return heard
        said = "its own time stands still, so nothing is measured any more"
        return Heard(heard.readings, {}, heard.device, heard.time, {}, (*heard.problems, said))
