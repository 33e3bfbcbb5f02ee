"""What the forecasters are worth: each home at each midnight, beside persistence and EMHASS, as rows.

Ours run in a process with one thread, as they do in the hub; EMHASS runs as it is shipped.
"""

from __future__ import annotations

import statistics
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from bench.kit import plan_knn
from bench.kit.plan_alone import alone
from bench.kit.plan_emhass import NAME
from bench.kit.plan_forecasts import (
    DAY_MS,
    Asked,
    asked,
    load_candidates,
    midnights,
    of_load,
    of_pv,
    pv_candidates,
    read,
    told_days,
    with_liar,
)
from bench.kit.plan_homes import Home, homes
from bench.kit.rows import Row, row, skipped, times
from bench.kit.store_disk import Skipped
from hub.forecast.load_model import fit
from hub.forecast.score import Score, Subject

_AFTER_DAYS, _DEATHS, _FITS = 30, 4, 9


def _homes(room: Path, every: int) -> list[Home]:
    """One of them where not all days are asked for."""
    return homes(room) if every == 1 else homes(room)[:1]


def judged(told: Row, goal: str, met: bool, every: int) -> Row:
    """With its goal when it is of all days."""
    return {**told, "goal": goal, "met": met} if every == 1 else told


# -- the load ----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class OfLoad:
    """`refit_s`: processor time of learning once, median."""

    home: Home
    found: Asked
    refit_s: float


def load_of(home: Home, every: int) -> OfLoad:
    subject = of_load(read(home))
    at = midnights(subject, every)
    refits = [_refit_s(subject, origin) for origin in at[:: len(at) // _FITS + 1]]
    return OfLoad(home, asked(subject, load_candidates(), at), statistics.median(refits))


def _refit_s(subject: Subject, origin: int) -> float:
    past = subject.past(origin)
    began = time.process_time()
    fit(past)
    return time.process_time() - began


def load_rows(every: int) -> Iterator[Row]:
    """Every so many days; only all of them, of all homes, are judged."""
    with tempfile.TemporaryDirectory(prefix="shems-bench-") as room, alone() as pool:
        found = [pool.submit(load_of, home, every).result() for home in _homes(Path(room), every)]
        for of in found:
            yield from _beside_persistence(f"load a day ahead, {of.home.name}", of.found.used)
        yield from _over_homes([of.found.used for of in found], every)
        try:
            yield from _beside_knn(found, every)
        except Skipped as why:
            yield skipped(f"load beside {NAME}'s forecaster", str(why))
            yield row("load: MAE beside persistence", _median_mae(found), "x", None, ("KNN, field/optimiser.md", 0.965))
        yield row("a nightly retrain of the load, slowest home", max(of.refit_s for of in found), "s", 1, digits=3)


def _beside_persistence(name: str, of: Score) -> Iterator[Row]:
    if of.mae_ratio:
        yield row(f"{name}, {of.days} days: MAE", of.mae_w, "W", None, ("persistence", of.mae_w / of.mae_ratio), 1)


def _median_mae(found: Sequence[OfLoad]) -> float:
    return statistics.median(of.found.used.mae_ratio or 1.0 for of in found)


def _over_homes(of: Sequence[Score], every: int) -> Iterator[Row]:
    for what, ratios, most in (
        ("MAE", [s.mae_ratio or 1.0 for s in of], 0.85),
        ("RMSE", [s.rmse_ratio or 1.0 for s in of], 0.80),
    ):
        name, ratio = f"load: {what} beside persistence, median of {len(of)} homes", statistics.median(ratios)
        yield judged(row(name, ratio, "x", digits=3), f"<= {most}", ratio <= most, every)
    covers = [100 * s.coverage for s in of]
    for which, cover in (("least", min(covers)), ("most", max(covers))):
        told = row(f"load: the 80 % band covers, {which} of {len(of)} homes", cover, "%")
        yield judged(told, "75 to 85", 75 <= cover <= 85, every)


def _beside_knn(found: Sequence[OfLoad], every: int) -> Iterator[Row]:
    better: list[float] = []
    learning: list[tuple[float, float]] = []
    for of in found:
        power, issued = of.found.subject.power, of.found.issued
        theirs = plan_knn.foretold(power, of.home.zone, issued.origins, every)
        ours, rival = (float(np.nanmean(np.abs(said - of.found.truth))) for said in (of.found.said(), theirs.watts))
        better.append(100 * (1 - ours / rival))
        learning.append((of.refit_s, theirs.train_cpu_s))
        yield row(f"load, {of.home.name}: MAE", ours, "W", None, (f"{NAME}, KNN", rival), 1)
    told = row(f"load: MAE better than {NAME}'s KNN, median of {len(better)} homes", statistics.median(better), "%")
    yield judged(told, ">= 10", statistics.median(better) >= 10, every)
    mine, rival = (1000 * statistics.median(taken) for taken in zip(*learning, strict=True))
    yield times("load: processor time to learn once, median of homes", mine, (f"{NAME}, KNN", rival), "ms", 10)


# -- the panels --------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class OfPanels:
    """Of all days, and of those with a provider. `after`, by how it died: MAE of blend, of own, of persistence, W."""

    days: Score
    told: Score | None
    after: dict[str, tuple[float, float, float]]


def panels_of(home: Home, every: int) -> OfPanels:
    subject = of_pv(read(home), home.place)
    at = midnights(subject, every)
    found = asked(subject, pv_candidates(subject), at)
    if not subject.told:
        return OfPanels(found.used, None, {})
    which = told_days(found)
    return OfPanels(
        found.used,
        found.score(which=which) if which else None,
        {
            "says nothing": _after(subject, at, np.nan),
            "says zero": _after(subject, at, 0.0),
            "says three times as much": _after(subject, at, 3.0),
        },
    )


def _after(subject: Subject, at: Sequence[int], times_: float) -> tuple[float, float, float]:
    """From some days on the provider is dead; over the days after each."""
    errors: list[tuple[float, float, float]] = []
    for n in range(1, _DEATHS + 1):
        since = at[n * len(at) // (_DEATHS + 1)]
        left = [o for o in at if since <= o < since + _AFTER_DAYS * DAY_MS]
        candidates = pv_candidates(subject)
        asked_of = {name: candidates[name] for name in ("blend", "own", "persistence")}
        found = asked(with_liar(subject, since, times_), asked_of, left)
        mae = [found.score(name).mae_w for name in asked_of]
        errors.append((mae[0], mae[1], mae[2]))
    blend, own, before = (float(np.mean(mae)) for mae in zip(*errors, strict=True))
    return blend, own, before


def pv_rows(every: int) -> Iterator[Row]:
    with tempfile.TemporaryDirectory(prefix="shems-bench-") as room, alone() as pool:
        for home in _homes(Path(room), every):
            yield from _of_panels(home, pool.submit(panels_of, home, every).result(), every)


def _of_panels(home: Home, found: OfPanels, every: int) -> Iterator[Row]:
    name = f"PV a day ahead, {home.name}"
    if found.told is None:
        yield from _beside_persistence(f"{name}, no provider at all", found.days)
        return
    for what, of, most in (("outages of the provider too", found.days, 0.82), ("provider there", found.told, 0.78)):
        ratio = of.mae_ratio or 1.0
        for told in _beside_persistence(f"{name}, {what}", of):
            yield judged(told, f"<= {most:g} x", ratio <= most, every)
    for how, (blend, own, before) in found.after.items():
        told = row(
            f"PV, the provider {how}, {_AFTER_DAYS} days after: MAE", blend, "W", None, ("persistence", before), 1
        )
        yield judged(told, "<= 1 x", blend <= before, every)
        yield row("the same beside no provider at all", blend, "W", None, ("own knowledge", own), 1)
