"""What a ledger says, as data: the hub keeps and shows it without the solver that made it. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from typing import Any

WHO = ("people", "refused", "rules")
QUANTITIES = ("load", "pv", "price")
TERMS = ("solver", "limits", "following", *QUANTITIES, *WHO, "execution")


@dataclass(frozen=True, slots=True)
class Ask:
    """Somebody else than the plan had a device in hand from `start` until before `end`, UTC ms.

    `who`: people (an override), refused (the device did not do what it was told) or rules (a rule decided, or there was
    no plan); `cause`: in words or as a code, for the page.
    """

    who: str
    device: str
    start: int
    end: int
    cause: str = ""


@dataclass(frozen=True, slots=True)
class Item:
    """What one of the asks cost, currency, + = cost more."""

    who: str
    device: str
    start: int
    end: int
    cause: str
    money: float
    wishes: float


@dataclass(frozen=True, slots=True)
class Ledger:
    """Of one day; currency. `paid`: for energy and wear in the day. `total`: what that is more than the best, with what
    is stored at the end; the sum of `terms` (by name, in the order of TERMS), + = cost more. `wishes`: the same for
    what wishes count that were missed, which nobody pays; the sum of `wished`. `missing`: the share of steps in which
    something was not measured.
    """

    date: str
    paid: float
    total: float
    terms: dict[str, float]
    wishes: float
    wished: dict[str, float]
    asks: tuple[Item, ...] = ()
    missing: float = 0.0

    def told(self) -> dict[str, Any]:
        """As JSON; times in UTC ms."""
        return asdict(self)


def ledger_of(told: Mapping[str, Any]) -> Ledger:
    """What `Ledger.told` has told."""
    return Ledger(**{**told, "asks": tuple(Item(**item) for item in told["asks"])})


@dataclass(frozen=True, slots=True)
class Month:
    """The ledgers of a month (YYYY-MM), summed up; `worst`: the date of its dearest day."""

    month: str
    days: int
    paid: float
    total: float
    terms: dict[str, float]
    wishes: float
    worst: str

    def told(self) -> dict[str, Any]:
        """As JSON."""
        return asdict(self)


def monthly(ledgers: Iterable[Ledger]) -> tuple[Month, ...]:
    """By month of their dates, in time order."""
    months: dict[str, list[Ledger]] = {}
    for ledger in sorted(ledgers, key=lambda one: one.date):
        months.setdefault(ledger.date[:7], []).append(ledger)
    return tuple(
        Month(
            month,
            len(days),
            sum(d.paid for d in days),
            sum(d.total for d in days),
            {name: sum(d.terms[name] for d in days) for name in TERMS},
            sum(d.wishes for d in days),
            max(days, key=lambda d: (d.total, d.date)).date,
        )
        for month, days in months.items()
    )
