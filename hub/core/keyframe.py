"""The core's memory as plain data, and back: what survives a restart, and where a replay begins."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from hub.core.types import ChargerMemory, Held, State, Timers, Tokens

FORMAT = 1


def packed(state: State) -> dict[str, Any]:
    """As JSON may hold it; every float comes back bit for bit."""
    return {"format": FORMAT, **asdict(state)}


def unpacked(raw: Mapping[str, Any]) -> State | None:
    """The state, or None for what another version has written: the core then begins anew."""
    try:
        if raw["format"] != FORMAT:
            return None
        return State(
            t=raw["t"],
            chargers={d: ChargerMemory(**{**m, "timers": Timers(**m["timers"])}) for d, m in raw["chargers"].items()},
            held={p: Held(h["value"], h["for_s"], Timers(**h["timers"])) for p, h in raw["held"].items()},
            tokens={p: Tokens(**t) for p, t in raw["tokens"].items()},
        )
    except (KeyError, TypeError):
        return None
