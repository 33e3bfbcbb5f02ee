"""One device of a unit: what its models let it show and take, and whether it answers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from drivers.modbus.link import Pulse
from drivers.sunspec.aspects import Source, lack, sources
from drivers.sunspec.chain import Place
from drivers.sunspec.control import LIMITS, SET_POINTS, Control, find
from drivers.sunspec.layout import Values
from drivers.sunspec.makers import own_texts
from drivers.sunspec.options import Options
from drivers.sunspec.ratings import MODELS, Ratings, ratings
from hub.errors import Refused
from hub.model import CommandSpec, Device, DeviceSpec, Link, Measurement, Point, Quality, Role, Value

_EXPECTED = {
    Role.INVERTER: ("power", "pv_power", "energy", "status"),
    Role.BATTERY: ("power", "soc", "power_setpoint"),
    Role.GRID: ("power", "energy_import", "energy_export"),
    Role.METER: ("power", "energy_import", "energy_export"),
}
_COMMAND = {Role.INVERTER: "power_limit", Role.BATTERY: "power_setpoint"}


class Member:
    def __init__(self, spec: DeviceSpec, options: Options, address: str, slow_s: float = 0.0) -> None:
        """`slow_s`: what an answer may take, where it is long."""
        self.options = options
        self._slow_ms = round(1000 * slow_s)
        self.device = _expected(spec, address)
        self.pulse = Pulse()
        self.command = _COMMAND.get(spec.role, "")
        self.lack = ""
        self.control: Control | None = None
        self._sources: tuple[Source, ...] = ()
        self._places: frozenset[Place] = frozenset()
        self._found: dict[str, None] = {}
        self._distrusted: set[int] = set()

    # -- what the unit's models mean for it --------------------------------------------------------------------------

    def fit(self, images: Mapping[Place, Values]) -> None:
        """After the chain was walked: `images` has every model that we know."""
        self._sources = sources(self.device.role, self.options, images)
        self.lack = "" if self.fits else lack(self.device.role, images)
        self._places = frozenset(p for p in images if p.model in MODELS) | {p for p in images if p.model == 1}
        self._found = {}
        self.refresh(images)

    def refresh(self, images: Mapping[Place, Values]) -> None:
        """Ratings and names may change while the unit runs."""
        self.control = self._find(images, ratings(images)) if self.fits else None

    @property
    def fits(self) -> bool:
        return bool(self._sources)

    @property
    def fast(self) -> frozenset[Place]:
        """Read in every pass."""
        control = {self.control.place} if self.control else set()
        return frozenset({source.place for source in self._sources if source.fast} | control)

    @property
    def slow(self) -> frozenset[Place]:
        """Read in turn: what is rated, set, or changes seldom."""
        if not self.fits:
            return frozenset()
        return self._places | {source.place for source in self._sources} - self.fast

    def _find(self, images: Mapping[Place, Values], rated: Ratings) -> Control | None:
        schemes = {Role.INVERTER: LIMITS, Role.BATTERY: SET_POINTS}.get(self.device.role, ())
        wanted = tuple(s for s in schemes if self.options.control in (0, s.model) and s.model not in self._distrusted)
        if self.device.role is Role.INVERTER:
            return find(wanted, images, rated, 0.0, rated.power)
        low = None if rated.charge is None else -rated.charge
        return find(wanted, images, rated, low, rated.discharge)

    # -- what it says ------------------------------------------------------------------------------------------------

    def measure(self, images: Mapping[Place, Values], now: int) -> list[Measurement]:
        """What the models read in this pass say. A set-point that is not in force is invalid, not 0."""
        values: dict[str, Value] = {}
        for source in self._sources:
            if source.place in images:
                values |= source.read(images[source.place])
        self._found |= dict.fromkeys(values)
        measured = [Measurement(f"{self.device.id}.{name}", value, now) for name, value in values.items()]
        if self.control and self.control.place in images:
            measured.append(self.reading(self.control, images[self.control.place], now))
        return measured

    def reading(self, control: Control, values: Values, now: int) -> Measurement:
        point, watts = f"{self.device.id}.{self.command}", control.in_force(values)
        return Measurement(point, watts, now, Quality.INVALID if watts is None else Quality.GOOD)

    def update(self, images: Mapping[Place, Values]) -> bool:
        """The device as its models tell it now; True when that is news."""
        before = self.device
        named = own_texts(self._sources[0].place, images)
        commands = (self.order(self.control),) if self.control else ()
        self.device = replace(
            before,
            points=self._points(),
            commands=commands,
            vendor=named.get("Mn", ""),
            model=named.get("Md", ""),
            serial=named.get("SN", ""),
            firmware=named.get("Vr", ""),
        )
        return self.device != before

    def _points(self) -> tuple[Point, ...]:
        names = [*self._found, *([self.command] if self.control else [])]
        return tuple(Point.of(self.device.uid, self.device.id, name, name == self.command) for name in names)

    # -- what it is told ---------------------------------------------------------------------------------------------

    def take(self, quantity: str) -> Control:
        """The control behind a point. Raises Refused."""
        if not quantity or quantity != self.command:
            raise Refused(f"{self.device.id}.{quantity}: can only be read")
        if self.control is None:
            raise Refused(f"{self._point}: the device has no set-point that lets go by itself")
        return self.control

    def order(self, control: Control) -> CommandSpec:
        """Of a device whose answer may take long no set-point is settled before that."""
        spec = control.command(self._point)
        return replace(spec, settle_ms=max(spec.settle_ms, self._slow_ms))

    def distrust(self, control: Control) -> None:
        """Its set-points do not end by themselves: it is offered no longer."""
        self._distrusted.add(control.scheme.model)

    @property
    def _point(self) -> str:
        return f"{self.device.id}.{self.command}"


def _expected(spec: DeviceSpec, address: str) -> Device:
    """The device before it has answered; a battery counts as one that can be driven until it says otherwise."""
    battery = spec.role is Role.BATTERY
    points = tuple(Point.of(spec.uid, spec.id, name, name == "power_setpoint") for name in _EXPECTED[spec.role])
    commands = (CommandSpec(f"{spec.id}.power_setpoint"),) if battery else ()
    return Device(
        spec.uid, spec.id, spec.role, Link("sunspec", address), behind=spec.behind, points=points, commands=commands
    )
