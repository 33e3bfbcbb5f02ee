"""Shellies over MQTT. What a device answers by HTTP it answers by RPC over MQTT: both codecs must agree."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from drivers.http import shelly as over_http
from drivers.mqtt.mixed import decode
from drivers.mqtt.shelly_gen1 import Gen1
from drivers.mqtt.shelly_gen2 import Gen2
from hub.errors import Refused
from tests.drivers_mqtt.kit import VECTORS, vectors


def _whole(path: Path) -> Any:
    found = json.loads(path.read_bytes())
    found = found.get("result", found) if isinstance(found, dict) else {}
    return found if isinstance(found, dict) and any(":" in key for key in found) else None


STATUS = [(path, found) for path in vectors("shelly") if (found := _whole(path))]


@pytest.mark.skipif(not STATUS, reason=f"no vectors at {VECTORS}")
def test_there_are_states_to_compare() -> None:
    assert len(STATUS) >= 5


@pytest.mark.parametrize(("path", "found"), STATUS, ids=lambda v: v.stem[:40] if isinstance(v, Path) else "")
def test_a_status_by_rpc_is_that_by_http(path: Path, found: Any) -> None:
    answer = {"id": 1, "src": "shellyx-a0a1a2a3a4a5", "dst": "x", "result": found}
    line = json.dumps({"topic": "shellies/shems-rpc/x/rpc", "payload": answer})
    (message,) = decode(line.encode()).messages
    (other,) = over_http.decode(json.dumps(found).encode()).messages
    assert dict(message.points) == dict(other.points)


def rpc(id_: int, **body: Any) -> bytes:
    return json.dumps({"id": id_, "src": "shellyplus1pm-a8032ab1c2d3", "dst": "x", **body}).encode()


def test_gen2_is_asked_told_and_set() -> None:
    plug = Gen2("shellies/kettle", "plug", 2, "plug", False)
    asked = json.loads(plug.ask()[0].payload)
    assert plug.ask()[0].topic == "shellies/kettle/rpc" and asked["method"] == "Shelly.GetStatus"
    assert f"{asked['src']}/rpc" in plug.topics()
    result = {"switch:0": {"id": 0, "output": False}, "switch:1": {"id": 1, "output": True, "apower": 12.5}}
    update = plug.read(f"{asked['src']}/rpc", rpc(1, result=result))
    assert update and update.answer and update.values == {"on": True, "power": 12.5}
    params = {"ts": 1.7e9, "switch:1": {"id": 1, "output": False, "aenergy": {"total": 55}}}
    update = plug.read("shellies/kettle/events/rpc", rpc(0, method="NotifyStatus", params=params))
    assert update and update.values == {"on": False, "energy": 55}
    update = plug.read("shellies/kettle/status/switch:1", b'{"id":1,"output":true,"voltage":231.5}')
    assert update and update.values == {"on": True, "voltage_l1": 231.5}
    for payload, alive in ((b"true", True), (b"false", False)):
        update = plug.read("shellies/kettle/online", payload)
        assert update and update.alive is alive
    assert plug.read("shellies/other/status/switch:1", b'{"output":true}') is None
    wish = json.loads(plug.write("on", True).payload)
    assert (wish["method"], wish["params"]) == ("Switch.Set", {"id": 1, "on": True})


def test_gen2_tells_who_it_is() -> None:
    plug = Gen2("p", "plug", 1, "plug", False)
    result = {"mac": "A8032AB1C2D3", "model": "SNSW-001P16EU", "gen": 2, "ver": "1.4.4"}
    update = plug.read("shellies/shems-rpc/p/rpc", rpc(1, result=result))
    assert update and update.facts == {
        "vendor": "Shelly",
        "model": "SNSW-001P16EU",
        "serial": "A8032AB1C2D3",
        "firmware": "1.4.4",
    }


def test_gen2_lights_have_methods_of_their_kind() -> None:
    light = Gen2("l", "light", 1, "light", False)
    light.read("shellies/shems-rpc/l/rpc", rpc(1, result={"rgbw:0": {"id": 0, "output": True, "brightness": 40}}))
    wish = json.loads(light.write("brightness", 30).payload)
    assert (wish["method"], wish["params"]) == ("RGBW.Set", {"id": 0, "on": True, "brightness": 30})
    with pytest.raises(Refused):
        light.write("power", 3)


VALVE = json.dumps(
    {
        "mac": "AA",
        "bat": {"value": 88},
        "thermostats": [{"pos": 30, "target_t": {"value": 21}, "tmp": {"value": 20.1, "is_valid": True}}],
    }
)
VALVE_F = json.dumps(
    {"thermostats": [{"pos": 30, "target_t": {"value": 70, "units": "F"}, "tmp": {"value": 68.3, "units": "F"}}]}
)


def gen1(id_: str, place: str, channel: int = 1, role: str = "", phases: bool | None = None) -> Gen1:
    return Gen1(id_, place, channel, role or place, phases, False)


@pytest.mark.parametrize(
    ("device", "topic", "payload", "values"),
    [
        (gen1("shelly1pm-A", "plug"), "relay/0", "on", {"on": True}),
        (gen1("shelly1pm-A", "plug"), "relay/0", "overpower", {"on": False}),
        (gen1("shelly1pm-A", "plug"), "relay/0/power", "45.30", {"power": 45.3}),
        (gen1("shelly1pm-A", "plug"), "relay/0/energy", "600", {"energy": 10}),
        (gen1("shellyswitch25-A", "plug", 2), "relay/1/power", "7", {"power": 7}),
        (gen1("shellyswitch25-A", "plug", 2), "relay/0/power", "7", {}),
        (gen1("shellyem-A", "grid", 2), "emeter/1/power", "-120.5", {"power": -120.5}),
        (gen1("shellyem-A", "grid"), "emeter/0/total_returned", "1500.2", {"energy_export": 1500.2}),
        (gen1("shellyem-A", "grid", role="inverter"), "emeter/0/power", "-400", {"power": 400}),
        (
            gen1("shellydimmer-A", "light"),
            "light/0/status",
            '{"ison":true,"mode":"white","brightness":40}',
            {"on": True, "brightness": 40},
        ),
        (
            gen1("shellyrgbw2-A", "light"),
            "color/0/status",
            '{"ison":false,"mode":"color","gain":10,"power":1.5}',
            {"on": False, "brightness": 10, "power": 1.5},
        ),
        (gen1("shellyht-A", "sensor"), "sensor/temperature", "21.5", {"temperature": 21.5}),
        (gen1("shellyht-A", "sensor"), "sensor/battery", "91", {"battery_level": 91}),
        (gen1("shellydw2-A", "sensor"), "sensor/state", "close", {"contact": True}),
        (
            gen1("shellytrv-A", "thermostat"),
            "info",
            VALVE,
            {"temperature": 20.1, "target_temperature": 21, "valve": 30, "battery_level": 88},
        ),
        (
            gen1("shellytrv-B", "thermostat"),
            "info",
            VALVE_F,
            {"temperature": 20.166667, "target_temperature": 21.111111, "valve": 30},
        ),
        (gen1("shelly1-A", "plug"), "relay/0/power", "1e9", {}),
    ],
)
def test_gen1_topics(device: Gen1, topic: str, payload: str, values: dict[str, Any]) -> None:
    update = device.read(f"{device.topics()[0][:-1]}{topic}", payload.encode())
    assert update and update.answer and update.values == pytest.approx(values) and update.readings


def test_gen1_phases_are_summed_with_the_last_of_them() -> None:
    device = gen1("shellyem3-A", "grid", phases=True)
    told = [device.read(f"shellies/shellyem3-A/emeter/{n}/power", p) for n, p in enumerate((b"100", b"-30.5", b"10"))]
    assert [u.values for u in told if u] == [{"power_l1": 100}, {"power_l2": -30.5}, {"power_l3": 10, "power": 79.5}]
    total = [device.read(f"shellies/shellyem3-A/emeter/{n}/total", b"1000") for n in range(3)]
    assert [u.values for u in total if u] == [{}, {}, {"energy_import": 3000}]


def test_gen1_commands() -> None:
    plug, light, valve = gen1("a", "plug", 2), gen1("b", "light"), gen1("c", "thermostat")
    assert (plug.write("on", True).topic, plug.write("on", True).payload) == ("shellies/a/relay/1/command", "on")
    assert plug.ask()[0] == type(plug.ask()[0])("shellies/a/command", "update")
    light.read("shellies/b/white/0/status", b'{"ison":true,"brightness":5}')
    dim = light.write("brightness", 30)
    assert (dim.topic, json.loads(dim.payload)) == ("shellies/b/white/0/set", {"turn": "on", "brightness": 30})
    warm = valve.write("target_temperature", 21.3)
    assert (warm.topic, warm.payload) == ("shellies/c/thermostat/0/command/target_t", "21.5")
    valve.read("shellies/c/info", VALVE_F.encode())
    assert valve.write("target_temperature", 21.3).payload == "70.7"
    valve.read("shellies/c/info", VALVE.encode())
    assert valve.write("target_temperature", 21.3).payload == "21.5"
    for device, name in ((plug, "brightness"), (gen1("d", "grid"), "power")):
        with pytest.raises(Refused):
            device.write(name, 1)
    assert plug.read("shellies/a/relay/1/command", b"on") is None
    online = plug.read("shellies/a/online", b"false")
    assert online and online.alive is False


def test_a_sensor_that_sleeps_is_not_gone() -> None:
    for sensor, topic in (
        (gen1("h", "sensor"), "shellies/h/online"),
        (Gen2("h", "sensor", 1, "sensor", False), "h/online"),
    ):
        update = sensor.read(topic, b"false")
        assert update and update.alive is None and sensor.sleepy
