"""What must never happen, in the demo house: each source killed in turn, all started at once, car and battery."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.house.demo_kit import Demo, demo, eventually

FUSE_A = 35.0
CORRECTED_WITHIN_S = 5.0
"""The fuse of the demo house, and how long it may be exceeded when loads that the hub does not drive come up."""
SAFE_WITHIN_S = 10.0
# simulated device -> what the hub must decide once it is silent
SAFE = {
    # a car may charge fast that is not seen: the battery does not feed it. First, as cars then rest for a minute
    "heidelberg": {"battery.power_setpoint": 0.0},
    "keba": {"battery.power_setpoint": 0.0},
    "inverter": {"battery.power_setpoint": 0.0},
    "grid": {"wallbox.current_limit": 0.0, "wallbox2.current_limit": 0.0, "battery.power_setpoint": 0.0},
}
BYSTANDERS = {
    "heatpump_meter": "heatpump_meter.power",
    "heatpump": "heatpump.sg_ready",
    "p1": "p1.power",
    "plug_tv": "plug_tv.on",
    "plug_washer": "plug_washer.on",
    "light_kitchen": "light_kitchen.on",
    "living": "living.target_temperature",
}
"""Nothing that the hub drives hangs on them. (The lamp in the hall is looked at elsewhere: it tells on its own.)"""


Figures = Callable[[str, object], None]


@pytest.fixture(scope="module")
def house() -> Iterator[Demo]:
    with demo() as d:
        known = ("wallbox.current_limit", "battery.soc", "grid.power", "heatpump.sg_ready")
        d.world(ev_present={"keba": True, "heidelberg": True})
        eventually(lambda: all(d.point(p)["v"] is not None for p in known), 20, "every device read")
        yield d


def decided(d: Demo) -> dict[str, object]:
    return {c["point"]: c["value"] for c in d.api("GET", "/decisions")["decisions"]}


@pytest.mark.parametrize("source", SAFE)
def test_a_source_that_is_killed_leads_to_the_safe_state(house: Demo, source: str, record_property: Figures) -> None:
    house.world(load_w=1_000, irradiance=0)  # what the battery serves
    for wallbox in ("wallbox", "wallbox2"):
        house.command(f"{wallbox}.mode", "fast")
    own = {"keba": "wallbox", "heidelberg": "wallbox2"}.get(source, "wallbox")
    eventually(lambda: decided(house)[f"{own}.current_limit"] == 16, 90, "the car may charge fast")
    eventually(lambda: decided(house)["battery.power_setpoint"] > 500, 60, "the battery serves the house alone")
    with house.fault(source, "silent"):
        safe, killed = SAFE[source], time.monotonic()
        eventually(lambda: {p: decided(house)[p] for p in safe} == safe, SAFE_WITHIN_S, f"safe without {source}")
        record_property("safe_after_s", time.monotonic() - killed)
        if source == "grid":
            eventually(lambda: house.truth("keba")["current_limit"] == 0, 3, "the car has been told")
    back = ("battery.power", "wallbox.power", "wallbox2.power", "grid.power")
    eventually(lambda: all(house.point(p)["v"] is not None for p in back), 25, f"{source} is back")


def test_no_other_source_that_is_killed_moves_what_does_not_hang_on_it(house: Demo) -> None:
    """One after the other, until none of them is left."""
    house.world(load_w=1_000, irradiance=0)
    house.command("battery.mode", "charge")
    house.command("wallbox.mode", "fast")
    house.command("wallbox2.mode", "off")
    settled = {"wallbox.current_limit": 16.0, "battery.power_setpoint": -5000.0}  # once the second car has let go
    eventually(lambda: settled.items() <= decided(house).items(), 60, "car and battery charge with all they can")
    before = decided(house)
    for source, point in BYSTANDERS.items():
        house.set_fault(source, "silent")
        eventually(lambda: house.point(point)["v"] is None, SAFE_WITHIN_S, f"{source} is stale")  # noqa: B023
        now = decided(house)
        assert {p: v for p, v in now.items() if p != "heatpump.sg_ready"} == {
            p: v for p, v in before.items() if p != "heatpump.sg_ready"
        }, source
    for source in BYSTANDERS:
        house.set_fault(source, "none")
    house.command("battery.mode", "auto")
    eventually(lambda: all(house.point(p)["v"] is not None for p in BYSTANDERS.values()), 25, "all are back")


def test_car_heat_pump_and_oven_together_exceed_the_fuse_for_a_moment_only(
    house: Demo, record_property: Figures
) -> None:
    house.world(load_w=1_000, irradiance=0)
    for point, value in (("wallbox.mode", "fast"), ("wallbox2.mode", "fast"), ("heatpump.mode", "boost")):
        house.command(point, value)
    eventually(lambda: (house.point("wallbox.current_limit")["v"] or 0) >= 13, 60, "the car charges fast")
    house.world(load_w=16_000)
    began, over = time.monotonic(), 0.0
    while time.monotonic() - began < 12:
        worst = max(abs(a) for a in house.truth("grid")["current_l"])
        over = max(over, time.monotonic() - began) if worst > FUSE_A + 0.5 else over
        time.sleep(0.1)
    house.world(load_w=1_000)
    record_property("over_the_fuse_s", over)
    assert over <= CORRECTED_WITHIN_S, f"above {FUSE_A} A after {over:.1f} s"


def test_a_battery_does_not_feed_a_car_that_charges_fast(house: Demo) -> None:
    house.world(load_w=1_000, irradiance=0)
    house.command("wallbox.mode", "fast")
    eventually(lambda: (house.point("wallbox.power")["v"] or 0) > 6_000, 60, "the car draws")

    def fair() -> bool:
        points = {p: s["v"] for p, s in house.points().items()}
        cars = points["wallbox.power"] + (points["wallbox2.power"] or 0)
        return bool(abs(points["battery.power"] - (points["house.consumption"] - cars)) < 600)

    eventually(fair, 15, "the battery serves the house alone")
    (held,) = house.api("GET", "/decisions?point=battery.power_setpoint")["decisions"]
    assert held["reason"]["code"] == "spares_battery"


def test_a_hub_that_only_watches_writes_nothing_and_scores_another_document_beside(tmp_path: Path) -> None:
    beside = tmp_path / "next.toml"
    with demo("--data", str(tmp_path / "first")) as d:
        eventually(lambda: d.point("wallbox.current_limit")["v"] is not None, 20, "the house is up")
    text = (tmp_path / "first" / "config.toml").read_text(encoding="utf-8")
    beside.write_text(text.replace('{ mode = "solar" }', '{ mode = "fast" }'), encoding="utf-8")
    with demo("--read-only", "--observe", str(beside)) as d:
        eventually(lambda: d.point("wallbox.current_limit")["v"] is not None, 20, "the house is up")
        refused = d.command("wallbox.current_limit", 10)
        assert (refused["state"], refused["reason"]["code"]) == ("refused", "only_watching")

        def differs() -> bool:
            score = d.api("GET", "/observed")
            line = score["points"].get("wallbox.current_limit", {"differs_s": 0})
            return bool(line["differs_s"] >= 5 and line["shadow"] > 0 == (line["live"] or 0))

        eventually(differs, 40, "the other document would charge, the live one does not")
        assert d.api("GET", "/observed")["extra_wh"] > 0
        assert {name: t["writes"] for name, t in d.truths().items() if t["writes"]} == {}
