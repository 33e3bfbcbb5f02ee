"""The hub of the demo: its site document made from what the simulated house opened."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from hub import config
from hub.app import App, Ready
from hub.auth import new_password
from hub.cli.demo import BEGINS_AT
from hub.cli.demo_site import demo_document
from hub.cli.run import watching
from hub.cli.service import serve
from hub.model.document import Document


def live(
    args: argparse.Namespace, data: Path, started: Callable[[], dict[str, Any]], mqtt_port: int, secret: str
) -> int:
    """`started` waits for the simulated house and gives its links. Returns the exit code."""
    more = _more(args.devices) if args.devices else ""
    sim = started()
    text = demo_document(sim["links"], bind=args.bind, port=args.port, mqtt_port=mqtt_port) + more
    (data / "config.toml").write_text(text, encoding="utf-8")
    site = config.parse(text, str(args.devices or data / "config.toml"))  # the rest is right
    app = App(site, text, data, new_password(), secret, watching(args))
    return serve(app, lambda ready: _say(args.json, ready, sim["control"]))


def _more(devices: Path) -> str:
    """Read by itself first, so that an error has the line of this file."""
    text = config.read(devices, "a readable file with --devices")
    Document.load(text, str(devices))
    return text


def _say(as_json: bool, ready: Ready, control: str) -> None:
    if as_json:
        line = {"ready": ready.url, "user": ready.user, "password": ready.password, "token": ready.token}
        print(json.dumps({**line, "sim": control}), flush=True)
    else:
        print(f"ready {ready.url}\nsign in as {ready.user} with the password {ready.password}", flush=True)
        print(
            f"The day of the simulated house has begun at {BEGINS_AT}:00: its sun and its people go by that. "
            "The hub goes by the true time, and so do prices and forecasts: the sun that it foresees is another one.",
            file=sys.stderr,
            flush=True,
        )
