"""What all simulated devices have in common: a name, a fault, counters, and eyes on the house."""

import time
from collections.abc import Callable

from .fault import Fault, Kind
from .physics.state import Snapshot
from .physics.world import World
from .wiring import Wiring

Truth = dict[str, object]


class View:
    """The latest snapshot of the house; the runner replaces it, devices read it."""

    def __init__(self, snapshot: Snapshot, wiring: Wiring | None = None) -> None:
        self.snapshot = snapshot
        self.wiring = wiring or Wiring()


class Device:
    """`reads` and `writes` count what was answered and what was accepted."""

    def __init__(self, name: str, view: View, clock: Callable[[], float] = time.monotonic) -> None:
        self.name = name
        self.fault = Fault(clock)
        self.clock = clock
        self.reads = 0
        self.writes = 0
        self._view = view
        self._frozen: Snapshot | None = None

    def set_fault(self, kind: Kind, for_s: float | None = None) -> None:
        self.fault.set(kind, for_s)
        self._frozen = self._view.snapshot if kind is Kind.STUCK else None

    def seen(self) -> Snapshot:
        """The house as the device's sensors show it: frozen while stuck."""
        if self._frozen is not None and self.fault.kind is Kind.STUCK:
            return self._frozen
        return self._view.snapshot

    @property
    def wiring(self) -> Wiring:
        return self._view.wiring

    @property
    def now(self) -> Snapshot:
        """The house as it is."""
        return self._view.snapshot

    def drive(self, world: World) -> None:
        """Bring the device's orders into the house, before each step."""

    def truth(self) -> Truth:
        """The true state in plain units, for the control interface."""
        return {}
