"""When a device counts as lost, and when it is asked again: said and logged once on loss, once on return."""

from __future__ import annotations

import logging

from hub.model import Device, Sink

log = logging.getLogger(__name__)

_MISSES = 2
_SOON_S, _FIRST_S, _LAST_S = 0.2, 0.5, 5.0


class Pulse:
    def __init__(self) -> None:
        self.misses = 0
        """in a row"""
        self._known = False

    @property
    def known(self) -> bool:
        """It has answered, and is not lost since."""
        return self._known

    def answered(self, device: Device, sink: Sink) -> None:
        """Tells the sink on the first answer and on return."""
        self.misses = 0
        if not self._known:
            self._known = True
            log.info("%s: answers at %s", device.id, device.link.address)
            sink.seen(device)

    def missed(self, device: str, reason: str, sink: Sink) -> float:
        """Tells the sink when this is the loss; returns the seconds until the next try."""
        self.misses += 1
        if self.misses == _MISSES:
            self._known = False
            log.warning("%s: lost: %s", device, reason)
            sink.lost(device, reason)
        return self.pause_s

    @property
    def pause_s(self) -> float:
        if self.misses < _MISSES:
            return _SOON_S
        return min(_LAST_S, _FIRST_S * 2.0 ** min(self.misses - _MISSES, 10))
