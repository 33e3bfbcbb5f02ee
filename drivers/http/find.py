"""Finding HTTP devices: by mDNS, and by asking hosts for what only one family answers. Reads only, a few at a time."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace

from yarl import URL

from drivers.http.browse import Service, browse
from drivers.http.kind import Kind
from drivers.http.look import Host, Said, facts, kind_of, places, visit
from drivers.http.part import roles
from drivers.http.signs import Known
from hub.errors import ConfigError, LinkError
from hub.model import Role
from hub.model.found import Found, Where

PORTS = (("http", 80), ("https", 443))
_AT_ONCE = 24
MOST_CHANNELS = 64


async def find(where: Where, found: Callable[[Found], None]) -> None:
    """Every host at its usual ports; and whatever of them says by mDNS that it is somewhere else."""
    room = asyncio.Semaphore(_AT_ONCE)
    told: set[URL] = set()

    async def look(host: str) -> None:
        async with room:
            for scheme, port in PORTS:
                base = URL.build(scheme=scheme, host=host, port=port)
                for one in await _at(base):
                    told.add(base)
                    found(one)

    async def hear() -> list[Service]:
        return await browse(where.hosts) if where.hosts else []

    async with asyncio.TaskGroup() as tasks:
        heard = tasks.create_task(hear(), name="find http by mDNS")
        for host in where.hosts:
            tasks.create_task(look(host), name=f"find http {host}")
    for service in heard.result():
        base = URL.build(scheme="https" if service.secure else "http", host=service.host, port=service.port)
        if base not in told:
            told.add(base)
            for one in await _at(base) or _by_name(service, base):
                found(one)


async def probe(link: str) -> Sequence[Found]:
    """What is at `link`, http://host or https://host; raises ConfigError or LinkError."""
    base = _base(link)
    if found := await _at(base):
        return found
    raise LinkError(f"{base}: no HTTP device that is known answers there")


async def record(link: str, seconds: float) -> bytes:
    """The body of the answer that says most. When none is understood: all answers, one JSON object a line.

    Raises ConfigError or LinkError.
    """
    del seconds
    base = _base(link)
    async with visit(base) as host:
        if host is None:
            raise LinkError(f"{base}: nobody opens")
        known = await host.known()
        if known is None:
            raise LinkError(f"{base}: no HTTP device that is known answers there")
        said = await host.tell(known)
    if not said:
        raise LinkError(f"{base}: a {known.kind} that tells nothing without {' or '.join(known.needs) or known.why}")
    most = max(said, key=lambda one: len(one.heard.points))
    if most.heard.points:
        return most.body
    lines = ({"path": s.path, "status": s.status, "body": s.body.decode("utf-8", "replace")} for s in said)
    return "\n".join(json.dumps(line) for line in lines).encode()


def _base(link: str) -> URL:
    try:
        url = URL(link)
        if url.scheme in ("http", "https") and url.host and not url.user and not url.password:
            return url.origin()
    except ValueError:
        pass
    raise ConfigError("link", "is no address of an HTTP device; expected http://host or https://host:port")


# -- what it is --------------------------------------------------------------------------------------------------------


async def _at(base: URL) -> list[Found]:
    async with visit(base) as host:
        known = await host.known() if host else None
        if host is None or known is None:
            return []
        return list(_told(host, known, await host.tell(known)))


def _told(host: Host, known: Known, said: Sequence[Said]) -> Iterator[Found]:
    """One for the device with all that it can be, and one more for each second place of a kind."""
    about, options = facts(said), {"kind": known.kind, **known.options}
    if host.fingerprint:
        options["fingerprint"] = host.fingerprint
    kind, there = kind_of(known), places(said)
    whole = Found(
        "http",
        str(host.base),
        _roles(kind, there) if there else _possible(kind, known),
        about.get("vendor") or known.vendor,
        about.get("model", ""),
        about.get("serial", ""),
        about.get("firmware", ""),
        options,
        f"its answer over {host.base.scheme}" + (f"; {known.why}" if known.why else ""),
        needs=known.needs,
    )
    yield whole
    for place in there:
        role, _, number = place.partition("_")
        if number.isdecimal() and int(number) <= MOST_CHANNELS:  # the serial number is the whole device's
            yield replace(whole, roles=_roles(kind, (role,)), serial="", options={**options, "channel": int(number)})


def _roles(kind: Kind | None, there: Sequence[str]) -> tuple[Role, ...]:
    """Those that it tells of, as its kind orders them. What only measures or switches can stand for other roles too."""
    own = [place for place in (kind.places if kind else there) if place in there]
    main = [place for place in own if place != Role.SENSOR]
    also = [role for role, stand in kind.also.items() if main[0] in stand] if kind and len(main) == 1 else []
    return tuple(Role(role) for role in dict.fromkeys((*main, *also, *own)))


_CLOSED = {"powerwall": ("inverter", "grid", "battery"), "peblar": ("charger",), "powerfox": ("grid",)}
"""what those can be that are nothing without their secret"""


def _possible(kind: Kind | None, known: Known) -> tuple[Role, ...]:
    return tuple(Role(role) for role in (roles(kind) if kind else _CLOSED.get(known.kind, ())))


def _by_name(service: Service, base: URL) -> list[Found]:
    """One that says who it is and answers nothing without a secret."""
    known = service.known
    return [
        Found(
            "http",
            str(base),
            _possible(kind_of(known), known),
            known.vendor,
            service.model,
            service.serial,
            service.firmware,
            {"kind": known.kind, **known.options},
            "its name by mDNS",
            needs=known.needs,
        )
    ]
