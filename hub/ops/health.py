"""How the parts are: one word each, and the worst of them for the whole."""

from __future__ import annotations

from collections.abc import Callable, Mapping

OK = "ok"


class Health:
    """Parts report through a callable that says `ok` or what is wrong."""

    def __init__(self) -> None:
        self._parts: dict[str, Callable[[], str]] = {}
        self.ready = False

    def watch(self, part: str, ask: Callable[[], str]) -> None:
        self._parts[part] = ask

    def __call__(self) -> tuple[str, Mapping[str, str]]:
        parts = {name: ask() for name, ask in self._parts.items()}
        if not self.ready:
            return "starting", parts
        return ("ok" if all(p == OK or p.endswith(" off") for p in parts.values()) else "degraded"), parts
