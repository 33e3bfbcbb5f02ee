"""Sentences and what is wrong with them."""

from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from hub.model import CommandSpec, Moment, Value, quantity
from hub.rules import RuleError, parse, plain
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
        "living.temperature",
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
        ("max(grid.power, 0) / 0 > 1", {"grid.power": 5}, None),
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
        ({"for": "5"}, "rules.r.for: '5' is no duration; write it like '90 s', '5 min' or '2 h'"),
        ({"for": "9 d"}, "rules.r.for: is longer than a week"),
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
    ],
)
def test_the_column_of_an_action_counts_in_the_text_as_it_was_written(text: str, mark: str, said: str) -> None:
    """`mark`: what begins at the column that is told."""
    with pytest.raises(RuleError) as e:
        rule(then=["heatpump.sg_ready = 2", text])
    column = text.index(mark) + 1 if mark else len(text) + 1
    assert str(e.value).startswith(f"rules.r.then: at column {column} of {text!r}: {said}")


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
