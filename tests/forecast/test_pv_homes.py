"""The panels of real homes, a year day by day, each forecast from what was known at its midnight."""

from __future__ import annotations

import csv
import gzip
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import numpy as np
import pytest

from hub.forecast.pv import candidates
from hub.forecast.series import Floats, Forecast, Past, Series

HOMES = Path(__file__).parents[3] / "shared" / "data" / "homes"
DAY_MS = 86_400_000
SKIP_DAYS = 45
CANDIDATES = candidates(["provider"])


def columns(name: str, *wanted: str) -> list[Floats]:
    path = HOMES / name
    if not path.exists():
        pytest.skip(f"needs {path}")
    with gzip.open(path, "rt") as file:
        rows = list(csv.DictReader(file))
    return [np.array([float(row[key] or "nan") for row in rows]) for key in wanted]


def run(name: str, origins: Iterable[int], past: Callable[[int], Past]) -> list[Forecast]:
    found = [CANDIDATES[name](past(n), 86_400 // past(n).power.seconds) for n in origins]
    assert all(f is not None for f in found)
    return [f for f in found if f is not None]


def error(found: list[Forecast], made: Floats, origins: Iterable[int], chosen: Floats | None = None) -> float:
    """Mean absolute error of the middle in the steps that were measured, W."""
    off = [np.abs(f.mid - made[n : n + len(f.mid)]) for f, n in zip(found, origins, strict=True)]
    return float(np.nanmean(np.array(off)[... if chosen is None else chosen]))


@pytest.mark.parametrize(
    ("from_midnight", "place"), [(0, None), (12, None), (24, None), (36, None), (12, (48.83, 6.86))]
)
def test_a_home_with_a_provider(from_midnight: int, place: tuple[float, float] | None) -> None:
    made, told = columns("emhass_home_30min_2024-25.csv.gz", "pv_w", "pv_forecast_w")
    start = int(datetime(2024, 2, 28, 21, tzinfo=UTC).timestamp()) * 1000
    origins = range(6 + from_midnight + SKIP_DAYS * 48, len(made) - 48, 48)

    def past(n: int, provider: bool = True) -> Past:
        providers = {"provider": Series(start, 1800, told[: n + 48])} if provider else {}
        return Past(start + n * 1_800_000, ZoneInfo("UTC"), Series(start, 1800, made[:n]), told=providers, place=place)

    yesterday, blend = run("persistence", origins, past), run("blend", origins, past)
    there = np.array([np.isfinite(told[n : n + 48][~np.isnan(made[n : n + 48])]).mean() > 0.5 for n in origins])
    assert error(blend, made, origins) < 0.82 * error(yesterday, made, origins)
    assert error(blend, made, origins, there) < 0.78 * error(yesterday, made, origins, there)
    alone = run("blend", origins, lambda n: past(n, provider=False))
    assert error(alone, made, origins) < 0.95 * error(yesterday, made, origins)
    was = np.array([made[n : n + 48] for n in origins])
    low, high, mean = (np.array([getattr(f, part) for f in blend]) for part in ("low", "high", "mean"))
    assert 0.75 < ((was >= low) & (was <= high))[(was > 0) | ((high > 0) & ~np.isnan(was))].mean() < 0.87
    assert mean[~np.isnan(was)].sum() == pytest.approx(np.nansum(was), rel=0.05)


@pytest.mark.parametrize(("home", "every"), [(1, 6), (1, 24), (4, 24)])
def test_a_sunny_home_without_any_provider(home: int, every: int) -> None:
    (made,) = columns(f"citylearn2022_home{home}_1h.csv.gz", "pv_w_per_kwp")
    start = int(datetime(2021, 8, 1, 7, tzinfo=UTC).timestamp()) * 1000
    origins = range(1 + SKIP_DAYS * 24, len(made) - 24, every)

    def past(n: int) -> Past:
        return Past(start + n * 3_600_000, ZoneInfo("America/Los_Angeles"), Series(start, 3600, made[:n]))

    yesterday, blend = run("persistence", origins, past), run("blend", origins, past)
    assert error(blend, made, origins) < error(yesterday, made, origins)
    was, low, high = (
        np.array(v)
        for v in zip(*((made[n : n + 24], f.low, f.high) for n, f in zip(origins, blend, strict=True)), strict=True)
    )
    assert 0.72 < ((was >= low) & (was <= high))[(was > 0) | (high > 0)].mean() < 0.88
