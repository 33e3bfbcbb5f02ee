"""The main job: the demo house, its page's figures, its controls, and its devices pulled out one after another."""

from __future__ import annotations

import json
import signal
import subprocess
import time
from collections.abc import Iterable, Iterator
from pathlib import Path

import pytest

from hub.app import Ready
from hub.cli import demo_hub
from tests.house.demo_kit import Demo, demo, eventually

# point -> (simulated device, key of its true state, what its wire rounds to in base units)
SAME = {
    "grid.power": ("grid", "power", 1.0),
    "p1.power": ("p1", "power", 1.0),
    "pv_roof.power": ("inverter", "power", 1.0),
    "pv_roof.pv_power": ("inverter", "pv_power", 1.0),
    "battery.soc": ("inverter", "soc", 0.1),
    "wallbox.current_limit": ("keba", "current_limit", 0.01),
    "wallbox.power": ("keba", "power", 1.0),
    "wallbox2.power": ("heidelberg", "power", 1.0),
    "heatpump.sg_ready": ("heatpump", "sg_state", 0),
    "plug_tv.on": ("plug_tv", "on", 0),
    "plug_tv.power": ("plug_tv", "power", 1.0),
    "light_kitchen.on": ("light_kitchen", "on", 0),
    "living.temperature": ("living", "temperature", 0.06),
    "living.target_temperature": ("living", "setpoint", 0),
}

CONTROLS = [
    ("plug_tv.on", False, "plug_tv", "on", False),
    ("plug_tv.on", True, "plug_tv", "on", True),
    ("light_kitchen.on", True, "light_kitchen", "on", True),
    ("light_kitchen.brightness", 40, "light_kitchen", "brightness", 102),
    ("living.target_temperature", 22.5, "living", "setpoint", 22.5),
    ("heatpump.sg_ready", 3, "heatpump", "sg_state", 3),
    ("heatpump.sg_ready", 2, "heatpump", "sg_state", 2),
    ("wallbox.current_limit", 10, "keba", "current_limit", 10),
    ("wallbox2.current_limit", 8, "heidelberg", "current_limit", 8),
]

# simulated device -> points that hang on it
HANGS_ON = {
    "grid": ["grid.power"],
    "inverter": ["pv_roof.power", "battery.soc"],
    "keba": ["wallbox.power"],
    "heidelberg": ["wallbox2.power"],
    "heatpump": ["heatpump.sg_ready"],
    "p1": ["p1.power"],
    "plug_tv": ["plug_tv.power"],
    "light_kitchen": ["light_kitchen.on"],
    "living": ["living.temperature"],
}
MQTT_DEVICES = ("plug_tv", "light_kitchen", "living")


@pytest.fixture(scope="module")
def house() -> Iterator[Demo]:
    with demo() as d:
        eventually(lambda: all(d.points().get(p, {}).get("v") is not None for p in SAME), 20, "every device read")
        yield d


class Truths:
    """The true states lately: what a device said a poll ago is one of them."""

    def __init__(self, house: Demo, points: Iterable[str]) -> None:
        self._house = house
        self._seen: dict[str, list[float]] = {p: [] for p in points}

    def look(self) -> None:
        truths = self._house.truths()
        for point, seen in self._seen.items():
            device, key, _ = SAME[point]
            seen.append(truths[device][key])

    def have(self, point: str, value: float | None) -> bool:
        return value is not None and any(abs(value - true) <= SAME[point][2] for true in self._seen[point])


def test_the_ready_line_says_whose_day_the_house_lives(capsys: pytest.CaptureFixture[str]) -> None:
    demo_hub._say(False, Ready("http://here:1/", "owner", "word", "token"), "http://there:2")
    told = capsys.readouterr()
    assert told.out == "ready http://here:1/\nsign in as owner with the password word\n"
    assert "begun at 11:00" in told.err and "true time" in told.err
    demo_hub._say(True, Ready("http://here:1/", "owner", "word", "token"), "http://there:2")
    assert json.loads(capsys.readouterr().out)["sim"] == "http://there:2"


def test_points_equal_the_true_state_of_their_last_poll(house: Demo) -> None:
    truths = Truths(house, SAME)
    for _ in range(25):  # longer than the Modbus devices' and the serial meter's poll
        truths.look()
        time.sleep(0.1)
    shown = house.points()
    truths.look()
    assert {p: shown[p] for p in SAME if not truths.have(p, shown[p]["v"])} == {}


@pytest.mark.parametrize(("point", "value", "device", "key", "true"), CONTROLS)
def test_every_control_reaches_the_device(
    house: Demo, point: str, value: object, device: str, key: str, true: float
) -> None:
    answer = house.command(point, value)
    assert answer["state"] == "confirmed", answer
    assert abs(house.truth(device)[key] - true) < 1.0, (answer, house.truth(device))


def test_the_battery_obeys_its_mode(house: Demo) -> None:
    assert house.command("battery.mode", "charge")["state"] == "confirmed"
    eventually(lambda: house.truth("inverter")["battery_power"] < -1000, 5, "the battery charges")
    assert house.command("battery.mode", "hold")["state"] == "confirmed"
    eventually(lambda: abs(house.truth("inverter")["battery_power"]) < 60, 5, "the battery holds")
    house.command("battery.mode", "auto")


@pytest.mark.parametrize(
    ("device", "point", "value"),
    [
        ("keba", "wallbox.current_limit", 12),
        ("heatpump", "heatpump.sg_ready", 3),
        ("plug_tv", "plug_tv.on", False),
        ("light_hall", "light_hall.on", True),
        ("living", "living.target_temperature", 18.0),
    ],
)
@pytest.mark.parametrize(("kind", "state"), [("silent", "no_answer"), ("ignore", "refused")])
def test_what_the_device_does_not_show_is_never_confirmed(
    house: Demo, device: str, point: str, value: object, kind: str, state: str
) -> None:
    if house.point(point)["v"] == value:
        house.command(point, not value if isinstance(value, bool) else {12: 8, 3: 2, 18.0: 20.0}[value])  # type: ignore[index]
    with house.fault(device, kind):
        started = time.monotonic()
        answer = house.command(point, value)
        assert time.monotonic() - started < 1.2
        if answer["state"] == "pending":  # a valve on a battery may take its time; what became of it is told then
            eventually(lambda: house.api("GET", f"/commands/{answer['id']}")["state"] != "pending", 5, "an outcome")
            answer = house.api("GET", f"/commands/{answer['id']}")
        assert answer["state"] == state, answer
    eventually(lambda: house.point(point)["v"] is not None, 15, f"{point} is back")


@pytest.mark.parametrize(("device", "points"), HANGS_ON.items())
def test_a_device_pulled_out_turns_stale_and_comes_back(house: Demo, device: str, points: list[str]) -> None:
    with house.fault(device, "drop"):
        eventually(lambda: all(house.point(p)["v"] is None for p in points), 10, f"{points} stale")
        others = [p for d, ps in HANGS_ON.items() if d != device for p in ps]
        eventually(lambda: all(house.point(p)["v"] is not None for p in others), 3, "the others go on")
    eventually(lambda: all(house.point(p)["v"] is not None for p in points), 20, f"{points} back")


def test_mqtt_devices_that_fall_silent_turn_stale_within_ten_seconds(house: Demo) -> None:
    """Without a farewell on the broker: only their not answering tells."""
    points = [p for device in MQTT_DEVICES for p in HANGS_ON[device]]
    for device in MQTT_DEVICES:
        house.set_fault(device, "silent")
    eventually(lambda: all(house.point(p)["v"] is None for p in points), 10, f"{points} stale")
    assert house.point("light_hall.on")["v"] is not None
    for device in MQTT_DEVICES:
        house.set_fault(device, "none")
    eventually(lambda: all(house.point(p)["v"] is not None for p in points), 15, f"{points} back")


@pytest.mark.parametrize(("device", "points"), HANGS_ON.items())
def test_garbage_on_a_wire_is_never_a_value_and_harms_nobody_else(house: Demo, device: str, points: list[str]) -> None:
    before, truths = {p: house.point(p)["v"] for p in points}, Truths(house, points)
    truths.look()
    with house.fault(device, "garbage"):
        for _ in range(10):
            truths.look()
            shown = {p: r["v"] for p, r in house.points().items() if p in points}
            truths.look()
            wrong = [p for p, v in shown.items() if not (v is None or v == before[p] or truths.have(p, v))]
            assert not wrong, (wrong, shown, before)
            time.sleep(0.2)
        others = [p for d, ps in HANGS_ON.items() if d != device for p in ps]
        eventually(lambda: all(house.point(p)["v"] is not None for p in others), 8, "the others go on")
    eventually(lambda: all(house.point(p)["v"] is not None for p in points), 20, f"{points} back")


def test_without_a_grid_meter_battery_and_car_go_to_their_safe_values(house: Demo) -> None:
    house.command("wallbox.mode", "solar")
    with house.fault("grid", "silent"):
        eventually(lambda: house.point("grid.power")["v"] is None, 10, "the meter is stale")
        eventually(lambda: abs(house.truth("inverter")["battery_power"]) < 60, 10, "the battery holds")
        eventually(lambda: house.truth("keba")["current_limit"] == 0, 10, "the car waits")
    eventually(lambda: house.point("grid.power")["v"] is not None, 10, "the meter is back")


def test_every_write_is_explained(house: Demo) -> None:
    house.command("plug_washer.on", True)
    house.command("plug_washer.on", False)
    rows = house.api("GET", "/journal?point=plug_washer.on")["rows"]
    write = next(r for r in rows if r["kind"] == "write")
    assert write["reason"]["code"] == "person_asked"
    assert (write["state"], write["applied"], write["person"], write["source"]) == (
        "confirmed",
        False,
        "owner",
        "person",
    )


def test_the_past_is_kept(house: Demo) -> None:
    def kept() -> bool:
        last = house.api("GET", "/history?point=grid.power&step=10")["last"]
        return len([v for v in last if v is not None]) >= 2

    eventually(kept, 25, "two buckets of ten seconds")


def test_what_is_foreseen_is_measured_recorded_and_ruled_by_like_all_else(house: Demo) -> None:
    names = ["load_tomorrow", "load_until_sunrise", "pv_left_today", "pv_next_hour", "pv_tomorrow"]
    wanted = [*(f"forecast.{name}" for name in names), "tariff.cheaper_today", "tariff.price_lowest"]
    assert sorted(p for p in house.points() if p.startswith("forecast.")) == wanted[:5]
    eventually(lambda: all(house.point(p)["v"] is not None for p in wanted), 90, "the first forecast")
    assert house.point("forecast.pv_tomorrow")["v"] > 0 < house.point("forecast.load_tomorrow")["v"]
    assert house.point("tariff.price_lowest")["v"] == 21_000
    document = {
        "when": "tariff.cheaper_today < 24 h and forecast.pv_tomorrow > 0 Wh and known(forecast.load_until_sunrise)",
        "then": ["light_hall.on = on"],
    }
    assert house.api("PUT", "/rules/foreseen", {"document": document})["points"][1] == "forecast.pv_tomorrow"
    eventually(lambda: house.api("GET", "/rules")["rules"][0]["now"]["state"] == "active", 5, "the rule is in force")
    house.api("DELETE", "/rules/foreseen")

    def kept() -> bool:
        return house.api("GET", "/history?point=forecast.pv_tomorrow&step=10")["last"][-1] is not None

    eventually(kept, 15, "it is in the history")


def test_ctrl_c_ends_everything_within_five_seconds(tmp_path: Path) -> None:
    with demo("--data", str(tmp_path / "with space")) as d:
        started = time.monotonic()
        d.process.send_signal(signal.SIGINT)
        assert d.process.wait(5) == 0
        assert time.monotonic() - started < 5
        left = subprocess.run(["pgrep", "-g", str(d.process.pid)], capture_output=True, check=False)
        assert left.stdout == b""
        assert subprocess.run(["pgrep", "-f", str(tmp_path)], capture_output=True, check=False).stdout == b""
