"""Looks at the house for the planner: what was, what is, and what people want of the devices that they leave to it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta

import numpy as np

from hub.calendar import Calendar, calendar_of
from hub.forecast.load import house_load
from hub.forecast.series import Floats, Past, Series
from hub.foresight.heated import outdoors_ahead, pump_seen
from hub.foresight.panels import along, made, panels_of, told
from hub.foresight.reached import Reached, counted
from hub.foresight.records import History, Records
from hub.foresight.view import STEP_MS, STEP_S, STEPS, CarSeen, PeakSeen, PumpSeen, Rate, RunSeen, View
from hub.live import Board
from hub.model import HEEDED, Clock, Request, Role
from hub.model.command import heeded
from hub.model.feed import Outlook
from hub.model.network import NOTHING
from hub.model.quantity import TARGETS
from hub.model.score import Quantity
from hub.model.site import BatteryControl, ChargerControl, Price, Site, TariffSpec
from hub.store.foresight import Foresight
from hub.tariff.prices import Prices

PLAN = "plan"
CONSUMPTION = "house.consumption"
_BUY, _SELL = "tariff.price_import", "tariff.price_export"
_DAY_MS, _HOUR_MS = 86_400_000, 3_600_000
_TOLD_DAYS = 30
_CHARGES_W = 100.0
_EPOCH = date(1970, 1, 1)
_MOVES = (PLAN, "auto")
"""The modes of a battery in which the plan may count with it: it is the plan's, or follows the house."""


@dataclass(frozen=True, slots=True)
class _Seen:
    """The past of `known` points, of the load and of the panels; and of the heat pumps what a View has."""

    known: Mapping[str, Series]
    load: Past
    pv: Past | None
    outdoor_c: Floats | None
    pumps: tuple[PumpSeen, ...]
    not_planned: tuple[str, ...]


class Lookout:
    """`wishes`: all requests in force at a time (UTC ms)."""

    def __init__(
        self,
        site: Site,
        board: Board,
        clock: Clock,
        prices: Prices,
        history: History,
        kept: Foresight,
        wishes: Callable[[int], tuple[Request, ...]],
    ) -> None:
        self._site = site
        self._board = board
        self._clock = clock
        self._prices = prices
        self._history = history
        self._records = Records(history)
        self._reached: Reached | None = None
        self._kept = kept
        self._wishes = wishes
        self._calendar: Calendar = calendar_of(site)
        self._outlooks: tuple[int, list[Outlook]] = (-1, [])
        self._outdoors = True

    # -- what there is now -------------------------------------------------------------------------------------------

    def left_to_plan(self) -> tuple[str, ...]:
        """The devices that go by a plan, in the order of the site document."""
        modes = self.modes()
        return tuple(device for device, mode in modes.items() if mode == PLAN)

    def modes(self) -> dict[str, str]:
        """Of all devices that can be driven."""
        known = self._site.modes
        return {d: str(self._now(f"{d}.mode")) for d in known if isinstance(self._now(f"{d}.mode"), str)}

    def soc(self) -> dict[str, float]:
        """Of the batteries that move, %."""
        modes = self.modes()
        found = {b.device: self._number(f"{b.device}.soc") for b in self._site.batteries}
        return {d: v for d, v in found.items() if v is not None and modes.get(d, "") in _MOVES}

    def connected(self) -> tuple[str, ...]:
        """The chargers with a car at them."""
        return tuple(c.device for c in self._site.chargers if self._now(f"{c.device}.connected") is True)

    def facts(self) -> dict[str, object]:
        """What a plan depends on and what changes now and then, by a word for it."""
        now = self._clock.now()
        asked = (r for r in self._wishes(now) if r.point.partition(".")[2] in HEEDED)
        wishes = [(r.point, r.value, r.starts, r.ends) for r in asked]
        return {
            "mode": sorted(self.modes().items()),
            "wish": sorted(wishes, key=str),
            "car": self.connected(),
            "heat": [p.device for p in self._pumps(outdoors=True)[0]],
            "prices": self._prices.ahead(now),
        }

    def worth_a_look(self) -> bool:
        """Whether there is anything to foresee, and anything to foresee it from."""
        has = bool(self._site.batteries) or any(d.role is Role.INVERTER for d in self._board.devices.values())
        return has and (self._site.tariff is not None or self._number(CONSUMPTION) is not None)

    # -- what the planner is given -----------------------------------------------------------------------------------

    async def view(self, use: Mapping[Quantity, str]) -> View:
        """Raises ShemsError when the past cannot be read."""
        now = self._clock.now()
        start = now // STEP_MS * STEP_MS
        seen = await self._look(start)
        return View(
            site=_discreet(self._site),
            now=now,
            start=start,
            load=seen.load,
            pv=seen.pv,
            pv_most_w=sum(one.most for one in panels_of(self._board.devices.values())),
            use=use,
            prices=await self._known_prices(start),
            price_import=seen.known.get(_BUY),
            price_export=seen.known.get(_SELL),
            soc=self.soc(),
            capacity_wh={b.device: self._capacity_wh(b) for b in self._site.batteries},
            reserve=self._reserves(now),
            cars=tuple([car for c in self._site.chargers if (car := await self._car(c, now)) is not None]),
            runs=tuple([run for r in self._site.switches if (run := await self._run(r.device, r.surplus_w, now))]),
            pumps=seen.pumps,
            outdoor_c=seen.outdoor_c,
            not_planned=seen.not_planned,
            peak=await self._peak(start),
        )

    async def past(self, days: tuple[int, ...]) -> Rate:
        """What all forecasters are rated on. Raises ShemsError."""
        seen = await self._look(self._clock.now() // STEP_MS * STEP_MS)
        return Rate(seen.load, seen.pv, days)

    def unknown(self) -> str:
        """Why batteries and heat pumps are not planned that could be, or nothing."""
        soc = self.soc()
        blind = [b.device for b in self._site.batteries if b.device in soc and not self._capacity_wh(b)]
        said = [f"{', '.join(blind)}: not planned, as its capacity is not known"] if blind else []
        return "; ".join([*said, *self._pumps(self._outdoors)[1]])

    def _capacity_wh(self, battery: BatteryControl) -> float:
        """As the site document says, else as the device tells; 0 = not known."""
        return battery.capacity_wh or self._number(f"{battery.device}.capacity") or 0.0

    # -- the past ----------------------------------------------------------------------------------------------------

    async def _look(self, start: int) -> _Seen:
        panels = panels_of(self._board.devices.values())
        left = [f"{d}.power" for d in self._shed() if f"{d}.power" in self._board.points]
        outdoors = next((p for p in self._board.points if p.endswith(".outdoor_temperature")), "")
        asked = [CONSUMPTION, *left, *(p for one in panels for p in one.points), *((outdoors,) if outdoors else ())]
        asked += [p for p in (_BUY, _SELL) if p in self._board.points]
        known = await self._records.until(start, asked)
        total = known[CONSUMPTION]
        end = start + STEPS * STEP_MS
        foretold = self._foretold_c(start, end)
        measured = known.get(outdoors)
        outdoor_c = outdoors_ahead(measured, foretold)
        self._outdoors = outdoor_c is not None
        pumps, not_planned = self._pumps(self._outdoors)
        others = {p.device for p in self._site.heat_pumps} - {p.device for p in pumps}
        planned = [p for p in left if p.partition(".")[0] not in others]
        common = Past(
            start,
            self._calendar.zone,
            house_load(total, {p: known[p] for p in planned}),
            temperature=_along(measured, foretold, total.start_ms, start),
            days_off=self._days_off(total.start_ms, end),
            place=self._place(),
        )
        if not panels:
            return _Seen(known, common, None, outdoor_c, pumps, not_planned)
        power, held = made(panels, known)
        heard = told(await self._heard(start), start - _TOLD_DAYS * _DAY_MS, start, end)
        pv = replace(common, power=power, told=heard, held_back=held)
        return _Seen(known, common, pv, outdoor_c, pumps, not_planned)

    def _shed(self) -> list[str]:
        """Devices that the plan puts in by itself, so that they are not foreseen twice."""
        loads = {d.device for kind in (self._site.chargers, self._site.switches, self._site.heat_pumps) for d in kind}
        return [d for d in self.left_to_plan() if d in loads]

    def _pumps(self, outdoors: bool) -> tuple[tuple[PumpSeen, ...], tuple[str, ...]]:
        """Those that are left to the plan and can be planned, and why the others cannot. `outdoors`: whether somebody
        knows how cold it gets.
        """
        left = self.left_to_plan()
        found = [pump_seen(p, self._number, outdoors) for p in self._site.heat_pumps if p.device in left]
        return tuple(p for p in found if isinstance(p, PumpSeen)), tuple(p for p in found if isinstance(p, str))

    async def _heard(self, start: int) -> list[Outlook]:
        """What feeds have told of the panels; the past of it is read once an hour."""
        if start // _HOUR_MS != self._outlooks[0]:
            found = await self._kept.told("pv_power", start - (_TOLD_DAYS + 3) * _DAY_MS)
            self._outlooks = start // _HOUR_MS, found
        newest = [o for (_, quantity), o in sorted(self._prices.outlooks.items()) if quantity == "pv_power"]
        return [*self._outlooks[1], *newest]

    def _foretold_c(self, start: int, end: int) -> Floats:
        """Outdoors, degC by step; NaN where nobody tells."""
        ahead = start + np.arange((end - start) // STEP_MS, dtype=np.int64) * STEP_MS
        foretold = np.full(len(ahead), np.nan)
        for (_, quantity), outlook in sorted(self._prices.outlooks.items()):
            if quantity == "temperature":
                foretold = np.where(np.isnan(foretold), along(outlook, ahead), foretold)
        return foretold

    def _days_off(self, begin: int, end: int) -> frozenset[int]:
        first, last = (datetime.fromtimestamp(t / 1000, UTC).date() for t in (begin, end))
        days = (first + timedelta(k) for k in range((last - first).days + 2))
        return frozenset((d - _EPOCH).days for d in days if self._calendar.is_holiday(d))

    def _place(self) -> tuple[float, float] | None:
        told = self._site.calendar
        return None if told.latitude is None or told.longitude is None else (told.latitude, told.longitude)

    # -- prices and wishes -------------------------------------------------------------------------------------------

    async def _known_prices(self, start: int) -> tuple[Price, ...]:
        """Those that are known; the fixed price that stands for an unknown one counts only where none is known."""
        spans = await self._prices.between(start, start + STEPS * STEP_MS)
        told = [s for s in spans if s.market is not None or not s.provisional] or spans
        return tuple(
            Price(s.start, s.end, s.import_price, s.provisional, s.export_price)
            for s in told
            if s.import_price is not None
        )

    async def _peak(self, start: int) -> PeakSeen | None:
        charge = self._site.tariff.network.capacity if self._site.tariff else None
        if charge is None:
            return None
        grid = next((d.id for d in self._site.devices if d.role is Role.GRID), "")
        if f"{grid}.power" not in self._board.points:
            return PeakSeen(known=0.0)
        if self._reached is None:
            self._reached = Reached(charge, f"{grid}.power", self._history, self._calendar)
        seen = await self._reached.until(start)
        told = f"{grid}.peak_import"
        known = told in self._board.points
        return counted(charge, seen, self._board.read(told), start, self._calendar) if known else seen

    async def _car(self, c: ChargerControl, now: int) -> CarSeen | None:
        if self.modes().get(c.device) != PLAN or self._now(f"{c.device}.connected") is not True:
            return None
        wish = self._target(c.device, now)
        switches = c.phase_count == 3 and f"{c.device}.phases" in self._commands(c.device)
        return CarSeen(
            c.device,
            c.min_a,
            c.max_a,
            (1, 3) if switches else (c.phase_count,),
            c.phases[0],
            (self._number(f"{c.device}.power") or 0.0) > _CHARGES_W,
            await self._lacks_wh(c, wish) if wish else 0.0,
            wish.ends if wish else 0,
            wish.starts if wish else 0,
        )

    def _target(self, device: str, now: int) -> Request | None:
        return heeded(self._wishes(now), *(f"{device}.{name}" for name in TARGETS))

    async def _lacks_wh(self, c: ChargerControl, wish: Request) -> float:
        if wish.point.endswith(".target_soc"):
            soc = self._number(f"{c.device}.soc")
            return c.lacks_wh(float(wish.value), await self._soc_told(c) if soc is None else soc)
        return await self._left_wh(wish)

    async def _soc_told(self, c: ChargerControl) -> float | None:
        """What the car told last since it came, %; None if it has not."""
        return await self._records.last_while(f"{c.device}.soc", f"{c.device}.connected", self._clock.now())

    async def _run(self, device: str, power_w: float, now: int) -> RunSeen | None:
        wish = self._target(device, now) if self.modes().get(device) == PLAN else None
        left_wh = await self._left_wh(wish) if wish else 0.0
        if wish is None or not left_wh or not power_w:
            return None
        return RunSeen(device, power_w, left_wh / power_w * 3600, max(now, wish.starts), wish.ends)

    def _reserves(self, now: int) -> dict[str, float]:
        """What people want to be kept in batteries, %."""
        asked = ((b.device, heeded(self._wishes(now), f"{b.device}.reserve")) for b in self._site.batteries)
        return {device: float(wish.value) for device, wish in asked if wish}

    async def _left_wh(self, wish: Request) -> float:
        """What the device has not counted yet since the wish began; all of it while nothing is known of that."""
        counter = wish.point.partition(".")[0] + ".energy"
        now, begun = self._number(counter), await self._records.counted(counter, wish.starts)
        got = 0.0 if now is None or begun is None else max(0.0, now - begun)
        return max(0.0, float(wish.value) - got)

    # -- leaves ------------------------------------------------------------------------------------------------------

    def _now(self, point: str) -> object:
        return self._board.read(point).value if point in self._board.points else None

    def _number(self, point: str) -> float | None:
        value = self._now(point)
        return float(value) if isinstance(value, int | float) and not isinstance(value, bool) else None

    def _commands(self, device: str) -> set[str]:
        return {c.point for c in self._board.devices[device].commands} if device in self._board.devices else set()


def _along(measured: Series | None, foretold: Floats, begin: int, start: int) -> Series | None:
    """Measured before `start`, foretold after it, degC; None without a thermometer outdoors."""
    if measured is None:
        return None
    return Series(begin, STEP_S, np.concatenate([measured.between(begin, start).values, foretold]))


def _discreet(site: Site) -> Site:
    """Without devices, feeds and their secrets: of all these the planner needs the network's charges only."""
    network = site.tariff.network if site.tariff else NOTHING
    tariff = TariffSpec((), (), network=network) if network != NOTHING else None
    return replace(site, devices=(), feeds=(), tariff=tariff, mqtt_elsewhere=None)
