"""When it is time to plan again. Pure: it is told what there is, and answers why, or nothing."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from hub.foresight.view import STEP_MS
from hub.model.plan import Plan

SETTLED_MS = 10_000
"""A change is waited out for so long, as several wishes come one after another."""
APART_MS = 60_000
"""Two plans are so far apart at least."""
OFF = 5.0
"""So many % of SoC beside the plan are no chance."""
OFF_APART_MS = 300_000
_HOUR_MS = 3_600_000


@dataclass(frozen=True, slots=True)
class Look:
    """What the house looks like at `t` (UTC ms). `planned`: the devices that go by the plan, `worth`: whether there is
    anything to foresee. `facts`: by a word for it, all that a plan depends on and that changes now and then. `soc`: in
    % by battery.
    """

    t: int
    planned: tuple[str, ...] = ()
    worth: bool = True
    facts: Mapping[str, Any] = field(default_factory=dict)
    soc: Mapping[str, float] = field(default_factory=dict)


class Watch:
    """Remembers what the last plan was made of."""

    def __init__(self) -> None:
        self._made: Look | None = None
        self._seen: Mapping[str, Any] | None = None
        self._since = 0

    def due(self, look: Look, plan: Plan | None) -> str:
        """Why to plan now: start, time, soc, or the word of what has changed; empty while there is no need."""
        if look.facts != self._seen:
            self._seen, self._since = look.facts, look.t
        if not look.worth:
            return ""
        settled = look.t - self._since >= SETTLED_MS
        made = self._made
        if made is None:
            return "start" if settled else ""
        if look.t < made.t:
            return "clock"
        if look.t // _apart(look) != made.t // _apart(look):
            return "time"
        if look.t - made.t < APART_MS or not (look.planned or made.planned):
            return ""
        changed = next((word for word, fact in look.facts.items() if fact != made.facts.get(word)), "")
        return changed if changed and settled else _beside(look, made, plan)

    def made(self, look: Look) -> None:
        """A plan was made, or tried, of this."""
        self._made = look


def _apart(look: Look) -> int:
    """Each quarter-hour while devices go by the plan; each hour while it is only shown."""
    return STEP_MS if look.planned else _HOUR_MS


def _beside(look: Look, made: Look, plan: Plan | None) -> str:
    """Whether a battery is not where the plan has it."""
    if plan is None or look.t - made.t < OFF_APART_MS:
        return ""
    far = [d for d in look.planned if abs(look.soc.get(d, 0.0) - _expected(look, made, plan, d)) > OFF]
    return "soc" if far else ""


def _expected(look: Look, made: Look, plan: Plan, device: str) -> float:
    """The SoC (%) by the plan at this moment: on the way from the last known level to that of the end of the step."""
    level, since, now = made.soc.get(device), made.t, look.soc.get(device)
    if level is None or now is None:
        return now or 0.0
    for slot in plan.slots:
        stored = slot.batteries.get(device)
        if stored is None:
            return now
        if look.t < slot.end:
            begin = max(since, slot.start)
            share = (look.t - begin) / max(1, slot.end - begin)
            return level + share * (stored.soc - level)
        level = stored.soc
    return now
