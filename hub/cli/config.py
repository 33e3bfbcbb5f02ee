"""`shems config show|check`: the site document."""

from __future__ import annotations

import argparse
from pathlib import Path

from hub import config


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("action", choices=("show", "check"))
    parser.add_argument("--config", type=Path, default=Path("config.toml"), metavar="FILE")


def run(args: argparse.Namespace) -> int:
    text = config.read(args.config)
    site = config.parse(text, str(args.config))
    print(text if args.action == "show" else f"{args.config}: correct; {len(site.devices)} devices")
    return 0
