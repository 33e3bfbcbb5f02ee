"""One device of the site document on a Modbus unit: which face of the unit's map it has, and what it measures."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import replace

from drivers.modbus.device_map import DeviceMap, Face, PointMap
from drivers.modbus.link import Pulse
from drivers.modbus.reader import Readout
from drivers.modbus.registers import Image
from hub.model import Device, DeviceSpec, Link, Measurement, Point, Quality, Role, Value, quantity

TURNED_ROLES = (Role.GRID, Role.METER)
_AGES = 2.5
"""a value is too old when it has been missed so often, even where its quantity may not be as old as that"""
_SWAPPED = {
    f"energy_{a}{tariff}": f"energy_{b}{tariff}"
    for a, b in (("import", "export"), ("export", "import"))
    for tariff in ("", "_t1", "_t2")
}
_TURNED = ("power", "reactive_power")


class Member:
    """`turned`: its current transformers are the wrong way round."""

    def __init__(
        self,
        spec: DeviceSpec,
        map_: DeviceMap,
        address: str,
        turned: bool,
        ages: Mapping[str, float],
        slow_s: float = 0.0,
    ) -> None:
        """`ages`: seconds between two readings of a poll class; `slow_s`: what an answer may take, where it is long."""
        self.spec = spec
        self.pulse = Pulse()
        self._turned = turned
        self._signed_currents = False
        self._ages = ages
        self._slow_s = slow_s
        self.face: Face
        self.device = Device(spec.uid, spec.id, spec.role, Link("modbus", address), behind=spec.behind)
        self.fit(map_)

    def fit(self, map_: DeviceMap) -> None:
        """The device as the map tells, and as it has told itself."""
        self.face = face = self._patient(map_.faces[self.spec.role])
        writable = {c.name for c in face.commands}
        self.device = replace(
            self.device,
            vendor=self.device.vendor or map_.vendor,
            model=self.device.model or map_.models[0],
            points=tuple(self._point(p, self._name(p.name) in writable) for p in face.points),
            commands=tuple(replace(c.spec, point=f"{self.spec.id}.{c.name}") for c in face.commands),
        )

    def _patient(self, face: Face) -> Face:
        """Of a device whose answer may take long no command is settled before that."""
        least_ms = round(1000 * self._slow_s)
        specs = (replace(c.spec, settle_ms=max(c.spec.settle_ms, least_ms)) for c in face.commands)
        return replace(face, commands=tuple(replace(c, spec=s) for c, s in zip(face.commands, specs, strict=True)))

    def told(self, info: Mapping[str, str]) -> None:
        """What the unit says of itself; what it does not say stays as it was."""
        now = self.device
        self.device = replace(
            now,
            vendor=info.get("vendor") or now.vendor,
            model=info.get("model") or now.model,
            serial=info.get("serial") or now.serial,
            firmware=info.get("firmware") or now.firmware,
        )

    def _point(self, point: PointMap, writable: bool) -> Point:
        made = Point.of(self.spec.uid, self.spec.id, self._name(point.name), writable)
        age_s = max(made.quantity.max_age_s, _AGES * self._ages[point.poll])
        return replace(made, quantity=replace(made.quantity, max_age_s=age_s))

    def _name(self, name: str) -> str:
        return _SWAPPED.get(name, name) if self._turned else name

    # -- values ------------------------------------------------------------------------------------------------------

    def measure(self, image: Readout, polls: Collection[str], now: int) -> Iterator[Measurement]:
        """Its points of these poll classes, without those that the device was too busy for."""
        return self.values(image, lambda point: point.poll in polls and image.tells(point.registers), now)

    def values(self, image: Image, wanted: Callable[[PointMap], bool], now: int) -> Iterator[Measurement]:
        for point in self.face.points:
            if wanted(point):
                value = _believed(point.name, self._turn(point.name, point.of(image)))
                quality = Quality.INVALID if value is None else Quality.GOOD
                yield Measurement(f"{self.spec.id}.{self._name(point.name)}", value, now, quality)

    def _turn(self, name: str, value: Value | None) -> Value | None:
        """Currents have a sign on some meters only: they are turned once one has been seen."""
        if not self._turned or not isinstance(value, float):
            return value
        kind = name.partition("_l")[0]
        if kind == "current":
            self._signed_currents |= value < 0
            return -value if self._signed_currents else value
        return -value if kind in _TURNED else value


def _believed(name: str, value: Value | None) -> Value | None:
    """What lies outside of the quantity's range is no value."""
    q = quantity(name)
    if isinstance(value, bool | str) or value is None:
        return value
    within = (q.low is None or value >= q.low) and (q.high is None or value <= q.high)
    return value if within else None
