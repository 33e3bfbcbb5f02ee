"""Meters that talk by themselves, and one that wants to be asked, end to end: SML, D0 and DLMS/COSEM.

The hub is a process; each meter is the one grid meter of the simulated house, seen over a pseudo terminal or TCP.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from typing import Any

import pytest
from firmware_sim.push.han import AUTH_KEY, KEY

from tests.house.demo_kit import Demo, eventually
from tests.house.hub_kit import document, hub, near, shown, silent, simulated
from tests.sim.conftest import Sim

SECRETS = f'key = "{KEY.hex()}"\nauth_key = "{AUTH_KEY.hex()}"'
DEVICES = (
    ("grid", "grid", "sml", "sml_serial", ""),
    ("net_sml", "meter", "sml", "sml_tcp", ""),
    ("asked", "meter", "d0", "d0_serial", "poll_s = 2"),
    ("pushed", "meter", "d0", "d0_push_tcp", 'mode = "listen"'),
    ("aidon", "meter", "dlms", "aidon_serial", ""),
    ("kaifa", "meter", "dlms", "kaifa_tcp", ""),
    ("kamstrup", "meter", "dlms", "kamstrup_serial", SECRETS),
)
"""id, role, driver, link, more"""
NAMES = ("sml", "d0", "d0_push", "aidon", "kaifa", "kamstrup")
SEEN_BY = {
    "sml": ("grid", "net_sml"),
    "d0": ("asked",),
    "d0_push": ("pushed",),
    "aidon": ("aidon",),
    "kaifa": ("kaifa",),
    "kamstrup": ("kamstrup",),
}
"""by simulated meter: the hub's devices"""
ROUNDED_WH = 6
"""how far the coarsest are off, which count in 10 Wh"""
SLOWEST_S = 40
"""three readings of the slowest, every ten seconds"""
AWAY = {"keba": False, "heidelberg": False}
HOUR_MS = 3_600_000
NOT_YET = {"v": None}
"""of a point that the next longer list brings"""


@pytest.fixture(scope="module")
def sim(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sim]:
    with simulated(
        tmp_path_factory.mktemp("sim"), "--add", ",".join(NAMES), load_w=3000, irradiance=0, soc=0, ev_present=AWAY
    ) as running:
        yield running


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory, sim: Sim) -> Iterator[Demo]:
    data = tmp_path_factory.mktemp("data")
    (data / "config.toml").write_text(document(sim, DEVICES))
    with hub(data, sim) as running:
        eventually(lambda: known(running, *NAMES), SLOWEST_S, "every meter is read")
        yield running


def powers(*meters: str) -> list[str]:
    return [f"{device}.power" for meter in meters for device in SEEN_BY[meter]]


def known(house: Demo, *meters: str) -> bool:
    return shown(house, powers(*meters))


def stale(house: Demo, *meters: str) -> bool:
    return silent(house, powers(*meters))


def all_true(house: Demo) -> bool:
    points, true = house.points(), house.truth("sml")
    return all(near(points[point]["v"], true["power"], 60) for point in powers(*NAMES))


# -- reading -----------------------------------------------------------------------------------------------------------


def test_every_meter_tells_the_power_that_is_drawn(house: Demo) -> None:
    eventually(lambda: house.truth("sml")["power"] > 1000, SLOWEST_S, "the house draws")
    eventually(lambda: all_true(house), SLOWEST_S, "all show what is drawn")
    assert house.point("grid.power")["v"] > 1000


def test_each_phase_is_its_own(house: Demo) -> None:
    def phases_true() -> bool:
        points, true = house.points(), house.truth("sml")
        told = [
            *((f"{device}.power_l{n}", true["power_l"][n - 1], 40) for device in ("grid", "pushed") for n in (1, 2, 3)),
            *(
                (f"{device}.{kind}_l{n}", true[f"{kind}_l"][n - 1], within)
                for device in ("grid", "asked", "aidon", "kaifa", "kamstrup")
                for kind, within in (("voltage", 3), ("current", 0.5))
                for n in (1, 2, 3)
            ),
        ]
        return all(near(points.get(point, NOT_YET)["v"], value, within) for point, value, within in told)

    eventually(phases_true, SLOWEST_S, "phases as they are")


def test_every_meter_tells_its_counters(house: Demo, sim: Sim) -> None:
    """The Norwegian lists have them once an hour, so the house's clock moves on to the next."""
    before = house.truth("sml")
    sim.world(clock=sim.world()["t"] + HOUR_MS)

    def counted() -> bool:
        """Since then, and not ahead of the house."""
        points, now = house.points(), house.truth("sml")
        return all(
            between(points.get(f"{device}.energy_{way}", NOT_YET)["v"], before[f"{way}_wh"], now[f"{way}_wh"])
            for device, *_ in DEVICES
            for way in ("import", "export")
        )

    eventually(counted, SLOWEST_S, "counters as they stand")


def between(told: Any, before: float, now: float) -> bool:
    return told is not None and before - ROUNDED_WH <= told <= now + ROUNDED_WH


def test_what_is_fed_in_is_negative(house: Demo, sim: Sim) -> None:
    sim.world(load_w=0, irradiance=900, soc=00)
    try:
        eventually(lambda: house.truth("sml")["power"] < -3000, 20, "the roof feeds in")
        eventually(lambda: all_true(house), SLOWEST_S, "all show what is fed in")
        assert house.point("grid.power")["v"] < -3000
    finally:
        sim.world(load_w=3000, irradiance=0, soc=0)
    eventually(lambda: all_true(house), SLOWEST_S, "and again what is drawn")


def test_the_meters_say_what_they_are(house: Demo) -> None:
    def about(device: str) -> tuple[Any, ...]:
        told = house.api("GET", f"/devices/{device}")
        return told["vendor"], told["model"], told["serial"]

    assert about("grid") == ("EMH", "", "1EMH0019088743")
    assert about("asked") == ("LGZ", "ZMF100AC.M27", "18438636")
    assert about("pushed") == ("ESY", "Q3DA1024 V3.04", "1ESY1160328160")
    assert about("aidon") == ("Aidon", "6525", "7359992898254567")
    assert about("kaifa") == ("Kaifa", "MA304H3E", "6970631402614476")
    assert about("kamstrup") == ("Kamstrup", "6841138BN245101090", "5706567000000000")


# -- faults ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("kind", "lost"), [("drop", NAMES), ("silent", NAMES[:4]), ("garbage", NAMES[:4])])
def test_a_meter_that_is_lost_is_stale_and_comes_back_by_itself(house: Demo, kind: str, lost: tuple[str, ...]) -> None:
    others = [meter for meter in NAMES if meter not in lost]
    with ExitStack() as faults:
        for meter in lost:
            faults.enter_context(house.fault(meter, kind))
        eventually(lambda: stale(house, *lost), SLOWEST_S, f"{lost} stale")
        eventually(lambda: known(house, *others), SLOWEST_S, "the others go on")
    eventually(lambda: known(house, *lost) and all_true(house), SLOWEST_S, f"{lost} back")


def test_a_slow_meter_is_still_read(house: Demo) -> None:
    with ExitStack() as faults:
        for meter in NAMES:
            faults.enter_context(house.fault(meter, "slow"))
        reads = {meter: house.truth(meter)["reads"] for meter in NAMES}
        eventually(lambda: all(house.truth(m)["reads"] > reads[m] + 1 for m in NAMES), SLOWEST_S, "they talk on")
        assert known(house, *NAMES)


def test_a_stuck_meter_tells_what_it_told(house: Demo, sim: Sim) -> None:
    with house.fault("sml", "stuck"):
        frozen = house.point("grid.power")["v"]
        sim.world(load_w=9000)
        eventually(lambda: house.point("asked.power")["v"] > frozen + 3000, SLOWEST_S, "another one sees it")
        assert near(house.point("grid.power")["v"], frozen, 100)
    sim.world(load_w=3000)
    eventually(lambda: all_true(house), SLOWEST_S, "all as it is")
