"""Puts the resources together and serves them."""

from __future__ import annotations

import asyncio
import errno
import socket

from aiohttp import web

from hub.errors import UserError
from hub.web.access import access
from hub.web.page import page
from hub.web.problems import MAX_BODY, problems
from hub.web.queries import queries
from hub.web.resources import (
    commands,
    commissioning,
    decisions,
    devices,
    energy,
    finding,
    history,
    house,
    journal,
    live,
    plan,
    plans,
    points,
    prices,
    session,
)
from hub.web.rooms import ROOMS, Rooms

RESOURCES = (
    *(session, house, points, devices, finding, commissioning, commands),
    *(decisions, plans, plan, prices, journal, history, energy, live),
)


def make_app(rooms: Rooms) -> web.Application:
    app = web.Application(middlewares=[problems, access, queries], client_max_size=MAX_BODY)
    app[ROOMS] = rooms
    app[live.FRAMES] = live.Frames(rooms.board)
    for resource in RESOURCES:
        for method, path, handler in resource.ROUTES:
            app.router.add_route(method, f"/api/v1{path}", handler)
    app.router.add_get("/{path:(?!api(/|$)).*}", page)
    return app


def listen(bind: str, port: int) -> socket.socket:
    """The listening socket; a busy port or an address that is not ours is said in one line, with the key at fault."""
    try:
        return socket.create_server(
            (bind, port), family=socket.AF_INET6 if ":" in bind else socket.AF_INET, backlog=128
        )
    except OSError as e:
        why = str(e.strerror or e).partition(" (while")[0]  # Python says the address once more
        raise UserError(f"cannot listen on {bind}:{port}: {why}; {_at_fault(e)}") from None


def _at_fault(error: OSError) -> str:
    if error.errno in (errno.EADDRINUSE, errno.EACCES):
        return "choose another port: network.port in the site document, --port of the demo"
    return "name an address of this machine: network.bind in the site document"


async def serve(rooms: Rooms, sock: socket.socket) -> None:
    """Serves until cancelled; open sockets are closed within a second."""
    runner = web.AppRunner(make_app(rooms), access_log=None, shutdown_timeout=1.0)
    await runner.setup()
    try:
        await web.SockSite(runner, sock).start()
        await asyncio.Event().wait()
    finally:
        await runner.cleanup()
