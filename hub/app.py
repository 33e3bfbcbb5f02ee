"""The composition root: builds the parts, opens one TaskGroup, closes in order. Forbidden to think."""

from __future__ import annotations

import asyncio
import logging
import socket
from collections.abc import Awaitable, Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from hub import VERSION, config
from hub.auth import Doorman, hash_password, new_password
from hub.calendar import calendar_of, daylight
from hub.commission.session import Session
from hub.control import Desk, Dispatcher, Heart, Planned, Recorder
from hub.control.intents import IntentSink, with_intents
from hub.control.own import own_devices
from hub.core import Made
from hub.core import State as Memory
from hub.core.keyframe import older, unpacked
from hub.drivers import build, keep
from hub.errors import ShemsError, UserError
from hub.finding.adoption import Adoption, Finds
from hub.forecast.own import OwnForecast
from hub.foresight import feed as foresight_feed
from hub.foresight.planner import Planner
from hub.foresight.room import planner_of
from hub.live import Board
from hub.model import Clock, Device, DeviceSpec, Driver, Reason, SystemClock
from hub.model.broker import BrokerAddress
from hub.model.document import Table
from hub.model.driver import Telling, Timed
from hub.model.feed import Feed, FeedSink
from hub.model.journal import Entry
from hub.model.point import FRACTION
from hub.model.site import Site
from hub.mqtt.board import BoardChanges, DeskDoor
from hub.mqtt.engine import choose
from hub.mqtt.keys import keys
from hub.mqtt.topics import Topics
from hub.ops.health import OK, Health, devices, limits, modes
from hub.ops.links import Links
from hub.ops.memory import astir, settled
from hub.ops.systemd import notify
from hub.ops.timekeeping import synchronised
from hub.rehearse.anew import decided
from hub.rehearse.shadow import Shadow
from hub.store.accounts import Account
from hub.store.devices import Identity
from hub.store.ring import Ring, SeriesInfo
from hub.store.ring.file import log_bytes
from hub.store.room import hold, let_go
from hub.store.state import State
from hub.store.vault import Vault
from hub.tariff import feed
from hub.tariff.prices import Prices
from hub.tariff.sources import OWN
from hub.tariff.sources import build as build_feeds
from hub.web import listen, serve
from hub.web.past import Past
from hub.web.rooms import Rooms, SelfTest

log = logging.getLogger(__name__)

T = TypeVar("T")

_FOR_STATE = 1 << 20
"""Bytes of the disk that a start needs besides those of the history's log."""

_ASTRAY_S = 60.0
"""seconds between two looks whether the time that is told is the one that the machine has heard"""

STATIC = Path(__file__).parent / "web" / "static"


@dataclass(frozen=True, slots=True)
class Ready:
    """What the owner needs to get in; `password` is empty when the account was there already."""

    url: str
    user: str
    password: str
    token: str


@dataclass(frozen=True, slots=True)
class Watching:
    """`only`: the hub reads and decides, and writes to no device. `beside`: a site document whose decisions are tried
    beside the live ones.
    """

    only: bool = False
    beside: Site | None = None


NOT_WATCHING = Watching()


@dataclass(frozen=True, slots=True)
class _Core:
    """The parts that decide."""

    board: Board
    desk: Desk
    dispatcher: Dispatcher
    heart: Heart
    prices: Prices
    planned: Planned
    planner: Planner
    shadow: Shadow | None


class App:
    """One house. `run` lives until cancelled, or until a part fails."""

    def __init__(
        self,
        site: Site,
        document: str,
        data: Path,
        owner_password: str = "",
        mqtt_secret: str = "",
        watching: Watching = NOT_WATCHING,
    ) -> None:
        self._site = site
        self._watching = watching
        self._document = document
        self._data = data
        self._owner_password = owner_password
        self._mqtt_secret = mqtt_secret
        self._health = Health()
        self._finds = Finds()
        self._adoption: Adoption

    @property
    def site(self) -> Site:
        """The house as it is now: what the document says, and what was taken in."""
        return self._site

    @property
    def health(self) -> Mapping[str, str]:
        """What each part says of itself."""
        return self._health()[1]

    async def run(self, ready: Callable[[Ready], None]) -> None:
        """When devices were taken in or out, the house is built anew, on the same port."""
        port = self._site.port
        while True:
            sock = listen(self._site.bind, port)
            port = sock.getsockname()[1]
            try:
                await self._live(sock, ready)
            except BaseExceptionGroup as group:
                if group.split(_Again)[1] is not None:
                    raise
                log.info("the house has changed: its parts start anew")
            ready = _is_known

    async def _live(self, sock: socket.socket, ready: Callable[[Ready], None]) -> None:
        self._health.ready = False
        astir()
        _make_folder(self._data)
        async with AsyncExitStack() as parts:
            let_go(self._data)
            parts.callback(hold, self._data, log_bytes(self._site.history_mb << 20) + _FOR_STATE)
            clock = SystemClock()
            ring = self._ring(clock)
            for problem in ring.problems:
                log.error("%s", problem)
            parts.callback(ring.close)
            clock = SystemClock(not_before=ring.last_ms, synchronised=synchronised)
            state = await State.open(self._data / "state.db", clock, self._site.journal_mb << 20)
            parts.push_async_callback(state.close)
            vault = Vault.open(self._data / "secret.key")
            buildable = _buildable(clock, self._data)
            adopted = await self._take_in(state, vault, buildable)
            self._adoption = Adoption(self._document, adopted, state.adopted, vault, clock, buildable, self._finds)
            for device in self._site.devices:
                ring.join(device.uid, device.replaces)
            ring.start()
            await self._house(parts, clock, ring, state, sock, ready)

    async def _take_in(
        self, state: State, vault: Vault, buildable: Callable[[Iterable[DeviceSpec]], None]
    ) -> Mapping[str, Table]:
        """The devices that were taken in on the page. If they no longer go with the site document, or their secrets
        cannot be read, the house starts without them and says so: it must not stay dark for one device.
        """
        self._health.watch("taken in", lambda: OK, vital=False)
        try:
            adopted = await state.adopted.all(vault)
            self._site = config.parse(self._document, "config.toml", adopted)
            buildable(d for d in self._site.devices if d.id in adopted)
        except ShemsError as error:
            said = f"devices that were taken in are left out: {error}"
            log.error("%s", said)
            self._health.watch("taken in", lambda: said, vital=False)
            self._site = config.parse(self._document)
            return {}
        return adopted

    async def _house(
        self,
        parts: AsyncExitStack,
        clock: SystemClock,
        ring: Ring,
        state: State,
        sock: socket.socket,
        ready: Callable[[Ready], None],
    ) -> None:
        document = config.joined(self._document, self._adoption.shown)
        version = await _kept(state.site.save(clock.now(), "config.toml", "start", document)) or 0
        await _kept(state.devices.present([Identity(d.uid, d.id, d.role.value) for d in self._site.devices]))
        broker = await self._broker(parts, state)
        self._adoption.broker = broker.url if broker else ""
        drivers = build(self._site.devices, clock, self._adoption.broker, self._data, self._site.timezone)
        feeds = build_feeds(self._site, clock)
        links = Links(await state.devices.all(), state.devices, state.journal, clock)
        board = Board(clock, lambda device, status: links(board.devices[device], status))
        self._furnish(board, drivers)
        doorman = Doorman(state.accounts, clock)
        self._health.watch("identity", links.health, vital=False)
        self._health.watch("sessions", lambda: doorman.problem or OK, vital=False)
        past = Past(ring, lambda p: board.points[p].series if p in board.points else None)
        parts.callback(past.close)
        async with asyncio.TaskGroup() as tasks:
            core = await self._core(tasks, clock, ring, state, board, past, version)
            parts.callback(core.heart.close)
            sink = IntentSink(board)
            for driver in drivers:
                core.dispatcher.attach(driver)
                tasks.create_task(keep(driver, sink, clock), name=f"driver {type(driver).__name__}")
            self._feeds(tasks, feeds, core.prices, board, clock)
            tasks.create_task(core.heart.run(), name="heart")
            tasks.create_task(state.journal.keep(), name="journal")
            tasks.create_task(state.inputs.keep(), name="inputs")
            tasks.create_task(links.keep(), name="links")
            tasks.create_task(self._changed(), name="changes of the house")
            tasks.create_task(core.planner.run(), name="planner")
            if foreseen := foresight_feed.device_of(self._site):
                telling = foresight_feed.run(foreseen, core.planner, calendar_of(self._site), board, clock)
                tasks.create_task(telling, name="forecast")
            tasks.create_task(
                serve(self._rooms(tasks, clock, ring, state, past, doorman, drivers, core), sock), name="web"
            )
            self._edges(tasks, broker, board, core.desk, sock)
            self._watch(ring, state, core, clock)
            if not clock.far_ahead:
                tasks.create_task(_astray(clock), name="clock")
            ready(await self._owner(state, doorman, sock))
            settled()
            self._health.ready = True
            notify("READY=1")
            started = Reason("started", {"version": VERSION})
            await _kept(state.journal.record(Entry(clock.now(), "start", reason=started)))

    async def _core(
        self, tasks: asyncio.TaskGroup, clock: Clock, ring: Ring, state: State, board: Board, past: Past, version: int
    ) -> _Core:
        """Who decides, with what was known and wished before the restart."""
        dispatcher = Dispatcher(board, clock, state.journal, tasks, silent=self._watching.only)
        shadow = Shadow(self._watching.beside, self._site) if self._watching.beside else None
        desk = Desk(board, clock, state.journal, dispatcher, state.requests)
        await self._resume(desk, board, state, clock)
        series = _Series(board)
        prices = await self._prices(state, clock)
        planner = planner_of(
            *(self._site, board, clock, prices, past, state), lambda t: (*desk.leases.active(t), *planned.requests(t))
        )
        planned = Planned(
            *(board, clock, calendar_of(self._site), state.plans, prices.ahead, ring.last_ms), planner.plan
        )
        await planned.load()
        heart = Heart(
            *(self._site, board, desk, dispatcher, clock, state.journal),
            append=lambda column: ring.append(column, series),
            alive=lambda: notify("WATCHDOG=1"),
            shift=ring.shift,
            recorder=Recorder(state.inputs, version),
            state=await self._memory(state, ring.last_ms),
            watch=shadow.watch if shadow else _nobody,
            planned=planned,
        )
        return _Core(board, desk, dispatcher, heart, prices, planned, planner, shadow)

    def _rooms(
        self,
        tasks: asyncio.TaskGroup,
        clock: Clock,
        ring: Ring,
        state: State,
        past: Past,
        doorman: Doorman,
        drivers: Sequence[Driver],
        core: _Core,
    ) -> Rooms:
        raw = {d.id: driver for driver in drivers for d in driver.devices if isinstance(driver, Telling)}
        session = Session(
            *(core.board, core.desk, core.dispatcher, clock, self._site),
            lambda: daylight(self._site.calendar, clock.now() / 1000),
            lambda: _clocks(drivers),
        )
        return Rooms(
            *(self._site, core.board, core.desk, doorman, state.journal, past, clock, self._health, STATIC, VERSION),
            noted=state.inputs.until,
            decided=lambda t: decided(self._data, t, ring.reader, core.desk.latest.inputs.t if core.desk.latest else 0),
            observed=core.shadow.score if core.shadow else None,
            planned=core.planned,
            adoption=self._adoption,
            look=lambda addresses: self._adoption.look(tasks, addresses),
            raw=lambda device: raw[device].raw(device) if device in raw else (),
            self_test=SelfTest(session, lambda person, pace: session.start(tasks, person, pace)),
            prices=core.prices,
            planner=core.planner,
        )

    async def _prices(self, state: State, clock: Clock) -> Prices:
        """With what was known before the restart."""
        await _kept(state.feeds.forget(clock.now()))
        prices = Prices(self._site, state.feeds, clock)
        await prices.load()
        return prices

    def _feeds(self, tasks: asyncio.TaskGroup, feeds: list[Feed], prices: Prices, board: Board, clock: Clock) -> None:
        own = next((spec for spec in self._site.feeds if (spec.at, spec.source) == OWN), None)
        into: FeedSink = OwnForecast(own, prices) if own else prices
        for one in feeds:
            tasks.create_task(one.run(into), name=f"feed {one.source}")
        if feeds:
            self._health.watch("feeds", prices.health, vital=False)
        if self._site.tariff:
            tasks.create_task(feed.run(prices, calendar_of(self._site), board, clock), name="tariff")

    async def _changed(self) -> None:
        """Ends the house, for the next one to begin."""
        await self._adoption.changed.wait()
        raise _Again

    def _furnish(self, board: Board, drivers: Sequence[Driver]) -> None:
        """The devices of the site document and the hub's own, before any has answered."""
        for driver in drivers:
            for device in driver.devices:
                board.expect(with_intents(device))
        for own in own_devices(self._site):
            board.expect(own)
            board.seen(own)
        for spec in self._site.devices:
            if spec.record_ms < 1000:
                board.record(spec.id, spec.record_ms)

    def _ring(self, clock: Clock) -> Ring:
        site, path = self._site, self._data / "history.db"
        budgets = site.history_mb << 20, site.history_window_s, site.history_write_mb * 1_000_000
        return Ring.open(path, clock, *budgets, heard=synchronised() is True)

    # -- parts -------------------------------------------------------------------------------------------------------

    async def _broker(self, parts: AsyncExitStack, state: State) -> BrokerAddress | None:
        """Where the hub is a client: the broker that the document names, or its own, started and supervised here."""
        if self._site.mqtt_elsewhere or self._site.mqtt_engine == "off":
            return self._site.mqtt_elsewhere
        folder = self._data / "broker"
        accounts = await keys(state.meta, folder, self._mqtt_secret)
        engine = choose(self._site.mqtt_engine, accounts, folder, self._site.mqtt_port, self._site.mqtt_bind)
        await parts.enter_async_context(engine.running())
        self._health.watch("mqtt", lambda: OK if engine.up else engine.health)
        return engine.address

    async def _resume(self, desk: Desk, board: Board, state: State, clock: Clock) -> None:
        """Takes up what people wanted before the restart."""
        await _kept(state.requests.forget(clock.now() - 7 * 86_400_000))
        for kept in await state.requests.leases(clock.now()):
            desk.leases.take(kept.request)
        desk.resume(await state.requests.intents(), self._site.modes)

    async def _memory(self, state: State, last_ms: int) -> Memory:
        """What the core knew when it stopped; `last_ms`: when its last column was stored."""
        kept = await state.inputs.memory()
        memory = unpacked(kept) if kept else None
        return older(memory, (last_ms - memory.t) / 1000) if memory else Memory()

    def _edges(
        self, tasks: asyncio.TaskGroup, broker: BrokerAddress | None, board: Board, desk: Desk, sock: socket.socket
    ) -> None:
        if broker:
            topics = Topics(broker, lambda: BoardChanges(board), DeskDoor(desk))
            self._health.watch("topics", lambda: OK if topics.up else topics.health, vital=False)
            tasks.create_task(topics.run(), name="topics")
        if self._site.announce and self._site.bind not in ("127.0.0.1", "::1"):
            from hub.discovery import Announcer

            announcer = Announcer(sock.getsockname()[1], self._site.name, [self._site.bind], VERSION, self._site.name)
            tasks.create_task(announcer.run(), name="discovery")
            self._health.watch("discovery", lambda: OK if " on " in announcer.health else announcer.health, vital=False)

    def _watch(self, ring: Ring, state: State, core: _Core, clock: Clock) -> None:
        self._health.watch("devices", lambda: devices(core.board))
        self._health.watch("limits", lambda: limits(self._site, core.board))
        self._health.watch("modes", lambda: modes(self._site, core.board))
        self._health.watch("core", lambda: OK if core.heart.beats else "no beat yet")
        self._health.watch("plan", core.planner.health, vital=False)
        self._health.watch("clock", lambda: OK if clock.trusted else "the machine's clock is behind; waiting for NTP")
        self._health.watch("history", lambda: "; ".join(ring.problems) or OK)
        self._health.watch("journal", lambda: state.journal.problem or OK)

    async def _owner(self, state: State, doorman: Doorman, sock: socket.socket) -> Ready:
        """The owner's account is made at the first start; a given password is set at every start."""
        host, port = sock.getsockname()[:2]
        password = self._owner_password
        if password or await state.accounts.account("owner") is None:
            password = password or new_password()
            await state.accounts.put(Account("owner", "owner", await asyncio.to_thread(hash_password, password)))
        token = await doorman.issue_bearer("owner", "start") if self._owner_password else ""
        shown = f"[{host}]" if ":" in host else host
        return Ready(f"http://{shown}:{port}/", "owner", password, token)


async def _kept(writing: Awaitable[T]) -> T | None:
    """What a start writes down; a disk that does not take it keeps no house from being controlled."""
    try:
        return await writing
    except ShemsError as error:
        log.error("%s", error)
        return None


async def _astray(clock: SystemClock) -> None:
    """Ends a house that has gone by a wrong time, for the next one to go by the true one."""
    while True:
        await asyncio.sleep(_ASTRAY_S)
        if clock.far_ahead:
            log.error("the machine's clock was more than a day ahead of the time that it has heard now: starting anew")
            raise _Again


class _Again(Exception):
    """The house is another one now."""


def _is_known(_ready: Ready) -> None:
    """Whoever waited for the hub knows already where it is."""


def _buildable(clock: Clock, data: Path) -> Callable[[Iterable[DeviceSpec]], None]:
    """Raises ConfigError for a device that its driver cannot drive; `hub` as a link is taken as given."""

    def check(specs: Iterable[DeviceSpec]) -> None:
        build([*specs], clock, "mqtt://127.0.0.1:1883", data)

    return check


def _nobody(_made: Made, _devices: Iterable[Device]) -> None:
    """Watches nothing."""


def _clocks(drivers: Iterable[Driver]) -> Mapping[str, float]:
    """By how many seconds the clock of each device is ahead of the hub's, of those that tell one."""
    told = {d.id: driver.ahead_s(d.id) for driver in drivers if isinstance(driver, Timed) for d in driver.devices}
    return {device: ahead_s for device, ahead_s in told.items() if ahead_s is not None}


def _make_folder(data: Path) -> None:
    try:
        data.mkdir(parents=True, exist_ok=True)
    except OSError as e:
        raise UserError(f"{data}: the data folder cannot be made: {e.strerror}; choose another with --data") from None


class _Series(Mapping[str, SeriesInfo]):
    """What a point's numbers mean, made when the ring asks for it."""

    def __init__(self, board: Board) -> None:
        self._board = board

    def __getitem__(self, point: str) -> SeriesInfo:
        return SeriesInfo.of(self._board.points[point.partition(FRACTION)[0]], point.partition(FRACTION)[2])

    def __iter__(self) -> Iterator[str]:
        return iter(self._board.points)

    def __len__(self) -> int:
        return len(self._board.points)
