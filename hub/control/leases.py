"""Requests in force. A lease that is not renewed ends by itself."""

from __future__ import annotations

from hub.model import Relation, Request, Source


class Leases:
    """One lease per (point, relation, source); a newer one takes its place."""

    def __init__(self) -> None:
        self._held: dict[tuple[str, Relation, Source], Request] = {}

    def take(self, request: Request) -> Request | None:
        """The lease whose place it takes, if it is another."""
        key = request.point, request.relation, request.source
        old, self._held[key] = self._held.get(key), request
        return old if old and old.id != request.id else None

    def drop(self, request_id: str) -> None:
        self._held = {k: r for k, r in self._held.items() if r.id != request_id}

    def of_device(self, device: str, source: Source) -> list[Request]:
        """What this source asks of any point of the device; a reserve belongs to no mode, and is left out."""
        own = [r for r in self._held.values() if r.source is source and r.point.partition(".")[0] == device]
        return [r for r in own if not r.point.endswith(".reserve")]

    def expire(self, now: int) -> list[Request]:
        """Removes and returns what has ended at `now` (UTC ms)."""
        ended = [r for r in self._held.values() if r.ends <= now]
        for r in ended:
            self.drop(r.id)
        return ended

    def active(self, now: int) -> tuple[Request, ...]:
        """A clock that is set back suspends none of them."""
        return tuple(r for r in self._held.values() if now < r.ends)
