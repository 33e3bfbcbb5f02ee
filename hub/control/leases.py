"""Requests in force. A lease that is not renewed ends by itself."""

from __future__ import annotations

from hub.model import Relation, Request, Source


class Leases:
    """One lease per (point, relation, source); a newer one takes its place, for good once it is settled."""

    def __init__(self) -> None:
        self._held: dict[tuple[str, Relation, Source], Request] = {}
        self._under: dict[str, Request] = {}
        """whose place it took, by the id of one that is not settled yet"""

    def take(self, request: Request) -> Request | None:
        """The lease whose place it takes, if it is another."""
        key = _key(request)
        old, self._held[key] = self._held.get(key), request
        if old is None or old.id == request.id:
            return None
        self._under[request.id] = old
        return old

    def settle(self, request_id: str) -> list[Request]:
        """It holds: those whose place it took, one above the other, are gone for good."""
        gone: list[Request] = []
        while old := self._under.pop(request_id, None):
            gone.append(old)
            request_id = old.id
        return gone

    def fail(self, request: Request) -> Request | None:
        """Nothing came of it: the lease whose place it took is back, unless another has taken that since."""
        key, old = _key(request), self._under.pop(request.id, None)
        above = next((id_ for id_, below in self._under.items() if below.id == request.id), None)
        if above is not None:
            self._under.pop(above)
            self._under |= {above: old} if old else {}
            return None
        if self._held.get(key, request).id != request.id:
            return None
        self._held.pop(key, None)
        self._held |= {key: old} if old else {}
        return old

    def holder(self, request: Request) -> Request | None:
        """The lease in the place of this one: itself, or the one that has taken it."""
        return self._held.get(_key(request))

    def restore(self, request: Request) -> bool:
        """Back to its place; False when another has taken it since."""
        return self._held.setdefault(_key(request), request).id == request.id

    def drop(self, request_id: str) -> None:
        self._held = {k: r for k, r in self._held.items() if r.id != request_id}

    def has(self, request_id: str) -> bool:
        return any(r.id == request_id for r in self._held.values())

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


def _key(request: Request) -> tuple[str, Relation, Source]:
    return request.point, request.relation, request.source
