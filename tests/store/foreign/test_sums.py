"""Home Assistant's own sum of a counter: read where its `state` is no counter, and compared with what would come in."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path

import numpy as np
import pytest

from hub.errors import UserError
from hub.store.foreign import Entry, HomeAssistant
from tests.store.foreign.kit import csv_of, reader, rehearsed, taken, told, utc, wished

START = utc("2024-03-01T00:00")
TABLES = """
CREATE TABLE statistics_meta (id INTEGER PRIMARY KEY, statistic_id TEXT, source TEXT, unit_of_measurement TEXT,
    has_mean BOOLEAN, has_sum BOOLEAN, name TEXT);
CREATE TABLE statistics (id INTEGER PRIMARY KEY, metadata_id INTEGER, start_ts FLOAT, mean FLOAT, min FLOAT, max FLOAT,
    last_reset_ts FLOAT, state FLOAT, sum FLOAT);
CREATE TABLE statistics_short_term AS SELECT * FROM statistics;
"""
USES = [0.4, 1.2, 0.9, 0.0, 0.0, 0.3, 2.5, 1.1, 1.1, 0.7] * 12
"""kWh of each hour"""
TIBBER = "tibber:energy_consumption_home"
SENSOR = "sensor.grid_energy"


def database(folder: Path, name: str, states: Sequence[float | None], sums: Sequence[float], fine: int = 0) -> Path:
    """Hours from START on; `fine`: of so many of the last ones the 5 minutes too, in which all comes in the last."""
    path = folder / "home-assistant_v2.db"
    with closing(sqlite3.connect(path)) as db:
        db.executescript(TABLES)
        db.execute("INSERT INTO statistics_meta VALUES (1, ?, 'x', 'kWh', 0, 1, NULL)", (name,))
        put = "(metadata_id, start_ts, state, sum) VALUES (1, ?, ?, ?)"
        for k, row in enumerate(zip(states, sums, strict=True)):
            db.execute(f"INSERT INTO statistics {put}", (START + 3600 * k, *row))
            if k >= len(sums) - fine:
                before = states[k - 1], sums[k - 1]
                for n in range(12):
                    cells = START + 3600 * k + 300 * n, *(row if n == 11 else before)
                    db.execute(f"INSERT INTO statistics_short_term {put}", cells)
        db.commit()
    return path


def counted(path: Path) -> list[float]:
    """Wh by the hour, from the second hour on."""
    at = START + 3600 * np.arange(1, len(USES) + 1)
    return list(reader(path).energy(["grid.energy_import"], at)["grid.energy_import"].plus)


def summed(uses: Sequence[float], first: float = 0.0) -> list[float]:
    return list(first + np.cumsum(uses))


WANTED = pytest.approx([1000 * use for use in USES[1:]], abs=2)


@pytest.mark.parametrize("name", [TIBBER, SENSOR])
@pytest.mark.parametrize("states", [USES, [None] * len(USES)])
@pytest.mark.parametrize("fine", [0, 30])
def test_the_use_of_an_hour_is_no_counter(tmp_path: Path, name: str, states: Sequence[float | None], fine: int) -> None:
    source = HomeAssistant(database(tmp_path, name, states, summed(USES, 4000), fine))
    report = taken(source, tmp_path / "history.db", [Entry(name, "grid.energy_import")])
    assert counted(tmp_path / "history.db") == WANTED
    assert report.points[0].kwh == report.points[0].told_kwh == pytest.approx(sum(USES[1:])) and not report.refused


def test_a_dip_that_home_assistant_took_for_no_reset_is_none(tmp_path: Path) -> None:
    """It lets a counter fall by a tenth; the newest reading stays what the counter shows."""
    sums = summed(USES)
    sums[51] = sums[50] - 0.4
    dipped = [90 + s for s in sums]
    source = HomeAssistant(database(tmp_path, SENSOR, dipped, sums))
    report = taken(source, tmp_path / "history.db", [Entry(SENSOR, "grid.energy_import")])
    assert report.points[0].kwh == report.points[0].told_kwh and report.points[0].resets == 0
    end = START + 3600 * len(USES)
    last = reader(tmp_path / "history.db").query(["grid.energy_import"], end * 1000 - 1000, end * 1000, None)
    assert last["grid.energy_import"].last[0] == pytest.approx(1000 * dipped[-1], abs=1)


def test_a_counter_that_was_reset_is_read_itself(tmp_path: Path) -> None:
    states = [*summed(USES[:70], 500), *summed(USES[70:])]
    source = HomeAssistant(database(tmp_path, SENSOR, states, summed(USES)))
    report = taken(source, tmp_path / "history.db", [Entry(SENSOR, "grid.energy_import")])
    assert counted(tmp_path / "history.db") == WANTED and report.points[0].resets == 1 and not report.refused


@pytest.fixture
def disagreeing(tmp_path: Path) -> HomeAssistant:
    """A counter showed 0 for a moment, and Home Assistant has counted all of it twice."""
    sums = summed(USES)
    sums[60:] = [s + 100 + sums[60] for s in sums[60:]]
    return HomeAssistant(database(tmp_path, SENSOR, summed(USES, 100), sums))


@pytest.mark.parametrize("run", [rehearsed, taken])
def test_what_is_not_what_the_file_tells_is_refused(tmp_path: Path, disagreeing: HomeAssistant, run: object) -> None:
    assert callable(run)
    report = run(disagreeing, tmp_path / "history.db", [Entry(SENSOR, "grid.energy_import")])
    lines = list(report.lines())
    assert report.new == 0 and len(report.refused) == 1
    assert (
        "    refused: 98.000 kWh would come in, but Home Assistant's own sum says 247.600 kWh for the same time; take "
        'one with read = "state" or read = "sum" beside the point in the map, or correct it in Home Assistant first'
    ) in lines
    assert "all of it was known" not in lines[-1]
    assert told(report)["points"][0]["refused"] is True  # type: ignore[index]
    assert json.dumps(report.told())


@pytest.mark.parametrize(("read", "kwh"), [("state", sum(USES[1:])), ("sum", sum(USES[1:]) + 149.6)])
def test_the_owner_decides_which_is_true(tmp_path: Path, disagreeing: HomeAssistant, read: str, kwh: float) -> None:
    report = taken(disagreeing, tmp_path / "history.db", [Entry(SENSOR, "grid.energy_import", read=read)])
    assert not report.refused and report.new == len(USES)
    assert report.points[0].kwh == pytest.approx(kwh)


def test_only_the_time_that_both_tell_of_is_compared(tmp_path: Path) -> None:
    """States that go back further than the statistics, which began when their sensor was given a class."""
    path = database(tmp_path, SENSOR, summed(USES, 300), summed(USES))
    with closing(sqlite3.connect(path)) as db:
        db.execute("CREATE TABLE states_meta (metadata_id INTEGER PRIMARY KEY, entity_id TEXT)")
        db.execute("INSERT INTO states_meta VALUES (1, ?)", (SENSOR,))
        db.execute("CREATE TABLE states (state TEXT, last_updated_ts FLOAT, metadata_id INT, attributes_id INT)")
        db.execute("CREATE TABLE state_attributes (attributes_id INTEGER, shared_attrs TEXT)")
        states = [(str(300 - (200 - k)), START - 3600 * (200 - k)) for k in range(200)]
        states += [(str(s), START + 3600 * k + 3599) for k, s in enumerate(summed(USES, 300))]
        db.executemany("INSERT INTO states VALUES (?, ?, 1, NULL)", states)
        db.commit()
    report = rehearsed(HomeAssistant(path), tmp_path / "history.db", [Entry(SENSOR, "grid.energy_import")])
    assert not report.refused and report.points[0].told_kwh == pytest.approx(sum(USES[1:]))
    assert report.points[0].kwh == pytest.approx(sum(USES) + 200)


def test_read_is_for_counters_that_home_assistant_sums(tmp_path: Path) -> None:
    source = csv_of(tmp_path, "time,x\n1769904000,1\n")
    with pytest.raises(UserError, match=r"map.toml: 'x': `read` is for what Home Assistant sums; leave it out"):
        wished(source, [Entry("x", "grid.energy_import", read="sum")])
