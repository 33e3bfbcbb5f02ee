"""Devices that somebody has asked for: off by default, part of the one world, their own words on the wire."""

import asyncio
import json
import os
import socket
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from firmware_sim import added
from firmware_sim.device import View
from firmware_sim.devices.goodwe import AUTO, CHARGE, CONSERVE, DISCHARGE, EMS_MODE, EMS_POWER, GoodWe
from firmware_sim.modbus.pdu import ILLEGAL_VALUE, checksum
from firmware_sim.physics.world import Setup, World
from firmware_sim.runner import Runner

from .conftest import PACKAGE, Sim, end, eventually, start

VECTORS = Path(__file__).parents[3] / "shared" / "vectors"
START = 1_750_000_000_000
PASSWORD = "house-secret"


@pytest.fixture(scope="module")
def full(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sim]:
    running = start(tmp_path_factory.mktemp("full"), "--add", "all", "--http-password", PASSWORD)
    yield running
    end(running)


@pytest.fixture
def house(full: Sim) -> Iterator[Sim]:
    """With every fault taken back afterwards."""
    yield full
    for name in added.NAMES:
        full.fault(name, "none")


def get(house: Sim, device: str, path: str) -> Any:
    """Its answer as JSON; the status where it is none."""
    try:
        with urllib.request.urlopen(house.links[device] + path, timeout=2) as answer:
            return json.load(answer)
    except urllib.error.HTTPError as error:
        return error.code


def silent(house: Sim, device: str, path: str) -> bool:
    try:
        get(house, device, path)
    except TimeoutError:
        return True
    return False


# -- which there are ---------------------------------------------------------------------------------------------------


def test_a_house_has_none_of_them_by_itself(sim: Sim) -> None:
    assert not set(added.NAMES) & (set(sim.devices()) | set(sim.links))


def test_only_those_asked_for_are_there(tmp_path: Path) -> None:
    house = start(tmp_path, "--add", "goe,homewizard")
    assert set(added.NAMES) & set(house.devices()) == {"goe", "homewizard"} == set(added.NAMES) & set(house.links)
    end(house)


def test_a_name_that_is_none_is_said() -> None:
    run = subprocess.run(
        [sys.executable, "-m", "firmware_sim", "--add", "goe,toaster"],
        capture_output=True,
        text=True,
        timeout=10,
        env=os.environ | {"PYTHONPATH": str(PACKAGE)},
        check=False,
    )
    assert run.returncode == 2
    assert "--add does not know toaster" in run.stderr and "goodwe" in run.stderr


# -- one world ---------------------------------------------------------------------------------------------------------


def test_balance_is_exact_with_all_of_them_and_both_hybrids_bring_the_grid_to_zero() -> None:
    world = World(Setup(START, added=frozenset(added.NAMES)))
    world.overrides.irradiance, world.overrides.load_w = 300.0, 900.0
    for evse in (world.keba, world.heidelberg, *world.evses.values()):
        evse.enabled = False
    for _ in range(180):
        world.step()
        produced = world.inverter.ac_w + sum(unit.ac_w for unit in world.inverters.values())
        for grid, load in zip(world.grid.power, world.loads(), strict=True):
            assert grid + produced / 3 == pytest.approx(load, abs=1e-6)
    assert abs(sum(world.grid.power)) < 100


def test_what_is_added_draws_from_the_same_grid() -> None:
    plain, more = World(Setup(START)), World(Setup(START, added=frozenset({"goe", "shelly_plug"})))
    evse = more.evses["goe"]
    assert sum(more.loads()) == pytest.approx(sum(plain.loads()) + sum(evse.load) + more.small["shelly_plug"].power_w)
    for _ in range(5):
        plain.step()
        more.step()
    assert sum(evse.load) > 4000
    assert sum(more.loads()) > sum(plain.loads()) + 4000


# -- GoodWe ------------------------------------------------------------------------------------------------------------


def request(function: int, address: int, value: int) -> bytes:
    frame = bytes((247, function)) + address.to_bytes(2, "big") + value.to_bytes(2, "big")
    return frame + checksum(frame)


def hybrid() -> tuple[World, GoodWe]:
    world = World(Setup(START, added=frozenset({"goodwe"})))
    return world, GoodWe(View(world.snapshot()))


def answer(device: GoodWe, frame: bytes) -> bytes:
    """The datagram."""
    found = asyncio.run(device.answer(frame))
    assert found is not None
    return found


def test_its_frame_is_built_like_a_real_ones() -> None:
    """A real inverter's answer to the same request: length, header, order and checksum."""
    path = VECTORS / "goodwe-frames" / "et_GW10K-ET_device_info_fw617.hex"
    if not path.is_file():
        pytest.skip("the captures are not beside the checkout")
    real = bytes.fromhex(path.read_text())
    made = answer(hybrid()[1], request(3, 35000, 33))
    assert (len(made), made[:5]) == (len(real), real[:5])
    assert checksum(real[2:-2]) == real[-2:] and checksum(made[2:-2]) == made[-2:]
    assert made[27:37] == b"GW8K-ET   " and real[27:37] == b"GW10K-ET  "


@pytest.mark.parametrize(
    ("mode", "power", "battery_w"), [(CHARGE, 1500, -1500), (DISCHARGE, 2000, 2000), (CHARGE, 0, 0)]
)
def test_it_obeys_its_ems_mode_until_it_is_given_back(mode: int, power: int, battery_w: float) -> None:
    world, device = hybrid()
    runner = Runner(world, device._view, [device], 1.0)
    for register, value in ((EMS_POWER, power), (EMS_MODE, mode)):
        asked = request(6, register, value)
        assert answer(device, asked) == b"\xaa\x55" + asked
    runner.advance(1)
    assert world.inverters["goodwe"].battery_w == pytest.approx(battery_w)
    shown = answer(device, request(3, 35182, 2))
    assert int.from_bytes(shown[5:9], "big", signed=True) == battery_w
    answer(device, request(6, EMS_MODE, AUTO))
    runner.advance(1)
    assert not world.inverters["goodwe"].orders.remote


def test_conserving_charges_from_its_own_sun_only() -> None:
    world, device = hybrid()
    world.overrides.irradiance = 200.0
    runner = Runner(world, device._view, [device], 1.0)
    answer(device, request(6, EMS_MODE, CONSERVE))
    for _ in range(10):
        runner.advance(1)
    unit = world.inverters["goodwe"]
    assert unit.battery_w == pytest.approx(-sum(unit.pv_w), rel=0.01) and unit.battery_w < -1000


def test_what_it_does_not_know_is_refused_and_what_is_not_for_it_is_passed_over() -> None:
    _, device = hybrid()
    assert answer(device, request(6, EMS_MODE, 99))[2:5] == bytes((247, 0x86, ILLEGAL_VALUE))
    assert answer(device, request(3, 39000, 22))[3] == 0x83
    broken = request(3, 35000, 33)[:-1] + b"\0"
    for strange in (b"", broken, bytes.fromhex("aa55c07f0102000241"), b"\x7f" + request(3, 35000, 33)[1:]):
        assert asyncio.run(device.answer(strange)) is None


def test_its_faults_on_the_wire(house: Sim) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as wire:
        wire.connect(("127.0.0.1", house.port("goodwe")))
        wire.settimeout(2)

        def asked(frame: bytes = request(3, 35000, 33)) -> bytes:
            wire.send(frame)
            return wire.recv(1000)

        assert asked()[:3] == b"\xaa\x55\xf7"
        house.fault("goodwe", "garbage")
        made = asked()
        assert checksum(made[2:-2]) != made[-2:]
        house.fault("goodwe", "refuse")
        assert asked(request(6, EMS_MODE, CHARGE))[3] == 0x86
        house.fault("goodwe", "ignore")
        assert asked(request(6, EMS_MODE, CHARGE))[3] == 6
        assert house.devices()["goodwe"]["ems_mode"] == AUTO
        house.fault("goodwe", "silent")
        wire.settimeout(0.3)
        with pytest.raises(TimeoutError):
            asked()
        house.fault("goodwe", "drop")
        eventually(lambda: _refused(wire))
        house.fault("goodwe", "none")
        wire.settimeout(2)
        eventually(lambda: not _refused(wire))


def _refused(wire: socket.socket) -> bool:
    """Whether nobody listens any more."""
    try:
        wire.send(request(3, 35000, 33))
        return not wire.recv(1000)
    except ConnectionRefusedError:
        return True
    except TimeoutError:
        return False


# -- HTTP --------------------------------------------------------------------------------------------------------------

ASKED = {
    "shelly_plug": "/shelly",
    "shelly_3em": "/shelly",
    "shelly_relay": "/status",
    "goe": "/api/status?filter=car",
    "homewizard": "/api/v1/data",
    "fronius": "/solar_api/v1/GetPowerFlowRealtimeData.fcgi",
}


@pytest.mark.parametrize("device", ASKED)
def test_every_one_has_the_faults_that_all_devices_have(house: Sim, device: str) -> None:
    assert isinstance(get(house, device, ASKED[device]), dict)
    house.fault(device, "garbage")
    with pytest.raises(ValueError):
        get(house, device, ASKED[device])
    house.fault(device, "silent")
    assert silent(house, device, ASKED[device])
    house.fault(device, "drop")
    eventually(lambda: _closed(house, device))
    house.fault(device, "none")
    eventually(lambda: not _closed(house, device))
    assert isinstance(get(house, device, ASKED[device]), dict)


def _closed(house: Sim, device: str) -> bool:
    try:
        socket.create_connection(("127.0.0.1", house.port(device)), 2).close()
    except ConnectionRefusedError:
        return True
    return False


def test_goe_takes_what_it_may_and_says_why_not(house: Sim) -> None:
    answer = get(house, "goe", "/api/set?amp=9&frc=2&psm=1&car=2&fna=%22x%22")
    assert answer["amp"] is answer["frc"] is answer["psm"] is True
    assert isinstance(answer["car"], str) and isinstance(answer["fna"], str)
    assert isinstance(get(house, "goe", "/api/set?amp=40")["amp"], str)
    eventually(lambda: [round(a) for a in house.devices()["goe"]["current_l"]] == [9, 0, 0])
    told = get(house, "goe", "/api/status?filter=amp,psm,nrg,nothing")
    assert (told["amp"], told["psm"], set(told)) == (9, 1, {"amp", "psm", "nrg"})
    assert told["nrg"][11] == pytest.approx(house.devices()["goe"]["power"], abs=30)
    house.fault("goe", "refuse")
    assert isinstance(get(house, "goe", "/api/set?amp=12")["amp"], str)
    house.fault("goe", "ignore")
    assert get(house, "goe", "/api/set?amp=12")["amp"] is True
    assert house.devices()["goe"]["current_limit"] == 9


def test_a_first_generation_relay_switches_and_refuses_a_bad_turn(house: Sim) -> None:
    assert get(house, "shelly_relay", "/relay/0?turn=on")["ison"] is True
    eventually(lambda: get(house, "shelly_relay", "/meter/0")["power"] == 950)
    assert get(house, "shelly_relay", "/relay/0?turn=toggle")["ison"] is False
    assert get(house, "shelly_relay", "/relay/0?turn=maybe") == 400
    house.fault("shelly_relay", "refuse")
    assert get(house, "shelly_relay", "/relay/0?turn=on") == 400
    assert house.devices()["shelly_relay"]["on"] is False


def test_a_locked_shelly_opens_to_a_digest_of_another_maker_only(house: Sim) -> None:
    """aiohttp's own digest, over HTTP; who has none reads no more than what the device is."""

    async def read(password: str) -> tuple[int, Any]:
        login = aiohttp.DigestAuthMiddleware("admin", password)
        async with aiohttp.ClientSession(house.links["shelly_plug"], middlewares=(login,)) as client:
            async with client.get("/rpc/Switch.GetStatus?id=0") as answer:
                return answer.status, await answer.json() if answer.status == 200 else None

    status, told = asyncio.run(read(PASSWORD))
    assert status == 200 and told["output"] is True and told["apower"] == 160
    assert asyncio.run(read("wrong"))[0] == 401
    assert get(house, "shelly_plug", "/rpc/Switch.GetStatus?id=0") == 401
    assert get(house, "shelly_plug", "/shelly")["auth_en"] is True


def test_a_shelly_tells_of_a_change_over_its_socket(tmp_path: Path) -> None:
    """Of the plug's switch and power, to a client that has said who it is."""
    house = start(tmp_path, "--add", "shelly_plug")

    async def hear() -> list[Any]:
        async with aiohttp.ClientSession(house.links["shelly_plug"]) as client, asyncio.timeout(10):
            async with client.ws_connect("/rpc") as socket:
                await socket.send_json({"id": 1, "src": "me", "method": "Shelly.GetStatus"})
                first = await socket.receive_json()
                body = {"id": 2, "method": "Switch.Set", "params": {"id": 0, "on": False}}
                async with client.post("/rpc", json=body) as answer:
                    switched = await answer.json()
                told = await socket.receive_json()
                while "output" not in told["params"].get("switch:0", {}):
                    told = await socket.receive_json()
                return [first, switched, told]

    first, switched, told = asyncio.run(hear())
    end(house)
    assert (first["id"], first["dst"], first["result"]["switch:0"]["output"]) == (1, "me", True)
    assert switched["result"] == {"was_on": True}
    assert (told["method"], told["params"]["switch:0"]["output"]) == ("NotifyStatus", False)


@pytest.mark.parametrize(
    ("path", "status"), [("/rpc/Nothing.Known", 404), ("/rpc/Switch.Set?id=7&on=true", 500), ("/elsewhere", 404)]
)
def test_an_unlocked_shelly_explains_what_is_wrong(tmp_path: Path, path: str, status: int) -> None:
    house = start(tmp_path, "--add", "shelly_plug")
    assert get(house, "shelly_plug", path) == status
    end(house)
