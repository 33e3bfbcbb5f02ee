"""When to ask: pure. Times are UTC ms; local days are those of a time zone, so a day may have 23 or 25 hours."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

FIRST_WAIT_S, LONGEST_WAIT_S = 60.0, 3_600.0


@dataclass(slots=True)
class Backoff:
    """How long to wait after failures in a row: a minute, doubled each time, an hour at most."""

    failures: int = 0

    def wait_s(self, chance: float) -> float:
        """Counts one more. `chance` from 0 to 1 spreads houses that failed together over a fifth of it."""
        wait: float = min(FIRST_WAIT_S * (1 << min(self.failures, 12)), LONGEST_WAIT_S)
        self.failures += 1
        return min(wait * (0.9 + 0.2 * chance), LONGEST_WAIT_S)

    def passed(self) -> None:
        self.failures = 0


@dataclass(slots=True)
class Budget:
    """Calls that may be made in one local day; `spent` of them have been on `day`."""

    calls: int
    zone: ZoneInfo
    spent: int = 0
    day: date = field(default=date.min)

    def resumed(self, day: str, spent: int) -> None:
        """Goes on with what was spent before a restart; `day` as YYYY-MM-DD, empty for never."""
        if day:
            self.day, self.spent = date.fromisoformat(day), spent

    def spend(self, now: int) -> bool:
        """Whether one more call may be made now; it counts."""
        today = local(now, self.zone).date()
        if today != self.day:
            self.day, self.spent = today, 0
        if self.spent >= self.calls:
            return False
        self.spent += 1
        return True

    def next_day(self, now: int) -> int:
        """When the next budget begins."""
        return instant(local(now, self.zone).date() + timedelta(days=1), 0, self.zone)


@dataclass(frozen=True, slots=True)
class Daily:
    """Prices of the next day, published at `minute` (local, since midnight) in `zone`.

    `retry_s`: how soon it is asked again while they are late; a feed backs off from it. `slack_s`: by how much the
    source's day may end before that of the zone.
    """

    minute: int
    zone: ZoneInfo
    jitter_s: int = 600
    retry_s: int = 600
    slack_s: int = 0

    def wanted_until(self, now: int) -> int:
        """Until when prices can be known at `now`: the end of today, after the publication that of tomorrow."""
        today = local(now, self.zone).date()
        days = 2 if now >= instant(today, self.minute, self.zone) else 1
        return instant(today + timedelta(days=days), 0, self.zone) - self.slack_s * 1000

    def next(self, now: int, known_until: int, chance: float) -> int:
        """When to ask again, after an answer that reaches until `known_until`."""
        if known_until < self.wanted_until(now):
            return now + round(self.retry_s * 1000 * (0.9 + 0.2 * chance))
        today = local(now, self.zone).date()
        published = [instant(today + timedelta(days=n), self.minute, self.zone) for n in (0, 1)]
        return next(p for p in published if p > now) + round(self.jitter_s * 1000 * chance)

    def resumed(self, now: int, when: int, known_until: int, chance: float) -> int:
        """When to ask first, after an answer at `when` that reaches until `known_until`."""
        return now if known_until < self.wanted_until(now) else self.next(now, known_until, chance)


@dataclass(frozen=True, slots=True)
class Every:
    """Each `seconds`, with up to `jitter_s` more."""

    seconds: int
    jitter_s: int = 60

    def wanted_until(self, now: int) -> int:
        return now

    def next(self, now: int, known_until: int, chance: float) -> int:
        return now + round((self.seconds + self.jitter_s * chance) * 1000)

    def resumed(self, now: int, when: int, known_until: int, chance: float) -> int:
        """As for `Daily`; a time to come is one that was told by a clock gone wrong."""
        return self.next(when, known_until, chance) if when <= now else now


def local(ms: int, zone: ZoneInfo) -> datetime:
    return datetime.fromtimestamp(ms / 1000, UTC).astimezone(zone)


def instant(day: date, minute: int, zone: ZoneInfo) -> int:
    """UTC ms of a local time of day; of a doubled one the first, one that is skipped goes an hour on."""
    return round(datetime.combine(day, time(minute // 60, minute % 60), zone).timestamp() * 1000)
