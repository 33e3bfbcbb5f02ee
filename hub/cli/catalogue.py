"""`shems catalogue`: the devices that the hub knows, and how far each is verified."""

from __future__ import annotations

import argparse
import importlib
import json
from typing import Any, Protocol, cast


class Catalogue(Protocol):
    def describe(self) -> list[dict[str, Any]]: ...


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("words", nargs="*", metavar="WORD", help="only devices whose vendor, model or role has it")
    parser.add_argument("--json", action="store_true")


def run(args: argparse.Namespace) -> int:
    known = cast(Catalogue, importlib.import_module("drivers.catalogue")).describe()
    found = [d for d in known if all(w.lower() in _text(d) for w in args.words)]
    if args.json:
        print(json.dumps(found))
        return 0
    for device in found:
        roles = ", ".join(device["roles"])
        print(f"{device['vendor']}: {', '.join(device['models'])}\n    {roles}; {_use(device)}; {device['verified']}")
    print(f"{len(found)} of {len(known)}")
    return 0


def _text(device: dict[str, Any]) -> str:
    return " ".join((device["vendor"], *device["models"], *device["roles"], device["protocol"])).lower()


def _use(device: dict[str, Any]) -> str:
    named = f' map = "{device["map"]}"' if device.get("map") else ""
    return f'driver = "{device["driver"]}"{named}'
