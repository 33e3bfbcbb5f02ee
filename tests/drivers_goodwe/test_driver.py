"""The GoodWe driver against a UDP peer that answers with captured blocks: values, loss, return, and what is written."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest

from drivers.goodwe import control as control_module
from drivers.goodwe import link as link_module
from drivers.goodwe.driver import build
from hub.errors import ConfigError, NoAnswer, Refused
from hub.model import Command, Device, DeviceSpec, Measurement, Reason, Role, Source, SystemClock, Value, Wear

VECTORS = Path(__file__).parents[3] / "shared" / "vectors" / "goodwe-frames"
pytestmark = pytest.mark.skipif(not VECTORS.is_dir(), reason="the captures are not beside the checkout")

BLOCKS = {
    (35000, 33): "et_GW10K-ET_device_info_fw1023",
    (35100, 125): "et_GW10K-ET_running_data",
    (37000, 24): "et_GW10K-ET_battery_info",
}


def crc(data: bytes) -> bytes:
    """Modbus CRC, written here anew: bit by bit as in the Modbus specification's appendix."""
    value = 0xFFFF
    for byte in data:
        value ^= byte
        for _ in range(8):
            low = value & 1
            value >>= 1
            if low:
                value ^= 0xA001
    return value.to_bytes(2, "little")


class Inverter(asyncio.DatagramProtocol):
    """Answers reads with captures, keeps what is written to 47509..47512, and refuses all else, or is mute to it."""

    mute = False
    meter: int | None = None
    """whether it hears its meter (1) or not (0); it has no block of one when None"""

    def __init__(self) -> None:
        self.settings = {47509: 0, 47510: 0, 47511: 1, 47512: 0}
        self.written: list[tuple[int, int]] = []
        self.silent = False
        self.deaf_for = 0
        self.transport: Any = None

    def connection_made(self, transport: Any) -> None:
        self.transport = transport

    def datagram_received(self, data: bytes, addr: Any) -> None:
        if self.silent:
            return
        if self.deaf_for:
            self.deaf_for -= 1
            return
        assert data[-2:] == crc(data[:-2])
        first, count = int.from_bytes(data[2:4], "big"), int.from_bytes(data[4:6], "big")
        answer = self._answer(data[1], first, count)
        if answer[3] < 0x80 or not self.mute:
            self.transport.sendto(answer, addr)

    def _answer(self, function: int, first: int, value: int) -> bytes:
        if function == 6:
            self.written.append((first, value))
            self.settings[first] = value
            return self._framed(bytes([0xF7, 6]) + first.to_bytes(2, "big") + value.to_bytes(2, "big"))
        if (first, value) in BLOCKS:
            return bytes.fromhex((VECTORS / f"{BLOCKS[first, value]}.hex").read_text())
        if first == 36000 and self.meter is not None:
            body = bytes(2 * 4) + self.meter.to_bytes(2, "big") + bytes(2 * (value - 5))
            return self._framed(bytes([0xF7, 3, len(body)]) + body)
        if first == 47509:
            body = b"".join(self.settings[first + n].to_bytes(2, "big") for n in range(value))
            return self._framed(bytes([0xF7, 3, len(body)]) + body)
        return self._framed(bytes([0xF7, 0x83, 2]))

    @staticmethod
    def _framed(body: bytes) -> bytes:
        return b"\xaa\x55" + body + crc(body)


class Notes:
    def __init__(self) -> None:
        self.values: dict[str, Value | None] = {}
        self.devices: dict[str, Device] = {}
        self.lost_: list[tuple[str, str]] = []
        self.returns = 0

    def put(self, measurements: Any) -> None:
        for m in measurements:
            assert isinstance(m, Measurement)
            self.values[m.point] = m.value

    def seen(self, device: Device) -> None:
        self.devices[device.id] = device
        self.returns += 1

    def lost(self, device: str, reason: str) -> None:
        self.lost_.append((device, reason))

    async def until(self, true: Callable[[], bool]) -> None:
        async with asyncio.timeout(10):
            while not true():
                await asyncio.sleep(0.01)


def spec(name: str, role: Role, **options: object) -> DeviceSpec:
    return DeviceSpec(f"uid-{name}", name, role, "goodwe", "", options=options)


HYBRID = [spec("pv", Role.INVERTER, poll_s=0.2), spec("store", Role.BATTERY), spec("main", Role.GRID)]


def command(point: str, value: Value) -> Command:
    return Command(point, value, "r", Source.PERSON, Reason("test"))


def play(scene: Callable[[Any, Notes, Inverter], Awaitable[None]], monkeypatch: pytest.MonkeyPatch) -> Inverter:
    """Runs `scene(driver, notes, inverter)`; the wait for an answer is short, for the peer is on this machine."""
    monkeypatch.setattr(link_module.UdpLink.__init__, "__defaults__", (0.05,))

    async def main() -> Inverter:
        loop = asyncio.get_running_loop()
        transport, inverter = await loop.create_datagram_endpoint(Inverter, local_addr=("127.0.0.1", 0))
        port = transport.get_extra_info("sockname")[1]
        driver, notes = build(f"udp://127.0.0.1:{port}", HYBRID, SystemClock()), Notes()
        task = asyncio.create_task(driver.run(notes))
        try:
            await scene(driver, notes, inverter)
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)
            transport.close()
        return inverter

    return asyncio.run(main())


def test_three_devices_of_one_inverter(monkeypatch: pytest.MonkeyPatch) -> None:
    async def scene(driver: Any, notes: Notes, inverter: Inverter) -> None:
        await notes.until(lambda: "store.soc" in notes.values and "main.power" in notes.values)
        assert notes.values["pv.power"] == 831 and notes.values["pv.pv_power"] == 3456
        assert notes.values["store.power"] == -2512 and notes.values["store.soc"] == 68
        assert notes.values["main.power"] == 3
        assert (notes.devices["pv"].model, notes.devices["pv"].firmware) == ("GW10K-ET", "04029-10-S11")
        assert not notes.lost_

    play(scene, monkeypatch)


@pytest.mark.parametrize(("heard", "power"), [(0, None), (1, 0)])
def test_the_grid_power_of_a_meter_that_it_does_not_hear_is_not_told(
    heard: int, power: float | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Inverter, "meter", heard)

    async def scene(driver: Any, notes: Notes, inverter: Inverter) -> None:
        await notes.until(lambda: "store.soc" in notes.values and "main.frequency" in notes.values)
        assert notes.values.get("main.power") == power and notes.values["pv.power"] == 831

    play(scene, monkeypatch)


def test_a_lost_datagram_is_asked_for_again(monkeypatch: pytest.MonkeyPatch) -> None:
    async def scene(driver: Any, notes: Notes, inverter: Inverter) -> None:
        await notes.until(lambda: "pv.power" in notes.values)
        inverter.deaf_for = 2
        notes.values.clear()
        await notes.until(lambda: "pv.power" in notes.values)
        assert not notes.lost_

    play(scene, monkeypatch)


def test_what_a_model_says_nothing_to_is_left_out_and_the_rest_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Inverter, "mute", True)

    async def scene(driver: Any, notes: Notes, inverter: Inverter) -> None:
        await notes.until(lambda: "store.soc" in notes.values and "main.power" in notes.values)
        notes.values.clear()
        await notes.until(lambda: "pv.power" in notes.values)
        assert not notes.lost_

    play(scene, monkeypatch)


def test_a_host_whose_name_cannot_be_is_lost_not_fatal() -> None:
    async def main() -> None:
        driver, notes = build("udp://inverter..local", HYBRID, SystemClock()), Notes()
        task = asyncio.create_task(driver.run(notes))
        try:
            await notes.until(lambda: len(notes.lost_) == 3)
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)
        assert "no name that a host can have" in notes.lost_[0][1]

    asyncio.run(main())


def test_lost_and_found_are_said_once(monkeypatch: pytest.MonkeyPatch) -> None:
    async def scene(driver: Any, notes: Notes, inverter: Inverter) -> None:
        await notes.until(lambda: len(notes.devices) == 3)
        inverter.silent = True
        await notes.until(lambda: len(notes.lost_) == 3)
        before = notes.returns
        await asyncio.sleep(0.3)
        assert len(notes.lost_) == 3
        inverter.silent = False
        await notes.until(lambda: notes.returns >= before + 3)

    play(scene, monkeypatch)


def test_battery_and_export_are_set_and_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    async def scene(driver: Any, notes: Notes, inverter: Inverter) -> None:
        await notes.until(lambda: "store.soc" in notes.values)
        limit = notes.devices["pv"].command("pv.export_limit")
        assert limit is not None and (limit.high, limit.wear, limit.writes_a_day) == (10_000, Wear.FLASH, 20)
        await driver.apply(command("store.power_setpoint", -2000))
        assert inverter.written == [(47512, 2000), (47511, 11)] and notes.values["store.power_setpoint"] == -2000
        await driver.apply(command("store.power_setpoint", 1500.0))
        assert inverter.settings[47511] == 12 and notes.values["store.power_setpoint"] == 1500
        count = len(inverter.written)
        await driver.apply(command("store.power_setpoint", 1500))
        assert len(inverter.written) == count, "what it shows already is renewed without a write"
        await driver.apply(command("store.power_setpoint", 0))
        assert inverter.settings[47511] == 8 and notes.values["store.power_setpoint"] == 0
        await driver.apply(command("pv.export_limit", 4000))
        assert (inverter.settings[47509], inverter.settings[47510]) == (1, 4000)
        assert notes.values["pv.export_limit"] == 4000
        with pytest.raises(Refused):
            await driver.apply(command("main.power", 1))

    inverter = play(scene, monkeypatch)
    assert inverter.settings[47511] == 1, "at its end the hub gives the battery back"


def test_a_set_point_that_nobody_renews_is_given_back(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(control_module, "_HEARTBEAT_S", 0.3)

    async def scene(driver: Any, notes: Notes, inverter: Inverter) -> None:
        await notes.until(lambda: "store.soc" in notes.values)
        await driver.apply(command("store.power_setpoint", -2000))
        assert inverter.settings[47511] == 11
        await notes.until(lambda: inverter.settings[47511] == 1)

    play(scene, monkeypatch)


def test_a_write_without_an_answer_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    async def scene(driver: Any, notes: Notes, inverter: Inverter) -> None:
        await notes.until(lambda: "store.soc" in notes.values)
        inverter.silent = True
        with pytest.raises(NoAnswer):
            await driver.apply(command("store.power_setpoint", -2000))
        inverter.silent = False

    play(scene, monkeypatch)


@pytest.mark.parametrize(
    ("link", "devices", "says"),
    [
        ("tcp://x", HYBRID, "udp://"),
        ("udp://x:99999", HYBRID, "udp://"),
        ("udp://x", [spec("pv", Role.CHARGER)], "role"),
        ("udp://x", [spec("pv", Role.INVERTER, family="xs")], "family"),
        ("udp://x", [spec("pv", Role.INVERTER, famly="et")], "family"),
        ("udp://x", [spec("pv", Role.INVERTER, family="dt"), spec("b", Role.GRID, family="et")], "same inverter"),
    ],
)
def test_what_cannot_be_is_an_error_that_helps(link: str, devices: list[DeviceSpec], says: str) -> None:
    with pytest.raises(ConfigError, match=says):
        build(link, devices, SystemClock())
