"""The set-points: what to write for a power, and what the device shows to be in force. Pure; W.

Each is enabled together with a reversion time, so that a device whose hub has died regulates itself again after
`REVERSION_S`. A device that has no reversion time gets no set-point.
Source: SunSpec models 123, 124, 704. 124: a negative rate forces the opposite direction, so that the same rate with
both signs is an exact power; both rates are taken as % of WChaMax. 704's WSet is taken as the battery's power.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from drivers.sunspec.chain import Place
from drivers.sunspec.codec import encode
from drivers.sunspec.layout import Field, Layout, Values, layouts
from drivers.sunspec.ratings import Ratings
from hub.model import CommandSpec

REVERSION_S = 60
_ON, _OFF, _WATTS, _BOTH = 1, 0, 1, 3


@dataclass(frozen=True, slots=True)
class Scheme:
    """One model's way. `settings(watts, full)` and `in_force(values, full)` with `full` = the W of 100 %."""

    model: int
    enable: str
    seconds: str
    value: str
    settings: Callable[[float, float], dict[str, float]]
    in_force: Callable[[Values, float], float | None]
    percent: bool = True


@dataclass(frozen=True, slots=True)
class Control:
    """A set-point of this device: `full` W are 100 %, `low` to `high` W may be asked for, in steps of `step` W."""

    scheme: Scheme
    place: Place
    full: float
    low: float | None
    high: float | None
    step: float

    def command(self, point: str) -> CommandSpec:
        return CommandSpec(point, self.low, self.high, self.step, heartbeat_s=REVERSION_S, tolerance=0.51 * self.step)

    def in_force(self, values: Values) -> float | None:
        """W; None when nothing is in force."""
        watts = self.scheme.in_force(values, self.full)
        return None if watts is None else round(watts, 2)

    def frames(self, watts: float, values: Values) -> tuple[tuple[int, tuple[int, ...]], ...]:
        """(address, registers) to write, in this order; the enable comes last. Raises ValueError."""
        return self._frames(self.scheme.settings(watts, self.full), values)

    def release(self, values: Values) -> tuple[tuple[int, tuple[int, ...]], ...]:
        """What leaves the device to itself."""
        return self._frames({self.scheme.enable: _OFF}, values)

    def stays(self, values: Values) -> bool:
        """Whether a set-point is enabled without reversion time, so that it would outlive the hub."""
        numbers = values.numbers
        return numbers.get(self.scheme.enable, _OFF) != _OFF and numbers.get(self.scheme.seconds, 0) == 0

    def _frames(self, settings: Mapping[str, float], values: Values) -> tuple[tuple[int, tuple[int, ...]], ...]:
        needed = (self.scheme.enable, self.scheme.value)
        wanted = {name: value for name, value in settings.items() if name in values.numbers or name in needed}
        runs = _runs(layouts()[self.place.model], wanted, values)
        last = layouts()[self.place.model].field(self.scheme.enable).at
        ordered = sorted(runs.items(), key=lambda run: run[0] <= last < run[0] + len(run[1]))
        return tuple((self.place.address + at, words) for at, words in ordered)


def find(
    schemes: tuple[Scheme, ...], images: Mapping[Place, Values], ratings: Ratings, low: float | None, high: float | None
) -> Control | None:
    """The first of `schemes` that this device has, whole."""
    for scheme in schemes:
        for place, values in images.items():
            if place.model == scheme.model and (control := _control(scheme, place, values, ratings, low, high)):
                return control
    return None


def _control(
    scheme: Scheme, place: Place, values: Values, ratings: Ratings, low: float | None, high: float | None
) -> Control | None:
    scale = values.numbers.get(layouts()[place.model].field(scheme.value).scale)
    full = values.numbers.get("WChaMax") if scheme.model == 124 else ratings.power
    has = scheme.enable in values.numbers and scheme.seconds in values.numbers
    if not has or scale is None or (scheme.percent and not full):
        return None
    resolution: float = 10**scale * ((full or 0.0) / 100 if scheme.percent else 1)
    return Control(scheme, place, full or 0.0, low, high, max(1.0, round(resolution, 3)))


def _runs(layout: Layout, wanted: Mapping[str, float], values: Values) -> dict[int, tuple[int, ...]]:
    """Registers to write by offset: neighbours in one request, over points between them that stay as they are."""
    kept = {field.name: values.numbers[field.name] for field in layout.fields if field.name in values.numbers}
    asked = kept | dict(wanted)
    runs: list[list[Field]] = []
    for field in (f for f in layout.fields if f.writable and f.name in asked):
        if runs and runs[-1][-1].end == field.at:
            runs[-1].append(field)
        else:
            runs.append([field])
    trimmed = [_trim(run, wanted) for run in runs]
    return {run[0].at: _encoded(run, asked, values) for run in trimmed if run}


def _trim(run: list[Field], wanted: Mapping[str, float]) -> list[Field]:
    places = [n for n, field in enumerate(run) if field.name in wanted]
    return run[places[0] : places[-1] + 1] if places else []


def _encoded(run: list[Field], asked: Mapping[str, float], values: Values) -> tuple[int, ...]:
    words: tuple[int, ...] = ()
    for field in run:
        exponent = values.numbers.get(field.scale, 0) if field.scale else 0
        words += encode(field.kind, asked[field.name], int(exponent))
    return words


# -- the models ------------------------------------------------------------------------------------------------------


def _set_704(watts: float, _full: float) -> dict[str, float]:
    return {"WSetEna": _ON, "WSetMod": _WATTS, "WSet": watts, "WSetEnaRvrt": _OFF, "WSetRvrtTms": REVERSION_S}


def _shown_704(values: Values, full: float) -> float | None:
    numbers = values.numbers
    if numbers.get("WSetEna") != _ON:
        return None
    if numbers.get("WSetMod", _WATTS) == _WATTS:
        return numbers.get("WSet")
    return _percent_of(numbers.get("WSetPct"), full)


def _set_124(watts: float, full: float) -> dict[str, float]:
    rate = 100 * watts / full
    return {"StorCtl_Mod": _BOTH, "OutWRte": rate, "InWRte": -rate, "InOutWRte_RvrtTms": REVERSION_S}


def _shown_124(values: Values, _full: float) -> float | None:
    """A power only when both bounds meet; else they are bounds, not a set-point."""
    numbers = values.numbers
    out, back = numbers.get("OutWRte"), numbers.get("InWRte")
    if numbers.get("StorCtl_Mod") != _BOTH or out is None or back != -out:
        return None
    return _percent_of(out, numbers.get("WChaMax"))


def _limit_704(watts: float, full: float) -> dict[str, float]:
    return {
        "WMaxLimPctEna": _ON,
        "WMaxLimPct": 100 * watts / full,
        "WMaxLimPctEnaRvrt": _OFF,
        "WMaxLimPctRvrtTms": REVERSION_S,
    }


def _limit_123(watts: float, full: float) -> dict[str, float]:
    return {"WMaxLim_Ena": _ON, "WMaxLimPct": 100 * watts / full, "WMaxLimPct_RvrtTms": REVERSION_S}


def _limited(enable: str) -> Callable[[Values, float], float | None]:
    """Without a limit the rating is what limits."""

    def shown(values: Values, full: float) -> float | None:
        if enable not in values.numbers:
            return None
        return _percent_of(values.numbers.get("WMaxLimPct"), full) if values.numbers[enable] == _ON else full

    return shown


def _percent_of(percent: float | None, full: float | None) -> float | None:
    return None if percent is None or full is None else percent * full / 100


SET_POINTS = (
    Scheme(704, "WSetEna", "WSetRvrtTms", "WSet", _set_704, _shown_704, percent=False),
    Scheme(124, "StorCtl_Mod", "InOutWRte_RvrtTms", "OutWRte", _set_124, _shown_124),
)
LIMITS = (
    Scheme(704, "WMaxLimPctEna", "WMaxLimPctRvrtTms", "WMaxLimPct", _limit_704, _limited("WMaxLimPctEna")),
    Scheme(123, "WMaxLim_Ena", "WMaxLimPct_RvrtTms", "WMaxLimPct", _limit_123, _limited("WMaxLim_Ena")),
)
