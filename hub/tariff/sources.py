"""The table of feeds, and those that the owner has chosen, built. `hub` imports none: each is loaded by its name."""

from __future__ import annotations

import importlib
from typing import Protocol, cast

from hub.model import Clock
from hub.model.feed import Feed, FeedSpec
from hub.model.site import Site

FEEDS = {
    "tariff": "drivers.prices.driver",
    "weather": "drivers.weather.driver",
    "pv_forecast": "drivers.weather.driver",
}
"""By the table of the site document that chooses the source."""


OWN = ("pv_forecast", "own")
"""The one that asks nobody: the house makes it itself."""


class FeedModule(Protocol):
    def build(self, spec: FeedSpec, clock: Clock) -> Feed: ...


def build(site: Site, clock: Clock) -> list[Feed]:
    """Opens nothing. Raises ConfigError for what cannot be."""
    specs = (*((site.tariff.feed,) if site.tariff and site.tariff.feed else ()), *site.feeds)
    asked = [spec for spec in specs if (spec.at, spec.source) != OWN]
    return [cast(FeedModule, importlib.import_module(FEEDS[spec.at])).build(spec, clock) for spec in asked]
