"""What the calendar and the sun say of one moment: made outside of the core, so that the core needs no clock."""

from __future__ import annotations

from dataclasses import dataclass

WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


@dataclass(frozen=True, slots=True)
class Moment:
    """`t`: UTC ms. `minute`: local wall clock, minutes since midnight, 0 to 1439; `weekday`: 0 = Monday;
    `day`: the local date, days since 1970-01-01. `sunrise`, `sunset`: minutes since local midnight of it; None where
    there is none (polar day or night, no place given). `elevation`: of the sun, degrees; None with no place given.
    """

    t: int
    minute: int
    weekday: int
    day: int
    holiday: bool = False
    sunrise: int | None = None
    sunset: int | None = None
    elevation: float | None = None
