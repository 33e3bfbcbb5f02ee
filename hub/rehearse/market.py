"""What a kWh costs and earns in the time that is simulated, and what of it was known when."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray

from hub.errors import UserError
from hub.forecast.prices import beyond
from hub.forecast.series import Floats, Series
from hub.model.feed import Rate
from hub.model.network import NOTHING, Fee, NetworkCharges
from hub.model.site import Price, TariffSpec
from hub.tariff.fees import by_step, fees_at
from hub.tariff.force import in_force

PER_KWH = 100_000
"""Of the hub's integer prices to a currency unit."""
AHEAD_S = 2 * 86_400
_TOLD_AT = time(13)
"""From when on, local time, tomorrow's prices are known: those of the day-ahead auctions of Europe come around noon."""
_LEARNT_MS = 30 * 86_400_000


@dataclass(frozen=True, slots=True)
class Market:
    """`bought`, `sold`: by step from `start` (UTC ms) on, 1e-5 currency units per kWh, `known` of them; a tariff's
    reach AHEAD_S beyond the file. `auctioned`: they become known day by day; `network`: but its operator's fees, which
    are a part of them, are known for ever.
    """

    start: int
    seconds: int
    bought: NDArray[np.int64]
    sold: NDArray[np.int64]
    known: int
    auctioned: bool
    zone: ZoneInfo
    prices: tuple[Price, ...]
    assumed: tuple[str, ...] = ()
    network: NetworkCharges = NOTHING
    going_on: dict[int, tuple[Series, Series]] = field(default_factory=dict, compare=False, repr=False)

    def until(self, now: int) -> int:
        """How many steps are known at `now`, UTC ms."""
        if not self.auctioned:
            return self.known
        local = datetime.fromtimestamp(now / 1000, UTC).astimezone(self.zone)
        days = 2 if local.time() >= _TOLD_AT else 1
        midnight = datetime.combine(local.date() + timedelta(days), time(0), self.zone)
        return min(self.known, -(-(round(midnight.timestamp() * 1000) - self.start) // (self.seconds * 1000)))

    def ahead(self, now: int, steps: int) -> tuple[Floats, Floats, int]:
        """Bought and sold of the next steps, and how many of these are known; the others are estimated by the shape of
        the weeks before.
        """
        first, until = (now - self.start) // (self.seconds * 1000), self.until(now)
        if until >= first + steps:
            bought, sold = (prices[first : first + steps].astype(np.float64) for prices in (self.bought, self.sold))
            return bought, sold, steps
        if until not in self.going_on:
            self.going_on.clear()
            ways = (self.bought, self.network.import_fees, 1.0), (self.sold, self.network.export_fees, -1.0)
            self.going_on[until] = self._beyond(*ways[0], until), self._beyond(*ways[1], until)
        end = now + steps * self.seconds * 1000
        bought, sold = (told.between(now, end).values for told in self.going_on[until])
        return bought, sold, max(0, min(steps, until - first))

    def _beyond(self, prices: NDArray[np.int64], fees: Sequence[Fee], sign: float, until: int) -> Series:
        """Energy goes on by the shape of its price, fees by the clock and the calendar."""
        first, ahead = max(0, until - _LEARNT_MS // (self.seconds * 1000)), AHEAD_S // self.seconds
        step_ms = self.seconds * 1000
        start = self.start + first * step_ms
        charged = sign * by_step(fees, start, until - first + ahead, step_ms, self.zone)
        known = Series(start, self.seconds, prices[first:until].astype(np.float64) - charged[: until - first])
        told = beyond(known, known.end_ms + AHEAD_S * 1000, self.zone)
        return Series(told.start_ms, told.seconds, told.values + charged)

    def told(self, now: int) -> tuple[Price, ...]:
        """As the core gets them: those that are known, from the step of `now` on."""
        first = (now - self.start) // (self.seconds * 1000)
        return self.prices[first : min(self.until(now), first + AHEAD_S // self.seconds)]


def market(
    tariff: TariffSpec | None, load: Series, told: tuple[Series | None, Series | None], zone: ZoneInfo
) -> Market:
    """The prices of the file (`told`: import and export, currency per kWh) with the tariff's fees on top; where it has
    none those of the tariff. Raises UserError where nobody tells any.
    """
    nothing = np.full(len(load.values), np.nan)
    buys, sells = (s.between(load.start_ms, load.end_ms).values if s else nothing for s in told)
    auctioned = not bool(np.isnan(buys).all())
    if not auctioned and (tariff is None or not tariff.import_price):
        raise UserError(
            "tariff: nobody tells what a kWh costs; give import_price there, or a column price_import in the file"
        )
    count = len(buys) + (0 if auctioned else AHEAD_S // load.seconds)
    found = [
        _price(
            tariff or TariffSpec((), ()),
            *_at(buys, sells, i),
            load.start_ms + i * load.seconds * 1000,
            load.seconds,
            zone,
        )
        for i in range(count)
    ]
    gaps = [i for i, (bought, _) in enumerate(found) if bought is None]
    whole = _filled(found, 86_400 // load.seconds)
    assumed = [f"price_import: {len(gaps)} of {count} steps are missing, taken from other days"] if gaps else []
    for name, column, known in (("price_import", buys, len(gaps)), ("price_export", sells, 0)):
        missing = int(np.isnan(column).sum())
        if known < missing < len(column):
            assumed.append(f"{name}: {missing - known} of {len(column)} steps are missing, as the tariff has them")
    return Market(
        load.start_ms,
        load.seconds,
        np.array([b for b, _ in whole], np.int64),
        np.array([s for _, s in whole], np.int64),
        count,
        auctioned,
        zone,
        tuple(_told(load, i, b, s) for i, (b, s) in enumerate(whole)),
        tuple(assumed),
        tariff.network if tariff else NOTHING,
    )


def _at(buys: Floats, sells: Floats, i: int) -> tuple[float | None, float | None]:
    return (_known(buys, i), _known(sells, i))


def _known(values: Floats, i: int) -> float | None:
    return None if i >= len(values) or np.isnan(values[i]) else float(values[i])


def _price(
    tariff: TariffSpec, buy: float | None, sell: float | None, t: int, seconds: int, zone: ZoneInfo
) -> tuple[int | None, int]:
    """Import (None = not known) and export, 1e-5 currency units per kWh."""
    exact = tuple(None if v is None else round(v * PER_KWH) for v in (buy, sell))
    rates = (Rate(t, seconds, exact[0], exact[1], "file"),) if tariff.feed and exact[0] is not None else ()
    found = in_force(tariff, rates, t, zone)
    if rates:
        return found.import_price, found.export_price or 0
    charged, kept = fees_at(tariff.network, t, zone)
    bought = found.import_price if exact[0] is None else exact[0] + charged
    return bought, (found.export_price or 0) if exact[1] is None else exact[1] - kept


def _filled(found: list[tuple[int | None, int]], day: int) -> list[tuple[int, int]]:
    """What is missing is as it was a day before; at the beginning, as on the first day that is known."""
    whole = list(found)
    for i, (bought, _) in enumerate(whole):
        if bought is None and i >= day:
            whole[i] = whole[i - day]
    for i in reversed(range(len(whole))):
        if whole[i][0] is None:
            whole[i] = whole[i + day] if i + day < len(whole) else next(w for w in whole if w[0] is not None)
    return [(bought or 0, sold) for bought, sold in whole]


def _told(load: Series, i: int, bought: int, sold: int) -> Price:
    start = load.start_ms + i * load.seconds * 1000
    return Price(start, start + load.seconds * 1000, bought, export=sold)
