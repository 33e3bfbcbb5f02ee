"""Taking a device into the house, and out of it again: checked whole, kept, and then the house starts anew with it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any
from urllib.parse import urlsplit

from hub import config
from hub.errors import ConfigError, UserError
from hub.finding.finders import Lane, for_link
from hub.finding.places import is_link, where
from hub.finding.search import search
from hub.model import Clock, DeviceSpec
from hub.model.found import Found, Where
from hub.model.site import Site
from hub.store.adopted import Adopted
from hub.store.vault import Vault, secret

MOST_FOUND = 200
HUB_BROKER = "hub"
_MODBUS_PORT = 502
"""of links that name none"""


@dataclass(slots=True)
class Finds:
    """What the last search has found, and when it began (UTC ms); it outlives the house that looked.

    `under_way`: the lanes that have not ended.
    """

    found: list[Found] = field(default_factory=list)
    since: int | None = None
    under_way: list[Lane] = field(default_factory=list)


def _taken(link: str) -> Iterator[str]:
    """Where a device of the house is, host and port, so that nobody knocks there."""
    place = urlsplit(link)
    if place.hostname and place.scheme != "serial":
        yield f"{place.hostname}:{place.port or _MODBUS_PORT}"


class Adoption:
    """`document`: the site document's text. `check` raises ConfigError for devices that no driver can drive.

    `changed` is set when the house is another one now.
    """

    def __init__(
        self,
        document: str,
        adopted: Mapping[str, Mapping[str, Any]],
        rows: Adopted,
        vault: Vault,
        clock: Clock,
        check: Callable[[Iterable[DeviceSpec]], None],
        finds: Finds,
    ) -> None:
        self._document = document
        self._adopted = dict(adopted)
        self._rows, self._vault, self._clock = rows, vault, clock
        self._check = check
        self.changed = asyncio.Event()
        self._search: asyncio.Task[None] | None = None
        self._finds = finds
        self.broker = ""
        """the link of the hub's own broker, with which devices of that broker are found"""

    @property
    def shown(self) -> Mapping[str, Mapping[str, Any]]:
        """Their tables, with nothing in them that is nobody's business."""
        return {
            id_: {k: "..." if isinstance(v, str) and secret(k, v) else v for k, v in table.items()}
            for id_, table in self._adopted.items()
        }

    @property
    def found(self) -> Sequence[Found]:
        return self._finds.found

    @property
    def searched(self) -> int | None:
        """When the last search began, UTC ms."""
        return self._finds.since

    @property
    def searching(self) -> bool:
        return self._search is not None and not self._search.done()

    @property
    def looking(self) -> Sequence[str]:
        """What is looked at still: hosts, ports, brokers."""
        return sorted({lane.looks_at for lane in self._finds.under_way}) if self.searching else ()

    @property
    def until(self) -> int | None:
        """When the search ends at the latest, UTC ms; None when none is under way, or only links are looked at."""
        lanes = self._finds.under_way
        if not self.searching or self._finds.since is None or not lanes:
            return None
        return self._finds.since + round(1000 * max(lane.most_s for lane in lanes))

    def look(self, tasks: asyncio.TaskGroup, addresses: Iterable[str]) -> None:
        """Begins a search in `tasks`; one that is under way ends. An address may be the link of one device, too, or
        `hub`, the hub's own broker.

        Raises UserError for an address that is none.
        """
        named = list(addresses)
        links = [address for address in named if is_link(address)]
        others = [address for address in named if not is_link(address) and address != HUB_BROKER]
        for link in links:
            for_link(link)
        site = config.parse(self._document, "config.toml", self._adopted)
        places = Where() if named and not others else where(others, site.search)
        if self.broker and (not named or HUB_BROKER in named):
            places = replace(places, brokers=(*places.brokers, self.broker))
        places = replace(places, busy=frozenset(taken for d in site.devices for taken in _taken(d.link)))
        if self._search is not None:
            self._search.cancel()
        found: list[Found] = []
        self._finds.found, self._finds.since, self._finds.under_way = found, self._clock.now(), []
        tell = partial(self._take, found)
        self._search = tasks.create_task(search(places, tell, links, self._finds.under_way), name="search for devices")

    def _take(self, finds: list[Found], found: Found) -> None:
        """What is at the hub's own broker is told by that broker's name: its password is nobody's business."""
        if self.broker and found.link == self.broker:
            found = replace(found, link=HUB_BROKER)
        if len(finds) < MOST_FOUND:
            finds.append(found)

    async def adopt(self, id_: str, table: Mapping[str, Any], author: str) -> None:
        """Raises ConfigError, which names the key, and changes nothing then."""
        if id_ in self._adopted or any(d.id == id_ for d in self._standing().devices):
            raise ConfigError(f"devices.{id_}", "is in the house already; choose another id")
        site = config.parse(self._document, "the device", self._adopted | {id_: table})
        self._check(d for d in site.devices if d.id == id_)
        await self._rows.put(id_, table, self._vault, author, self._clock.now())
        self._adopted[id_] = table
        self.changed.set()

    async def remove(self, id_: str) -> None:
        """Raises UserError for a device that stands in the site document, or is none."""
        if id_ not in self._adopted:
            raise UserError(f"{id_}: stands in the site document, or nowhere; take it out there")
        rest = {k: v for k, v in self._adopted.items() if k != id_}
        config.parse(self._document, "without the device", rest)
        await self._rows.remove(id_)
        self._adopted = rest
        self.changed.set()

    def _standing(self) -> Site:
        return config.parse(self._document, "config.toml")
