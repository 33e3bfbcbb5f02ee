"""One site device on an HTTP link: its place in what the device tells, and its state towards the sink."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from drivers.http.kind import Kind
from drivers.json.roles import as_role
from hub.model import Command, CommandSpec, Device, Measurement, Point, Sink, Value
from hub.model.heard import Heard

log = logging.getLogger(__name__)

_FACTS = ("vendor", "model", "serial", "firmware")
_AGES = 2.5
_SILENT_S = 9.0
"""From a device's last word of this place until that counts as gone, while the device itself answers."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """What the owner said: which of several, and whether its clamp looks the other way."""

    channel: int = 1
    reverse: bool = False


class Part:
    """Fed by its unit; knows its place after the first full pass."""

    def __init__(self, device: Device, wanted: Wanted, kind: Kind) -> None:
        self.device = device
        self.place = ""
        self._wanted = wanted
        self._candidates = tuple(_numbered(role, wanted.channel) for role in _roles(kind, device.role.value))
        self._up: bool | None = None
        self._until = 0.0
        self._every_s: dict[str, float] = {}
        self._aged: dict[str, int] = {}
        self._told_absent = False

    def settle(self, known: Iterable[str]) -> None:
        """Chooses its place among those that the device has told of, best first."""
        found = set(known)
        self.place = next((place for place in self._candidates if place in found), "")
        if not self.place and not self._told_absent:
            self._told_absent = True
            have = ", ".join(sorted(found)) or "nothing yet"
            log.warning("%s: the device tells nothing of %s; it has: %s", self.device.id, self._candidates[0], have)

    def take(self, heard: Heard, at: int, until: float, every_s: float, kind: Kind, sink: Sink) -> None:
        """One answer, heard at `at` (UTC ms). `until` (s, monotonic): when the next one is overdue. `every_s`: how
        seldom it is asked for by its kind, 0 = with each pass.
        """
        values = as_role(heard.at(self.place), self.place, self.device.role.value, self._wanted.reverse)
        aged = _aged(heard, self.place)
        if not values:
            self._learn(heard, {}, kind, sink)
            return
        self._until = max(self._until, until)
        self._every_s |= {name: max(every_s, self._every_s.get(name, 0.0)) for name in values}
        self._learn(heard, values, kind, sink)
        self._put(values, aged, at, sink)

    def renew(self, kind: Kind, sink: Sink) -> None:
        """Its kind is described otherwise now: what it has is found out again."""
        self.place, self._every_s = "", {}
        self.device = bare(self.device, self._wanted, kind)
        if self._up:
            sink.seen(self.device)

    def overdue(self, now: float) -> bool:
        return bool(self._up) and now > self._until + _SILENT_S

    def lose(self, sink: Sink, reason: str) -> None:
        """Said and logged once."""
        if self._up is False:
            return
        self._up, self._aged = False, {}
        log.warning("%s: lost: %s", self.device.id, reason)
        sink.lost(self.device.id, reason)

    def spec(self, command: Command) -> CommandSpec | None:
        return self.device.command(command.point)

    def _put(self, values: Mapping[str, Value], aged: Mapping[str, int], at: int, sink: Sink) -> None:
        """What is measured now gets the hub's time; what has its own time is put once for each."""
        sink.put([Measurement(f"{self.device.id}.{n}", v, at) for n, v in values.items() if n not in aged])
        for name, own in aged.items():
            if name in values and self._aged.get(name) != own:
                sink.put([Measurement(f"{self.device.id}.{name}", values[name], min(own, at))])
                self._aged[name] = own

    def _learn(self, heard: Heard, values: Mapping[str, Value], kind: Kind, sink: Sink) -> None:
        """Reports the device when it is back, and again when more is known of it."""
        known = self._known(heard, values, kind)
        back = bool(values) and not self._up
        changed, self.device = known != self.device, known
        if back:
            log.info("%s: answers at %s", known.id, known.link.address)
            self._up = True
        if self._up and (back or changed):
            sink.seen(known)

    def _known(self, heard: Heard, values: Mapping[str, Value], kind: Kind) -> Device:
        """Facts come from answers about this place, or about no place; points are only ever added.

        An answer that knows no more than the maker of the interface does not rename what another answer has named.
        """
        device = self.device
        if not values and heard.points:
            return device
        facts: dict[str, Any] = {name: heard.device[name] for name in _FACTS if heard.device.get(name)}
        if facts.keys() == {"vendor"} and device.vendor:
            facts = {}
        commands = kind.commands(device.id, self.place)
        writable = {spec.point for spec in commands}
        names = dict.fromkeys([*(point.quantity.name for point in device.points), *values])
        points = tuple(self._point(name, f"{device.id}.{name}" in writable) for name in names)
        return replace(device, points=points, commands=commands, **facts)

    def _point(self, name: str, writable: bool) -> Point:
        """What its kind asks for only now and then holds until the next answer is overdue."""
        made = Point.of(self.device.uid, self.device.id, name, writable)
        age_s = max(made.quantity.max_age_s, _AGES * self._every_s.get(name, 0.0))
        return replace(made, quantity=replace(made.quantity, max_age_s=age_s))


def bare(device: Device, wanted: Wanted, kind: Kind) -> Device:
    """The device before it has answered, with what any model of its kind has."""
    place = _numbered(next(iter(_roles(kind, device.role.value))), wanted.channel)
    commands = kind.commands(device.id, place)
    writable = {spec.point for spec in commands}
    values = as_role(dict.fromkeys(kind.expected(place), 0), place, device.role.value, wanted.reverse)
    points = tuple(Point.of(device.uid, device.id, name, f"{device.id}.{name}" in writable) for name in values)
    return replace(device, points=points, commands=commands)


def roles(kind: Kind) -> tuple[str, ...]:
    """Those that a device of this kind can have."""
    return tuple(dict.fromkeys((*kind.places, *kind.also)))


def _roles(kind: Kind, role: str) -> tuple[str, ...]:
    own = (role,) if role in kind.places else ()
    return (*own, *kind.also.get(role, ()))


def _numbered(role: str, channel: int) -> str:
    return role if channel == 1 else f"{role}_{channel}"


def _aged(heard: Heard, place: str) -> dict[str, int]:
    return {point[len(place) + 1 :]: at for point, at in heard.aged.items() if point.startswith(f"{place}.")}
