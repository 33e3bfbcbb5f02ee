"""The Desk: the one door for every wish. Leases, dispatch, read-back, and the journal of all of it."""

from hub.control.answers import Answer, IdInUseError
from hub.control.desk import DEFAULT_LEASE_S, Desk
from hub.control.dispatch import Dispatcher
from hub.control.heart import Heart
from hub.control.planned import Planned
from hub.control.recorder import Recorder
from hub.model.journal import Entry, Input, Journal

__all__ = [
    "DEFAULT_LEASE_S",
    "Answer",
    "Desk",
    "Dispatcher",
    "Entry",
    "Heart",
    "IdInUseError",
    "Input",
    "Journal",
    "Planned",
    "Recorder",
]
