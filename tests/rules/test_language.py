"""Sentences and what is wrong with them."""

from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from hub.model import CommandSpec, Moment, Quantity, Value, quantity
from hub.model.quantity import QUANTITIES
from hub.model.units import UNITS
from hub.rules import RuleError, parse, plain, tree
from hub.rules.rule import Rule

NAMES = (
    *("grid.power", "house.surplus", "battery.soc", "tank.tank_temperature", "wallbox.status", "plug_tv.on"),
    *(
        "heatpump.sg_ready",
        "tariff.price_import",
        "wallbox.mode",
        "wallbox.current_limit",
        "wallbox.restart",
        "house.export_limit",
        "battery.reserve",
        "living.temperature",
        "tariff.price_lowest",
        "p1.power",
    ),
)
POINTS = {name: quantity(name.partition(".")[2]) for name in NAMES}
COMMANDS = {
    "heatpump.sg_ready": CommandSpec("heatpump.sg_ready", 1, 4, 1),
    "plug_tv.on": CommandSpec("plug_tv.on"),
    "wallbox.mode": CommandSpec("wallbox.mode", choices=("off", "solar", "fast")),
    "wallbox.current_limit": CommandSpec("wallbox.current_limit", 6, 16, 1),
    "wallbox.restart": CommandSpec("wallbox.restart", choices=("soft", "hard")),
    "house.export_limit": CommandSpec("house.export_limit", 0),
    "battery.reserve": CommandSpec("battery.reserve", 0, 100),
}
NOON = Moment(t=1_700_000_000_000, minute=720, weekday=1, day=19_675, sunrise=450, sunset=1_000, elevation=20.5)


def rule(when: str = "house.surplus > 1500 W", **more: object) -> Rule:
    return parse("r", {"when": when, "then": ["plug_tv.on = on"], **more}, POINTS, COMMANDS)


def holds(when: str, values: dict[str, Value], moment: Moment = NOON) -> bool | None:
    from hub.rules.scalar import Now

    condition = rule(when).when
    return condition.truth(Now(values, moment, [-1] * condition.bits))


@pytest.mark.parametrize(
    ("when", "values", "expected"),
    [
        ("house.surplus > 1500 W", {"house.surplus": 1500.5}, True),
        ("house.surplus > 1.5 kW", {"house.surplus": 1500}, False),
        ("house.surplus > 1500", {}, None),
        ("house.surplus >= 1500 and battery.soc < 80 %", {"house.surplus": 1500}, None),
        ("house.surplus >= 1500 and battery.soc < 80 %", {"house.surplus": 10}, False),
        ("house.surplus >= 1500 or battery.soc < 80 %", {"house.surplus": 1500}, True),
        ("not house.surplus > 1 W", {}, None),
        ("not (house.surplus > 1 W or plug_tv.on)", {"house.surplus": 0, "plug_tv.on": False}, True),
        ("plug_tv.on", {"plug_tv.on": True}, True),
        ("plug_tv.on = off", {"plug_tv.on": True}, False),
        ("plug_tv.on != on", {"plug_tv.on": False}, True),
        ("wallbox.status = charging", {"wallbox.status": "charging"}, True),
        ("wallbox.status in (ready, charging)", {"wallbox.status": "off"}, False),
        ('wallbox.status != "charging"', {"wallbox.status": "off"}, True),
        ("wallbox.status = charging", {}, None),
        ("tariff.price_import < 12 ct/kWh", {"tariff.price_import": 11_999}, True),
        ("tariff.price_import < 0.12 EUR/kWh", {"tariff.price_import": 12_000}, False),
        ("time between 11:00 and 13:00", {}, True),
        ("time between 22:00 and 06:00", {}, False),
        ("time between 22:00 and 12:01", {}, True),
        ("time > sunset - 5 h", {}, True),
        ("time > sunset - 30 min", {}, False),
        ("sunset - sunrise > 9 h", {}, True),
        ("weekday = tue", {}, True),
        ("weekday != tue", {}, False),
        ("weekday in (sat, sun) or weekend", {}, False),
        ("holiday", {}, False),
        ("sun.up and sun.elevation > 20", {}, True),
        ("known(battery.soc)", {}, False),
        ("not known(battery.soc)", {"battery.soc": float("nan")}, True),
        ("abs(grid.power) < 100", {"grid.power": -99}, True),
        ("max(grid.power, 0) / house.surplus > 1", {"grid.power": 5, "house.surplus": 0}, None),
        ("tariff.price_import < 0", {"tariff.price_import": -1}, True),
        ("tariff.price_import * 2 < 0.25 EUR/kWh", {"tariff.price_import": 12_400}, True),
        ("tariff.price_import < tariff.price_lowest + 1 ct/kWh", {"tariff.price_import": 1}, None),
        ("time between 07:30 and 19:00", {}, True),
        ("sun.elevation > 20 deg and sun.elevation < 21°", {}, True),
        ("heatpump.sg_ready < 2.5", {"heatpump.sg_ready": 2}, True),
        ("grid.power * 2 + 100 W >= 1 kW - -100 W", {"grid.power": 500}, True),
        ("min(grid.power, house.surplus) = 5", {"grid.power": 5, "house.surplus": 6}, True),
        ("tank.tank_temperature - 40 > 5 °C", {"tank.tank_temperature": 50}, True),
        ("house.surplus / 230 V > 6 A", {"house.surplus": 1400}, True),
        ("wallbox.current_limit * 230 V > 2 kW", {"wallbox.current_limit": 6}, False),
        ("heatpump.sg_ready = 3", {"heatpump.sg_ready": 3}, True),
        ("grid.power > 1e9999", {}, None),
    ],
)  # fmt: skip
def test_a_sentence_means_this(when: str, values: dict[str, Value], expected: bool | None) -> None:
    if "1e9999" in when:
        with pytest.raises(RuleError):
            rule(when)
        return
    assert holds(when, values) is expected


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ({"when": "hous.surplus > 5"}, "there is no point 'hous.surplus'; did you mean 'house.surplus'?"),
        ({"when": "hous.surplus > 5"}, "rules.r.when: at column 1 of 'hous.surplus > 5': "),
        ({"when": "house.surplus > 5 degC"}, "at column 15 of 'house.surplus > 5 degC': "),
        ({"when": "house.surplus > 5 degC"}, "W cannot be compared with degC"),
        ({"when": "heatpump.sg_ready > 5 W"}, "a plain number cannot be compared with W"),
        ({"when": "house.surplus / grid.power > 5 W"}, "a plain number cannot be compared with W"),
        ({"when": "house.surplus * battery.soc > 5 W"}, "a mix of units cannot be compared with W"),
        ({"then": ["heatpump.sg_ready = 3 W"]}, "this is W, and a plain number is wanted"),
        ({"then": ["wallbox.current_limit <= house.surplus * 2"]}, "this is W, and A is wanted"),
        ({"when": "house.surplus > 5 kWatt"}, "'kWatt' is no unit; did you mean 'kW'?"),
        ({"when": "house.surplus >"}, "a number, a point or a time was expected here, not the end"),
        ({"when": "house.surplus"}, "a comparison was expected here, like > 1500 W, not the end"),
        ({"when": "house.surplus > 5 house.surplus > 6"}, "'house.surplus' is too much here; join conditions"),
        ({"when": "(house.surplus > 5"}, "')' was expected here, not the end"),
        ({"when": "wallbox.status = chargin"}, "wallbox.status is never 'chargin'; did you mean 'charging'?"),
        ({"when": "wallbox.status > 5"}, "wallbox.status is compared by = or !=, or with `in (...)`, not by >"),
        ({"when": "plug_tv.on = 5"}, "plug_tv.on is on or off, not 5"),
        ({"when": "time > 25:00"}, "25:00 is no time of day; it goes from 00:00 to 23:59"),
        ({"when": "time * 2 > 3"}, "a time of day cannot be multiplied"),
        ({"when": "time > 7"}, "at column 8 of 'time > 7': a bare number is no time of day; write it like 07:00"),
        ({"when": "7.5 < time"}, "at column 1 of '7.5 < time': a bare number is no time of day; write it like 07:30"),
        ({"when": "time between 22 and 6"}, "at column 14 of 'time between 22 and 6': a bare number is no time of day"),
        ({"when": "time between 22 and 06:00"}, "write it like 22:00"),
        ({"when": "time between 22:00 and 6"}, "at column 24 of 'time between 22:00 and 6': a bare number is no time"),
        ({"when": "sunset < 1900"}, "write it like 07:00"),
        ({"when": "time > sunset - 30"}, "at column 17 of 'time > sunset - 30': a time of day is moved by minutes"),
        ({"when": "time > sunset - 30"}, "write 30 min or 30 h"),
        ({"when": "time > 07:00 ± 5"}, "at column 16 of 'time > 07:00 ± 5': a time of day is moved by minutes"),
        ({"when": "tariff.price_import < 0.25"}, "at column 23 of 'tariff.price_import < 0.25': a bare"),
        ({"when": "tariff.price_import < 0.25"}, "write 0.25 EUR/kWh or 25 ct/kWh"),
        ({"when": "tariff.price_import < 25"}, "write 0.25 EUR/kWh or 25 ct/kWh"),
        ({"when": "tariff.price_import < 25000"}, "write 0.25 EUR/kWh or 25 ct/kWh"),
        ({"when": "tariff.price_import between 0 and 5"}, "write 0.05 EUR/kWh or 5 ct/kWh"),
        ({"when": "tariff.price_import < tariff.price_lowest + 1"}, "write 0.01 EUR/kWh or 1 ct/kWh"),
        ({"when": "min(tariff.price_import, 5) > 1 ct/kWh"}, "at column 26 of 'min(tariff.price_import, 5)"),
        ({"when": "tariff.price_import > 5 ct/kWh ± 1"}, "write 0.01 EUR/kWh or 1 ct/kWh"),
        ({"when": "house.surplus > 1 AND holiday"}, "holiday': 'AND' is no unit; did you mean 'and'?"),
        ({"when": "house.surplus > 1 Or holiday"}, "did you mean 'or'?"),
        ({"when": "battery.soc between 1 AND 2"}, "did you mean 'and'?"),
        ({"when": "5 BETWEEN 1 and 9"}, "'BETWEEN' is no unit; did you mean 'between'?"),
        ({"when": "battery.soc BETWEEN 1 and 9"}, "not BETWEEN; did you mean 'between'?"),
        ({"when": "plug_tv.on AND holiday"}, "'AND' is too much here; did you mean 'and'?"),
        ({"when": "NOT holiday"}, "there is no point 'NOT'; did you mean 'not'?"),
        ({"when": "house.surplus > 5 KW"}, "'KW' is no unit; did you mean 'kW'?"),
        ({"when": "min > 3"}, "'min' needs amounts in parentheses, like min(grid.power, 0 W)"),
        ({"when": "1 + weekday > 3"}, "'weekday' cannot stand here; a number or a point was expected"),
        ({"when": "GRID.power > 3 W"}, "there is no point 'GRID.power'; did you mean 'grid.power'?"),
        ({"when": "wallbox.status = Charging"}, "wallbox.status is never 'Charging'; did you mean 'charging'?"),
        ({"when": "battery.soc between 80 and 20"}, "column 21 of 'battery.soc between 80 and 20': nothing"),
        ({"when": "battery.soc between 80 and 20"}, "write between 20 and 80"),
        ({"when": "grid.power between 4 kW and 3000 W and holiday"}, "write between 3000 W and 4 kW"),
        ({"when": "battery.soc between 20 and 20"}, "widen it, or leave it out"),
        ({"when": "time between 07:00 and 07:00"}, "widen it, or leave it out"),
        ({"when": "house.surplus > 100 ± -5"}, "at column 23 of 'house.surplus > 100 ± -5': a band is so wide"),
        ({"when": "house.surplus / 0 > 1"}, "at column 17 of 'house.surplus / 0 > 1': nothing can be divided by 0"),
        ({"when": "house.surplus / (5 W - 5 W) > 1"}, "nothing can be divided by 0"),
        ({"when": "heatpump.sg_ready = 2.5"}, "at column 21 of 'heatpump.sg_ready = 2.5': heatpump.sg_ready is always"),
        ({"when": "2.5 != heatpump.sg_ready"}, "heatpump.sg_ready is always a whole number, not 2.5; write 2 or 3"),
        ({"when": "house.surplus = 5 ± 2"}, "a band goes with <, <=, > and >= only"),
        ({"when": "house.surplus > 5 ; 6"}, "at column 19 of 'house.surplus > 5 ; 6': ';' is not understood here"),
        ({"when": "not " * 60 + "holiday"}, "is nested more than 40 deep"),
        ({"when": "holiday or " * 400 + "holiday"}, "is longer than 2000 characters"),
        ({"when": 5}, "rules.r.when: must be a text, not 5"),
        ({"wenn": "holiday"}, "rules.r.wenn: unknown key; did you mean 'when'?"),
        ({"then": []}, "rules.r.then: is missing or no list of texts"),
        ({"then": ["plug_tv.on"]}, "'plug_tv.on' is no action; write a point, = or <= or >=, and a value"),
        ({"then": ["grid.power = 5"]}, "'grid.power' cannot be set"),
        ({"then": ["wallbox.restart = soft"]}, "wallbox.restart is for a person to ask for, never for a rule"),
        ({"then": ["wallbox.mode = fats"]}, "wallbox.mode cannot be 'fats'; did you mean 'fast'?"),
        ({"then": ["wallbox.mode <= fast"]}, "wallbox.mode is a word and can only be set with ="),
        ({"then": ["plug_tv.on = 0.5"]}, "plug_tv.on is on or off, not 0.5"),
        ({"then": ["wallbox.current_limit = 40 A"]}, "wallbox.current_limit goes from 6 to 16 A, not to 40"),
        ({"then": ["wallbox.current_limit = 4 kW"]}, "this is W, and A is wanted"),
        ({"then": ["plug_tv.on = on", "plug_tv.on = off"]}, "plug_tv.on is set twice; keep one of them"),
        ({"then": ["wallbox.current_limit = -4 A"]}, "wallbox.current_limit goes from 6 to 16 A, not to -4"),
        ({"then": ["GRID.power = 5"]}, "'GRID.power' cannot be set"),
        ({"then": ["WALLBOX.mode = fast"]}, "'WALLBOX.mode' cannot be set; did you mean 'wallbox.mode'?"),
        ({"then": ["wallbox.mode = FAST"]}, "wallbox.mode cannot be 'FAST'; did you mean 'fast'?"),
        ({"then": ["plug_tv.on = ON"]}, "plug_tv.on is on or off, not ON"),
        ({"for": "5"}, "rules.r.for: '5' is no duration; write it like '90 s', '5 min' or '2 h'"),
        ({"for": "9 d"}, "rules.r.for: is longer than a week"),
        ({"until": "0 s"}, "rules.r.until: 0 s ends the rule as it begins; write a longer one, or leave it out"),
        ({"until": "24:00"}, "24:00 is no time of day"),
        ({"until": "batery.soc > 5"}, "did you mean 'battery.soc'?"),
        ({"priority": 101}, "rules.r.priority: must be a whole number from 0 to 100, not 101"),
        ({"enabled": "yes"}, "rules.r.enabled: must be true or false, not 'yes'"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_said_with_its_place_and_what_to_do(more: dict[str, object], said: str) -> None:
    document = {"when": "holiday", "then": ["plug_tv.on = on"], **more}
    with pytest.raises(RuleError) as e:
        parse("r", document, POINTS, COMMANDS)
    assert said in str(e.value)


@pytest.mark.parametrize(
    ("text", "mark", "said"),
    [
        ("wallbox.current_limit <= house.surplu / 230", "house.surplu", "there is no point 'house.surplu'"),
        ("  wallbox.current_limit  =  6 A + 2 W", "+ 2 W", "A and W do not add up"),
        ("wallbox.current_limit = 6 A 7", "7", "'7' is too much here"),
        ("wallbox.current_limit = min(6 A", "", "',' was expected here, not the end"),
        ("wallbox.current_limit = 4 kW", "4 kW", "this is W, and A is wanted"),
        ("wallbox.current_limit = 40 A", "40 A", "wallbox.current_limit goes from 6 to 16 A, not to 40"),
        ("wallbox.current_limit = 6 ; 7", "; 7", "';' is not understood here"),
        ("heatpump.sg_ready = 3 W", "3 W", "this is W, and a plain number is wanted"),
        (" plug_tv.of = on", "plug_tv.of", "'plug_tv.of' cannot be set"),
        ("plug_tv.on =  0.5", "0.5", "plug_tv.on is on or off, not 0.5"),
        ("wallbox.mode =   fats", "fats", "wallbox.mode cannot be 'fats'"),
        ("wallbox.mode <= fast", "<= fast", "wallbox.mode is a word"),
        ("battery.reserve >= 50 %", ">= 50 %", "battery.reserve is an amount to heed and can only be set with ="),
        (" battery.reserve <= battery.soc", "<=", "battery.reserve is an amount to heed and can only be set with ="),
        ("heatpump.sg_ready <= 2.5", "2.5", "heatpump.sg_ready is always a whole number, not 2.5; write 2 or 3"),
        ("heatpump.sg_ready <= 5 / 2", "5 / 2", "heatpump.sg_ready is always a whole number, not 2.5; write 2 or 3"),
        ("wallbox.current_limit <= house.surplus / 0 V", "0 V", "nothing can be divided by 0"),
        (" heatpump.sg_ready >= 3", "heatpump", "'heatpump.sg_ready = 2' is asked too, and both cannot be"),
    ],
)
def test_the_column_of_an_action_counts_in_the_text_as_it_was_written(text: str, mark: str, said: str) -> None:
    """`mark`: what begins at the column that is told."""
    with pytest.raises(RuleError) as e:
        rule(then=["heatpump.sg_ready = 2", text])
    column = text.index(mark) + 1 if mark else len(text) + 1
    assert str(e.value).startswith(f"rules.r.then: at column {column} of {text!r}: {said}")


@pytest.mark.parametrize(
    ("one", "other", "can_be"),
    [
        ("wallbox.current_limit <= 10 A", "wallbox.current_limit >= 12 A", False),
        ("wallbox.current_limit >= 12 A", "wallbox.current_limit <= 5 A * 2", False),
        ("wallbox.current_limit = 10 A", "wallbox.current_limit >= 12 A", False),
        ("wallbox.current_limit = 10 A", "wallbox.current_limit <= 8 A", False),
        ("wallbox.current_limit = 10 A", "wallbox.current_limit <= 12 A", True),
        ("wallbox.current_limit <= 12 A", "wallbox.current_limit >= 12 A", True),
        ("wallbox.current_limit <= house.surplus / 230 V", "wallbox.current_limit >= 12 A", True),
        ("heatpump.sg_ready <= 2", "wallbox.current_limit >= 12 A", True),
    ],
)
def test_what_two_actions_ask_of_a_point_can_be_at_once(one: str, other: str, can_be: bool) -> None:
    if can_be:
        assert len(rule(then=[one, other]).then) == 2
        return
    with pytest.raises(RuleError) as e:
        rule(then=[one, other])
    said = f"rules.r.then: at column 1 of {other!r}: {one!r} is asked too, and both cannot be; change one of them"
    assert str(e.value) == said


@pytest.mark.parametrize(
    "when",
    ["time > 7", "tariff.price_import < 25000", "battery.soc between 80 and 20", "house.surplus > 1 ± -5", "1 / 0 > 1"],
)
def test_a_rule_that_is_kept_goes_on_as_it_was_understood(when: str) -> None:
    actions = ["heatpump.sg_ready = 2.5", "heatpump.sg_ready >= 3", "battery.reserve >= 50 %"]
    document = {"when": when, "then": actions, "until": "0 s"}
    assert parse("r", document, POINTS, COMMANDS, kept=True).when.text == when


@pytest.mark.parametrize("q", [q for q in QUANTITIES.values() if q.unit], ids=lambda q: q.name)
def test_every_unit_of_a_point_can_be_written(q: Quantity) -> None:
    written = [word for word, (base, _) in UNITS.items() if base == q.unit]
    assert written, f"{q.unit} has no word"
    for word in written:
        factor = UNITS[word][1]
        found = parse("r", {"when": f"x.y > 3 {word}", "then": ["plug_tv.on = on"]}, {**POINTS, "x.y": q}, COMMANDS)
        assert found.when.tree == tree.Compare(">", tree.Reading("x.y"), tree.Number(3 * factor))


def test_what_a_rule_does_not_depend_on_is_not_in_its_digest() -> None:
    assert rule().digest == rule(name="Tea", priority=60, enabled=False).digest != 0
    changed = ({"for": "10 min"}, {"when": "house.surplus > 1501 W"}, {"then": ["plug_tv.on = off"]}, {"until": "2 h"})
    assert len({rule(**more).digest for more in ({}, *changed)}) == 1 + len(changed)
    assert rule().digest == 3181283083, "on every machine"


def test_an_id_is_a_plain_word() -> None:
    with pytest.raises(RuleError, match="rename it"):
        parse("My rule", {"when": "holiday", "then": ["plug_tv.on = on"]}, POINTS, COMMANDS)


WORDS = st.sampled_from(
    [*NAMES, "and", "or", "not", "(", ")", ">", "<", "=", "±", "5", "W", "kW", "between", "in", "12:00", "time"]
)  # fmt: skip


@given(st.one_of(st.text(max_size=80), st.lists(WORDS, max_size=14).map(" ".join)))
@example("(" * 100)
@example("-" * 100 + "5 > 3")
def test_no_text_makes_anything_but_a_rule_or_this_error(text: str) -> None:
    try:
        found = rule(text or "x")
    except RuleError as e:
        assert str(e).startswith("rules.r.when: ")
    else:
        assert plain(found)["when"] == text
        assert parse("r", plain(found), POINTS, COMMANDS) == found
        assert set(found.points) <= set(POINTS)
