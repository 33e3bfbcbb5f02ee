"""`shems run`: the daemon, in the foreground."""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path

from hub import config
from hub.app import App, Ready, Watching
from hub.cli.config import dry
from hub.cli.folder import prepared
from hub.cli.service import serve
from hub.cli.watching_arguments import watching_arguments
from hub.errors import UserError

DOCUMENT = Path("config.toml")
_OTHER = "a readable site document with --observe"


def arguments(parser: argparse.ArgumentParser) -> None:
    state = Path(os.environ.get("STATE_DIRECTORY", "data"))
    parser.add_argument("--config", type=Path, default=DOCUMENT, metavar="FILE", help="the site document")
    parser.add_argument("--data", type=Path, default=state, metavar="DIR", help="state.db and history.db live here")
    watching_arguments(parser)


def watching(args: argparse.Namespace) -> Watching:
    """Raises UserError."""
    beside = config.parse(config.read(args.observe, _OTHER), str(args.observe)) if args.observe else None
    return Watching(args.read_only, beside)


def run(args: argparse.Namespace) -> int:
    if args.config == DOCUMENT and not DOCUMENT.exists():
        raise UserError(
            f"there is no {DOCUMENT} here: copy config.example.toml to {DOCUMENT} and describe your house, "
            "name another with --config, or look at a simulated house with `shems demo`"
        )
    text = config.read(args.config)
    site = config.parse(text, str(args.config))
    dry(site, args.data, args.config)
    return serve(App(site, text, prepared(args.data), watching=watching(args)), _say)


def _say(ready: Ready) -> None:
    print(f"ready {ready.url}", flush=True)
    if ready.password:
        print(f"first start: sign in as {ready.user} with the password {ready.password}", file=sys.stderr, flush=True)
