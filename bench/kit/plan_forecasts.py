"""What `shems forecast score` does, on the homes of the bench: each forecaster at each midnight, and the hub's choice.

After 90 days of history; of the first day ahead.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from zoneinfo import ZoneInfo

import numpy as np

from bench.kit.plan_homes import Home
from hub.forecast import homefile, load, pv
from hub.forecast.candidates import Forecaster
from hub.forecast.score import USED, Issued, Score, Subject, issue, origins, scores, with_used
from hub.forecast.series import Floats, Series

DAY_MS = 86_400_000
HISTORY_DAYS = 90
PROVIDER = "provider"


@dataclass(frozen=True)
class Asked:
    """`issued`: all candidates and `used`; figures are of the first day after each origin."""

    subject: Subject
    issued: Issued

    @property
    def used(self) -> Score:
        return self.score()

    def score(self, name: str = USED, which: Sequence[int] | None = None) -> Score:
        """`which`: places among the origins, all when None."""
        return scores(only(self.issued, which) if which is not None else self.issued, 0)[name]

    @property
    def truth(self) -> Floats:
        """W, shape (origins, steps of a day)."""
        return self.issued.truth[:, : DAY_MS // 1000 // self.issued.seconds]

    def said(self, name: str = USED) -> Floats:
        """The median, of the shape of `truth`."""
        return self.issued.made[name][:, 1, : self.truth.shape[1]]


def read(home: Home) -> homefile.Home:
    with home.path.open(newline="") as lines:
        return homefile.read(lines, home.name, ZoneInfo(home.zone))


def of_load(home: homefile.Home) -> Subject:
    return Subject(home.load, home.zone, home.temperature)


def of_pv(home: homefile.Home, place: tuple[float, float] | None) -> Subject:
    assert home.pv is not None
    told = {PROVIDER: home.told} if home.told else {}
    return Subject(home.pv, home.zone, home.temperature, told, place=place)


def load_candidates() -> dict[str, Forecaster]:
    return {**load.CANDIDATES, "ridge": load.Nightly()}


def pv_candidates(subject: Subject) -> dict[str, Forecaster]:
    found = pv.candidates(subject.told or {})
    return {"blend": found["blend"]} | found


def asked(subject: Subject, candidates: Mapping[str, Forecaster], at_ms: Sequence[int]) -> Asked:
    return Asked(subject, with_used(issue(subject, candidates, at_ms)))


def midnights(subject: Subject, every: int = 1) -> list[int]:
    """UTC ms, of each `every`th local day."""
    return origins(subject, 24, HISTORY_DAYS)[::every]


def only(issued: Issued, which: Sequence[int]) -> Issued:
    made = {name: rows[list(which)] for name, rows in issued.made.items()}
    return Issued([issued.origins[i] for i in which], issued.seconds, issued.truth[list(which)], made)


def told_days(found: Asked) -> list[int]:
    """Places of the origins for whose light hours, and those of the day before, the provider mostly said something."""
    return [
        i
        for i, (origin, came) in enumerate(zip(found.issued.origins, found.truth, strict=True))
        if all(_told(found.subject, at, came) for at in (origin, origin - DAY_MS))
    ]


def _told(subject: Subject, at_ms: int, came: Floats) -> bool:
    light = came > 0.05 * np.nanmax(came, initial=1.0)
    said = [s.between(at_ms, at_ms + DAY_MS).values[light] for s in (subject.told or {}).values()]
    return any(len(values) and float((~np.isnan(values)).mean()) > 0.5 for values in said)


def with_liar(subject: Subject, since: int, times: float) -> Subject:
    """From then on (UTC ms) the provider tells so many times what it would have told; nothing with NaN."""

    def cut(series: Series) -> Series:
        factor = np.where(series.starts_ms < since, 1.0, times)
        return Series(series.start_ms, series.seconds, factor * series.values)

    return replace(subject, told={name: cut(series) for name, series in (subject.told or {}).items()})
