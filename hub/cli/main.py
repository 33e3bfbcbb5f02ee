"""Finds the command, runs it, and turns expected errors into one line and an exit code."""

from __future__ import annotations

import argparse
import importlib
import os
import sys
from typing import Any, Protocol

from hub import VERSION
from hub.errors import ShemsError, UserError

COMMANDS = {
    "run": "the daemon, in the foreground",
    "demo": "a simulated house and a hub in front of it",
    "catalogue": "the devices that the hub knows, and how far each is verified",
    "scan": "looks for devices on the local net, on serial ports and brokers",
    "probe": "says what one device is, and how to take it into the house",
    "record": "captures what a device says, without writing to it",
    "decode": "reads a capture of any wire format, and prints what it says as JSON",
    "history": "the recorded past: read it, import that of another system",
    "config": "show or check the site document",
    "forecast": "how far off every forecaster would have been on a home's recorded past",
    "rule": "checks rules, and tries them on the recorded past",
    "replay": "decides again what was decided, and says where it comes out otherwise",
    "plan": "plans one problem file",
    "simulate": "runs a home's past in closed loop: what each way to drive it would have cost",
    "backup": "a safety copy of history and state, made while the hub runs",
    "restore": "puts a safety copy back; the hub must not run",
    "account": "who may sign in, and tokens for programs",
    "test": "the whole test suite",
    "bench": "the measurements of bench/",
}


_BLAS_THREADS = ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS")
"""One each: numpy's matrices are small here, and several threads take more CPU time for them than they spare."""


class Command(Protocol):
    def arguments(self, parser: argparse.ArgumentParser) -> None: ...
    def run(self, args: argparse.Namespace) -> int: ...


class Mixed(argparse.ArgumentParser):
    """Options may stand anywhere among a command's words: argparse by itself lets the first option end them, and
    refuses `decode p1 --json FILE`. One with commands of its own, or that passes on all that follows, reads them as is.
    """

    _reading = False

    def parse_known_args(self, args: Any = None, namespace: Any = None) -> Any:
        """Up to Python 3.12 the reading of the mixed words comes back here."""
        as_is = any(action.nargs in (argparse.PARSER, argparse.REMAINDER) for action in self._actions)
        if self._reading or as_is:
            return super().parse_known_args(args, namespace)
        self._reading = True
        try:
            return self.parse_known_intermixed_args(args, namespace)
        finally:
            self._reading = False


def main(argv: list[str] | None = None) -> int:
    """Exit: 0 done, 1 failed, also where what is kept is at fault, 2 wrong usage or bad input."""
    argv = sys.argv[1:] if argv is None else argv
    for name in _BLAS_THREADS:
        os.environ.setdefault(name, "1")
    args, command = _parse(argv)
    try:
        return command.run(args)
    except ShemsError as e:
        if args.debug:
            raise
        print(f"shems: {e}", file=sys.stderr)
        return 2 if isinstance(e, UserError) else 1
    except KeyboardInterrupt:
        return 0
    except BrokenPipeError:
        return 1


def _parse(argv: list[str]) -> tuple[argparse.Namespace, Command]:
    parser = argparse.ArgumentParser(prog="shems", description="SHEMS, the home energy hub")
    parser.add_argument("--version", action="version", version=f"shems {VERSION}")
    _debug(parser, default=False)
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND", parser_class=Mixed)
    chosen = next((a for a in argv if not a.startswith("-")), "")
    loaded = None
    for name, text in COMMANDS.items():
        sub = commands.add_parser(name, help=text, description=text)
        if name == chosen:
            loaded = importlib.import_module(f"hub.cli.{name}")
            loaded.arguments(sub)
            _debug(sub, default=argparse.SUPPRESS)
    args = parser.parse_args(argv)
    assert loaded is not None
    return args, loaded


def _debug(parser: argparse.ArgumentParser, default: object) -> None:
    """Before and after the command; the later one, when it is not given, leaves the earlier one as it is."""
    parser.add_argument("--debug", action="store_true", default=default, help="show tracebacks")
