"""An owner's own description of a device: what it may say, and what is told of a file that cannot be used."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from drivers.json.in_force import InForce, Own
from drivers.json.options import Options
from drivers.mqtt.driver import build, prepare
from drivers.mqtt.own import Described
from drivers.mqtt.own_file import parse
from hub.errors import ConfigError, Refused
from hub.model import DeviceSpec, Role, SystemClock, Wear

FILE = """
vendor = "Acme"
model = "Heater 3"
holds_s = 60

[availability]
topic = "~/status"
at = "state"
online = "up"
offline = "down"

[ask]
topic = "~/get"
payload = "all"

[points]
"plug.on" = { topic = "~/relay" }
"plug.power" = { topic = "~/meter", at = "e.power[1]", scale = 1000, sign = -1 }
"plug.energy" = { topic = "~/meter", at = '"a.b".total', scale = 0.001, offset = 5 }
"plug.temperature" = { topic = "elsewhere/t" }
"plug_2.on" = { topic = "~/relay2", values = { heat = true, idle = false } }
"charger.status" = { topic = "~/mode", at = "m", values = { A = "off", B = "running" } }

[commands]
"plug.on" = { topic = "~/relay/set", values = { true = "1", false = "0" }, retain = true }
"plug.temperature" = { topic = "~/t/set", payload = '{"t": {value}}', low = 5, high = 60, step = 0.5, scale = 0.1, whole = true, flash = true, writes_a_day = 10 }
"""  # noqa: E501


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "heater.toml"
    path.write_text(FILE)
    return path


def device(file: Path, role: str = "plug", place: str = "plug") -> Described:
    options = Options(DeviceSpec("u", "x", Role(role), "mqtt", "", options={"map": str(file)}))
    return Described(InForce(options, parse), "cellar/h1", place, role, False)


@pytest.mark.parametrize(
    ("place", "topic", "payload", "values"),
    [
        ("plug", "cellar/h1/relay", b"on", {"on": True}),
        ("plug", "cellar/h1/relay", b"0", {"on": False}),
        ("plug", "cellar/h1/relay", b"perhaps", {}),
        ("plug", "cellar/h1/meter", b'{"e":{"power":[0,"-1.25"]},"a.b":{"total":2000}}', {"power": 1250, "energy": 7}),
        ("plug", "cellar/h1/meter", b'{"e":{"power":[]},"x":1}', {}),
        ("plug", "cellar/h1/meter", b'{"e":{"power":[0,9e9]}}', {}),
        ("plug", "elsewhere/t", b" 21.5 ", {"temperature": 21.5}),
        ("plug_2", "cellar/h1/relay2", b"HEAT", {"on": True}),
        ("charger", "cellar/h1/mode", b'{"m":"b"}', {"status": "running"}),
        ("charger", "cellar/h1/mode", b'{"m":"C"}', {}),
    ],
)
def test_points(file: Path, place: str, topic: str, payload: bytes, values: dict[str, Any]) -> None:
    one = device(file, place.partition("_")[0], place)
    update = one.read(topic, payload)
    assert update and update.values == values and update.answer == bool(values)
    assert update.readings and update.facts == {"vendor": "Acme", "model": "Heater 3"}


def test_presence_questions_and_topics(file: Path) -> None:
    one = device(file)
    for word, alive in (("up", True), ("down", False)):
        update = one.read("cellar/h1/status", f'{{"state":"{word}"}}'.encode())
        assert update and update.alive is alive
    assert one.read("cellar/h1/status", b"{}") is None and one.read("other", b"1") is None
    assert (one.ask()[0].topic, one.ask()[0].payload) == ("cellar/h1/get", "all")
    assert one.topics() == ("cellar/h1/relay", "cellar/h1/meter", "elsewhere/t", "cellar/h1/status")
    assert one.holds("power") == 60


def test_commands(file: Path) -> None:
    one = device(file)
    on, warm = one.commands("h")
    assert on.point == "h.on" and (warm.low, warm.high, warm.step) == (5, 60, 0.5)
    assert warm.wear is Wear.FLASH and warm.writes_a_day == 10
    message = one.write("on", True)
    assert (message.topic, message.payload, message.retain) == ("cellar/h1/relay/set", "1", True)
    message = one.write("temperature", 21.5)
    assert (message.topic, message.payload) == ("cellar/h1/t/set", '{"t": 215}')
    for name, value in (("temperature", 61), ("power", 1), ("on", "x")):
        with pytest.raises(Refused):
            one.write(name, value)


POINT = '[points]\n"plug.on" = { topic = "a" }\n'


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "points: is missing"),
        ("[points]\nplug.on = { topic = 'a' }", "quotes"),
        ("points = 3", "points"),
        ('[points]\n"plug.onn" = { topic = "a" }', "did you mean 'on'"),
        ('[points]\n"toaster.on" = { topic = "a" }', "role"),
        ('[points]\n"plug.on" = { topics = "a" }', "did you mean 'topic'"),
        ('[points]\n"plug.on" = { topic = "a/+" }', "no single topic"),
        ('[points]\n"plug.on" = { topic = "a/~/b" }', "beginning"),
        ('[points]\n"plug.on" = { topic = "a", at = "x..y" }', "JSON path"),
        ('[points]\n"plug.power" = { topic = "a", scale = 0 }', "scale"),
        ('[points]\n"plug.power" = { topic = "a", sign = 2 }', "sign"),
        ('[points]\n"charger.status" = { topic = "a" }', "values"),
        ('[points]\n"charger.status" = { topic = "a", values = { A = "runing" } }', "did you mean 'running'"),
        ('[points]\n"plug.on" = { topic = "a", values = { A = 3 } }', "true, false"),
        (f'{POINT}[commands]\n"plug.power" = {{ topic = "b" }}', "read back"),
        (f'{POINT}[commands]\n"plug.on" = {{ topic = "b", payload = "1" }}', "has no {value}"),
        (f'{POINT}[commands]\n"plug.on" = {{ topic = "b", payload = "{{state}}" }}', "{state} is not known"),
        ('[points]\n"plug.power" = {topic="a"}\n[commands]\n"plug.power" = {topic="b"}', "low"),
        ('[points]\n"plug.power" = {topic="a"}\n[commands]\n"plug.power" = {topic="b", low=5, high=1}', "high"),
        (f'{POINT}[availability]\ntopic = "s"\nonlin = "x"', "did you mean 'online'"),
        (f"expression = 1\n{POINT}", "unknown key"),
        ("[points", "not valid TOML"),
    ],
)
def test_a_file_that_cannot_be_is_a_clear_error(text: str, said: str) -> None:
    with pytest.raises(ConfigError) as caught:
        parse(text, "mine.toml")
    assert "mine.toml" in str(caught.value) and said in str(caught.value)


def test_it_lies_in_the_maps_of_the_data_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Own, "folder", None)
    (tmp_path / "maps").mkdir()
    (tmp_path / "maps" / "heater.toml").write_text(FILE)
    prepare(tmp_path)

    def made(role: Role, **options: object) -> Any:
        return build("mqtt://h", [DeviceSpec("u", "x", role, "mqtt", "", options=options)], SystemClock())

    driver = made(Role.PLUG, map="heater.toml", topic="cellar/h1", channel=2)
    assert [p.id for p in driver.devices[0].points] == ["x.on"]
    assert [p.id for p in made(Role.PLUG, map="heater.toml").devices[0].points if p.writable] == [
        "x.on",
        "x.temperature",
    ]
    for role, options, said in (
        (Role.GRID, {"map": "heater.toml"}, "says nothing of grid"),
        (Role.PLUG, {"map": "heatr.toml"}, "cannot be read"),
        (Role.PLUG, {"map": "heater.toml", "base": "x"}, "unknown option"),
        (Role.PLUG, {"map": "heater.toml", "topic": "a/#"}, "topic"),
    ):
        with pytest.raises(ConfigError, match=said):
            made(role, **options)
