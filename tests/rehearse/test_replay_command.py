"""`shems replay` names what differs as far as journal and columns tell, and says in a line what it cannot read."""

from __future__ import annotations

import asyncio
import json
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from gen.house import START
from hub.cli.main import main
from hub.store.state import State
from tests.house_kit import ToldClock
from tests.web.test_plans import Client, in_a_house

CAR = "wallbox.current_limit"
T0 = START + 100_000


async def _play(c: Client) -> None:
    c.house.ring.start()
    await c.call("POST", "/commands", {"point": CAR, "value": 8, "for_s": 3600})
    await c.house.live(50)
    await c.call("POST", "/commands", {"point": CAR, "value": 9, "for_s": 3600})
    await c.house.live(100)


@pytest.fixture(scope="module")
def lived(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """At T0 the car is given 8 A, 50 s later 9 A."""
    folder = tmp_path_factory.mktemp("lived")
    asyncio.run(in_a_house(folder, _play, 100))
    return folder


@pytest.fixture
def folder(lived: Path, tmp_path: Path) -> Iterator[Path]:
    shutil.copytree(lived, tmp_path / "data")
    yield tmp_path / "data"


def change(folder: Path, *statements: str) -> None:
    with closing(sqlite3.connect(folder / "state.db")) as db:
        for sql in statements:
            assert db.execute(sql).rowcount
        db.commit()


def replay(capsys: pytest.CaptureFixture[str], *args: object) -> tuple[int, str]:
    """(exit code, the one line that is said)"""
    code = main(["replay", *map(str, args)])
    said = capsys.readouterr()
    (line,) = (said.out + said.err).splitlines()
    return code, line


def difference(capsys: pytest.CaptureFixture[str], folder: Path) -> dict[str, Any]:
    code, line = replay(capsys, folder, "--json")
    assert code == 1
    found: dict[str, Any] = json.loads(line)["difference"]
    return found


WISH = f"""kind = 'step' AND json_extract(json, '$.requests[0].point') = '{CAR}'
    AND json_extract(json, '$.requests[0].value') = 9"""


def test_what_was_lived_is_identical(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, line = replay(capsys, folder)
    assert code == 0 and line.startswith("identical 25")


def test_a_stretch_that_is_none_or_that_nothing_is_kept_of_is_an_error(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code, line = replay(capsys, folder, "--from", "2025-06-22", "--to", "2025-06-21")
    assert code == 2
    assert line == (
        "shems: --from: 2025-06-22T00:00:00+00:00 is not before 2025-06-21T00:00:00+00:00, where the stretch ends; "
        "decisions are kept from 2025-06-21T09:00:01+00:00 to 2025-06-21T09:03:59+00:00"
    )
    for args in (("--to", "2025-06-21T08:00"), ("--from", "2025-06-22", "--to", "2025-06-23"), ("--to", "2024-01-01")):
        code, line = replay(capsys, folder, *args)
        assert code == 2 and line.startswith("shems: no decision is kept from 202"), line
        assert line.endswith("; decisions are kept from 2025-06-21T09:00:01+00:00 to 2025-06-21T09:03:59+00:00")
    assert replay(capsys, folder, "--to", "9" * 15)[0] == 2
    assert replay(capsys, folder, "--from", "2025-06-21T09:01", "--to", "2025-06-21T09:02")[0] == 0


def test_a_state_that_is_cut_short_is_a_line(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (folder / "state.db-wal").unlink(missing_ok=True)
    whole = (folder / "state.db").read_bytes()
    for size in (50, 4_096, 20_000, len(whole) // 2, len(whole) - 4_096):
        (folder / "state.db").write_bytes(whole[:size])
        code, line = replay(capsys, folder)
        assert code == 2 and "state.db: " in line and "shems restore" in line, line


@pytest.mark.parametrize(
    ("what", "said"),
    [
        ("'{\"requ'", "is damaged: Unterminated string"),
        ("'[]'", "does not say which second it belongs to"),
        ("x'ff00'", "is damaged"),
        ("json_set(json, '$.requests', 7)", "cannot be understood"),
        ("json_set(json, '$.requests[0].colour', 'red')", "cannot be understood"),
    ],
)
def test_a_damaged_row_is_a_line(folder: Path, capsys: pytest.CaptureFixture[str], what: str, said: str) -> None:
    change(folder, f"UPDATE input SET json = {what} WHERE {WISH}")
    code, line = replay(capsys, folder)
    assert code == 2 and said in line, line


@pytest.mark.parametrize("what", ["'{'", "json_remove(json, '$.devices')", "json_set(json, '$.devices[0].id', NULL)"])
def test_a_damaged_house_is_a_line(folder: Path, capsys: pytest.CaptureFixture[str], what: str) -> None:
    change(folder, f"UPDATE input SET json = {what} WHERE kind = 'house'")
    code, line = replay(capsys, folder)
    assert code == 2 and ("state.db: " in line or "cannot be understood" in line), line


def test_a_hub_starts_with_the_newest_memory_that_is_whole(folder: Path) -> None:
    change(folder, "UPDATE input SET json = '{\"mem' WHERE id = (SELECT max(id) FROM input WHERE kind != 'digest')")

    async def kept() -> object:
        state = await State.open(folder / "state.db", ToldClock())
        memory = await state.inputs.memory()
        await state.close()
        return memory

    assert asyncio.run(kept())


def test_a_wish_that_was_changed_is_named_with_both_values(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    change(folder, f"UPDATE input SET json = json_set(json, '$.requests[0].value', 10) WHERE {WISH}")
    found = difference(capsys, folder)
    t = T0 + 50_000
    assert (found["point"], found["was"], found["now"]) == (CAR, 9.0, 10.0)
    assert t - 1_500 <= found["from"] <= t + 500 and found["to"] - found["from"] <= 1_300
    line = replay(capsys, folder)[1]
    assert line.endswith(f", after {json.loads(replay(capsys, folder, '--json')[1])['steps']} steps: "
                         f"{CAR} was 9.0, now 10.0")  # fmt: skip


def test_a_wish_that_is_lost_is_named(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    change(folder, f"UPDATE input SET json = json_remove(json, '$.requests') WHERE {WISH}")
    found = difference(capsys, folder)
    assert (found["point"], found["was"], found["now"]) == (CAR, 9.0, 8.0)


WRITE = f"kind = 'write' AND point = '{CAR}' AND value = '9.0'"


def test_without_the_write_the_columns_tell(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    change(
        folder,
        f"UPDATE input SET json = json_set(json, '$.requests[0].value', 10) WHERE {WISH}",
        f"DELETE FROM journal WHERE {WRITE}",
    )
    found = difference(capsys, folder)
    assert (found["point"], found["was"], found["now"]) == (CAR, 9.0, 10.0)
    assert abs(found["from"] - T0 - 50_000) <= 2_000


def test_a_wish_that_nobody_had_is_named_by_what_the_device_went_on_to_show(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    wish = f"SELECT json_set(json, '$.requests[0].value', 10, '$.second', {T0 + 99_000}) FROM input WHERE {WISH}"
    values = f"json_remove(({wish}), '$.values')"
    after = f"(SELECT min(id) FROM input WHERE t > {T0 + 100_000})"
    change(
        folder,
        f"UPDATE input SET id = id + 1000 WHERE id >= {after}",
        f"INSERT INTO input SELECT {after} - 1, {T0 + 100_200}, 'step', {values}",
    )
    found = difference(capsys, folder)
    assert (found["point"], found["was"], found["now"]) == (CAR, 9.0, 10.0)
    assert abs(found["from"] - T0 - 100_000) <= 1_500


def test_what_nothing_but_the_digest_tells_is_said_as_it_is(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    change(
        folder,
        "UPDATE input SET json = json_set(json, '$.digest', 1) WHERE kind = 'digest' "
        "AND id = (SELECT max(id) FROM input WHERE kind = 'digest')",
    )
    code, line = replay(capsys, folder)
    assert code == 1 and line.endswith("other decisions than those that were kept")
