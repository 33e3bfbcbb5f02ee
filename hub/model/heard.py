"""What a device said, as every codec gives it: the wire's own readings, and the points they mean.

A codec is pure and shared by its driver and by `shems decode`, so a capture shows what the house would have seen.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from hub.model.point import Value


@dataclass(frozen=True, slots=True)
class Reading:
    """One value of the wire in base units. `code` is the wire's own name: OBIS, register, JSON path.

    `at`: its own time, UTC ms, where it has one.
    """

    code: str
    value: Value
    unit: str = ""
    at: int | None = None


@dataclass(frozen=True, slots=True)
class Heard:
    """One message. `points` are `<place>.<quantity>` in base units and with the house's signs.

    A place is what the device is by its own word: a role (`grid`, `battery`, `plug`), and for the second and further of
    one kind the role and its number (`plug_2`). `device`: vendor, model, serial, firmware as far as told. `time`: the
    device's own clock, UTC ms. `aged`: the own time of those points that are older than the message. `offset`: where in
    the capture it begins, in bytes. `problems`: what was not understood or not believed, one sentence each.
    """

    readings: tuple[Reading, ...] = ()
    points: Mapping[str, Value] = field(default_factory=dict)
    device: Mapping[str, str] = field(default_factory=dict)
    time: int | None = None
    aged: Mapping[str, int] = field(default_factory=dict)
    problems: tuple[str, ...] = ()
    offset: int = 0

    def at(self, place: str) -> dict[str, Value]:
        """The points of one place, by quantity."""
        return {point[len(place) + 1 :]: value for point, value in self.points.items() if point.startswith(f"{place}.")}


@dataclass(frozen=True, slots=True)
class Rejected:
    """Bytes from `offset` on that are no message, or one that must not be believed."""

    offset: int
    reason: str


@dataclass(frozen=True, slots=True)
class Capture:
    """All that is in one capture."""

    messages: tuple[Heard, ...] = ()
    rejected: tuple[Rejected, ...] = ()


@dataclass(frozen=True, slots=True)
class CaptureHints:
    """What whoever decodes a capture knows besides its bytes.

    `name`: the file's name, for captures that say only there what was asked. `key`, `auth_key`: the meter's keys as
    bytes, for encrypted telegrams. `zone`: the time zone of civil times that do not say it; "" for the format's usual.
    """

    name: str = ""
    key: bytes = b""
    auth_key: bytes = b""
    zone: str = ""


NO_HINTS = CaptureHints()
