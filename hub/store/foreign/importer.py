"""Takes a source's days into the ring, or finds out what that would do."""

from __future__ import annotations

from collections.abc import Sequence

from hub.store.foreign.report import Report, Tally
from hub.store.foreign.source import Day, Source, Wish
from hub.store.ring.codec import MISSING
from hub.store.ring.past import PastReader, PastWriter


def bring(source: Source, wishes: Sequence[Wish], past: PastReader, file: str, dry_run: bool) -> Report:
    """Everything that is wished for and not known; `past` is a PastWriter unless `dry_run`.

    Of a counter nothing is taken that would not come to what the other system says itself, unless the owner's word is
    to read it so. Raises UserError for a source that cannot be read, ShemsError when the budget is used up.
    """
    refused = _refused(source, wishes)
    tallies = {w.point.id: refused.get(w.point.id) or Tally(w, source.told(w)) for w in wishes}
    for day in source.days([w for w in wishes if w.point.id not in refused]):
        if _empty(day):
            continue
        ours = day.day >= past.until
        tallies[day.wish.point.id].take(day, None if ours else _taken(past, day, dry_run))
    wished = {w.name for w in wishes}
    left_out = [c.name for c in source.columns() if c.name not in wished]
    return Report(file, source.format, dry_run, list(tallies.values()), left_out, source.remarks)


def _refused(source: Source, wishes: Sequence[Wish]) -> dict[str, Tally]:
    """By point, the counters that would not come to what the other system says itself."""
    tallies = {w.point.id: tally for w in wishes if (tally := Tally(w, source.told(w))).told}
    if tallies:
        for day in source.days([t.wish for t in tallies.values()]):
            if not _empty(day):
                tallies[day.wish.point.id].take(day, None)
    return {id_: tally for id_, tally in tallies.items() if tally.refused}


def _taken(past: PastReader, day: Day, dry_run: bool) -> int:
    """How many seconds or buckets are new."""
    info = day.wish.info
    if day.seconds is not None:
        if isinstance(past, PastWriter) and not dry_run:
            return past.seconds(info, day.day, day.seconds)
        return int((past.new_seconds(info, day.day, day.seconds) != MISSING).sum())
    assert day.rolled is not None
    if isinstance(past, PastWriter) and not dry_run:
        return past.means(info, day.day, day.step, day.rolled)
    return int((past.new_means(info, day.day, day.step, day.rolled).n > 0).sum())


def _empty(day: Day) -> bool:
    return not (day.seconds is not None and (day.seconds != MISSING).any()) and not (day.rolled and day.rolled.n.any())
