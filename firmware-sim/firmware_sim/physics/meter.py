"""Phase arithmetic and energy counters of a three-phase meter. W, var, V, A, Wh; + = import."""

import math
from dataclasses import dataclass, field

from .state import MeterState, Three

ZERO: Three = (0.0, 0.0, 0.0)


@dataclass(slots=True)
class Meter:
    imported: list[float] = field(default_factory=lambda: [0.0, 0.0, 0.0])
    exported: list[float] = field(default_factory=lambda: [0.0, 0.0, 0.0])
    import_wh: float = 0.0
    export_wh: float = 0.0
    import_by_tariff: list[float] = field(default_factory=lambda: [0.0, 0.0])
    export_by_tariff: list[float] = field(default_factory=lambda: [0.0, 0.0])
    tariff: int = 1
    power: Three = ZERO
    reactive: Three = ZERO
    voltage: Three = (230.0, 230.0, 230.0)
    frequency: float = 50.0

    def step(self, power: Three, reactive: Three, voltage: Three, frequency: float, tariff: int, dt: float) -> None:
        """Totals count the net of the phases, as a billing meter does; the phases count for themselves."""
        self.power, self.reactive, self.voltage, self.frequency = power, reactive, voltage, frequency
        self.tariff = tariff
        hours = dt / 3600
        for phase, watts in enumerate(power):
            counters = self.imported if watts > 0 else self.exported
            counters[phase] += abs(watts) * hours
        net = sum(power) * hours
        if net > 0:
            self.import_wh += net
            self.import_by_tariff[tariff - 1] += net
        else:
            self.export_wh -= net
            self.export_by_tariff[tariff - 1] -= net

    def state(self) -> MeterState:
        amps = [math.hypot(p, q) / u for p, q, u in zip(self.power, self.reactive, self.voltage, strict=True)]
        a, b, c = self.imported
        d, e, f = self.exported
        return MeterState(
            self.power,
            self.reactive,
            self.voltage,
            (amps[0], amps[1], amps[2]),
            self.frequency,
            (a, b, c),
            (d, e, f),
            self.import_wh,
            self.export_wh,
            self.tariff,
            (self.import_by_tariff[0], self.import_by_tariff[1]),
            (self.export_by_tariff[0], self.export_by_tariff[1]),
        )
