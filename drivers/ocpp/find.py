"""Finding chargers that speak OCPP: they call the hub, so those are found that have called and were not let in."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from drivers.ocpp.driver import callers
from drivers.ocpp.options import Address
from hub.errors import LinkError
from hub.model import Role
from hub.model.found import Found, Where

_CALL = "chargers call the hub: enter {url}/NAME as server in the charger's settings, and look again when it has called"


async def find(where: Where, found: Callable[[Found], None]) -> None:
    """From whatever address they have called: that they called is reason enough."""
    for one in _called():
        found(one)


async def probe(link: str) -> Sequence[Found]:
    """Who has called at `link`; raises ConfigError or LinkError."""
    url = Address.parse(link).shown
    found = [one for one in _called() if Address.parse(one.link) == Address.parse(link)]
    if not found:
        raise LinkError(f"{link}: nobody unknown has called; {_CALL.format(url=url)}")
    return found


async def record(link: str, seconds: float) -> bytes:
    """Raises LinkError: the hub does not let in whom it does not know."""
    raise LinkError(f"{link}: a charger that is not known is not let in; take it into the house first")


def _called() -> Iterator[Found]:
    """Also one of the house that has a wrong password: whoever looks sees that it is known."""
    for link, stranger in callers():
        yield Found(
            "ocpp",
            link,
            (Role.CHARGER,),
            options={"charge_point": stranger.identity},
            how=f"its call from {stranger.address}: {stranger.reason}",
        )
