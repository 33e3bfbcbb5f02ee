"""`shems config show|check`: the site document. A check is as thorough as a start, but opens nothing."""

from __future__ import annotations

import argparse
import re
from pathlib import Path

from hub import config
from hub.drivers import build
from hub.errors import UserError
from hub.model import SystemClock
from hub.model.broker import BrokerAddress
from hub.model.site import Site
from hub.mqtt import accounts
from hub.mqtt.engine import choose
from hub.store.vault import SECRETS
from hub.tariff.sources import build as build_feeds


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("action", choices=("show", "check"))
    parser.add_argument("--config", type=Path, default=Path("config.toml"), metavar="FILE")
    parser.add_argument(
        "--data", type=Path, default=Path("data"), metavar="DIR", help="where device maps of your own lie"
    )


def run(args: argparse.Namespace) -> int:
    text = config.read(args.config)
    site = config.parse(text, str(args.config))
    if args.action == "show":
        print(redacted(text))
        return 0
    dry(site, args.data, args.config)
    print(f"{args.config}: correct; {len(site.devices)} devices")
    return 0


def redacted(text: str) -> str:
    """The document with every secret as `"..."`: it is looked at over shoulders, and sent to whoever helps."""
    hidden = re.sub(rf"(?m)^(\s*(?:{'|'.join(sorted(SECRETS))})\s*=\s*).*$", r'\1"..."', text)
    return re.sub(r"(://[^:/@\s]+:)[^@\s]+@", r"\1...@", hidden)


def dry(site: Site, data: Path, document: Path) -> None:
    """Builds what `shems run` would start, and starts none of it. Raises UserError, which names document and key, for
    what could not be built.
    """
    try:
        broker = site.mqtt_elsewhere or _own(site)
        build(site.devices, SystemClock(), broker.url if broker else "", data)
        build_feeds(site, SystemClock())
    except UserError as error:
        raise UserError(f"{document}: {error}") from None


def _own(site: Site) -> BrokerAddress | None:
    if site.mqtt_engine == "off":
        return None
    return choose(site.mqtt_engine, [accounts.hub("dry")], Path("broker"), site.mqtt_port, site.mqtt_bind).address
