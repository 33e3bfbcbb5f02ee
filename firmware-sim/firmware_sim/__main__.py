"""python -m firmware_sim: a simulated house on this machine. Prints one JSON line when it is up."""

import argparse
import asyncio
import json
import logging
import os
import signal
import sys
import tempfile
import threading
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import NoReturn

from . import added
from .app import Options, serve
from .mqtt.link import broker
from .physics.homes import HOMES
from .physics.world import DAY, Setup

DEMO_HOUR = 11
MAX_SPEED = 3600.0


def main(arguments: list[str] | None = None) -> int:
    parser = _parser()
    given = parser.parse_args(arguments)
    _log(given.json)
    if not 0 < given.speed <= MAX_SPEED:
        parser.error(f"--speed must be above 0 and at most {MAX_SPEED:g}")
    with tempfile.TemporaryDirectory(prefix="firmware-sim-") as scratch:
        directory = given.dir or Path(scratch)
        directory.mkdir(parents=True, exist_ok=True)
        try:
            url = _first_line() if given.mqtt == "-" else given.mqtt
            at = broker(url) if url is not None else None
            setup = _setup(given)
        except ValueError as error:
            parser.error(str(error))
        options = Options(
            setup, directory.resolve(), given.speed, at, given.control_port, given.http_password, not given.no_mdns
        )
        try:
            asyncio.run(_run(options, given.die_with_stdin))
        except FileNotFoundError as error:
            parser.error(str(error))
    return 0


async def _run(options: Options, die_with_stdin: bool) -> None:
    stop, loop = asyncio.Event(), asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop.set)
    if die_with_stdin:
        threading.Thread(target=_watch_stdin, args=(loop, stop), daemon=True).start()
    await serve(options, stop)


def _first_line() -> str:
    """Of standard input, and not a byte more: what follows is its end, which `_watch_stdin` waits for."""
    line = b""
    while (byte := os.read(sys.stdin.fileno(), 1)) not in (b"", b"\n"):
        line += byte
    return line.decode(errors="replace").strip()


def _watch_stdin(loop: asyncio.AbstractEventLoop, stop: asyncio.Event) -> None:
    # by descriptor: a buffered reader would hold its lock while the interpreter ends
    while os.read(sys.stdin.fileno(), 4096):
        pass
    loop.call_soon_threadsafe(stop.set)


def _setup(given: argparse.Namespace) -> Setup:
    """Without --start: the time is real, and the sun's clock is moved to late morning."""
    start = given.start or datetime.now(UTC)
    start_ms = int(start.timestamp()) * 1000
    setup = Setup(start_ms, given.seed, given.home, given.data, added=added.names(given.add))
    if given.start:
        return setup
    solar = (start_ms / 1000 + setup.longitude * 240) % DAY
    return replace(setup, sun_offset_s=DEMO_HOUR * 3600 - solar)


def _moment(text: str) -> datetime:
    moment = datetime.fromisoformat(text)
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _parser() -> argparse.ArgumentParser:
    parser = _Parser(prog="firmware_sim", description=__doc__)
    parser.add_argument("--speed", type=float, default=1.0, help="simulated seconds per second, up to 3600")
    parser.add_argument("--seed", type=int, default=1, help="of clouds, people and noise")
    parser.add_argument("--home", choices=HOMES, help="whose everyday load; default uci if its data is there")
    parser.add_argument("--data", type=Path, help="directory with recordings of real homes")
    parser.add_argument("--dir", type=Path, help="where the serial ports appear; default a temporary directory")
    names = ", ".join(added.NAMES)
    parser.add_argument("--add", default="", metavar="NAME,...", help=f"more devices in the house: all, or of {names}")
    parser.add_argument("--http-password", default="", help="what the added Shellys of the second generation ask for")
    parser.add_argument("--no-mdns", action="store_true", help="the added devices do not say by mDNS where they are")
    parser.add_argument("--mqtt", help="their broker, mqtt://user:password@host:port; - = read it from stdin")
    parser.add_argument("--control-port", type=int, default=0, help="of the control interface; 0 = any")
    parser.add_argument("--start", type=_moment, help="simulated start time (ISO 8601); default now, late morning")
    parser.add_argument("--die-with-stdin", action="store_true", help="end when standard input ends")
    parser.add_argument("--json", action="store_true", help="log JSON lines to standard error")
    return parser


class _Parser(argparse.ArgumentParser):
    """Says what is wrong in one line, without the usage: mostly it is a program that started us."""

    def error(self, message: str) -> NoReturn:
        self.exit(2, f"{self.prog}: error: {message}\n")


class _JsonLines(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        return json.dumps({"level": record.levelname.lower(), "logger": record.name, "text": record.getMessage()})


def _log(as_json: bool) -> None:
    handler = logging.StreamHandler()
    handler.setFormatter(_JsonLines() if as_json else logging.Formatter("%(levelname)s %(name)s: %(message)s"))
    logging.basicConfig(level=logging.WARNING, handlers=[handler])
    logging.getLogger("mqtt").setLevel(logging.CRITICAL)  # aiomqtt's own; what a loss means is said by the link


if __name__ == "__main__":
    raise SystemExit(main())
