"""Settings of the SunSpec inverter (raw register values) and what they make it do.

The simulated vendor defines model 704's WSet as the power of the battery's DC port (W, + = discharge), WSetPct as % of
the inverter's 10 kW. Model 124 bounds the battery: StorCtl_Mod bit 0 limits charging to InWRte, bit 1 discharging to
OutWRte (% of WChaMax); a negative rate forces the opposite. 704's set-point wins over 124. The power limits of 123 and
704 (% of 10 kW) hold for the AC port; the lower one wins. Each control with a reversion time falls back when that many
real seconds pass without a write to its group."""

from collections.abc import Callable
from dataclasses import dataclass

from ..physics.inverter import Orders
from .sunspec_values import RATED_CHARGE_W, RATED_W

Key = tuple[int, str]

DEFAULTS: dict[Key, int] = {
    (1, "DA"): 1,
    (121, "WMax"): RATED_W // 10,
    (121, "VRef"): 230,
    (121, "VRefOfs"): 0,
    (121, "VAMax"): RATED_W // 10,
    (123, "Conn"): 1,
    (123, "WMaxLimPct"): 10_000,
    (123, "WMaxLim_Ena"): 0,
    (123, "OutPFSet"): 1000,
    (123, "OutPFSet_Ena"): 0,
    (123, "VArPct_Ena"): 0,
    (123, "WMaxLimPct_RvrtTms"): 0,
    (123, "Conn_RvrtTms"): 0,
    (124, "WChaMax"): RATED_CHARGE_W,
    (124, "WChaGra"): 100,
    (124, "WDisChaGra"): 100,
    (124, "StorCtl_Mod"): 0,
    (124, "MinRsvPct"): 500,
    (124, "OutWRte"): 10_000,
    (124, "InWRte"): 10_000,
    (124, "InOutWRte_RvrtTms"): 0,
    (124, "ChaGriSet"): 1,
    (702, "WMax"): RATED_W,
    (702, "VAMax"): RATED_W,
    (702, "WChaRteMax"): RATED_CHARGE_W,
    (702, "WDisChaRteMax"): RATED_CHARGE_W,
    (702, "VNom"): 230,
    (703, "ES"): 1,
    (703, "ESVHi"): 2530,
    (703, "ESVLo"): 1955,
    (703, "ESHzHi"): 5010,
    (703, "ESHzLo"): 4950,
    (704, "WMaxLimPctEna"): 0,
    (704, "WMaxLimPct"): 1000,
    (704, "WMaxLimPctRvrt"): 1000,
    (704, "WMaxLimPctEnaRvrt"): 0,
    (704, "WMaxLimPctRvrtTms"): 0,
    (704, "WMaxLimPctRvrtRem"): 0,
    (704, "WSetEna"): 0,
    (704, "WSetMod"): 1,
    (704, "WSet"): 0,
    (704, "WSetRvrt"): 0,
    (704, "WSetPct"): 0,
    (704, "WSetPctRvrt"): 0,
    (704, "WSetEnaRvrt"): 0,
    (704, "WSetRvrtTms"): 0,
    (704, "WSetRvrtRem"): 0,
}

ALLOWED: dict[Key, range] = {
    (123, "Conn"): range(2),
    (123, "WMaxLimPct"): range(10_001),
    (123, "WMaxLim_Ena"): range(2),
    (124, "WChaMax"): range(RATED_CHARGE_W + 1),
    (124, "StorCtl_Mod"): range(4),
    (124, "ChaGriSet"): range(2),
    (124, "OutWRte"): range(-10_000, 10_001),
    (124, "InWRte"): range(-10_000, 10_001),
    (124, "MinRsvPct"): range(10_001),
    (703, "ES"): range(2),
    (704, "WMaxLimPctEna"): range(2),
    (704, "WMaxLimPct"): range(1001),
    (704, "WSetEna"): range(2),
    (704, "WSetMod"): range(2),
    (704, "WSet"): range(-RATED_W, RATED_W + 1),
    (704, "WSetPct"): range(-1000, 1001),
}
"""raw values that are taken; points not named here take anything"""


@dataclass(frozen=True, slots=True, eq=False)
class Timer:
    """A group of points with a reversion time: it runs while `enable` is not zero; then `fallback` is set."""

    model: int
    prefix: str
    enable: str
    seconds: str
    remaining: str | None
    fallback: dict[str, int | str]
    """a point's raw value, or the name of the point that holds it"""


TIMERS = (
    Timer(123, "WMaxLim", "WMaxLim_Ena", "WMaxLimPct_RvrtTms", None, {"WMaxLim_Ena": 0}),
    Timer(124, "", "StorCtl_Mod", "InOutWRte_RvrtTms", None, {"StorCtl_Mod": 0}),
    Timer(
        704,
        "WMaxLimPct",
        "WMaxLimPctEna",
        "WMaxLimPctRvrtTms",
        "WMaxLimPctRvrtRem",
        {"WMaxLimPctEna": "WMaxLimPctEnaRvrt", "WMaxLimPct": "WMaxLimPctRvrt"},
    ),
    Timer(
        704,
        "WSet",
        "WSetEna",
        "WSetRvrtTms",
        "WSetRvrtRem",
        {"WSetEna": "WSetEnaRvrt", "WSet": "WSetRvrt", "WSetPct": "WSetPctRvrt"},
    ),
)


class Controls:
    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._raw = dict(DEFAULTS)
        self._deadlines: dict[Timer, float] = {}

    def __getitem__(self, key: Key) -> int | None:
        return self._raw.get(key)

    def put(self, changes: dict[Key, int]) -> None:
        """Take checked values and start the timers of the groups they belong to."""
        self._raw |= changes
        for timer in TIMERS:
            if any(model == timer.model and name.startswith(timer.prefix) for model, name in changes):
                self._arm(timer)

    def tick(self) -> None:
        """Let timers run out, and show what is left of them."""
        now = self._clock()
        for timer, deadline in list(self._deadlines.items()):
            if now >= deadline:
                self._fall_back(timer)
            elif timer.remaining is not None:
                self._raw[timer.model, timer.remaining] = round(deadline - now)

    def orders(self) -> Orders:
        raw = self._raw
        low, high = self._bounds()
        limits = [1e9]
        if raw[123, "WMaxLim_Ena"]:
            limits.append(raw[123, "WMaxLimPct"] / 10_000 * RATED_W)
        if raw[704, "WMaxLimPctEna"]:
            limits.append(raw[704, "WMaxLimPct"] / 1000 * RATED_W)
        connected = raw[123, "Conn"] == 1 and raw[703, "ES"] == 1
        return Orders(self._set_point(), low, high, min(limits), raw[124, "ChaGriSet"] == 1, connected)

    def _set_point(self) -> float | None:
        raw = self._raw
        if not raw[704, "WSetEna"]:
            return None
        return float(raw[704, "WSet"]) if raw[704, "WSetMod"] == 1 else raw[704, "WSetPct"] / 1000 * RATED_W

    def _bounds(self) -> tuple[float, float]:
        raw = self._raw
        mode, full = raw[124, "StorCtl_Mod"], raw[124, "WChaMax"] / 10_000
        low = -raw[124, "InWRte"] * full if mode & 1 else -1e9
        high = raw[124, "OutWRte"] * full if mode & 2 else 1e9
        return (low, high) if low <= high else (high, high)

    def _arm(self, timer: Timer) -> None:
        seconds = self._raw[timer.model, timer.seconds]
        if self._raw[timer.model, timer.enable] and seconds:
            self._deadlines[timer] = self._clock() + seconds
        else:
            self._disarm(timer)

    def _disarm(self, timer: Timer) -> None:
        self._deadlines.pop(timer, None)
        if timer.remaining is not None:
            self._raw[timer.model, timer.remaining] = 0

    def _fall_back(self, timer: Timer) -> None:
        for name, value in timer.fallback.items():
            self._raw[timer.model, name] = value if isinstance(value, int) else self._raw[timer.model, value]
        self._disarm(timer)
