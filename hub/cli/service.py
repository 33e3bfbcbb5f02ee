"""Runs the daemon until a signal: event loop, logging, exit code."""

from __future__ import annotations

import asyncio
import logging
import signal
import sys
from collections.abc import Callable

import uvloop

from hub.app import App, Ready
from hub.errors import ShemsError
from hub.ops.memory import frugal
from hub.ops.private import keep_private

log = logging.getLogger("hub")


def serve(app: App, ready: Callable[[Ready], None]) -> int:
    """0 after SIGINT or SIGTERM, 1 when a part failed; expected errors are raised as they are."""
    keep_private()
    logging.basicConfig(stream=sys.stderr, level=logging.INFO, format="%(levelname).1s %(name)s: %(message)s")
    for chatty in ("pymodbus", "aiomqtt", "mqtt", "zeroconf"):
        logging.getLogger(chatty).setLevel(logging.CRITICAL)
    frugal()
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        return runner.run(_until_signal(app, ready))


async def _until_signal(app: App, ready: Callable[[Ready], None]) -> int:
    task = asyncio.ensure_future(app.run(ready))
    for sign in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(sign, task.cancel)
    try:
        await task
    except asyncio.CancelledError:
        return 0
    except BaseExceptionGroup as group:
        return _explain(group)
    return 1


def _explain(group: BaseExceptionGroup[BaseException]) -> int:
    """One expected error is shown as such; a bug is shown with its traceback: systemd starts us again."""
    first = _leaves(group)[0]
    if isinstance(first, ShemsError):
        raise first
    log.critical("a part of the hub failed and takes the process down", exc_info=first)
    print(f"shems: internal error: {type(first).__name__}: {first}; the traceback is above", file=sys.stderr)
    return 1


def _leaves(group: BaseExceptionGroup[BaseException]) -> list[BaseException]:
    return [leaf for e in group.exceptions for leaf in (_leaves(e) if isinstance(e, BaseExceptionGroup) else [e])]
