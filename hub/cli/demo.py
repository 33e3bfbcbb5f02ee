"""`shems demo`: the simulated house in its own process, and a hub in front of it."""

from __future__ import annotations

import argparse
import json
import os
import secrets
import select
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from hub.cli.folder import prepared
from hub.cli.watching_arguments import watching_arguments
from hub.errors import ShemsError, UserError

ROOT = Path(__file__).parents[2]
SIM_READY_WITHIN_S = 20.0
HOMES = ("uci", "emhass", "generated")
"""The simulator's; it is a program of its own, so its list cannot be imported."""
BEGINS_AT = 11
"""The simulator's too: the hour at which the day of sun and people begins, whatever the time is."""


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--port", type=int, default=8080, metavar="N", help="the page's port; 0 = any free one")
    parser.add_argument("--bind", default="127.0.0.1", metavar="A")
    parser.add_argument(
        "--speed", type=float, default=1.0, metavar="X", help="how fast the simulated house lives, up to 3600"
    )
    parser.add_argument(
        "--data", type=Path, metavar="DIR", help="keep the hub's data here (else it goes with the demo)"
    )
    parser.add_argument("--home", metavar="NAME", help=f"the household to replay: {', '.join(HOMES)}")
    parser.add_argument("--seed", type=int, default=1, metavar="N")
    parser.add_argument("--devices", type=Path, metavar="FILE", help="TOML with more [devices.*] for the house")
    watching_arguments(parser)
    parser.add_argument("--json", action="store_true", help="say `ready` as one line of JSON")


def run(args: argparse.Namespace) -> int:
    if not 0 < args.speed <= 3600:
        raise UserError("--speed: must be above 0 and at most 3600")
    if not 0 <= args.port <= 65_535:
        raise UserError(f"--port: {args.port} is no port; must be from 0 to 65535")
    _of_this_machine(args.bind)
    if args.home not in (None, *HOMES):
        raise UserError(f"--home: there is no household {args.home!r}; there are {', '.join(HOMES)}")
    with _folder(args.data) as data:
        mqtt_port, secret = _free_port(), secrets.token_urlsafe(12)
        with _simulator(args, data, f"mqtt://devices:{secret}@127.0.0.1:{mqtt_port}") as started:
            from hub.cli.demo_hub import live  # which loads the hub, while the simulated house starts

            return live(args, data, started, mqtt_port, secret)


def _of_this_machine(bind: str) -> None:
    """Raises UserError before anything is started."""
    try:
        socket.create_server((bind, 0), family=socket.AF_INET6 if ":" in bind else socket.AF_INET).close()
    except (OSError, UnicodeError) as e:
        why = (isinstance(e, OSError) and e.strerror) or str(e)
        raise UserError(
            f"--bind: cannot listen on {bind!r}: {why.partition(' (while')[0]}; name an address of this machine"
        ) from None


@contextmanager
def _folder(data: Path | None) -> Iterator[Path]:
    if data is None:
        made = Path(tempfile.mkdtemp(prefix="shems-demo-"))
        try:
            yield made
        finally:
            shutil.rmtree(made, ignore_errors=True)
        return
    yield prepared(data).resolve()


@contextmanager
def _simulator(args: argparse.Namespace, data: Path, mqtt: str) -> Iterator[Callable[[], dict[str, Any]]]:
    """What waits for the simulator's ready line; the process ends with us, whatever happens to us.

    `mqtt`, the broker's URL, has a secret in it: it goes by the pipe, where no other user of the machine can read it.
    """
    command = [sys.executable, "-m", "firmware_sim", "--json", "--die-with-stdin", "--mqtt", "-"]
    command += ["--speed", str(args.speed), "--seed", str(args.seed), "--dir", str(data / "sim")]
    shared = ROOT.parent / "shared" / "data"
    if shared.is_dir():
        command += ["--data", str(shared)]
    if args.home:
        command += ["--home", args.home]
    paths = os.pathsep.join([str(ROOT / "firmware-sim"), str(ROOT)])
    process = subprocess.Popen(
        command,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        start_new_session=True,
        env={**os.environ, "PYTHONPATH": paths},
    )
    try:
        assert process.stdin is not None
        with suppress(BrokenPipeError):  # its own words tell why it is gone
            process.stdin.write(f"{mqtt}\n".encode())
            process.stdin.flush()
        yield lambda: _ready(process)
    finally:
        process.terminate()
        try:
            process.wait(2)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _ready(process: subprocess.Popen[bytes]) -> dict[str, Any]:
    assert process.stdout is not None
    deadline = time.monotonic() + SIM_READY_WITHIN_S
    while time.monotonic() < deadline:
        if select.select([process.stdout], [], [], 0.2)[0]:
            line = process.stdout.readline()
            if line.startswith(b"{"):
                answer: dict[str, Any] = json.loads(line)
                return answer
            if not line:
                break
    raise _not_started(process)


def _not_started(process: subprocess.Popen[bytes]) -> ShemsError:
    """The simulator's exit code 2 is ours: it was asked for what it has not."""
    code = None
    with suppress(subprocess.TimeoutExpired):
        code = process.wait(1)
    return (UserError if code == 2 else ShemsError)("the simulated house did not start; its own words are above")


def _free_port() -> int:
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        port: int = s.getsockname()[1]
        return port
