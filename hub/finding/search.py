"""One search: all lanes of finders at once, each device told once."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from urllib.parse import urlsplit

from hub.errors import ConfigError, LinkError, NoConnection, ShemsError
from hub.finding.finders import LANES, Lane, finder, for_link
from hub.model.found import Found, Where

log = logging.getLogger(__name__)


async def search(
    where: Where, tell: Callable[[Found], None], links: Iterable[str] = (), under_way: list[Lane] | None = None
) -> None:
    """Ends when every finder has looked everywhere, and at `links`; one that fails ends nobody else's search.

    `under_way`: holds the lanes that have something to look at and have not ended.
    """
    seen = Seen(tell)
    lanes = [] if under_way is None else under_way
    lanes += [lane for lane in LANES if getattr(where, lane.looks_at)]
    async with asyncio.TaskGroup() as tasks:
        for link in links:
            tasks.create_task(_at(link, seen), name=f"look at {link}")
        for lane in tuple(lanes):
            tasks.create_task(_go(lane, lane.part(where), seen, lanes), name=f"find {' '.join(lane.finders)}")


class Seen:
    """What was found so far. A device that is found twice is told once, the surer word first."""

    def __init__(self, tell: Callable[[Found], None]) -> None:
        self._tell = tell
        self._known: dict[tuple[str, ...], Found] = {}

    def take(self, found: Found) -> None:
        if found.key not in self._known and not any(_covers(known, found) for known in self._known.values()):
            self._known[found.key] = found
            self._tell(found)

    def ports(self) -> frozenset[str]:
        """The serial ports at which a device was found."""
        links = (urlsplit(found.link) for found in self._known.values())
        return frozenset(link.path for link in links if link.scheme == "serial")


def _covers(known: Found, found: Found) -> bool:
    """Whether `found` says nothing that `known` has not said, though by another driver or less surely."""
    if not found.certain:
        return known.certain and known.link == found.link
    return bool(found.serial) and known.serial == found.serial and set(found.roles) <= set(known.roles)


async def _go(lane: Lane, where: Where, seen: Seen, under_way: list[Lane]) -> None:
    try:
        async with asyncio.timeout(lane.most_s):
            await _ask(lane.finders, where, seen)
    except TimeoutError:
        log.warning("the search by %s has ended after %g s, before all was seen", " ".join(lane.finders), lane.most_s)
    finally:
        under_way.remove(lane)


async def _ask(finders: Iterable[str], where: Where, seen: Seen) -> None:
    for name in finders:
        driver = await asyncio.to_thread(finder, name)  # the house does not wait for its code to load
        free = tuple(port for port in where.ports if port not in seen.ports())
        try:
            await driver.find(replace(where, ports=free), seen.take)
        except* (ShemsError, OSError) as errors:
            for error in errors.exceptions:
                log.warning("the search by %s has ended early: %s", name, error)


async def _at(link: str, seen: Seen) -> None:
    try:
        for found in await probe(link):
            seen.take(found)
    except (LinkError, ConfigError) as error:
        log.info("nothing is found: %s", error)


async def probe(link: str) -> Sequence[Found]:
    """What is at `link`; raises UserError for a link that cannot be, LinkError when nothing there is understood.

    An uncertain word counts when nobody has a better one.
    """
    said: ShemsError | None = None
    unsure: Sequence[Found] = ()
    for one in for_link(link):
        try:
            found = await one.probe(link)
        except (LinkError, ConfigError) as error:  # the forms of a link differ: it may be another's
            said = _telling(said, error)
            continue
        if any(f.certain for f in found):
            return found
        unsure = unsure or found
    if unsure:
        return unsure
    raise said or LinkError(f"{link}: answers, but nothing that is known; try another driver, or a map of your own")


async def record(link: str, seconds: float) -> bytes:
    """Raises UserError or LinkError."""
    said: ShemsError | None = None
    for one in for_link(link):
        try:
            return await one.record(link, seconds)
        except (LinkError, ConfigError) as error:
            said = _telling(said, error)
    raise said or LinkError(f"{link}: nothing to record")


def _telling(said: ShemsError | None, error: ShemsError) -> ShemsError:
    """The last finder's word, unless one before could not even connect: the others then only say whom they missed."""
    return said if isinstance(said, NoConnection) else error
