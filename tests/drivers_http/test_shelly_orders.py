"""Shelly: what each generation is asked, and what is written to it."""

from __future__ import annotations

import orjson
import pytest

from drivers.http.shelly import Shelly, make
from drivers.json.options import Options
from hub.errors import Refused
from hub.model import Role, Value
from tests.drivers_http.peer import spec


def shelly(info: object, *answers: object) -> Shelly:
    """One that has heard who it is and its status."""
    kind = make(Options(spec("tv", Role.PLUG)))
    kind.read("shelly", orjson.dumps(info))
    for answer in answers:
        kind.read("status", orjson.dumps(answer))
    return kind


GEN1, GEN2 = {"type": "SHPLG-S", "mac": "AA", "auth": False}, {"gen": 2, "model": "SNSW-001P16EU", "mac": "AA"}


def test_who_it_is_decides_what_is_asked() -> None:
    assert [ask.path for ask in make(Options(spec("tv", Role.PLUG))).asks()] == ["/shelly"]
    assert [ask.path for ask in shelly(GEN1).asks()] == ["/status", "/settings", "/shelly"]
    assert [ask.path for ask in shelly(GEN2).asks()] == ["/rpc/Shelly.GetStatus", "/shelly"]
    unknown = make(Options(spec("tv", Role.PLUG)))
    assert unknown.read("shelly", b'{"name": "x"}').problems and len(unknown.asks()) == 1


WRITES: list[tuple[object, object, str, str, Value, str]] = [
    (GEN1, {}, "plug", "on", True, "GET /relay/0?turn=on "),
    (GEN1, {}, "plug_2", "on", 0, "GET /relay/1?turn=off "),
    (GEN1, {}, "light", "on", "on", "GET /light/0?turn=on "),
    (GEN1, {}, "light", "brightness", 49.6, "GET /light/0?brightness=50 "),
    (GEN1, {}, "thermostat", "target_temperature", 20.5, "GET /thermostat/0?target_t=20.5 "),
    (GEN1, {"thermostats": [{"target_t": {"units": "F"}}]}, "thermostat", "target_temperature", 21.5,
     "GET /thermostat/0?target_t=70.7 "),
    (GEN1, {"thermostats": [{"target_t": {"units": "C"}}, {"target_t": {"units": "F"}}]}, "thermostat",
     "target_temperature", 20, "GET /thermostat/0?target_t=20 "),
    (GEN2, {"switch:1": {"output": True}}, "plug_2", "on", False,
     'POST /rpc {"id":1,"src":"shems","method":"Switch.Set","params":{"id":1,"on":false}}'),
    (GEN2, {"rgb:0": {"output": True}}, "light", "brightness", 30,
     'POST /rpc {"id":1,"src":"shems","method":"RGB.Set","params":{"id":0,"brightness":30}}'),
    (GEN2, {"blutrv:200": {"current_C": 20}}, "thermostat", "target_temperature", 21,
     'POST /rpc {"id":1,"src":"shems","method":"BluTrv.Call","params":{"id":200,"method":"Trv.SetTarget",'
     '"params":{"id":0,"target_C":21.0}}}'),
    (GEN2, {"thermostat:0": {"current_C": 20}}, "thermostat", "target_temperature", 21,
     'POST /rpc {"id":1,"src":"shems","method":"Thermostat.SetConfig","params":{"id":0,"config":'
     '{"id":0,"target_C":21.0}}}'),
]  # fmt: skip


@pytest.mark.parametrize(("info", "status", "place", "quantity", "value", "sent"), WRITES)
def test_what_is_sent(info: object, status: object, place: str, quantity: str, value: Value, sent: str) -> None:
    ask = shelly(info, status).write(place, quantity, value)
    assert f"{ask.method} {ask.path} {ask.body.decode()}" == sent


def test_what_cannot_be_set_is_refused() -> None:
    plug = shelly(GEN2, {"switch:0": {"output": True}})
    for place, quantity, value in (("plug", "power", 5), ("plug_2", "on", True), ("plug", "on", "maybe"),
                                   ("plug", "brightness", 5), ("plug", "target_temperature", 20)):  # fmt: skip
        with pytest.raises(Refused):
            plug.write(place, quantity, value)
    with pytest.raises(Refused):
        shelly(GEN1).write("grid", "on", True)
    with pytest.raises(Refused, match="outside of 5 to 30"):
        shelly(GEN1).write("thermostat", "target_temperature", 80)
    with pytest.raises(Refused, match=r"error -103: locked"):
        plug.taken(plug.write("plug", "on", True), b'{"id":1,"error":{"code":-103,"message":"locked"}}')
