"""What a rule remembers: tables of moments, and what it does at each."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import pytest

from hub.model import Moment, Reason
from hub.rules import Firing, Memory, RuleError, advance
from tests.rules.test_language import rule

START = 1_700_006_400_000


def states(document: dict[str, object], surplus: Sequence[float | None], step_ms: int = 60_000) -> list[str]:
    """The state at each moment by its first letter: idle, waiting, cooling, active. It begins at 12:00."""
    memory, found = Memory(), []
    for k, value in enumerate(surplus):
        ms = k * step_ms
        memory, firing = _at(document, memory, value, ms, 720 + ms // 60_000)
        found.append(firing.state[0])
    return found


def _at(
    document: dict[str, object], memory: Memory, value: float | None, ms: int, minute: int
) -> tuple[Memory, Firing]:
    values = {} if value is None else {"house.surplus": value}
    moment = Moment(START + ms, minute % 1440, 1, 19_675 + minute // 1440)
    return advance(rule(**document), memory, values, moment)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("document", "surplus", "expected"),
    [
        pytest.param({"when": "house.surplus > 9"}, [10, 9, None, 10], "aiia", id="as long as it holds"),
        pytest.param({"for": "2 min"}, [2e3, 2e3, None, 2e3, 2e3, 2e3], "wwiwwa", id="a gap begins the wait anew"),
        pytest.param({"cooldown": "2 min"}, [2e3, 0, 2e3, 2e3], "aica", id="it cools down"),
        pytest.param({"min_for": "2 min"}, [2e3, 0, None, 2e3], "aaia", id="it stays for a while"),
        pytest.param({"min_for": "9 min", "until": "1 min"}, [2e3, 2e3, 0], "aii", id="until is the stronger"),
        pytest.param({"until": "1 min"}, [2e3, 2e3, 2e3, 0, 2e3], "aicia", id="after until, when must be false once"),
        pytest.param({"until": "1 min", "cooldown": "2 min"}, [2e3] * 4, "aica", id="or the cooldown be over"),
        pytest.param(
            {"when": "house.surplus > 1500 ± 200", "while": "house.surplus > 200"},
            [1800, 900, 100, 1400, 1600, 1800],
            "aaiiia",
            id="the band of when keeps up while it is in force",
        ),
        pytest.param(
            {"when": "house.surplus > 300", "while": "house.surplus > 300 ± 100"},
            [400, 250, 150, 350, 350, 250],
            "aiiaaa",
            id="the band of while knows nothing of the time before",
        ),
        pytest.param(
            {"when": "house.surplus > 20", "until": "house.surplus > 50 ± 5"},
            [40, 56, 9, 48, 48, 56, 48],
            "aiiaaic",
            id="nor does that of until",
        ),
    ],
)
def test_moments(document: dict[str, object], surplus: list[float | None], expected: str) -> None:
    assert "".join(states(document, surplus)) == expected


@pytest.mark.parametrize(
    ("until", "times", "expected"),
    [
        pytest.param("12:00", [(0, 720), (10_000, 720), (86_400_000, 2160)], "aai", id="not in its own first minute"),
        pytest.param("12:01", [(30_000, 720), (59_000, 720), (60_000, 721)], "aai", id="at the minute"),
        pytest.param("02:30", [(0, 110), (540_000, 119), (600_000, 180)], "aai", id="the hour that spring leaves out"),
        pytest.param("02:30", [(0, 140), (600_000, 150)], "ai", id="the first of two in autumn"),
        pytest.param("00:00", [(0, 1439), (60_000, 1440)], "ai", id="midnight"),
    ],
)
def test_until_a_time_of_day(until: str, times: list[tuple[int, int]], expected: str) -> None:
    """`times`: (ms since the start, local minutes since midnight)."""
    memory, found = Memory(), ""
    for ms, minute in times:
        memory, firing = _at({"until": until}, memory, 2_000.0, ms, minute)
        found += firing.state[0]
    assert found == expected


@pytest.mark.parametrize(("gap_s", "expected"), [(60, "active"), (400, "waiting")])
def test_a_clock_set_on_or_a_hub_that_was_away_is_no_time_in_which_it_has_held(gap_s: int, expected: str) -> None:
    memory, firing = Memory(), Firing("idle", Reason("rule_idle"))
    for s in (0, 1, 2, 60, 60 + gap_s):
        memory, firing = _at({"for": "2 min"}, memory, 2e3, s * 1000, 720 + s // 60)
    assert firing.state == expected


def test_a_clock_set_back_does_not_hold_a_rule_for_ever() -> None:
    year = 365 * 86_400_000
    memory, found = Memory(), ""
    for ms, minute in ((year, 720 + 365 * 1440), (0, 720), (60_000, 721), (120_000, 722)):
        memory, firing = _at({"until": "12:02"}, memory, 2_000.0, ms, minute)
        found += firing.state[0]
    assert found == "aaai"


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        pytest.param({}, {"for": "10 min"}, "aaww", id="of one that was in force"),
        pytest.param({"for": "2 min"}, {"for": "1 min"}, "wwwa", id="of one that waited"),
        pytest.param({"for": "2 min"}, {"when": "house.surplus > 1 W", "for": "2 min"}, "wwww", id="of another when"),
        pytest.param({"until": "1 min"}, {"until": "2 min"}, "aiaa", id="of one that was spent"),
        pytest.param(
            {"until": "1 min", "cooldown": "1 h"}, {"until": "2 min", "cooldown": "1 h"}, "aiaa", id="of one that rests"
        ),
        pytest.param(
            {"when": "house.surplus > 1999 ± 900"}, {"when": "house.surplus > 2001 ± 900"}, "aaii", id="of its bands"
        ),
        pytest.param({"for": "2 min"}, {"for": "2 min", "name": "Tea", "priority": 9}, "wwaa", id="not of its name"),
    ],
)
def test_a_rule_that_is_changed_begins_anew(before: dict[str, object], after: dict[str, object], expected: str) -> None:
    """`after` comes into force with the third moment."""
    memory, found = Memory(), ""
    for k, document in enumerate((before, before, after, after)):
        memory, firing = _at(document, memory, 2_000.0, k * 60_000, 720 + k)
        found += firing.state[0]
    assert found == expected
    assert memory.since != START or "name" in after


def test_what_was_remembered_before_rules_had_digests_is_that_of_the_rule() -> None:
    memory, _ = _at({}, Memory(), 2_000.0, 0, 720)
    told, firing = _at({"for": "10 min"}, replace(memory, digest=0), 2_000.0, 1_000, 720)
    assert (firing.state, told.since, told.digest) == ("active", START, rule(**{"for": "10 min"}).digest)


def test_what_it_remembers_is_plain_data() -> None:
    memory, _ = _at({"when": "house.surplus > 5 ± 1"}, Memory(), 9.0, 0, 720)
    cells = {name: getattr(memory, name) for name in Memory.__slots__}
    assert all(isinstance(v, int | tuple) for v in cells.values())
    assert Memory(**cells) == memory


def test_a_long_chain_is_refused_and_the_longest_can_be_evaluated_deep_in_a_stack() -> None:
    with pytest.raises(RuleError, match="more than 100 parts"):
        rule("1" + "+1" * 100 + " > house.surplus")
    longest = rule("1" + "+1" * 99 + " > house.surplus")
    assert longest == rule("1" + "+1" * 99 + " > house.surplus")
    assert longest.points == ("house.surplus", "plug_tv.on")
    assert _nested(300, longest.when.text) == "active"


def _nested(frames: int, when: str) -> str:
    return _at({"when": when}, Memory(), 5.0, 0, 720)[1].state if frames == 0 else _nested(frames - 1, when)
