"""The core's memory as plain data, and back: what survives a restart, and where a replay begins."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields, replace
from typing import Any

from hub.core.pace import SWITCHED, went_by
from hub.core.types import ChargerMemory, Course, Held, State, Taken, Target, Timers, Tokens
from hub.rules import Memory

FORMAT = 1
_MOST_S = 7_200.0
AGAIN_S = 60.0
"""So long after a restart nothing is given back."""


def packed(state: State) -> dict[str, Any]:
    """As `orjson` writes it down, records as they are; every float comes back bit for bit."""
    return {"format": FORMAT, **{f.name: getattr(state, f.name) for f in fields(state)}}


def unpacked(raw: Mapping[str, Any]) -> State | None:
    """The state, or None for what another version has written: the core then begins anew."""
    try:
        if raw["format"] != FORMAT:
            return None
        return State(
            t=raw["t"],
            chargers={d: ChargerMemory(**{**m, "timers": Timers(**m["timers"])}) for d, m in raw["chargers"].items()},
            held={p: _held(h) for p, h in raw["held"].items()},
            tokens={p: Tokens(**t) for p, t in raw["tokens"].items()},
            rules={r: memory_of(m) for r, m in raw["rules"].items()},
            targets={d: Target(**t) for d, t in raw["targets"].items()},
            courses={d: Course(**c) for d, c in raw.get("courses", {}).items()},
            unseen=tuple(raw.get("unseen", ())),
        )
    except (KeyError, TypeError, AttributeError, ValueError):
        return None


def _held(raw: Mapping[str, Any]) -> Held:
    taken = raw.get("taken")
    return Held(**{**raw, "timers": Timers(**raw["timers"]), "taken": Taken(**taken) if taken else None})


def memory_of(raw: Mapping[str, Any]) -> Memory:
    cells: dict[str, Any] = {name: tuple(v) if isinstance(v, list | tuple) else v for name, v in raw.items()}
    return Memory(**cells)


def older(state: State, seconds: float) -> State:
    """The same after `seconds` in which the core went on and nothing else changed: since its memory was kept last.

    Only the times that protect devices are counted; how long the sun has shone has to be seen anew. Who moved a point
    has some time to ask again, as what a rule goes by has to show itself first.
    """
    s = max(0.0, min(seconds, _MOST_S))
    cars = {d: replace(went_by(m, s), timers=Timers(), other_s=0.0) for d, m in state.chargers.items()}
    held = {
        p: replace(h, for_s=h.for_s + s, timers=Timers(), taken=h.taken and replace(h.taken, over_s=-AGAIN_S))
        for p, h in state.held.items()
    }
    courses = {d: replace(c, for_s=c.for_s + s) for d, c in state.courses.items()}
    unseen = tuple(p for p in held if p.endswith(SWITCHED))
    return replace(state, t=0, chargers=cars, held=held, courses=courses, unseen=unseen)
