"""A past for the demo house: two weeks in seconds, and hours of weeks before and of the same weeks a year ago."""

from __future__ import annotations

import time
from collections import defaultdict
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from hub import config
from hub.cli.demo_site import demo_document
from hub.model import Point
from hub.store.ring.codec import MISSING, Ints
from hub.store.ring.past import PastWriter
from hub.store.ring.rollup import Rolled, roll
from hub.store.ring.types import SeriesInfo

DAY_S, HOUR_S = 86_400, 3600
FINE_DAYS, COARSE_DAYS = 14, 66
GAP_DAY, LOST_DAY = 3, 6
"""Days ago: one of which an hour and a half is missing, from 10:00 UTC on, and one of which nothing is known."""
GAP = slice(10 * HOUR_S, 10 * HOUR_S + 5400)
BUDGET = 1 << 30
EMPTY_WH = 1000.0

Watts = NDArray[np.float64]

# what the demo's devices count at its start, in Wh: their past ends a little below
COUNTERS = {
    "grid.energy_import": 12_345_500, "grid.energy_export": 9_876_400, "wallbox.energy": 1_934_490,
    "heatpump_meter.energy_import": 4_499_990, "plug_tv.energy": 128_395, "plug_washer.energy": 302_695,
}  # fmt: skip
COUNTED = {
    "grid.energy_import": ("grid.power", 1),
    "grid.energy_export": ("grid.power", -1),
    "wallbox.energy": ("wallbox.power", 1),
    "heatpump_meter.energy_import": ("heatpump_meter.power", 1),
    "plug_tv.energy": ("plug_tv.power", 1),
    "plug_washer.energy": ("plug_washer.power", 1),
}


def today() -> int:
    """The UTC day since 1970."""
    return int(time.time()) // DAY_S


def write_past(folder: Path) -> None:
    """`folder` is the demo's --data, before its first start."""
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    now = today()
    uids = _uids()
    days = [*range(now - 400, now - 355), *range(now - COARSE_DAYS, now)]
    fine: dict[int, dict[str, Watts]] = {}
    coarse: dict[int, dict[str, Rolled]] = {}
    level = EMPTY_WH
    for day in days:
        powers, level = _day(day, level)
        if day < now - FINE_DAYS:
            coarse[day] = {p: _hours(_info(p, uids), w) for p, w in powers.items()}
        elif day != now - LOST_DAY:
            fine[day] = powers
    with PastWriter.opened(folder / "history.db", now * DAY_S * 1000, BUDGET) as past:
        for point in (*fine[now - 1], *COUNTERS):
            info = _info(point, uids)
            ends = COUNTERS.get(point, 0)
            left = sum(_counted(powers, point)[-1] for powers in fine.values()) if point in COUNTERS else 0.0
            for day in days:
                if day in fine:
                    values = ends - left + _counted(fine[day], point) if point in COUNTERS else fine[day][point]
                    left -= _counted(fine[day], point)[-1] if point in COUNTERS else 0.0
                    past.seconds(info, day, _stored(info, values, now - day))
                elif point in coarse.get(day, ()):
                    past.means(info, day, HOUR_S, coarse[day][point])


def _day(day: int, level: float) -> tuple[dict[str, Watts], float]:
    """The powers of a day, each second, always the same for the same day; `level`: of its battery, before and after."""
    rng = np.random.default_rng(day)
    hour = np.arange(DAY_S) / HOUR_S
    season = 0.75 + 0.25 * np.cos((day - 172) / 365.25 * 2 * np.pi)
    clouds = np.repeat(rng.uniform(0.35, 1.0, DAY_S // 600), 600) * rng.uniform(0.3, 1.0)
    solar = 6500 * season * clouds * np.clip(np.sin((hour - 6.5) / 10.5 * np.pi), 0, None)
    tv = np.where((hour > 18) & (hour < 21.5), 140.0, 2.0)
    washer = np.where((hour > 9.2) & (hour < 10.6) & (day % 3 == 0), 900.0, 1.0)
    heat = np.where(hour % 2.5 < 0.9 + 0.3 * (day % 3), 1900.0, 12.0)
    car = np.where((hour > 17.5) & (hour < 19.5) & (day % 2 == 0), 4100.0, 0.0)
    spikes = np.repeat(rng.exponential(60, DAY_S // 5), 5) + 260 * (np.abs(hour - 18.2) < 1.4)
    used = 240 + spikes + tv + washer + heat + car
    spare = np.convolve(solar - used, np.ones(60) / 60, "same")
    battery, soc, level = _battery(spare, level)
    return {
        "grid.power": used - solar - battery, "pv_roof.pv_power": solar, "battery.power": battery, "battery.soc": soc,
        "house.consumption": used, "wallbox.power": car, "heatpump_meter.power": heat, "plug_tv.power": tv,
        "plug_washer.power": washer, "tariff.price_import": _price(hour),
    }, level  # fmt: skip


def _battery(spare: Watts, level: float) -> tuple[Watts, Watts, float]:
    """Charges from what is spare, gives back in the evening: power (+ = discharge), level in %, and Wh at the end."""
    power, levels = [], []
    for watts in spare.reshape(-1, 60).mean(1):
        flow = np.clip(-watts, -3000, 2600)
        flow = max(flow, (level - 9800) * 60) if flow < 0 else min(flow, (level - EMPTY_WH) * 60)
        level -= flow / 60
        power.append(flow)
        levels.append(level / 100)
    return np.repeat(power, 60), np.repeat(levels, 60), level


def _price(hour: Watts) -> Watts:
    """In 1e-5 of the currency a kWh: cheap nights, dear evenings."""
    by_hour = [21] * 6 + [29, 33, 31, 27, 24, 22, 21, 22, 24, 27] + [34] * 5 + [29, 25, 22]
    price: Watts = np.array(by_hour)[hour.astype(int)] * 1000.0
    return price


def _counted(powers: dict[str, Watts], counter: str) -> Watts:
    point, sign = COUNTED[counter]
    counted: Watts = np.cumsum(np.clip(sign * powers[point], 0, None)) / HOUR_S
    return counted


def _stored(info: SeriesInfo, values: Watts, ago: int) -> Ints:
    stored = np.rint(values / info.scale).astype(np.int32)
    if ago == GAP_DAY:
        stored[GAP] = MISSING
    return stored


def _hours(info: SeriesInfo, values: Watts) -> Rolled:
    return roll(np.rint(values / info.scale).astype(np.int32), HOUR_S)


def _uids() -> dict[str, str]:
    links: dict[str, str] = defaultdict(lambda: "tcp://127.0.0.1:1")
    site = config.parse(demo_document(links, bind="127.0.0.1", port=1, mqtt_port=2), "demo")
    return {d.id: d.uid for d in site.devices}


def _info(point: str, uids: dict[str, str]) -> SeriesInfo:
    device, name = point.split(".")
    return SeriesInfo.of(Point.of(uids.get(device, device), device, name))
