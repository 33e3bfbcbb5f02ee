"""What the reader of an answer knows besides it: which of its prices the house pays, and where it is."""

from __future__ import annotations

from dataclasses import dataclass
from zoneinfo import ZoneInfo


@dataclass(frozen=True, slots=True)
class Want:
    """`price`: the wire's name of the amount that counts, empty for the source's usual one. `area`: bidding zone, for
    answers with several. `timezone`: of times without an offset, empty for the source's own.
    """

    price: str = ""
    area: str = ""
    timezone: str = ""

    def zone(self, usual: str) -> ZoneInfo:
        return ZoneInfo(self.timezone or usual)


USUAL = Want()
