"""The step that was in force at a past moment, made again; never one whose inputs are not all there."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from hub.core import Made
from hub.core.plain import BEAT_MS
from hub.errors import ShemsError, UserError
from hub.rehearse.recorded import Columns, Recorded, Resolve
from hub.rehearse.replay import Replay, Row

LASTS_MS = 3_000
"""So long a step is in force when none follows; a core that was held for longer has not decided."""
_CONFIRMED_MS = 61_000
"""By then a digest tells whether the same was decided."""


def decided(
    folder: Path, t: int, columns: Callable[[Resolve], Columns] | None = None, whole_until: int = 0
) -> Made | None:
    """The step that was in force at `t` (UTC ms); None if it is not known, or not for certain: its inputs are not kept
    any more or not all of them, what follows tells otherwise, or none was made just before.

    `columns`: the history of the hub that asks; since it began, it has made all inputs durable until `whole_until`
    (UTC ms). Raises ShemsError for files that are damaged.
    """
    try:
        return _decided(Recorded(folder, columns), t, whole_until)
    except UserError as e:  # it is not for whoever asked to mend
        raise ShemsError(str(e)) from None


def _decided(recorded: Recorded, t: int, whole_until: int) -> Made | None:
    kept = recorded.kept()
    if kept is None or t < kept[0]:
        return None
    end = t + _CONFIRMED_MS
    rows = recorded.rows(t, end)
    before, after = [r for r in rows if r.t <= t], [r for r in rows if r.t > t]
    begin = next(r.t for r in before if r.kind == "frame")
    newest = min([t - BEAT_MS, *(r.data["second"] for r in after[:1])])
    until = max([newest, *(r.data["second"] for r in before[-1:])]) + 1000
    replay = Replay(recorded.site, recorded.rates(end))
    done = replay.run(before, recorded.seconds(before, begin, until))
    made = replay.made
    if made is None or done.difference or t - made.inputs.t >= LASTS_MS:
        return None
    if not _is_whole(recorded.next_row(made.inputs.t), made.inputs.t, t <= whole_until):
        return None
    confirming = _confirming(after)
    if confirming:
        last = confirming[-1].data["second"] + 1000
        done = replay.run(confirming, recorded.seconds(before, until, last))
    return None if done.difference else made


def _is_whole(follows: Row | None, t: int, ours: bool) -> bool:
    """Whether nothing that was noted until `t` can have been lost with the power.

    Rows are written in their order: what `follows` in the same life of the hub tells that all before it is there.
    """
    if follows is None:
        return ours
    return follows.kind != "frame" or follows.t == t or not follows.data["start"]


def _confirming(after: Sequence[Row]) -> Sequence[Row]:
    """What has to be done again until the next digest; nothing if none comes before another start."""
    for k, row in enumerate(after):
        if row.kind == "digest":
            return after[: k + 1]
        if row.kind == "frame":
            return []
    return []
