"""Charging sessions (the protocol's transactions): where, since when, for whom, and what the meter showed. Pure.

Source: OCPP 1.6 sections 4.8, 4.10 and 6.45 to 6.52, OCPP 2.0.1 part 2 E (transactions), 1.60 TransactionEvent.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from drivers.ocpp.meter import number
from drivers.ocpp.profile import written
from hub.model.heard import Reading

_REMEMBERED = 64
_MOST_W = 80_000.0
"""More than any charger on three phases of 80 A gives."""
_SLACK_WH = 1_000.0


@dataclass(slots=True)
class Session:
    """A transaction. `start_wh`: the register at its start, None if not known; `before`: what the register had shown
    earlier, by which a start of 0 is `judged` once. `began`, `ended`: UTC ms by the charger's clock. `left`: no car
    is there, so its end is awaited. `seq`: the last seqNo of 2.x.
    """

    connector: int
    start_wh: float | None = None
    began: int | None = None
    tag: str = ""
    before: float | None = None
    judged: bool = False
    left: bool = False
    over: bool = False
    ended: int | None = None
    reason: str = ""
    seq: int | None = None

    def counted(self, register: float, at: int | None) -> float | None:
        """Wh since it began; None where that is not known.

        Some chargers write 0 as every start. It is believed when the register does begin anew with each session, or
        has counted since then no more than a charger can give.
        """
        if self.start_wh == 0 and register > 0 and not self.judged:
            self.judged = True
            if not self._began_at_zero(register, at):
                self.start_wh = self.before
        if self.start_wh is None or register < self.start_wh:
            return None
        if self.start_wh == 0 and not self._possible(register, at):
            return None
        return round(register - self.start_wh, 6)

    def _began_at_zero(self, register: float, at: int | None) -> bool:
        return register < self.before if self.before is not None else self._possible(register, at)

    def _possible(self, register: float, at: int | None) -> bool:
        """Whether so much can have been charged since it began. Some chargers tell two registers in turn, that of the
        session and that of their whole life.
        """
        if at is None or self.began is None:
            return True
        return register <= max(at - self.began, 0) / 3_600_000 * _MOST_W + _SLACK_WH


class Sessions:
    """The sessions of one charger by transaction id, the oldest are forgotten; and its registers by connector.

    `home`: the connector of what names none. `booted`: no session has been heard of since the charger's start.
    `changed`: whether what must outlive the hub (the running ones) is other than when it was last kept.
    """

    def __init__(self, home: int = 1) -> None:
        self.home = home
        self._known: dict[str, Session] = {}
        self._registers: dict[int, tuple[float, int]] = {}
        self.changed = False
        self.booted = False

    def began(
        self, id_: str, connector: int, start_wh: float | None, began: int | None = None, tag: str = ""
    ) -> Session:
        """A connector has one transaction at a time: an earlier one is over, even if nobody has said so."""
        session, self.booted = Session(connector, start_wh, began, tag, self._register(connector)), False
        for other in self._known.values():
            earlier = began is None or other.began is None or other.began <= began
            other.over = other.over or (other.connector == connector and earlier)
        self._known.pop(id_, None)
        self._known[id_] = session
        for old in list(self._known)[:-_REMEMBERED]:
            del self._known[old]
        self.changed = True
        return session

    def of(self, id_: str) -> Session | None:
        return self._known.get(id_)

    def goes_on(self, id_: str, connector: int) -> Session:
        """The session that a message is about; one that is not known, as after a restart of the hub, is taken over."""
        session = self._known.get(id_) or self.began(id_, connector, None)
        session.left = self.booted = False
        return session

    def again(self, connector: int | None, tag: object, began: int | None) -> str:
        """The running transaction whose start is told once more, as after a cut line; empty for none."""
        told = (self.home if connector is None else connector, tag, began)
        same = (i for i, s in self._known.items() if (s.connector, s.tag, s.began) == told and not s.over)
        return next(same, "") if began is not None else ""

    def running(self, connector: int) -> str:
        """The id of the transaction that runs there, the one that began last; empty for none."""
        here = [(s.began or 0, id_) for id_, s in self._known.items() if _runs_at(s, connector)]
        return max(here, key=lambda found: found[0])[1] if here else ""

    @property
    def anywhere(self) -> bool:
        """Whether a transaction runs on any connector, also on one that is no device."""
        return any(not s.over and not s.left for s in self._known.values())

    @property
    def several(self) -> bool:
        """Whether more than one connector has told anything."""
        return len({s.connector for s in self._known.values()} | {c for c in self._registers if c}) > 1

    def meant(self, id_: str, at: int | None) -> str:
        """The transaction that a stop is about, for chargers whose ids are wrong: it is the only one that runs, if it
        had begun by then. An id that could be one (`id_` is not empty) must have a time that shows it.
        """
        running = [(i, s.began) for i, s in self._known.items() if not s.over]
        if id_ in self._known or len(running) != 1 or (id_ and self.several):
            return id_
        found, began = running[0]
        if at is None or began is None:
            return id_ or found
        return found if at >= began else id_

    def end(self, id_: str, connector: int, at: int | None, reason: str) -> Session:
        """Also of one that nobody has heard of: what is told of it later does not bring it to life."""
        session = self._known.setdefault(id_, Session(connector))
        self.changed = self.changed or not session.over
        session.over, session.ended, session.reason = True, at, reason
        return session

    def leave(self, connector: int) -> None:
        """No car is there: what had run does so no longer, and its end will be told late or never."""
        for session in self._known.values():
            if _runs_at(session, connector):
                session.left = self.changed = True

    # -- registers ---------------------------------------------------------------------------------------------------

    def believes(self, connector: int, register: float) -> bool:
        """Chargers write 0 for a register that they do not have at hand: one that was more does not become 0."""
        return register > 0 or self._register(connector) is None

    def shows(self, connector: int, register: float, at: int | None) -> None:
        """What is told late is not what it shows now."""
        newest = self._registers.get(connector, (0.0, 0))[1]
        if register > 0 and (at is None or at >= newest):
            self._registers[connector] = register, at or newest

    def _register(self, connector: int) -> float | None:
        return self._registers.get(connector, (None, 0))[0]

    # -- for whoever looks, and for the next start of the hub ----------------------------------------------------------

    def facts(self, connector: int) -> Iterator[Reading]:
        """The session that runs at a connector, or ran last: the same in 1.6 and 2.x."""
        here = [(s.began or 0, id_) for id_, s in self._known.items() if s.connector == connector]
        if not here:
            return
        id_ = self.running(connector) or max(here, key=lambda found: found[0])[1]
        session = self._known[id_]
        yield Reading("session.transaction", id_)
        yield from ((Reading("session.tag", session.tag),) if session.tag else ())
        for name, at in (("began", session.began), ("ended", session.ended)):
            yield from ((Reading(f"session.{name}", written(at)),) if at is not None else ())
        if session.start_wh is not None:
            yield Reading("session.start_energy", session.start_wh, "Wh")
        if session.reason:
            yield Reading("session.stopped_reason", session.reason)

    def kept(self) -> dict[str, Any]:
        """The running ones as JSON."""
        names = ("connector", "start_wh", "began", "tag", "before", "judged", "left")
        return {id_: {n: getattr(s, n) for n in names} for id_, s in self._known.items() if not s.over}

    def recall(self, kept: Mapping[str, Any]) -> None:
        """Takes up what an earlier hub has kept; what cannot be read is left out."""
        for id_, told in kept.items():
            if not isinstance(told, dict) or not isinstance(told.get("connector"), int):
                continue
            began, tag = number(told.get("began")), told.get("tag")
            self._known[id_] = Session(
                told["connector"],
                number(told.get("start_wh")),
                None if began is None else round(began),
                tag if isinstance(tag, str) else "",
                number(told.get("before")),
                told.get("judged") is True,
                told.get("left") is True,
            )


def _runs_at(session: Session, connector: int) -> bool:
    return session.connector == connector and not session.over and not session.left
