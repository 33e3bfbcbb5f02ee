"""The planner in a house: what it sees, when it plans, what it keeps, and what it says when it cannot."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from hub.errors import ShemsError, UserError
from hub.foresight.process import Answered
from hub.foresight.view import STEP_MS, STEPS, Rate, Solve, Thought, Told, WhatIf, Wrong
from hub.model import Relation, Request, Source
from hub.model.feed import Outlook
from hub.model.score import Score
from hub.model.site import CAR_EFFICIENCY
from tests.foresight.living import SITE, START, Living, living

HOUR, DAY = 3_600_000, 86_400_000
NO_TARIFF = SITE[: SITE.index("[tariff]")] + SITE[SITE.index("[calendar]") :]


def wish(point: str, value: float, hours: float, source: Source = Source.PERSON, id_: str = "r1") -> Request:
    return Request(id_, point, Relation.SET, value, source, START, START + round(hours * HOUR))


def solves(house: Living) -> list[Solve]:
    return [q for q in house.questions if isinstance(q, Solve)]


def test_a_plan_is_shown_where_nobody_goes_by_it(tmp_path: Path) -> None:
    async def play(house: Living) -> None:
        await house.pass_by(30)
        assert len(solves(house)) == 1
        latest = house.planner.latest
        assert latest.cause == "start" and latest.plan is not None and latest.told is not None
        assert len(latest.plan.slots) == STEPS and "battery" in latest.plan.slots[0].batteries
        assert not house.planner.in_force and house.planner.plan(house.clock.now()) is None
        assert house.planner.health() == "ok"

    living(tmp_path, play)


def test_the_core_is_given_it_as_soon_as_a_device_is_left_to_it(tmp_path: Path) -> None:
    async def play(house: Living) -> None:
        await house.pass_by(60)
        house.show(battery__mode="plan")
        await house.pass_by(30)
        assert [s.view.soc for s in solves(house)] == [{"battery": 40.0}] * 2
        plan = house.planner.plan(house.clock.now())
        assert plan is not None and plan.at(house.clock.now()) is not None
        assert house.planner.latest.cause == "mode" and house.planner.latest.devices == ("battery",)
        house.show(battery__mode="auto")
        await house.pass_by(5)
        assert house.planner.plan(house.clock.now()) is None, "from then on the rules of the core decide"

    living(tmp_path, play)


def test_a_quarter_hour_has_a_plan_of_its_own_and_each_is_kept(tmp_path: Path) -> None:
    async def play(house: Living) -> None:
        house.show(plug__mode="plan")
        await house.pass_by(1_850)
        assert [q.view.start for q in solves(house)] == [START, START + STEP_MS, START + 2 * STEP_MS]
        kept = await house.state.foresight.plans(0, START + DAY)
        assert [k.start for k in kept] == [START, START + STEP_MS, START + 2 * STEP_MS]
        assert kept[-1].told == house.planner.latest.told
        issued = await house.state.foresight.issued("load", 0, START + DAY)
        assert [i.start for i in issued] == [START, START + STEP_MS, START + 2 * STEP_MS]
        assert np.abs(issued[-1].bands[1] - house.planner.latest.forecasts["load"].mid).max() <= 0.5

    living(tmp_path, play)


def test_when_it_fails_that_is_named_and_the_plan_before_goes_on(tmp_path: Path) -> None:
    async def play(house: Living) -> None:
        house.show(plug__mode="plan")
        await house.pass_by(60)
        before = house.planner.plan(house.clock.now())
        assert before is not None
        for answered, said in (
            (Answered(None, "it took longer than 20 s"), "it took longer than 20 s"),
            (Answered(Wrong("problem: load_w: is not a number")), "problem: load_w: is not a number"),
            (Answered("something else"), "the planner gave an answer to another question"),
        ):
            house.answers.append(answered)
            await house.pass_by(900)
            assert house.planner.health() == said
            assert house.planner.plan(house.clock.now()) is before
        assert before.at(house.clock.now()) is not None
        await house.pass_by(900)
        assert house.planner.health() == "ok" and house.planner.plan(house.clock.now()) is not before

    living(tmp_path, play)


def test_a_battery_that_goes_its_own_way_makes_a_new_plan(tmp_path: Path) -> None:
    async def play(house: Living) -> None:
        house.show(battery__mode="plan")
        await house.pass_by(15)
        house.show(battery__soc=80.0)
        await house.pass_by(295)
        assert len(solves(house)) == 1, "it is given time to come back"
        await house.pass_by(20)
        assert [q.view.soc["battery"] for q in solves(house)] == [40.0, 80.0]
        assert house.planner.latest.cause == "soc"

    living(tmp_path, play)


def test_a_plan_that_came_before_it_hung_is_taken_and_the_hanging_named(tmp_path: Path) -> None:
    async def play(house: Living) -> None:
        await house.pass_by(30)
        house.answers.append(Answered(Thought(house.planner.latest.forecasts), "it took longer than 20 s"))
        await house.pass_by(3_600)
        assert house.planner.latest.plan is None and house.planner.latest.cause == "time"
        assert house.planner.health() == "the planner: it took longer than 20 s"

    living(tmp_path, play)


def test_a_car_with_a_wish_is_planned_with_what_it_still_lacks(tmp_path: Path) -> None:
    async def play(house: Living) -> None:
        house.history.of["wallbox.energy"] = lambda t: np.full(np.shape(t), 1_000.0)
        house.wishes.append(wish("wallbox.target_energy", 9_000, 10))
        house.show(wallbox__mode="plan", wallbox__connected=True, wallbox__energy=3_000.0, wallbox__power=4_200.0)
        await house.pass_by(15)
        [car] = solves(house)[0].view.cars
        assert (car.device, car.goal_wh, car.by, car.on) == ("wallbox", 7_000.0, START + 10 * HOUR, True)
        assert house.planner.latest.plan is not None and "wallbox" in house.planner.latest.plan.slots[0].cars
        house.show(wallbox__connected=False)
        await house.pass_by(60)
        assert solves(house)[-1].view.cars == () and house.planner.latest.cause == "car"

    living(tmp_path, play)


@pytest.mark.parametrize(
    ("unplugged", "lacks"), [(10.0, 0.2 * 75_000 / CAR_EFFICIENCY), (1.0, 0.8 * 75_000 / CAR_EFFICIENCY)]
)
def test_a_car_that_falls_silent_is_planned_as_full_as_it_said_since_it_came(
    tmp_path: Path, unplugged: float, lacks: float
) -> None:
    """It was away for a quarter of an hour so many hours ago, and told that it holds 60 % between 5 and 3 hours ago."""
    ago = lambda t: (START / 1000 - t) / 3600  # noqa: E731

    async def play(house: Living) -> None:
        house.history.of["wallbox.soc"] = lambda t: np.where((ago(t) <= 5) & (ago(t) > 3), 60.0, np.nan)
        house.history.of["wallbox.connected"] = lambda t: 1.0 - ((ago(t) <= unplugged) & (ago(t) > unplugged - 0.25))
        house.wishes.append(wish("wallbox.target_soc", 80, 10))
        house.show(wallbox__mode="plan", wallbox__connected=True)
        await house.pass_by(15)
        assert solves(house)[0].view.cars[0].goal_wh == pytest.approx(lacks)

    living(tmp_path, play)


def test_of_several_wishes_the_highest_source_has_its_way(tmp_path: Path) -> None:
    async def play(house: Living) -> None:
        house.wishes.append(wish("wallbox.target_energy", 2_000, 4, list(Source)[-1], "low"))
        house.wishes.append(wish("wallbox.target_energy", 9_000, 10, Source.PERSON, "high"))
        house.show(wallbox__mode="plan", wallbox__connected=True)
        await house.pass_by(15)
        assert solves(house)[0].view.cars[0].goal_wh == 9_000

    living(tmp_path, play)


def test_a_plug_with_a_wish_is_planned_until_it_has_had_enough(tmp_path: Path) -> None:
    async def play(house: Living) -> None:
        house.history.of["plug.energy"] = lambda t: np.full(np.shape(t), 100.0)
        house.wishes.append(wish("plug.target_energy", 2_000, 8))
        house.show(plug__mode="plan", plug__energy=600.0)
        await house.pass_by(15)
        [run] = solves(house)[0].view.runs
        assert (run.power_w, run.left_s, run.latest) == (1_000.0, 1_500 * 3.6, START + 8 * HOUR)
        house.show(plug__energy=2_200.0)
        await house.pass_by(900)
        assert solves(house)[-1].view.runs == ()

    living(tmp_path, play)


def test_what_is_wanted_later_is_planned_for_later(tmp_path: Path) -> None:
    async def play(house: Living) -> None:
        later = START + 3 * HOUR
        house.wishes.append(replace(wish("plug.target_energy", 2_000, 8), starts=later))
        house.wishes.append(replace(wish("wallbox.target_energy", 9_000, 10, id_="r2"), starts=later))
        house.show(plug__mode="plan", wallbox__mode="plan", wallbox__connected=True)
        await house.pass_by(15)
        view = solves(house)[0].view
        assert (view.runs[0].earliest, view.cars[0].earliest) == (later, later)
        plan = house.planner.latest.plan
        assert plan is not None
        early = [slot for slot in plan.slots if slot.start < later]
        assert not any(slot.switches.get("plug") or slot.cars.get("wallbox") for slot in early)
        assert sum(slot.switches["plug"] for slot in plan.slots) == 8
        assert sum(slot.cars.get("wallbox", 0) for slot in plan.slots if slot.end <= START + 10 * HOUR) / 4 >= 8_990

    living(tmp_path, play)


def test_a_reserve_is_planned_and_a_new_one_asks_for_a_new_plan(tmp_path: Path) -> None:
    async def play(house: Living) -> None:
        house.show(battery__mode="plan")
        await house.pass_by(30)
        assert solves(house)[0].view.reserve == {}
        house.wishes.append(wish("battery.reserve", 60, 24))
        await house.pass_by(90)
        assert solves(house)[-1].view.reserve == {"battery": 60.0} and house.planner.latest.cause == "wish"

    living(tmp_path, play)


def test_what_is_planned_for_itself_is_not_foreseen_as_well(tmp_path: Path) -> None:
    async def play(house: Living) -> None:
        house.history.of |= {"house.consumption": lambda t: 500.0 + 0 * t, "wallbox.power": lambda t: 200.0 + 0 * t}
        await house.pass_by(15)
        assert np.nanmean(solves(house)[0].view.load.power.values) == 500
        house.show(wallbox__mode="plan")
        await house.pass_by(60)
        assert np.nanmean(solves(house)[1].view.load.power.values) == 300

    living(tmp_path, play)


def test_the_panels_and_what_is_told_of_them(tmp_path: Path) -> None:
    async def play(house: Living) -> None:
        house.history.of |= {
            "pv_roof.power": lambda t: 2_000.0 + 0 * t,
            "pv_roof.power_limit": lambda t: np.where(t < START / 1000 - 7_200, 5_000.0, 2_000.0),
        }
        day_ago = Outlook("pv_power", START - DAY, 3_600, (1_000.0,) * 48, "sky", START - DAY)
        now = Outlook("pv_power", START, 900, (3_000.0,) * 96, "sky", START)
        for one in (day_ago, now):
            await house.prices.outlook([one])
        await house.pass_by(15)
        pv = solves(house)[0].view.pv
        assert pv is not None and pv.held_back is not None and pv.place == (52.5, 13.4)
        assert pv.held_back[-8:].all() and not pv.held_back[:-8].any()
        told = pv.told["sky"].between(START, START + 2 * DAY).values
        assert set(told[:96]) == {3_000.0} and np.isnan(told[96:]).all()
        before = pv.told["sky"].between(START - DAY, START).values
        assert np.isnan(before).all(), "of the last day nothing was told a day before it"

    living(tmp_path, play)


def test_secrets_stay_in_the_hub(tmp_path: Path) -> None:
    async def play(house: Living) -> None:
        await house.pass_by(15)
        site = solves(house)[0].view.site
        assert (site.devices, site.feeds, site.tariff) == ((), (), None) and site.batteries

    living(tmp_path, play)


def test_only_what_is_new_of_the_past_is_read(tmp_path: Path) -> None:
    async def play(house: Living) -> None:
        house.show(plug__mode="plan")
        await house.pass_by(15)
        first = [(p, e - s) for p, s, e in house.history.asked if "house.consumption" in p]
        house.history.asked.clear()
        await house.pass_by(900)
        later = [(p, e - s) for p, s, e in house.history.asked if "house.consumption" in p]
        assert first[0][1] > 100 * DAY and [length for _, length in later] == [HOUR + STEP_MS]
        ends = [q.view.load.power.end_ms for q in solves(house)]
        lengths = {len(q.view.load.power.values) for q in solves(house)}
        assert ends == [START, START + STEP_MS] and len(lengths) == 1

    living(tmp_path, play)


def test_without_a_tariff_there_are_forecasts_and_no_plan(tmp_path: Path) -> None:
    async def play(house: Living) -> None:
        await house.pass_by(15)
        assert house.planner.latest.told is None and "load" in house.planner.latest.forecasts

    living(tmp_path, play, NO_TARIFF)


def test_a_house_with_nothing_to_foresee_costs_nothing(tmp_path: Path) -> None:
    async def play(house: Living) -> None:
        house.board.gone(["house.consumption"])
        for _ in range(1_000):
            house.clock.advance(60)
            await house.planner.look()
        assert house.questions == [] and house.history.asked == []

    living(tmp_path, play, NO_TARIFF)


def test_a_battery_whose_size_nobody_knows_is_named(tmp_path: Path) -> None:
    async def play(house: Living) -> None:
        house.board.gone(["battery.capacity"])
        await house.pass_by(15)
        assert house.planner.health() == "battery: not planned, as its capacity is not known"
        assert house.planner.latest.plan is not None and house.planner.latest.plan.slots[0].batteries == {}

    living(tmp_path, play)


def test_at_night_the_forecasters_are_rated_and_the_best_is_used(tmp_path: Path) -> None:
    async def play(house: Living) -> None:
        rng = np.random.default_rng(7)
        noise = rng.uniform(0, 400, 300 * 96)
        house.history.of["house.consumption"] = lambda t: 200 + noise[(np.asarray(t) // 900 % len(noise)).astype(int)]
        await house.pass_by(15)
        rates = [q for q in house.questions if isinstance(q, Rate)]
        assert sum(len(r.days) for r in rates) == 28 and house.planner.health() == "ok"
        standings = {s.author: s for s in house.planner.standings}
        assert standings["persistence"].days == 28 and standings["persistence"].mae_ratio == 1.0
        best = min(standings.values(), key=lambda s: s.mae_ratio or 9.0)
        assert best.author != "persistence", "nothing repeats itself here, so any mean is better"
        house.clock.ms += HOUR
        await house.pass_by(10)
        assert house.planner.used("load") == best.author
        house.questions.clear()
        house.clock.ms += DAY
        await house.pass_by(10)
        assert [q.days for q in house.questions if isinstance(q, Rate)] == [((START + HOUR) // DAY,)], (
            "only the new day"
        )

    living(tmp_path, play)


def test_a_night_of_which_nothing_is_known_starts_no_process(tmp_path: Path) -> None:
    async def play(house: Living) -> None:
        house.history.of["house.consumption"] = lambda t: np.where(t > START / 1000 - 3_600, 400.0, np.nan)
        await house.pass_by(30)
        assert len(solves(house)) == 1 and not [q for q in house.questions if isinstance(q, Rate)]
        house.clock.ms += DAY
        house.answers += [Answered(None, "it took longer than 20 s")] * 3
        house.history.of["house.consumption"] = lambda t: 400.0 + 0 * t
        await house.pass_by(15)
        assert "forecasts were not rated: it took longer than 20 s" in house.planner.health()

    living(tmp_path, play)


def test_a_restart_knows_how_the_forecasters_did(tmp_path: Path) -> None:
    async def play(house: Living) -> None:
        day = START // DAY
        await house.state.foresight.put_scores(
            Score("load", day - k, by, 96, mae, mae, 0.0, 0.8, 100.0, 100.0)
            for k in range(1, 29) for by, mae in (("week", 60.0), ("persistence", 100.0))
        )  # fmt: skip
        await house.planner.start()
        await house.pass_by(15)
        assert solves(house)[0].view.use == {"load": "week"}

    living(tmp_path, play)


def test_what_would_be_has_no_effect(tmp_path: Path) -> None:
    async def play(house: Living) -> None:
        await house.pass_by(15)
        before = house.planner.latest
        told = await house.planner.ask(lambda view: WhatIf(view, {"tariff": {"factor": 1.5}}))
        assert told["total"] > 0, "dearer power costs more"
        with pytest.raises(UserError, match="what-if: "):
            await house.planner.ask(lambda view: WhatIf(view, {"batery": 1}))
        assert house.planner.latest is before
        house.answers.append(Answered(None, "it took longer than 20 s"))
        with pytest.raises(ShemsError, match="it took longer than 20 s"):
            await house.planner.ask(lambda view: WhatIf(view, {"no_sun": True}))
        house.answers.append(Answered(Told({"x": 1})))
        assert await house.planner.ask(lambda view: WhatIf(view, {})) == {"x": 1}

    living(tmp_path, play)
