"""What `run` and `demo` take alike. Light: nothing of the hub is loaded for it."""

from __future__ import annotations

import argparse
from pathlib import Path


def watching_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--read-only", action="store_true", help="watch and decide, but write to no device: another system is in charge"
    )
    parser.add_argument(
        "--observe", type=Path, metavar="FILE", help="try this site document beside the live one; see GET /observed"
    )
