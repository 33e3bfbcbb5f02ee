"""What the driver needs of a codec, and a capture read with the same."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol, TypeAlias

from hub.model.heard import Capture, Heard, Rejected

_CHUNK = 65_536


@dataclass(frozen=True, slots=True)
class Say:
    """Bytes for the meter, for codecs that must ask: said at `baud` (0 = the port's own), `then` at what it answers."""

    data: bytes
    baud: int = 0
    then: int = 0


Event: TypeAlias = Heard | Rejected | Say


class Parser(Protocol):
    """Sans-I/O: bytes in, events out in the order of the wire; never raises. Offsets count from the first byte."""

    def feed(self, data: bytes) -> Sequence[Event]: ...

    def finish(self) -> Sequence[Event]:
        """The stream has ended: what is still open is told, as rejected where it is not complete."""


def read_through(parser: Parser, data: bytes, nothing: str) -> Capture:
    """A whole capture; `nothing`: the reason when there is neither a message nor a fault in it."""
    events = [e for at in range(0, len(data), _CHUNK) for e in parser.feed(data[at : at + _CHUNK])]
    events += parser.finish()
    messages = tuple(e for e in events if isinstance(e, Heard))
    rejected = tuple(e for e in events if isinstance(e, Rejected))
    if not messages and not rejected:
        rejected = (Rejected(0, nothing if data else "empty"),)
    return Capture(messages, rejected)
