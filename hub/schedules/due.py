"""What schedules ask at a moment: worked out from the calendar alone, so that no restart and no outage can lose it.

A switch point holds until the next one of the same point; an interval lies over it, and it is back afterwards. Of
several on one point (and relation) the one that began last is asked for, then the one whose id comes first. What was
missed, and is not made up for, is as if it had not been.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date
from itertools import combinations

from hub.calendar import Calendar
from hub.model import Request, Source
from hub.schedules.occurrence import FOREVER, Occurrence, Timeline
from hub.schedules.schedule import Schedule

PRIORITY = 40
DAY_MS = 86_400_000


@dataclass(frozen=True, slots=True)
class Conflict:
    """From `start` until before `end` (UTC ms) two schedules ask different values; only `winner`'s is asked for."""

    point: str
    winner: str
    loser: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class _Stretch:
    """Nothing changes from `since` until before `until` (UTC ms)."""

    since: int
    until: int
    up_since: int
    asked: tuple[Request, ...]


class Due:
    """The schedules in force in a house, each with an id of its own. What they ask is worked out once for each stretch
    without a change, so that asking every second costs next to nothing.

    `down_since`: when the hub was alive last (UTC ms). What began after that, and before it was up again, was missed.
    """

    def __init__(self, schedules: Sequence[Schedule], calendar: Calendar, down_since: int = 0) -> None:
        self._down_since = down_since
        self._lines = [Timeline(s, calendar) for s in schedules]
        self._switches: dict[str, list[Timeline]] = {}
        for line in self._lines:
            if line.schedule.end is None:
                self._switches.setdefault(line.schedule.point, []).append(line)
        self._stretch: _Stretch | None = None

    def at(self, t: int, up_since: int = 0) -> tuple[Request, ...]:
        """What is asked at `t` (UTC ms), by a hub that has been running since `up_since`."""
        known = self._stretch
        if known is None or known.up_since != up_since or not known.since <= t < known.until:
            asked = self._asked(t, up_since)
            until = self._change(t, up_since, asked)
            self._stretch = known = _Stretch(t, until, up_since, tuple(map(_request, asked)))
        return known.asked

    def next_change(self, t: int, up_since: int = 0) -> int | None:
        """The first instant after `t` (UTC ms) at which something else is asked."""
        change = self._change(t, up_since, self._asked(t, up_since))
        return change if change < FOREVER else None

    def between(self, first: date, last: date) -> list[Occurrence]:
        """All that belong to one of the local dates, by start and id."""
        return self._whole(o for line in self._lines for o in line.between(first, last))

    def within(self, start: int, end: int) -> list[Occurrence]:
        """All that are in force some time from `start` until before `end` (UTC ms), by start and id."""
        begun = (o for line in self._lines for o in line.within(start, end))
        return self._whole((*begun, *self._held(start - 1, 0)), start)

    # -- one moment --------------------------------------------------------------------------------------------------

    def _asked(self, t: int, up_since: int) -> list[Occurrence]:
        intervals = (line for line in self._lines if line.schedule.end is not None)
        running = [o for line in intervals for o in line.within(t, t + 1) if not self._missed(o, up_since)]
        return _first((*running, *self._held(t, up_since)))

    def _change(self, t: int, up_since: int, asked: Iterable[Occurrence]) -> int:
        """Whatever begins is asked for, as it began last; what ends matters if it was asked for."""
        begin = (line.next(max(t, up_since - 1) if line.schedule.skips_missed else t) for line in self._lines)
        return min((*(o.start for o in begin if o), *(o.end for o in asked)), default=FOREVER)

    def _missed(self, o: Occurrence, up_since: int) -> bool:
        """Whether it is left out because the hub was down when it began."""
        return o.schedule.skips_missed and self._down_since <= o.start < up_since

    # -- switch points -----------------------------------------------------------------------------------------------

    def _held(self, t: int, up_since: int) -> Iterator[Occurrence]:
        """Of each point the last switch points that began at `t` or before."""
        for point, lines in self._switches.items():
            found = [o for line in lines if (o := self._last(line, t, up_since))]
            if found:
                start = max(o.start for o in found)
                end = self._switched(point, start, up_since)
                yield from (replace(o, end=end) for o in found if o.start == start)

    def _last(self, line: Timeline, t: int, up_since: int) -> Occurrence | None:
        """Before what was missed, if that was the last; all that is before the hub was alive first is missed."""
        o = line.last(t)
        if o and self._missed(o, up_since):
            return line.last(self._down_since - 1) if self._down_since else None
        return o

    def _switched(self, point: str, t: int, up_since: int = 0) -> int:
        """When the next switch point of a point begins after `t` (UTC ms)."""
        coming = (self._next(line, t, up_since) for line in self._switches[point])
        return min((o.start for o in coming if o), default=FOREVER)

    def _next(self, line: Timeline, t: int, up_since: int) -> Occurrence | None:
        """After what was missed, if that was the next."""
        o = line.next(t)
        return line.next(up_since - 1) if o and self._missed(o, up_since) else o

    def _ended(self, o: Occurrence) -> Occurrence:
        return o if o.end < FOREVER else replace(o, end=self._switched(o.schedule.point, o.start))

    def _whole(self, found: Iterable[Occurrence], since: int = 0) -> list[Occurrence]:
        ended = (o for o in map(self._ended, found) if o.end > since)
        return sorted(ended, key=lambda o: (o.start, o.schedule.id))


# -- without a house -------------------------------------------------------------------------------------------------


def due(schedules: Iterable[Schedule], calendar: Calendar, t: int, up_since: int) -> tuple[Request, ...]:
    """What those that are enabled ask at `t` (UTC ms), by a hub that has been running since `up_since`."""
    return _enabled(schedules, calendar).at(t, up_since)


def next_change(schedules: Iterable[Schedule], calendar: Calendar, t: int) -> int | None:
    """The first instant after `t` (UTC ms) at which those that are enabled ask something else."""
    return _enabled(schedules, calendar).next_change(t)


def occurrences(schedule: Schedule, calendar: Calendar, start: int, end: int) -> list[tuple[int, int | None]]:
    """(start, end) of those of one schedule by itself that are in force some time in a range; all UTC ms."""
    found = Due((schedule,), calendar).within(start, end)
    return [(o.start, o.end if o.end < FOREVER else None) for o in found]


def preview(schedule: Schedule, calendar: Calendar, t: int, days: int) -> list[tuple[int, int | None]]:
    """`occurrences` from `t` (UTC ms) on for so many times 24 hours."""
    return occurrences(schedule, calendar, t, t + days * DAY_MS)


def conflicts(schedules: Iterable[Schedule], calendar: Calendar, t: int, days: int) -> list[Conflict]:
    """The first of each two schedules, within so many times 24 hours from `t` (UTC ms).

    An interval over a switch point is meant so, and is none.
    """
    found = _enabled(schedules, calendar).within(t, t + days * DAY_MS)
    met: dict[tuple[str, str], Conflict] = {}
    for a, b in combinations(found, 2):
        if _differ(a, b) and b.start < a.end:
            won, lost = sorted((a, b), key=_rank)
            ids = won.schedule.id, lost.schedule.id
            met.setdefault(ids, Conflict(a.schedule.point, *ids, max(b.start, t), min(a.end, b.end)))
    return sorted(met.values(), key=lambda c: (c.start, c.winner, c.loser))


def _enabled(schedules: Iterable[Schedule], calendar: Calendar) -> Due:
    return Due([s for s in schedules if s.enabled], calendar)


def _differ(a: Occurrence, b: Occurrence) -> bool:
    one, other = a.schedule, b.schedule
    alike = _key(a) == _key(b) and (one.end is None) == (other.end is None)
    return alike and one.id != other.id and one.value != other.value


def _first(running: Iterable[Occurrence]) -> list[Occurrence]:
    best: dict[tuple[str, str], Occurrence] = {}
    for o in sorted(running, key=_rank):
        best.setdefault(_key(o), o)
    return [best[key] for key in sorted(best)]


def _key(o: Occurrence) -> tuple[str, str]:
    return o.schedule.point, o.schedule.relation.value


def _rank(o: Occurrence) -> tuple[int, str]:
    """The winner first."""
    return -o.start, o.schedule.id


def _request(o: Occurrence) -> Request:
    s, cause = o.schedule, f"schedule:{o.schedule.id}"
    wish = s.point, s.relation, s.value, Source.RULE
    stays = s.end is None
    return Request(f"{cause}:{o.start}", *wish, o.start, o.end, cause=cause, priority=PRIORITY, stays=stays)
