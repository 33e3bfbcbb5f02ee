"""Which wishes are held for a time, and which are asked for once."""

from __future__ import annotations

from hub.core import Made
from hub.live import Board
from hub.model import HEEDED, Request, Source
from hub.model.command import ORDER

OF_THE_CORE = (".mode", ".import_limit", ".export_limit", *(f".{name}" for name in sorted(HEEDED)))
"""What the core heeds, and no device keeps."""
_ANSWERED_MS = 2_000
"""A wish that is older is held: one that ends with the device's answer has ended by then."""


def holds(wish: Request, made: Made, board: Board) -> bool:
    """Whether it has an end of its own. What nothing else drives, and the device keeps by itself, is asked for once:
    such a wish is over as soon as the device has answered, though the step that was made for it still knows it.
    """
    if wish.source is not Source.PERSON or wish.point.endswith(OF_THE_CORE) or wish.point in made.step.driven:
        return True
    if any(r.point == wish.point and ORDER[r.source] > ORDER[wish.source] for r in made.step.asked):
        return True  # a schedule, a rule or the plan would have its way again at once
    device = board.devices.get(wish.point.partition(".")[0])
    spec = device.command(wish.point) if device else None
    return bool(spec and spec.heartbeat_s) or made.inputs.t - wish.starts >= _ANSWERED_MS
