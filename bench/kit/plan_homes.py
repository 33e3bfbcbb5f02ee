"""The real homes of `../shared/data/homes` in the form that `shems forecast score` and `shems simulate` read.

Columns: `time` (UTC), `load_w`, `pv_w`, `pv_forecast_w`, `temperature_c`; an empty field is a gap.
"""

from __future__ import annotations

import csv
import gzip
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from bench.kit.plan_problem import SHARED
from bench.kit.store_disk import Skipped
from hub.calendar.sun import Place, elevation

HOMES = SHARED / "data" / "homes"
_EMHASS_PLACE = 48.83, 6.86
_ASLEEP_BELOW = 6.0
"""Degrees of the sun"""
_KWP = 5.0
"""of the panels on the CityLearn homes, whose file tells W for each kWp"""
_FIRST = datetime(2021, 8, 1, 7, tzinfo=UTC)
"""of a CityLearn file: the hour before August 1st in California, in a year whose weekdays are the file's"""


@dataclass(frozen=True)
class Home:
    """`zone`: what its people's clocks show; `path`: its file; `place`: degrees north and east, where it is known."""

    name: str
    zone: str
    path: Path
    place: tuple[float, float] | None = None


def homes(room: Path) -> list[Home]:
    """All of them, written to `room`; raises Skipped when the checkout has no `../shared`."""
    if not HOMES.is_dir():
        raise Skipped("../shared/data/homes is not there")
    found = [Home("EMHASS author's home", "Europe/Paris", _saved(room / "emhass.csv", _emhass_rows()), _EMHASS_PLACE)]
    for number in (1, 4):
        path = _saved(room / f"citylearn{number}.csv", _citylearn_rows(number))
        found.append(Home(f"CityLearn home {number}", "Etc/GMT+8", path))
    return found


Line = dict[str, str]


def _emhass_rows() -> Iterator[Line]:
    for told in _read("emhass_home_30min_2024-25.csv.gz"):
        time = datetime.fromisoformat(told["utc"])
        foretold = told["pv_forecast_w"] and str(max(0.0, float(told["pv_forecast_w"])))
        # its inverter says nothing while it sleeps
        night = elevation(time.timestamp() + 900, Place(*_EMHASS_PLACE)) < _ASLEEP_BELOW
        made = told["pv_w"] or ("0.0" if night else "")
        yield {"time": time.isoformat(), "load_w": told["load_w"], "pv_w": made, "pv_forecast_w": foretold}


def _citylearn_rows(number: int) -> Iterator[Line]:
    weather = _read("citylearn2022_weather_1h.csv.gz")
    for i, (told, sky) in enumerate(zip(_read(f"citylearn2022_home{number}_1h.csv.gz"), weather, strict=True)):
        yield {
            "time": (_FIRST + timedelta(hours=i)).isoformat(),
            "load_w": f"{1000 * float(told['load_kwh']):.1f}",
            "pv_w": f"{_KWP * float(told['pv_w_per_kwp']):.1f}",
            "temperature_c": sky["outdoor_dry_bulb_temperature"],
        }


def _read(name: str) -> Iterator[Line]:
    with gzip.open(HOMES / name, "rt", newline="") as file:
        yield from csv.DictReader(file)


def _saved(path: Path, rows: Iterator[Line]) -> Path:
    first = next(rows)
    with path.open("w", newline="") as file:
        out = csv.DictWriter(file, fieldnames=list(first))
        out.writeheader()
        out.writerow(first)
        out.writerows(rows)
    return path
