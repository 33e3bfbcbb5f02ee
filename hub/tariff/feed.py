"""The prices in force, from the site document's table, put on the Board like any other measurement."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from hub.model import Clock, Device, Link, Measurement, Point, Role, Sink
from hub.model.site import Site, TariffSpec

DEVICE = Device(
    uid="tariff",
    id="tariff",
    role=Role.TARIFF,
    link=Link("site", "tariff"),
    points=(Point.of("tariff", "tariff", "price_import"), Point.of("tariff", "tariff", "price_export")),
)


def price_at(table: tuple[int, ...], t: int, zone: ZoneInfo) -> int:
    """The price (1e-5 currency unit per kWh) at UTC ms `t`; a table of 24 goes by the local hour."""
    return table[datetime.fromtimestamp(t / 1000, UTC).astimezone(zone).hour] if len(table) == 24 else table[0]


async def run(tariff: TariffSpec, site: Site, sink: Sink, clock: Clock) -> None:
    """Puts both prices at once and then every minute."""
    zone = ZoneInfo(site.timezone)
    sink.seen(DEVICE)
    while True:
        now = clock.now()
        sink.put(
            [
                Measurement("tariff.price_import", price_at(tariff.import_price, now, zone), now),
                Measurement("tariff.price_export", price_at(tariff.export_price, now, zone), now),
            ]
        )
        await asyncio.sleep(60 - clock.now() / 1000 % 60)
