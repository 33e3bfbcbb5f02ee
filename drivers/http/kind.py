"""What a family of HTTP devices asks, and what its answers mean: pure, no I/O. One kind object a link.

A kind's module has `make(options) -> Kind`, registered in `drivers.http.table`, and `decode(data, hints)` for captures.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Protocol, runtime_checkable

from drivers.http.ask import Ask
from drivers.http.login import Login
from drivers.json.options import Options
from hub.model import CommandSpec, Value
from hub.model.heard import Heard


class Kind(Protocol):
    """One family. It may remember what it has heard (generation, channels): the driver makes a new one a connection.

    `places`: what it can tell of, as roles; a second of a kind is `plug_2` and picked by the option `channel = 2`.
    `also`: role -> places that stand for it when the device has no place of that role itself, best first: a Shelly
    PM as `inverter` is its place `plug`. The driver turns the signs and names of the counters then.
    `period_s`: the pause between two passes that suits the family.
    """

    @property
    def places(self) -> tuple[str, ...]: ...

    @property
    def also(self) -> Mapping[str, tuple[str, ...]]: ...

    @property
    def period_s(self) -> float: ...

    def login(self) -> Login:
        """How its requests show who asks."""

    def expected(self, place: str) -> tuple[str, ...]:
        """Quantities that any model has there, for the time before it has answered; () where that differs."""

    def asks(self) -> tuple[Ask, ...]:
        """One pass, in order. Asked for again after each answer: what `read` learned may add or drop some.

        The first one tells whether the device is there.
        """

    def read(self, name: str, body: bytes) -> Heard:
        """The meaning of a 2xx answer to the ask `name`. Raises nothing: what is not understood is in `problems`."""

    def commands(self, device: str, place: str) -> tuple[CommandSpec, ...]:
        """What may be written, as far as known by now; points are `<device>.<quantity>`."""

    def write(self, place: str, quantity: str, value: Value) -> Ask | tuple[Ask, ...]:
        """The request that sets a quantity, or several in order; raises hub.errors.Refused for what cannot be."""

    def taken(self, ask: Ask, body: bytes) -> None:
        """Raises hub.errors.Refused when the 2xx answer to a write says no."""


@runtime_checkable
class Following(Protocol):
    """A kind that an owner's file describes. It remembers nothing of the device, and serves every connection."""

    def look(self, roles: Iterable[str]) -> bool:
        """Whether the file says something else now, and so does this; it must still have `roles`."""


class Make(Protocol):
    """A kind from its options, each taken once, `options.text("password")`; raises ConfigError."""

    def __call__(self, options: Options) -> Kind: ...
