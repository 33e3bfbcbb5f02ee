"""Model 715: whether the device takes orders from afar, whether it lives, and the controller's own heartbeat. Pure.

A device that watches its controller keeps set-points only as long as `ControllerHb` counts up once a second; `DERHb` is
its own count, and a gateway that goes on answering for a dead device shows it standing still. `AlarmReset` and `OpCtl`
are left to people: the hub resets no alarm and starts or stops no device by itself.
"""

from __future__ import annotations

from drivers.sunspec.chain import Place
from drivers.sunspec.codec import encode
from drivers.sunspec.layout import Values, layouts

MODEL = 715
BEAT_S = 1.0
STILL_S = 15.0
"""three rounds of the models that are read in turn"""
_LIVES = 3
"""so often in a row it has to be seen to count at that pace before standing still says anything"""
_LOCAL = 1
_RESET = 0xFFFF_FFFF
"""the mark of a count that is not implemented: before it, back to 0"""


class Heart:
    """Of a unit with model 715 at `place`, from its first `values` on; `now` is monotonic, s."""

    def __init__(self, place: Place, values: Values, now: float) -> None:
        self.place = place
        self.beats = "ControllerHb" in values.numbers
        """The device watches its controller."""
        self.local = False
        """Somebody has it under local control: it takes no set-points."""
        self._count = int(values.numbers.get("ControllerHb", 0))
        self._own = values.numbers.get("DERHb", 0.0)
        self._moved, self._steps = now, 0
        self._heard = now
        self.hear(values, now)

    def hear(self, values: Values, now: float) -> None:
        numbers = values.numbers
        self._heard = now
        self.local = numbers.get("LocRemCtl") == _LOCAL
        if numbers.get("DERHb", self._own) != self._own:
            self._steps = self._steps + 1 if now - self._moved <= STILL_S else 0
            self._own, self._moved = numbers["DERHb"], now

    @property
    def still(self) -> bool:
        """Whether its heart has stopped, as far as was heard; one that was never seen to beat steadily is none."""
        return self._steps >= _LIVES and self._heard - self._moved > STILL_S

    def beat(self) -> tuple[int, tuple[int, ...]]:
        """(address, registers) of the controller's next count, from what the device showed at first."""
        self._count = (self._count + 1) % _RESET
        field = layouts()[MODEL].field("ControllerHb")
        return self.place.address + field.at, encode(field.kind, self._count)
