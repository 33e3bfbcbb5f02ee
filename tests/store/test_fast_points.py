"""Points that are measured several times a second are kept so: seconds, minutes and days know their peaks."""

from __future__ import annotations

from pathlib import Path

import pytest

from hub import config
from hub.errors import ConfigError
from hub.live import Board
from hub.model import Device, Link, Measurement, Point, Role
from hub.store.ring import Ring, SeriesInfo
from tests.house_kit import ToldClock
from tests.store.house import T0, StillClock, plain


def board(clock: ToldClock) -> Board:
    points = tuple(Point.of("u1", "grid", q) for q in ("power", "voltage_l1", "energy_import"))
    made = Board(clock)
    made.expect(Device("u1", "grid", Role.GRID, Link("", ""), points=points))
    made.record("grid", 200)
    return made


class Described(dict[str, SeriesInfo]):
    def __missing__(self, point: str) -> SeriesInfo:
        of, _, part = point.partition("~")
        return SeriesInfo.of(Point.of("u1", *of.split(".")), part)


def test_every_fifth_of_a_second_comes_back(tmp_path: Path) -> None:
    clock = ToldClock(T0 * 1000)
    live, ring = board(clock), Ring.open(tmp_path / "history.db", StillClock())
    ring.start()
    for k in range(5 * 120):
        clock.ms = (T0 - 1) * 1000 + 200 * (k + 1)
        live.put([Measurement("grid.power", float(k), clock.ms), Measurement("grid.voltage_l1", 230.0, clock.ms)])
        if k % 5 == 4:
            ring.append(live.freeze(clock.ms)[0], Described())
    ring.close()
    reader, _ = Ring.look(tmp_path / "history.db", {"grid.power": "u1.power", "grid.voltage_l1": "u1.voltage_l1"}.get)
    span = T0 * 1000, (T0 + 120) * 1000
    fine = reader.query(["grid.power"], *span, 200)["grid.power"]
    assert plain(fine.last) == [float(k) for k in range(600)]
    assert fine.t.tolist() == [(T0 - 1) * 1000 + 200 * (k + 1) for k in range(600)]
    seconds = reader.query(["grid.power"], *span, 1000)["grid.power"]
    assert plain(seconds.last) == [5.0 * k + 4 for k in range(120)]
    assert plain(seconds.min) == [5.0 * k for k in range(120)] and seconds.count.tolist() == [5] * 120
    minutes = reader.query(["grid.power"], *span, 60_000)["grid.power"]
    assert (minutes.min[0], minutes.max[0], minutes.mean[0], minutes.last[0]) == (0, 299, 149.5, 299)
    assert plain(reader.query(["grid.voltage_l1"], *span, 200)["grid.voltage_l1"].last)[:6] == [None] * 4 + [
        230.0,
        None,
    ]


def test_a_part_in_which_nothing_was_measured_is_missing() -> None:
    clock = ToldClock(T0 * 1000)
    live = board(clock)
    for at, value in ((-700, 1.0), (-650, 2.0), (0, 3.0)):
        live.put([Measurement("grid.power", value, T0 * 1000 + at)])
    column, values = live.freeze(T0 * 1000)
    assert column.values == {"grid.power": 3, "grid.power~2/5": 2} and values == {"grid.power": 3}


def test_only_what_the_owner_asked_for_is_kept_so() -> None:
    text = '[devices.grid]\nrole = "grid"\ndriver = "modbus"\nlink = "tcp://10.0.0.2:502"\nrecord_ms = '
    assert config.parse(text + "250\n").devices[0].record_ms == 250
    with pytest.raises(ConfigError, match=r"devices\.grid\.record_ms: 300 ms is not 200"):
        config.parse(text + "300\n")
