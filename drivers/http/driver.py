"""The HTTP driver: one link, and the devices of one or more kinds behind it. Each kind is read once for all of them."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from drivers.http.address import LONGEST_S, place
from drivers.http.kind import Following, Kind
from drivers.http.part import Part, Wanted, bare, roles
from drivers.http.session import HttpSession
from drivers.http.table import KINDS, SLOW_S, maker
from drivers.http.unit import Unit
from drivers.json.in_force import Own
from drivers.json.options import Options
from hub.errors import ConfigError, NoAnswer, Refused
from hub.model import Clock, Command, Device, DeviceSpec, Driver, Link, Sink
from hub.model.document import Document
from hub.model.heard import Reading

_OWN = ("kind", "channel", "reversed")
"""Options of one site device; all others are of the device that they share."""
_MOST_CHANNELS = 64


def prepare(data: Path) -> None:
    """The owner's own descriptions of devices lie in `maps` of the data folder."""
    Own.folder = data / "maps"


def build(link: str, devices: Sequence[DeviceSpec], clock: Clock) -> Driver:
    """A driver for the device at `link`; raises ConfigError for a link or an option that cannot be."""
    kinds: dict[str, list[DeviceSpec]] = {}
    for spec in devices:
        kinds.setdefault(_kind(spec), []).append(spec)
    return HttpDriver([_unit(link, kind, specs, clock) for kind, specs in kinds.items()])


class HttpDriver:
    def __init__(self, units: Sequence[Unit]) -> None:
        self._units = units
        self._sink: Sink | None = None

    @property
    def devices(self) -> tuple[Device, ...]:
        return tuple(part.device for unit in self._units for part in unit.parts.values())

    async def run(self, sink: Sink) -> None:
        self._sink = sink
        try:
            async with asyncio.TaskGroup() as tasks:
                for unit in self._units:
                    tasks.create_task(unit.run(sink), name=f"http {'+'.join(unit.parts)}")
        finally:
            self._sink = None

    async def apply(self, command: Command) -> None:
        device = command.point.partition(".")[0]
        unit = next((u for u in self._units if device in u.parts), None)
        if unit is None:
            raise Refused(f"{command.point}: no such device on this link")
        if self._sink is None:
            raise NoAnswer(f"{device}: not started")
        await unit.apply(command, self._sink)

    def raw(self, device: str) -> tuple[Reading, ...]:
        """All that the device says: whoever looks at one of its parts may look for a part that is missing."""
        return next((u.raw() for u in self._units if device in u.parts), ())


def _kind(spec: DeviceSpec) -> str:
    at = f"devices.{spec.id}.kind"
    kind = spec.options.get("kind")
    if not kind:
        raise ConfigError(at, f"is missing; one of: {', '.join(KINDS)}")
    return Document("site").one_of(at, kind, KINDS)


def _unit(link: str, kind: str, specs: Sequence[DeviceSpec], clock: Clock) -> Unit:
    shared = _shared(specs)
    made = maker(kind)

    options = Options(shared)
    first = made(options)

    def make() -> Kind:
        return first if isinstance(first, Following) else made(Options(shared))

    where = place(link, shared.id, options, SLOW_S.get(kind, LONGEST_S))
    poll_s = options.number("poll_s", 1, 0.1, 60) if options.has("poll_s") else None
    options.done(("channel", "reversed", "kind"))
    parts = [_part(spec, first, where.shown) for spec in specs]
    return Unit(parts, make, HttpSession(where, first.login()), poll_s, clock)


def _shared(specs: Sequence[DeviceSpec]) -> DeviceSpec:
    """The options of the device itself; each may stand at any one of the site devices that it is."""
    found: dict[str, object] = {}
    for spec in specs:
        for key, value in spec.options.items():
            if key not in _OWN and found.setdefault(key, value) != value:
                raise ConfigError(
                    f"devices.{spec.id}.{key}", f"differs from that of {specs[0].id}, and it is one device"
                )
    return replace(specs[0], options=found)


def _part(spec: DeviceSpec, kind: Kind, shown: str) -> Part:
    document, at = Document("site"), f"devices.{spec.id}"
    document.one_of(f"{at}.role", spec.role.value, roles(kind))
    channel = document.whole(spec.options, f"{at}.channel", 1, 1, _MOST_CHANNELS)
    wanted = Wanted(channel, document.get(spec.options, f"{at}.reversed", bool, False))
    device = Device(spec.uid, spec.id, spec.role, Link("http", shown), behind=spec.behind)
    return Part(bare(device, wanted, kind), wanted, kind)
