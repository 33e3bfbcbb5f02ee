"""A database that a real Home Assistant has made (make_home_assistant.py), and its older forms."""

from __future__ import annotations

import gzip
import json
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import numpy as np
import pytest

from hub.errors import UserError
from hub.store.foreign import Entry, HomeAssistant, suggested
from tests.store.foreign import make_home_assistant as story
from tests.store.foreign.kit import lasts, means, reader, rehearsed, site, taken, told, utc

MADE = Path(__file__).parent / "data" / "home-assistant_v2.db.gz"
ENTRIES = [
    Entry("sensor.grid_power", "grid.power"),
    Entry("sensor.grid_energy_import", "grid.energy_import"),
    Entry("sensor.living_temperature", "living.temperature"),
    Entry("switch.plug_tv", "plug_tv.on"),
    Entry("sensor.heatpump_status", "heatpump.status", values={"Heating": "heating", "Idle": "idle"}),
]
SPAN = "2024-03-19T22:00", "2024-03-21T07:00"


@pytest.fixture
def database(tmp_path: Path) -> Path:
    path = tmp_path / "home-assistant_v2.db"
    path.write_bytes(gzip.decompress(MADE.read_bytes()))
    return path


@pytest.fixture
def history(tmp_path: Path, database: Path) -> Iterator[Path]:
    path = tmp_path / "history.db"
    before = database.read_bytes()
    taken(HomeAssistant(database), path, ENTRIES)
    yield path
    assert database.read_bytes() == before and len(list(tmp_path.glob("home-assistant*"))) == 1


def rows(path: Path, sql: str) -> list[tuple[float, ...]]:
    with closing(sqlite3.connect(path)) as db:
        return db.execute(sql).fetchall()


def test_hours_are_those_that_home_assistant_tells(database: Path, history: Path) -> None:
    """Its own hourly statistics, from before its purge and from after it, beside what our seconds come to."""
    told = rows(database, "SELECT start_ts, mean, min, max FROM statistics WHERE metadata_id = 1 ORDER BY 1")
    ours = reader(history).query(["grid.power"], utc(SPAN[0]) * 1000, utc(SPAN[1]) * 1000, 3_600_000)["grid.power"]
    assert len(told) == 32
    for k, (start, mean, low, high) in enumerate(told):
        assert ours.t[k] == start * 1000
        if start not in (utc("2024-03-21T02:00"), utc("2024-03-21T04:00")):  # it holds values into gaps, we do not
            assert ours.mean[k] == pytest.approx(mean * 1000, abs=15)
        if start != utc("2024-03-21T00:00"):  # which is filled up with means
            assert (ours.min[k], ours.max[k]) == pytest.approx((low * 1000, high * 1000), abs=90)
    assert (np.abs(ours.mean[:26] - [m * 1000 for _, m, *_ in told[:26]]) <= 0.5).all()


def test_seconds_are_the_states_that_were_shown(history: Path) -> None:
    got = lasts(history, "grid.power", "2024-03-21T03:00:00", "2024-03-21T04:00:00")
    start = utc("2024-03-21T03:00")
    assert got == [round(story.power_kw(start + s // 30 * 30) * 1000) for s in range(3600)]


def test_unavailable_is_a_gap_and_so_is_a_stopped_home_assistant(history: Path) -> None:
    """The run before the stop is purged: its last state of all tells when it ended, half a minute too early."""
    day = utc("2024-03-21T00:00")
    got = lasts(history, "grid.power", "2024-03-21T01:00:00", "2024-03-21T07:00:00")
    missing = {k + 3600 for k, v in enumerate(got) if v is None}
    silent = set(range(story.SILENT.start - day, story.SILENT.stop - day))
    assert missing == silent | set(range(story.STOPPED - 29 - day, story.AGAIN - day))
    states = lasts(history, "plug_tv.on", "2024-03-21T04:10:01", "2024-03-21T04:30:00")
    assert set(states) == {None}


def test_on_the_day_of_the_first_state_means_fill_what_is_before_it(history: Path) -> None:
    got = lasts(history, "living.temperature", "2024-03-21T00:00:00", "2024-03-21T02:00:00")
    assert None not in got and len(set(got[:3600])) == 1
    assert got[-1] == round((story.temperature_f(utc("2024-03-21T01:55")) - 32) / 1.8, 1)
    assert means(history, "living.temperature", "2024-03-20T00:00", "2024-03-20T01:00", 900) == [None] * 4


def test_a_counter_that_was_swapped_counts_on(database: Path, history: Path) -> None:
    at = np.array([utc(SPAN[0]), utc(SPAN[1])])
    flow = reader(history).energy(["grid.energy_import"], at)["grid.energy_import"]
    report = rehearsed(HomeAssistant(database), history, ENTRIES)
    counter = report.points[1]
    assert counter.resets == 1 and counter.told_kwh == pytest.approx(28.718)
    assert counter.kwh == pytest.approx(counter.told_kwh, abs=0.09)
    assert flow.plus[0] / 1000 == pytest.approx(counter.kwh, abs=0.02)
    hours = np.arange(utc("2024-03-19T23:00"), utc("2024-03-21T06:00") + 1, 3600)
    sums = rows(database, "SELECT sum FROM statistics WHERE metadata_id = 2 ORDER BY start_ts")
    ours = reader(history).energy(["grid.energy_import"], hours)["grid.energy_import"].plus
    assert ours == pytest.approx(np.diff([s for (s,) in sums]) * 1000, abs=17)


def test_texts_are_choices_and_switches(history: Path) -> None:
    start = utc("2024-03-21T05:00")
    on = lasts(history, "plug_tv.on", "2024-03-21T05:00:00", "2024-03-21T06:00:00")
    status = lasts(history, "heatpump.status", "2024-03-21T05:00:00", "2024-03-21T06:00:00")
    assert on == [story.plug_on(start + s // 60 * 60) for s in range(3600)]
    assert status == ["heating" if story.heating(start + s // 60 * 60) else "idle" for s in range(3600)]


def test_a_text_that_is_no_choice_is_counted_and_missing(tmp_path: Path, database: Path) -> None:
    report = taken(HomeAssistant(database), tmp_path / "h.db", [Entry("sensor.heatpump_status", "plug_tv.on")])
    assert report.remarks.counts == {("sensor.heatpump_status", "states that cannot be"): 4}
    assert "is none of 0, 0.0, 1" in report.remarks.examples["sensor.heatpump_status", "states that cannot be"]


def test_a_sign_turns_low_and_high_round(tmp_path: Path, database: Path) -> None:
    path = tmp_path / "turned.db"
    taken(HomeAssistant(database), path, [Entry("sensor.grid_power", "battery.power", sign=-1)])
    one, two, three = rows(
        database, "SELECT mean, min, max FROM statistics WHERE metadata_id = 1 ORDER BY start_ts LIMIT 1"
    )[0]
    got = reader(path).query(["battery.power"], utc(SPAN[0]) * 1000, utc(SPAN[0]) * 1000 + 1, 3_600_000)[
        "battery.power"
    ]
    assert (got.mean[0], got.min[0], got.max[0]) == pytest.approx((-1000 * one, -1000 * three, -1000 * two), abs=0.6)


def test_a_power_is_not_an_energy(tmp_path: Path, database: Path) -> None:
    with pytest.raises(UserError, match=r"is an energy, and grid.power a power"):
        taken(HomeAssistant(database), tmp_path / "h.db", [Entry("sensor.grid_energy_import", "grid.power")])
    with pytest.raises(UserError, match=r"'°F' is no unit of grid.power; it takes mW, W, kW"):
        taken(HomeAssistant(database), tmp_path / "h.db", [Entry("sensor.living_temperature", "grid.power")])


def test_a_map_is_suggested(database: Path) -> None:
    got = [line.partition("   #")[0] for line in suggested(HomeAssistant(database).columns(), site())]
    assert got == [
        '"sensor.grid_energy_import" = "grid.energy_import"',
        '"sensor.grid_power" = "grid.power"',
        '"sensor.living_temperature" = "living.temperature"',
        '"switch.plug_tv" = "plug_tv.on"',
    ]


def test_the_tables_of_2022_tell_the_same(tmp_path: Path, database: Path, history: Path) -> None:
    """Entity ids in the states, times as text, as they were before 2023.2."""
    old = tmp_path / "old.db"
    with closing(sqlite3.connect(old)) as db:
        db.execute("ATTACH ? AS new", (str(database),))
        db.executescript(AS_IN_2022)
    source = HomeAssistant(old)
    assert [(c.name, c.unit) for c in source.columns()] == [(c.name, c.unit) for c in HomeAssistant(database).columns()]
    other = tmp_path / "other.db"
    assert told(taken(source, other, ENTRIES)) == told(
        rehearsed(HomeAssistant(database), tmp_path / "none.db", ENTRIES)
    )
    for point in ("grid.power", "heatpump.status", "grid.energy_import"):
        spans = "2024-03-21T00:00:00", "2024-03-21T07:00:00"
        assert lasts(other, point, *spans) == lasts(history, point, *spans)


AS_IN_2022 = """
CREATE TABLE states (state_id INTEGER PRIMARY KEY, entity_id TEXT, state TEXT, attributes TEXT, event_id INTEGER,
    last_changed DATETIME, last_updated DATETIME, old_state_id INTEGER, attributes_id INTEGER);
CREATE TABLE state_attributes AS SELECT * FROM new.state_attributes;
INSERT INTO states SELECT state_id, m.entity_id, state, NULL, NULL, NULL,
    strftime('%Y-%m-%d %H:%M:%f', last_updated_ts, 'unixepoch'), old_state_id, attributes_id
    FROM new.states JOIN new.states_meta m USING (metadata_id);
CREATE TABLE statistics_meta AS SELECT * FROM new.statistics_meta;
CREATE TABLE statistics AS SELECT id, datetime(created_ts, 'unixepoch') AS created,
    datetime(start_ts, 'unixepoch') AS start, mean, min, max, last_reset, state, sum, metadata_id FROM new.statistics;
CREATE TABLE statistics_short_term AS SELECT id, datetime(start_ts, 'unixepoch') AS start, mean, min, max, last_reset,
    state, sum, metadata_id FROM new.statistics_short_term;
CREATE TABLE recorder_runs AS SELECT * FROM new.recorder_runs;
"""


def test_the_tables_of_2021_tell_the_same_seconds(tmp_path: Path, database: Path, history: Path) -> None:
    """Attributes in the states, no statistics yet."""
    old, other = tmp_path / "old.db", tmp_path / "other.db"
    with closing(sqlite3.connect(old)) as db:
        db.execute("ATTACH ? AS new", (str(database),))
        db.executescript(AS_IN_2021)
    taken(HomeAssistant(old), other, ENTRIES)
    for point in ("grid.power", "living.temperature", "heatpump.status"):
        spans = "2024-03-21T02:00:00", "2024-03-21T07:00:00"
        assert lasts(other, point, *spans) == lasts(history, point, *spans)


AS_IN_2021 = """
CREATE TABLE states AS SELECT state_id, m.entity_id, state, shared_attrs AS attributes,
    strftime('%Y-%m-%d %H:%M:%f', last_updated_ts, 'unixepoch') AS last_updated FROM new.states
    JOIN new.states_meta m USING (metadata_id) JOIN new.state_attributes USING (attributes_id);
CREATE TABLE recorder_runs AS SELECT * FROM new.recorder_runs;
"""


SPOILT = """
INSERT INTO states (state, last_updated_ts, metadata_id) VALUES ('1', NULL, 1), ('2', 'soon', 1), ('3', -5, 1);
INSERT INTO states_meta (entity_id) VALUES (NULL);
INSERT INTO statistics_meta (statistic_id) VALUES (NULL);
INSERT INTO statistics (mean, min, max, start_ts, metadata_id) VALUES (1, 1, 1, NULL, 1), ('much', 1, 1, 100, 1);
INSERT INTO statistics (mean, min, max, start_ts, metadata_id) VALUES (1, 'little', 1, 200, 1);
INSERT INTO statistics (state, sum, start_ts, metadata_id) VALUES ('many', 'all', 100, 2), (5, 5, NULL, 2);
INSERT INTO recorder_runs (start, "end", closed_incorrect, created) VALUES ('once', 'never', 0, 'once');
"""


def test_rows_without_a_time_or_a_number_are_counted_and_left_out(tmp_path: Path, database: Path) -> None:
    whole = taken(HomeAssistant(database), tmp_path / "whole.db", ENTRIES)
    with closing(sqlite3.connect(database)) as db:
        db.executescript(SPOILT)
    report = taken(HomeAssistant(database), tmp_path / "h.db", ENTRIES)
    assert told(report)["points"] == told(whole)["points"]
    assert {k: n for k, n in report.remarks.counts.items() if k not in whole.remarks.counts} == {
        ("Home Assistant", "entities without a name left out"): 2,
        (ENTRIES[0].name, "states without a time left out"): 3,
        (ENTRIES[0].name, "statistics without a time or a number left out"): 3,
        (ENTRIES[1].name, "statistics without a time or a number left out"): 2,
    }
    suggested(HomeAssistant(database).columns(), site())


def test_a_database_that_was_moved_to_2023_by_half_tells_the_same(
    tmp_path: Path, database: Path, history: Path
) -> None:
    half, other = tmp_path / "half.db", tmp_path / "other.db"
    half.write_bytes(database.read_bytes())
    with closing(sqlite3.connect(half)) as db:
        db.executescript(MOVED_BY_HALF)
    assert told(taken(HomeAssistant(half), other, ENTRIES)) == told(
        rehearsed(HomeAssistant(database), tmp_path / "none.db", ENTRIES)
    )
    for point in ("grid.power", "heatpump.status", "grid.energy_import", "living.temperature"):
        spans = "2024-03-21T00:00:00", "2024-03-21T07:00:00"
        assert lasts(other, point, *spans) == lasts(history, point, *spans)


MOVED_BY_HALF = """
UPDATE states SET metadata_id = NULL,
    entity_id = (SELECT entity_id FROM states_meta m WHERE m.metadata_id = states.metadata_id)
    WHERE last_updated_ts < 1710995400 OR metadata_id = 3;
DELETE FROM states_meta WHERE metadata_id = 3;
"""


def test_without_runs_a_state_holds_for_an_hour(tmp_path: Path, database: Path) -> None:
    with closing(sqlite3.connect(database)) as db:
        db.executescript("DROP TABLE recorder_runs; DELETE FROM states WHERE last_updated_ts > 1710990060")
        db.execute("INSERT INTO states (state, last_updated_ts, metadata_id) VALUES ('1', 1711000000, 2)")
        db.commit()
    path = tmp_path / "h.db"
    taken(HomeAssistant(database), path, [Entry("sensor.grid_power", "grid.power")])
    got = lasts(path, "grid.power", "2024-03-21T03:00:00", "2024-03-21T05:00:00")
    assert got.index(None) == 30 + 3600 and got[-1] is None


def test_a_run_that_crashed_ends_with_its_last_state(tmp_path: Path, database: Path) -> None:
    with closing(sqlite3.connect(database)) as db:
        db.execute(
            "INSERT INTO recorder_runs SELECT 1, '2024-03-19 22:00:00', '2024-03-21 04:30:00', 1, '2024-03-19 22:00:00'"
        )
        db.commit()
    path = tmp_path / "h.db"
    taken(HomeAssistant(database), path, [Entry("sensor.living_temperature", "living.temperature")])
    got = lasts(path, "living.temperature", "2024-03-21T04:05:00", "2024-03-21T04:30:00")
    assert got.index(None) == 271 and set(got[271:]) == {None}


@pytest.mark.parametrize("content", [b"SQLite format 3\0" + b"\xff" * 5000, b""])
def test_what_is_no_database_of_home_assistant(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "x.db"
    path.write_bytes(content)
    if not content:
        with closing(sqlite3.connect(path)) as db:
            db.execute("CREATE TABLE t (x)")
    with pytest.raises(UserError, match=r"x.db: (cannot be read|is no database of Home Assistant)"):
        HomeAssistant(path)


def test_the_report_is_json(database: Path, tmp_path: Path) -> None:
    report = json.loads(json.dumps(rehearsed(HomeAssistant(database), tmp_path / "none.db", ENTRIES).told()))
    assert report["dry_run"] is True and report["points"][0]["kwh"] > 40 and report["left_out"] == []
