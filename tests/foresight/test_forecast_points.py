"""What is foreseen as points of the house: which there are, when they are known, and rules that go by them."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import numpy as np
import pytest

from hub import config
from hub.calendar import Calendar, Place
from hub.cli.main import main
from hub.control.own import own_devices
from hub.control.planned import known
from hub.core import HOUSE, House, Inputs, State, step
from hub.forecast.series import Forecast
from hub.foresight import feed
from hub.foresight.planner import GOOD_MS, InForce
from hub.foresight.process import Answered
from hub.foresight.view import STEP_MS, STEP_S, STEPS, Thought
from hub.live import Board
from hub.model import CommandSpec, Device, Link, LinkState, Measurement, Point, Role, quantity
from hub.model.score import Quantity
from hub.model.site import Site
from hub.rehearse.backtest import Rehearsed, rehearse
from hub.rules import Rule, RuleError, parse
from hub.store.ring import Ring, SeriesInfo
from hub.tariff.feed import DEVICE
from tests.foresight.living import Living, living
from tests.house_kit import ToldClock

BERLIN = ZoneInfo("Europe/Berlin")
CALENDAR = Calendar(BERLIN, Place(52.52, 13.40))
EVENING = round(datetime(2026, 6, 1, 22, tzinfo=BERLIN).timestamp() * 1000)
HOUR = 3_600_000
PUMP = Device(
    *("pump", "heatpump", Role.HEATPUMP, Link("test", "test")),
    points=(Point.of("pump", "heatpump", "sg_ready", writable=True),),
    commands=(CommandSpec("heatpump.sg_ready", 1, 4, 1),),
)
PV = ["pv_left_today", "pv_tomorrow", "pv_next_hour"]
LOAD = ["load_until_sunrise", "load_tomorrow"]
TARIFF = "[tariff]\nimport_price = 0.3\n"
OTHERS = ("battery.soc", "tank.tank_temperature")
PLACE = "[calendar]\nlatitude = 52.5\nlongitude = 13.4\n"


def document(roles: str, *tables: str) -> str:
    head = '[site]\ntimezone = "Europe/Berlin"\n' + "".join(tables)
    return head + "".join(
        f'[devices.{r}]\nrole = "{r}"\ndriver = "sunspec"\nlink = "tcp://127.0.0.1:9"\nunit = 1\n'
        for r in roles.split()
    )


def flat(start: int, watts: float) -> Forecast:
    mean = np.full(STEPS, watts)
    return Forecast(start // STEP_MS * STEP_MS, STEP_S, mean, mean, mean, mean, start, "test")


def issued(t: int, **watts: float) -> InForce:
    """Forecasts that were made at `t` (UTC ms): so much all the time."""
    forecasts: Mapping[Quantity, Forecast] = {q: flat(t, watts[q]) for q in ("load", "pv") if q in watts}
    return InForce(t, t + GOOD_MS, forecasts=forecasts)


@dataclass
class Told:
    """A planner that foresees what the test says."""

    latest: InForce = field(default_factory=InForce)
    issued: asyncio.Event = field(default_factory=asyncio.Event)


def foreseen(text: str = document("inverter battery grid", PLACE)) -> Device:
    device = feed.device_of(config.parse(text))
    assert device is not None
    return device


def board_of(clock: ToldClock, *devices: Device) -> Board:
    board = Board(clock)
    for device in devices:
        board.expect(device)
        board.seen(device)
    return board


# -- which there are ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "names"),
    [
        (document("inverter battery grid", PLACE), [*PV, *LOAD]),
        (document("inverter battery grid"), [*PV, "load_tomorrow"]),
        (document("battery grid", TARIFF, PLACE), LOAD),
        (document("inverter", TARIFF, PLACE), PV),
        (document("inverter", PLACE), []),
        (document("battery", TARIFF), []),
        (document("grid heatpump charger", TARIFF, PLACE), []),
    ],
)
def test_a_house_has_the_points_of_what_it_can_foresee(text: str, names: list[str]) -> None:
    site = config.parse(text)
    told = {d.id: [p.quantity.name for p in d.points] for d in own_devices(site)}
    assert told.get("forecast", []) == names
    assert ("forecast" in told, "tariff" in told) == (bool(names), site.tariff is not None)


def test_a_rule_over_what_a_house_does_not_foresee_is_told_what_it_may_have_meant() -> None:
    when = {"when": "battery.soc < 50 % and forecast.pv_tomorow > 5 kWh", "then": ["heatpump.sg_ready = 3"]}
    battery = Device("b", "battery", Role.BATTERY, PUMP.link, points=(Point.of("b", "battery", "soc"),))
    for devices, said in (
        ((PUMP, battery, foreseen()), "at column 24 of .*'forecast.pv_tomorow'; did you mean 'forecast.pv_tomorrow'"),
        ((PUMP, battery), "at column 24 of .*there is no point 'forecast.pv_tomorow'"),
    ):
        with pytest.raises(RuleError, match=said):
            parse("r", when, *known(devices))


# -- when they are known -----------------------------------------------------------------------------------------------


def test_a_forecast_is_shown_when_it_comes_and_lost_when_it_is_too_old() -> None:
    clock, device = ToldClock(EVENING), foreseen()
    board = board_of(clock, device)

    def show(latest: InForce, minutes: float) -> dict[str, object]:
        clock.advance(60 * minutes)
        feed.show(device, latest, CALENDAR, board, clock.now(), EVENING)
        return {p.quantity.name: board.read(p.id).value for p in device.points}

    assert set(show(InForce(), 0).values()) == set(show(InForce(), 9).values()) == {None}
    assert board.links["forecast"].state is LinkState.UP, "nobody misses a first forecast yet"
    show(InForce(), 1)
    assert board.links["forecast"].reason == "no forecast is known for this time"
    first = issued(clock.now(), pv=1000.0, load=500.0)
    told = show(first, 20)
    assert (told["pv_left_today"], told["pv_tomorrow"], told["pv_next_hour"]) == (1500, 24_000, 1000)
    assert told["load_tomorrow"] == 12_000 and board.links["forecast"].state is LinkState.UP
    assert show(first, 30)["pv_left_today"] == 1000
    only_load = show(issued(clock.now(), load=500.0), 1)
    assert {name for name, value in only_load.items() if value is None} == set(PV)
    assert None not in show(first, 68).values()
    assert set(show(first, 1).values()) == {None}
    assert board.links["forecast"].state is LinkState.LOST
    assert None not in show(issued(clock.now(), pv=1.0, load=1.0), 1).values()


def test_what_nobody_tells_any_more_is_stale_after_a_quarter_of_an_hour() -> None:
    clock, device = ToldClock(EVENING), foreseen()
    board = board_of(clock, device)
    feed.show(device, issued(EVENING, pv=1.0, load=1.0), CALENDAR, board, EVENING, EVENING)
    clock.advance(900)
    assert board.read("forecast.pv_tomorrow").value == 24
    clock.advance(1)
    assert board.read("forecast.pv_tomorrow").quality == "stale"


def test_a_new_forecast_is_shown_at_once() -> None:
    async def play() -> None:
        clock, device, told = ToldClock(EVENING), foreseen(), Told()
        board = board_of(clock, device)
        running = asyncio.create_task(feed.run(device, told, CALENDAR, board, clock))
        for watts in (500.0, 900.0):
            told.latest = issued(EVENING, pv=watts)
            told.issued.set()
            with board.subscribe() as changes:
                async with asyncio.timeout(5):
                    await changes.get()
            assert board.read("forecast.pv_next_hour").value == watts
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)

    asyncio.run(play())


def test_it_is_what_the_planner_has_issued_last(tmp_path: Path) -> None:
    async def play(house: Living) -> None:
        device = foreseen()
        house.board.expect(device)
        assert not house.planner.issued.is_set()
        house.history.of.clear()  # so that there is no night to rate
        house.answers.append(Answered(Thought({"pv": flat(house.clock.now(), 800.0)})))
        await house.pass_by(15)
        assert house.planner.issued.is_set()
        now = house.clock.now()
        feed.show(device, house.planner.latest, CALENDAR, house.board, now, now)
        values = [house.board.read(f"forecast.{q}").value for q in (*PV, *LOAD)]
        assert values == [pytest.approx(11 * 800 - 800 * 15 / 3600, abs=0.5), 24 * 800, 800, None, None]
        house.planner.issued.clear()
        house.answers.append(Answered(None, "it took longer than 20 s"))
        await house.pass_by(3_600)
        assert not house.planner.issued.is_set(), "a plan that was not made is no forecast"

    living(tmp_path, play)


# -- rules that go by them ---------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Lived:
    """What the core did with a rule second by second, and what a rehearsal on the same history says."""

    live: list[bool]
    tried: Rehearsed


@contextmanager
def ring_in(folder: Path, clock: ToldClock) -> Iterator[Ring]:
    ring = Ring.open(folder / "history.db", clock)
    ring.start()
    try:
        yield ring
    finally:
        ring.close()


def lived(folder: Path, made_of: Rule, forecasts: list[tuple[int, InForce]], minutes: int) -> Lived:
    """From EVENING on; each of `forecasts` is known from a minute on."""
    clock, device = ToldClock(EVENING), foreseen()
    board = board_of(clock, PUMP, device)
    series = {p: SeriesInfo.of(point) for p, point in board.points.items()}
    points, _ = known((PUMP, device))
    house, state, live = House.of(Site(), (PUMP, device)), State(), []
    with ring_in(folder, clock) as ring:
        for second in range(minutes * 60):
            if second % 60 == 0:
                latest = next((f for minute, f in reversed(forecasts) if minute * 60 <= second), InForce())
                feed.show(device, latest, CALENDAR, board, clock.now(), EVENING)
            board.put([Measurement("heatpump.sg_ready", 2, clock.now())])
            column, values = board.freeze(clock.now())
            ring.append(column, series)
            moment = CALENDAR.moment(clock.now())
            result = step(state, Inputs(clock.now(), house, values, rules=(made_of,), moment=moment))
            state = result.state
            live.append(result.firings["r"].state == "active")
            clock.advance(1)
        assert ring.flush()
        keys = {p: point.series for p, point in board.points.items()}
        reader = ring.reader(keys.get)
        tried = rehearse(made_of, (), reader, CALENDAR, points, Site(), EVENING, clock.now())
    return Lived(live, tried)


def rule(when: str) -> Rule:
    return parse("r", {"when": when, "then": ["heatpump.sg_ready = 3"]}, *known((PUMP, foreseen())))


def test_a_rehearsal_knows_what_was_known_then_and_nothing_later(tmp_path: Path) -> None:
    """At 22:30 the sun of tomorrow becomes less; at midnight tomorrow is another day; at 01:10 the forecast is old."""
    forecasts = [
        (5, issued(EVENING + 5 * 60_000, pv=1000.0, load=400.0)),
        (30, issued(EVENING + 30 * 60_000, pv=300.0, load=400.0)),
        (70, issued(EVENING + 70 * 60_000, pv=900.0, load=400.0)),
    ]
    found = lived(tmp_path, rule("forecast.pv_tomorrow > forecast.load_tomorrow + 8 kWh"), forecasts, 220)
    on = [k for k, active in enumerate(found.live) if active]
    starts = [k for k in on if not k or not found.live[k - 1]]
    assert starts == [5 * 60, 70 * 60] and not found.live[30 * 60] and not found.live[190 * 60]
    assert [((r.start - EVENING) // 1000, (r.end - EVENING) // 1000) for r in found.tried.runs] == [
        (5 * 60, 30 * 60), (70 * 60, 190 * 60),
    ]  # fmt: skip
    assert found.tried.active_s == len(on) and found.tried.step_s == 1
    assert found.tried.known == pytest.approx(185 / 220, abs=0.001)


@pytest.mark.parametrize(
    ("when", "first", "last"),
    [
        ("forecast.pv_left_today < 1.5 kWh", 31, 119),
        ("forecast.load_until_sunrise > 5.5 kWh and time between 22:10 and 23:30", 10, 78),
        ("forecast.pv_next_hour between 900 W and 1.1 kW and forecast.pv_left_today > 12 kWh", 120, 123),
    ],
)
def test_live_and_on_the_past_it_is_the_same(tmp_path: Path, when: str, first: int, last: int) -> None:
    """The sun rises at 04:49, that is 409 minutes after the begin."""
    forecasts = [(n, issued(EVENING + n * 60_000, pv=1000.0, load=1000.0)) for n in (0, 60)]
    found = lived(tmp_path, rule(when), forecasts, 124)
    on = [k for k, active in enumerate(found.live) if active]
    assert (on[0], on[-1]) == (first * 60, last * 60 + 59) and len(on) == on[-1] + 1 - on[0]
    [run] = found.tried.runs
    assert ((run.start - EVENING) // 1000, found.tried.active_s, found.tried.known) == (on[0], len(on), 1.0)


def test_the_rules_of_the_manual_can_be_used() -> None:
    told = (Path(__file__).parents[2] / "docs" / "rules.md").read_text(encoding="utf-8")
    examples = re.findall(r'`when = "(.+?)"`, `then = (\[.+?\])`', told)
    used = {point for _, then in examples for point in re.findall(r"[a-z]\w+\.[a-z]\w+(?= =)", then)}
    devices = (HOUSE, DEVICE, PUMP, foreseen())
    points = known(devices)[0] | {p: quantity(p.partition(".")[2]) for p in (*used, *OTHERS)}
    rules = [
        parse("r", {"when": w, "then": json.loads(t)}, points, {p: CommandSpec(p) for p in used}) for w, t in examples
    ]
    spoken_of = {p for one in rules for p in one.points}
    assert {p.id for p in foreseen().points} <= spoken_of and "tariff.cheaper_today" in spoken_of


def test_they_may_be_used_before_the_hub_has_run(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    site, file = tmp_path / "config.toml", tmp_path / "rules.toml"
    plug = '[devices.plug]\nrole = "plug"\ndriver = "mqtt"\nlink = "hub"\nmap = "tasmota/plug"\n'
    site.write_text(document("inverter grid", TARIFF, PLACE) + plug, encoding="utf-8")
    file.write_text(
        '[rules.cheap]\nwhen = "tariff.cheaper_today < 4 h and forecast.pv_tomorrow < 5 kWh"\nthen = ["plug.on = on"]\n'
        '[rules.low]\nwhen = "tariff.price_import < tariff.price_lowest + 1 ct/kWh"\nthen = ["plug.on = on"]\n',
        encoding="utf-8",
    )
    command = ["rule", "check", str(file), "--config", str(site), "--data", str(tmp_path / "data")]
    assert main(command) == 0
    assert capsys.readouterr().out == "cheap: can be used\nlow: can be used\n"
    site.write_text(document("grid", TARIFF, PLACE) + plug, encoding="utf-8")
    assert main(command) == 2
    assert "rules.cheap.when: at column 32 of" in capsys.readouterr().err
