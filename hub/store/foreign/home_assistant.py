"""Home Assistant's past: seconds from its states where it still has them, 5-minute and hourly means before that."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import chain
from math import inf, isnan, nan
from pathlib import Path

import numpy as np

from hub.errors import UserError
from hub.store.foreign.recorder import Recorder, Runs, Statistic
from hub.store.foreign.source import Day, Floats, Foreign, Reads, Remarks, Told, Wish
from hub.store.foreign.spans import Span, days_of
from hub.store.foreign.summed import Summed
from hub.store.ring.codec import MISSING, Ints
from hub.store.ring.levels import DAY, HOUR
from hub.store.ring.rollup import Rolled

FIVE = 300
_TABLES = {HOUR: "statistics", FIVE: "statistics_short_term"}
_NONE = np.empty(0)


class HomeAssistant:
    """A Source."""

    format = "home-assistant"

    def __init__(self, path: Path) -> None:
        self._db = Recorder.open(path)
        self._entities = self._db.entities()
        self._statistics = self._db.statistics()
        self._runs: Runs = self._db.runs()
        self.remarks = Remarks()

    def columns(self) -> list[Foreign]:
        return [self._foreign(name) for name in sorted(self._entities.keys() | self._statistics.keys())]

    def days(self, wishes: Sequence[Wish]) -> Iterator[Day]:
        self.remarks = Remarks()
        self.remarks.add("Home Assistant", "entities without a name left out", n=self._db.nameless())
        for wish in wishes:
            self._left_out(wish)
            yield from self._counted(wish) if wish.counter else self._measured(wish)

    def told(self, wish: Wish) -> Told | None:
        summed = self._summed(wish) if wish.counter and wish.info.unit == "Wh" else None
        found = summed.told() if summed else None
        if not summed or not found:
            return None
        kwh, since, until = found
        return Told(round(kwh * summed.factor * wish.info.scale / 1000, 3), since, until)

    def _left_out(self, wish: Wish) -> None:
        """What has no time, or a text for a number, is said."""
        entity, statistic = self._entities.get(wish.name), self._statistics.get(wish.name)
        if entity:
            self.remarks.add(wish.name, "states without a time left out", n=self._db.untimed(entity))
        if statistic and wish.reads_numbers:
            value = "state" if wish.counter else "mean"
            n = sum(self._db.spoilt(table, statistic.id, value) for table in _TABLES.values())
            self.remarks.add(wish.name, "statistics without a time or a number left out", n=n)

    def _foreign(self, name: str) -> Foreign:
        statistic = self._statistics.get(name)
        about = self._db.attributes(self._entities[name]) if name in self._entities else {}
        unit, kind, label = (about.get(k) for k in ("unit_of_measurement", "device_class", "friendly_name"))
        counts = about.get("state_class") == "total_increasing" or bool(statistic and statistic.counts)
        return Foreign(name, unit or (statistic.unit if statistic else ""), kind or "", label or "", counts)

    def _unit(self, name: str) -> str:
        statistic = self._statistics.get(name)
        return statistic.unit if statistic else self._foreign(name).unit

    # -- counters ----------------------------------------------------------------------------------------------------

    def _counted(self, wish: Wish) -> Iterator[Day]:
        """Each reading at its own second: of hours, then of 5 minutes, then the states themselves.

        Where only the sum tells what was counted, the states do not.
        """
        summed, first = self._summed(wish), self._first(wish)
        by_sum = summed is not None and self._by_sum(wish, summed)
        spans: list[Iterator[Span]] = []
        if summed:
            spans.append(self._read(wish, summed.readings(by_sum, inf if by_sum else first)))
        if not by_sum:
            spans.append((t, t + 1, v) for t, v in self._states(wish) if not isnan(v))
        return (Day(wish, day, seconds=seconds) for day, seconds in days_of(chain(*spans)))

    def _by_sum(self, wish: Wish, summed: Summed) -> bool:
        """Ids with a colon are those of what others have put in."""
        return wish.read == "sum" if wish.read else ":" in wish.name or summed.by_sum

    def _summed(self, wish: Wish) -> Summed | None:
        """Hours until the 5 minutes begin, then those; a period's reading is that of its last second."""
        statistic = self._statistics.get(wish.name)
        if not statistic:
            return None
        hours, fives = (list(self._db.counts(_TABLES[step], statistic.id)) for step in (HOUR, FIVE))
        begins = fives[0][0] if fives else inf
        rows = [(int(t) + HOUR - 1, *told) for t, *told in hours if int(t) + HOUR - 1 < begins]
        rows += [(int(t) + FIVE - 1, *told) for t, *told in fives]
        t, state, total = (np.array(column, np.float64) for column in zip(*rows, strict=True)) if rows else [_NONE] * 3
        return Summed(t.astype(np.int64), state, total, wish.reads(statistic.unit).factor)

    def _read(self, wish: Wish, readings: Iterator[tuple[int, float]]) -> Iterator[Span]:
        statistic = self._statistics[wish.name]
        reads = wish.reads(statistic.unit)
        for at, value in readings:
            try:
                yield at, at + 1, reads.number(value)
            except ValueError as e:
                self.remarks.add(wish.name, "readings that cannot be", str(e))

    # -- gauges and states -------------------------------------------------------------------------------------------

    def _measured(self, wish: Wish) -> Iterator[Day]:
        """Means until the day of the first state; on that day they fill the seconds before it."""
        first = self._first(wish)
        statistic = self._statistics.get(wish.name) if wish.reads_numbers else None
        held = days_of(self._held(wish))
        today = next(held, None)
        if statistic:
            for day in self._means(wish, statistic):
                if today is None or day.day < today[0]:
                    yield day
                    continue
                if day.day == today[0]:
                    today = today[0], _before(day, today[1], max(int(first) - day.day * DAY, 0))
                break
        if today:
            yield from (Day(wish, day, seconds=seconds) for day, seconds in chain([today], held))

    def _held(self, wish: Wish) -> Iterator[Span]:
        """Each state until the next one, or until Home Assistant was stopped."""
        at, value = 0, nan
        for t, v in self._states(wish):
            if not isnan(value):
                yield at, min(t, self._runs.holds(at)), value
            at, value = t, v
        if not isnan(value):
            yield at, self._runs.holds(at), value

    def _states(self, wish: Wish) -> Iterator[tuple[int, float]]:
        """(UTC s, stored value or NaN), of the unit that each state has."""
        if wish.name not in self._entities:
            return
        reads: dict[int | None, Reads] = {}
        for t, text, attributes in self._db.states(self._entities[wish.name]):
            if attributes not in reads:
                reads[attributes] = self._reads(wish, attributes)
            yield int(t), self._value(wish, reads[attributes], text or "")

    def _value(self, wish: Wish, reads: Reads, text: str) -> float:
        try:
            return reads.text(text)
        except ValueError as e:
            self.remarks.add(wish.name, "states that cannot be", str(e))
            return nan

    def _reads(self, wish: Wish, attributes: int | None) -> Reads:
        """Where a state has no unit of its own, it is that of the statistics, or of the newest state."""
        unit = self._db.unit(attributes) if attributes is not None else ""
        return self._of_no_energies(wish, wish.reads(unit or self._unit(wish.name)))

    def _of_no_energies(self, wish: Wish, reads: Reads) -> Reads:
        if reads.energies:
            raise UserError(
                f"{wish.name}: is an energy, and {wish.point.id} a power; map it to a counter like grid.energy"
            )
        return reads

    def _first(self, wish: Wish) -> float:
        """UTC s of the first state."""
        found = self._db.first_state(self._entities[wish.name]) if wish.name in self._entities else None
        return inf if found is None else found

    # -- means -------------------------------------------------------------------------------------------------------

    def _means(self, wish: Wish, statistic: Statistic) -> Iterator[Day]:
        """By the hour; by 5 minutes on days of which those tell as much."""
        reads = self._of_no_energies(wish, wish.reads(statistic.unit))
        hours, fives = (self._by_day(wish, reads, statistic, step) for step in (HOUR, FIVE))
        hour, five = next(hours, None), next(fives, None)
        while hour or five:
            day = min(d.day for d in (hour, five) if d)
            yield max((d for d in (five, hour) if d and d.day == day), key=_known)
            hour = next(hours, None) if hour and hour.day == day else hour
            five = next(fives, None) if five and five.day == day else five

    def _by_day(self, wish: Wish, reads: Reads, statistic: Statistic, step: int) -> Iterator[Day]:
        day, rows = -1, np.full((DAY // step, 3), np.nan)
        for start, *values in self._db.means(_TABLES[step], statistic.id):
            t = round(start)
            if t // DAY != day:
                if day >= 0:
                    yield self._day(wish, reads, day, step, rows)
                day, rows = t // DAY, np.full((DAY // step, 3), np.nan)
            rows[t % DAY // step] = values
        if day >= 0:
            yield self._day(wish, reads, day, step, rows)

    def _day(self, wish: Wish, reads: Reads, day: int, step: int, rows: Floats) -> Day:
        stored = reads.array(rows)
        lost = int((np.isnan(stored).any(1) & ~np.isnan(rows).any(1)).sum())
        self.remarks.add(wish.name, "means that cannot be", n=lost)
        known = ~np.isnan(stored).any(1)
        n = np.where(known, np.int32(step), np.int32(0))
        mean, one, other = (np.where(known, c, 0) for c in stored.T)
        low, high = (np.rint(f(one, other)).astype(np.int32) for f in (np.minimum, np.maximum))
        return Day(wish, day, step=step, rolled=Rolled(n, low, high, mean, np.rint(mean).astype(np.int32)))


def _known(day: Day) -> int:
    return int(day.rolled.n.sum()) if day.rolled else 0


def _before(means: Day, seconds: Ints, until: int) -> Ints:
    """The means as seconds up to `until`, the seconds themselves from there on."""
    assert means.rolled
    even = np.where(means.rolled.n > 0, means.rolled.last, np.int32(MISSING))
    out = seconds.copy()
    out[:until] = np.repeat(even, means.step)[:until]
    return out
