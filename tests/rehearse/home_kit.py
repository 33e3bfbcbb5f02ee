"""A made-up home: a load and a sun that repeat by the day, as long as a test wants them, and its site document."""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import numpy as np

from hub import config
from hub.forecast.homefile import Home
from hub.forecast.series import Floats, Series
from hub.model.site import Site

ZONE = ZoneInfo("Europe/Berlin")
START = round(datetime(2026, 5, 1, tzinfo=ZONE).timestamp() * 1000)
SITE = """
[site]
timezone = "Europe/Berlin"
[tariff]
import_price = {price}
export_price = {export}
{limits}
[devices.grid]
role = "grid"
driver = "modbus"
link = "tcp://127.0.0.1:502"
map = "eastron/sdm630"
[devices.roof]
role = "inverter"
driver = "sunspec"
link = "tcp://127.0.0.1:503"
[devices.battery]
role = "battery"
driver = "sunspec"
link = "tcp://127.0.0.1:504"
[devices.battery.control]
capacity_wh = 10000
efficiency = 0.81
wear = 0.01
soc_floor = 10
{more}
"""
WALLBOX = """
[devices.wallbox]
role = "charger"
driver = "modbus"
link = "tcp://127.0.0.1:505"
map = "keba/p30"
[devices.wallbox.control]
phases = 3
max_a = 16
"""
PUMP = """
[devices.pump]
role = "heatpump"
driver = "modbus"
link = "tcp://127.0.0.1:506"
map = "stiebel/isg"
"""
CHEAP_AT_NIGHT = [0.15] * 6 + [0.35] * 18


def site(price: object = 0.30, export: float = 0.08, limits: str = "", more: str = "") -> Site:
    return config.parse(SITE.format(price=price, export=export, limits=limits, more=more))


def local_hour(n: int, seconds: int) -> Floats:
    """Of the middle of each of n steps from START on, summer time."""
    return (np.arange(n) + 0.5) * seconds / 3600 % 24


def home(days: int, seconds: int = 1800, sun_w: float = 4000.0, load_w: float = 500.0) -> Home:
    n = days * 86_400 // seconds
    hour = local_hour(n, seconds)
    load = load_w + 2 * load_w * np.exp(-(((hour - 19) / 2) ** 2))
    sun = np.maximum(0.0, sun_w * np.sin((hour - 6) / 12 * np.pi))
    return Home(ZONE, series(load, seconds), series(sun, seconds) if sun_w else None, None, None)


def series(values: Floats, seconds: int = 1800) -> Series:
    return Series(START, seconds, np.asarray(values, dtype=np.float64))


def utc(text: str) -> int:
    return round(datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp() * 1000)
