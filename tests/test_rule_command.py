"""`shems rule`: what a person types, and what comes out."""

from __future__ import annotations

import asyncio
import json
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from hub.cli.main import main
from hub.config import uid_of
from hub.core import HOUSE
from hub.model import Point
from hub.store.ring import SeriesInfo
from hub.store.ring.codec import Ints
from hub.store.ring.past import PastWriter
from hub.store.state import State
from tests.house_kit import ToldClock
from tests.rehearse.home_kit import SITE, WALLBOX, ZONE

ALWAYS = "known(grid.power) or not known(grid.power)"
DAY_S = 86_400
DAY = int(datetime(2026, 5, 5, tzinfo=ZONE).timestamp()) // DAY_S
STEADY = np.full(DAY_S, -50, np.int32)
SPAN = ("--from", "2026-05-05", "--to", "2026-05-05T06:00")


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "config.toml").write_text(SITE.format(price=0.3, export=0.08, limits="", more=WALLBOX), "utf-8")
    return tmp_path


def written(folder: Path, **rules: dict[str, object]) -> str:
    """The name of a file with these rules."""
    lines = [f"[rules.{id_}]\n" + "".join(f"{k} = {json.dumps(v)}\n" for k, v in r.items()) for id_, r in rules.items()]
    (folder / "rules.toml").write_text("\n".join(lines), "utf-8")
    return "rules.toml"


def saved(folder: Path, **rules: dict[str, object]) -> None:
    """As a hub has them in its data folder."""

    async def main() -> None:
        state = await State.open(folder / "data" / "state.db", ToldClock())
        for id_, document in rules.items():
            await state.plans.put("rule", id_, {"when": "holiday", "then": ["wallbox.mode = off"]}, "me", 1)
            await state.plans.put("rule", id_, document, "me", 2)
        await state.plans.put("rule", "gone", rule("wallbox.mode = solar"), "me", 1)
        await state.plans.remove("rule", "gone", "me", 2)
        await state.db.close()

    asyncio.run(main())


def history(folder: Path, first: int, days: list[Ints]) -> None:
    """Of the surplus, W, on each of some days in turn from day `first` since 1970."""
    (folder / "data").mkdir(exist_ok=True)
    [point] = [p for p in HOUSE.points if p.id == "house.surplus"]
    with PastWriter.opened(folder / "data" / "history.db", (first + len(days)) * DAY_S * 1000, 2_000_000_000) as past:
        for day, values in enumerate(days, first):
            past.seconds(SeriesInfo.of(point), day, values)


def rule(then: str, **more: object) -> dict[str, object]:
    return {"when": ALWAYS, "then": [then], **more}


def reported(capsys: pytest.CaptureFixture[str], *argv: str) -> dict[str, Any]:
    assert main(["rule", "backtest", *argv, "--json"]) == 0
    found: dict[str, Any] = json.loads(capsys.readouterr().out)
    return found


def test_rules_that_can_be_used_are_told(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["rule", "check", written(folder, a=rule("wallbox.mode = off"))]) == 0
    assert capsys.readouterr().out == "a: can be used\n"


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        ("none.toml", None, "none.toml: cannot be read: No such file or directory; name a readable file of rules"),
        ("r.toml", "[rules]\n", "r.toml: there are no rules in it; write them as tables [rules.NAME]"),
        ("r.toml", "", "r.toml: there are no rules in it"),
        ("r.toml", "[rules.a]\n[rulse.b]\n", "r.toml: rulse: unknown key; did you mean 'rules'?"),
        ("r.toml", "[rulse.b]\n", "r.toml: rulse: unknown key; did you mean 'rules'?"),
        ("r.toml", "when = 'holiday'\n[rules.a]\n", "r.toml: when: unknown key"),
        ("r.toml", "rules = 5\n", "r.toml: rules: must be tables [rules.NAME]"),
        (
            "r.toml",
            "[rules.a]\nwhen = 'time > 7'\nthen = 'wallbox.mode = off'\n",
            "r.toml: rules.a.when: at column 8 of",
        ),
    ],
)
def test_a_file_that_cannot_be_used_is_named(
    folder: Path, capsys: pytest.CaptureFixture[str], name: str, text: str | None, said: str
) -> None:
    if text is not None:
        (folder / name).write_text(text, "utf-8")
    assert main(["rule", "check", name]) != 0
    told = capsys.readouterr()
    assert said in told.err and told.out == ""


def test_rules_are_compared_with_those_that_the_hub_has_saved(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    history(folder, DAY, [STEADY])
    saved(
        folder,
        solar=rule("wallbox.mode = solar"),
        off=rule("wallbox.mode = solar", enabled=False),
        a=rule("wallbox.mode = off"),
        old=rule("heater.on = on"),
    )
    file = written(folder, a=rule("wallbox.mode = fast"), b=rule("wallbox.mode = solar", enabled=False))
    assert main(["rule", "backtest", file, *SPAN]) == 0
    told = capsys.readouterr()
    assert "against solar over wallbox.mode for 6.0 h" in told.out
    assert "not compared with a rule that is saved: rules.old.then: at column 1 of 'heater.on = on'" in told.err
    clashes = {id_: [c["rule"] for c in r["clashes"]] for id_, r in reported(capsys, file, *SPAN).items()}
    assert clashes == {"a": ["solar"], "b": ["a"]}


def test_rules_are_compared_with_each_other_where_none_are_saved(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    history(folder, DAY, [STEADY])
    file = written(folder, a=rule("wallbox.mode = fast"), b=rule("wallbox.mode = solar"))
    assert [c["rule"] for c in reported(capsys, file, *SPAN)["a"]["clashes"]] == ["b"]


def test_a_long_rehearsal_tells_what_flaps_within_the_minutes(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Only the last two of the days have seconds in which the surplus is above 0 W; no minute ends with one."""
    history(folder, DAY, [STEADY] * 18 + [np.where(np.arange(DAY_S) % 60 < 20, 50, -50).astype(np.int32)] * 2)
    file = written(folder, a={"when": "house.surplus > 0 W", "then": ["wallbox.mode = fast"]})
    span = ("--from", str((DAY + 2) * DAY_S * 1000), "--to", str((DAY + 20) * DAY_S * 1000))
    found = reported(capsys, file, *span)["a"]
    assert (found["step_s"], found["runs"], found["most_an_hour"], found["most_by_seconds"]) == (60, [], 60, 60)
    assert main(["rule", "backtest", file, *span]) == 0
    assert "it flaps: up to 60 starts an hour when tried second by second; give it" in capsys.readouterr().out


def test_energy_whose_price_nobody_knows_is_told(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The car would not have charged. What a kilowatt-hour cost then is not in the history."""
    (folder / "data").mkdir()
    watts = {"grid": 2000, "wallbox": 4000}
    with PastWriter.opened(folder / "data" / "history.db", (DAY + 2) * DAY_S * 1000, 2_000_000_000) as past:
        for device, w in watts.items():
            past.seconds(SeriesInfo.of(Point.of(uid_of(device), device, "power")), DAY + 1, np.full(DAY_S, w, np.int32))
    assert (
        main(
            [
                "rule",
                "backtest",
                written(folder, a=rule("wallbox.mode = off")),
                "--from",
                "2026-05-05T03:00",
                "--to",
                "2026-05-05T06:00",
            ]
        )
        == 0
    )
    assert "the price is known of 0 % of this energy; the rest is not in the money" in capsys.readouterr().out
