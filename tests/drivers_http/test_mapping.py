"""The owner's own file: what it may say, what is wrong with it and where, and a device that is read and set by it."""

from __future__ import annotations

import asyncio
from pathlib import Path

import orjson
import pytest
from aiohttp import web

from drivers.http import unit
from drivers.http.driver import build, prepare
from drivers.http.mapping import make
from drivers.http.mapping_file import parse
from drivers.json.options import Options
from drivers.json.path import JsonPath
from hub.errors import ConfigError, Refused
from hub.model import Role, SystemClock, Value, Wear
from tests.drivers_http.peer import app_of, running, spec, wish

FILE = """
vendor = "Own"
model = "Reader"
period_s = 0.5

[requests.status]
path = "/status.json"
[requests.slow]
path = "/more?x=1"
every_s = 60
optional = true

[points]
"grid.power" = { from = "status", at = "meters[0].kw", scale = 1000, sign = -1 }
"grid.energy_import" = { from = "slow", at = '"a.b"[1]', scale = 1000, offset = 5 }
"plug.on" = { from = "status", at = "relay" }
"plug.status" = { from = "status", at = "state", values = { Run = "running", "2" = "fault" } }
"charger.current_limit" = { from = "status", at = "ma", scale = 0.001 }

[commands."plug.on"]
path = "/relay?turn={value}"
values = { true = "on", false = "off" }

[commands."charger.current_limit"]
path = "/set"
method = "POST"
body = '{"ma": {value}, "now": {}}'
low = 6
high = 16
scale = 0.001
flash = true
writes_a_day = 40
heartbeat_s = 60
"""
STATUS = {"meters": [{"kw": "1.234"}], "relay": "on", "state": "run", "ma": 6000}


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "own.toml"
    path.write_text(FILE)
    return path


def of(file: Path, name: str, found: object) -> tuple[dict[str, Value], tuple[str, ...]]:
    kind = make(Options(spec("x", Role.GRID, map=str(file))))
    heard = kind.read(name, orjson.dumps(found))
    return dict(heard.points), heard.problems


def test_points_by_the_file(file: Path) -> None:
    points, problems = of(file, "status", STATUS)
    assert not problems
    assert points == {"grid.power": -1234.0, "plug.on": True, "plug.status": "running", "charger.current_limit": 6.0}
    assert of(file, "slow", {"a.b": [0, 2.5]}) == ({"grid.energy_import": 2505.0}, ())


ODD: list[tuple[object, str]] = [
    ({**STATUS, "relay": "perhaps"}, "plug.on: 'perhaps' is no such state"),
    ({**STATUS, "state": 7}, "plug.status: '7' is not among its values"),
    ({**STATUS, "meters": []}, "grid.power: there is nothing at meters[0].kw"),
    ({**STATUS, "ma": "many"}, "charger.current_limit: 'many' is not a number"),
    ({**STATUS, "ma": 9e12}, "charger.current_limit: 9e+09 A is outside of what is possible"),
    (5, "the answer is no JSON object or list"),
]


@pytest.mark.parametrize(("found", "problem"), ODD, ids=[row[1][:40] for row in ODD])
def test_what_the_device_says_otherwise_is_a_problem(file: Path, found: object, problem: str) -> None:
    points, problems = of(file, "status", found)
    assert problems == (problem,) and problem.partition(":")[0] not in points


def test_any_bytes_are_read_without_an_error(file: Path) -> None:
    kind = make(Options(spec("x", Role.GRID, map=str(file))))
    for body in (b"", b"\xff", b"[" * 100_000, b'{"relay": [1]}', b'{"ma": 1e999}', b'{"ma": true, "relay": 2}'):
        assert kind.read("status", body).problems


def test_what_is_sent(file: Path) -> None:
    kind = make(Options(spec("x", Role.GRID, map=str(file))))
    assert kind.write("plug", "on", True).path == "/relay?turn=on"
    ask = kind.write("charger", "current_limit", 10)
    assert (ask.method, ask.path, ask.body) == ("POST", "/set", b'{"ma": 10000, "now": {}}')
    assert ask.headers == {"Content-Type": "application/json"}
    for place, quantity, value in (("plug", "on", 7), ("charger", "current_limit", 5), ("grid", "power", 1)):
        with pytest.raises(Refused):
            kind.write(place, quantity, value)
    (limit,) = kind.commands("x", "charger")
    assert (limit.low, limit.high, limit.wear, limit.writes_a_day, limit.heartbeat_s) == (6, 16, Wear.FLASH, 40, 60)
    assert kind.commands("x", "grid") == ()


@pytest.mark.parametrize(
    ("text", "steps"),
    [("a", ("a",)), ("a.b[0][12].c", ("a", "b", 0, 12, "c")), ("[1].x", (1, "x")),
     ("switch:0.apower", ("switch:0", "apower")), ('"x.y".z', ("x.y", "z"))],
)  # fmt: skip
def test_a_json_path(text: str, steps: tuple[str | int, ...]) -> None:
    assert JsonPath.parse(text).steps == steps


@pytest.mark.parametrize("text", ["", ".a", "a..b", "a[", "a[x]", "a[-1]", "a.", "a b.[0]c", "a[0]b"])
def test_what_is_no_json_path(text: str) -> None:
    with pytest.raises(ValueError, match="write it like"):
        JsonPath.parse(text)


WRONG: list[tuple[str, str, str]] = [
    ("vendor", "vendr", "vendr: unknown key; did you mean 'vendor'"),
    ("every_s = 60", "every = 60", "requests.slow.every: unknown key"),
    ('path = "/status.json"', 'path = "status.json"', "requests.status.path: must be a path"),
    ('path = "/status.json"', 'path = "//evil/x"', "requests.status.path: must be a path"),
    ('"grid.power"', '"gird.power"', "points.gird.power: must begin with a role"),
    ('"grid.power"', '"grid.pwoer"', "'pwoer' is no quantity; did you mean 'power'"),
    ('from = "status", at = "meters', 'from = "state", at = "meters', "points.grid.power.from: 'state' is not known"),
    ('from = "status", at = "meters', 'at = "meters', "points.grid.power.from: is missing"),
    ("sign = -1", "sign = 2", "points.grid.power.sign: must be 1 or -1"),
    ("scale = 1000, sign", "scale = 0, sign", "points.grid.power.scale: must not be 0"),
    ("meters[0].kw", "meters[0", "points.grid.power.at: is no JSON path"),
    (', values = { Run = "running", "2" = "fault" }', "", "points.plug.status.values: is missing"),
    ('Run = "running"', 'Run = "runing"', "did you mean 'running'"),
    ("{value}, ", "5, ", "commands.charger.current_limit: has no {value}"),
    ("turn={value}", "turn={val}", "{val} is not known; only {value} is put in"),
    ('method = "POST"', 'method = "DELETE"', "commands.charger.current_limit.method"),
    ("low = 6\n", "", "commands.charger.current_limit.low: is missing"),
    ("high = 16", "high = 5", "commands.charger.current_limit.high: must be a number from 6"),
    ('[commands."plug.on"]', '[commands."plug.brightness"]', "must also be one of [points]"),
    ("[requests.status]", "[requests.status", "not valid TOML"),
    ('values = { true = "on"', "values = { true = 1", "must be a text in quotes"),
]


@pytest.mark.parametrize(("old", "new", "said"), WRONG, ids=[row[2][:50] for row in WRONG])
def test_what_is_wrong_is_said_with_its_place(old: str, new: str, said: str) -> None:
    assert old in FILE
    with pytest.raises(ConfigError) as error:
        parse(FILE.replace(old, new, 1), "own.toml")
    assert str(error.value).startswith("own.toml") and said in str(error.value)


@pytest.mark.parametrize("text", ["", "[requests.a]\npath = '/x'", "requests = 5", "[requests]\na = 5"])
def test_a_file_without_its_parts(text: str) -> None:
    with pytest.raises(ConfigError):
        parse(text, "own.toml")


def test_the_file_lies_in_the_data_folder(file: Path) -> None:
    maps = file.parent / "maps"
    maps.mkdir()
    file.rename(maps / "own.toml")
    prepare(file.parent)
    device = build("http://h", [spec("x", Role.GRID, kind="mapping", map="own.toml")], SystemClock()).devices[0]
    assert {point.quantity.name for point in device.points} == {"power", "energy_import"}
    with pytest.raises(ConfigError, match=r"devices\.x\.map: .*other\.toml: cannot be read: No such file"):
        build("http://h", [spec("x", Role.GRID, kind="mapping", map="other.toml")], SystemClock())
    with pytest.raises(ConfigError, match=r"devices\.x\.map: is missing"):
        build("http://h", [spec("x", Role.GRID, kind="mapping")], SystemClock())
    with pytest.raises(ConfigError, match=r"devices\.x\.role"):
        build("http://h", [spec("x", Role.BATTERY, kind="mapping", map="own.toml")], SystemClock())


def test_who_asks_is_shown_as_the_file_s_owner_says(file: Path) -> None:
    token = make(Options(spec("x", Role.GRID, map=str(file), token="T"))).login()
    assert token.headers("GET", "/") == {"Authorization": "Bearer T"}
    basic = make(Options(spec("x", Role.GRID, map=str(file), user="u", password="p"))).login()
    assert basic.headers("GET", "/") == {"Authorization": "Basic dTpw"}
    digest = make(Options(spec("x", Role.GRID, map=str(file), login="digest", user="u", password="p"))).login()
    assert digest.challenged(401, {"www-authenticate": 'Digest realm="r", nonce="n"'})


async def _session(file: Path) -> None:
    state = dict(STATUS)

    async def status(request: web.Request) -> web.Response:
        return web.json_response(state)

    async def relay(request: web.Request) -> web.Response:
        state["relay"] = request.query["turn"]
        return web.Response(text="OK")

    async def set_(request: web.Request) -> web.Response:
        state["ma"] = (await request.json())["ma"]
        return web.Response(status=204)

    app = app_of({"/status.json": status, "/relay": relay, "POST /set": set_})
    own = {"kind": "mapping", "map": str(file)}
    specs = [spec("grid", Role.GRID, **own), spec("fan", Role.PLUG, **own), spec("box", Role.CHARGER, **own)]
    async with running(app, *specs) as (driver, notes, _):
        await notes.until(lambda: {"grid.power", "fan.on", "box.current_limit"} <= notes.values.keys())
        assert notes.devices["fan"].vendor == "Own"
        await driver.apply(wish("fan.on", False))
        await driver.apply(wish("box.current_limit", 12))
        assert (notes.values["fan.on"], notes.values["box.current_limit"]) == (False, 12.0)


def test_a_session_with_a_device_of_one_s_own(file: Path) -> None:
    asyncio.run(_session(file))


async def _changes(file: Path, caplog: pytest.LogCaptureFixture) -> None:
    async def status(request: web.Request) -> web.Response:
        return web.json_response(STATUS)

    own = {"kind": "mapping", "map": str(file), "poll_s": 0.1}
    specs = [spec("grid", Role.GRID, **own), spec("fan", Role.PLUG, **own)]
    async with running(app_of({"/status.json": status}), *specs) as (_, notes, _):
        await notes.until(lambda: {"grid.power", "fan.on"} <= notes.values.keys())
        file.write_text(
            FILE.replace("scale = 1000, sign = -1", "scale = 1000").replace('"plug.status"', '"plug.statos"')
        )
        await notes.until(lambda: "'statos' is no quantity" in caplog.text)
        assert caplog.text.count("what it said before holds") == 1 and notes.values["grid.power"] == -1234
        file.write_text(FILE.replace("plug", "light"))
        await notes.until(lambda: "says nothing of plug" in caplog.text)
        more = '"grid.frequency" = { from = "status", at = "meters[0].kw", scale = 40 }\n[commands."plug.on"]'
        changed = FILE.replace("scale = 1000, sign = -1", "scale = 1000").replace('[commands."plug.on"]', more)
        file.write_text(changed.replace('"plug.status"', '"plug_2.status"'))
        await notes.until(lambda: notes.values.get("grid.frequency") == 49.36 and notes.values["grid.power"] == 1234)
        assert {p.quantity.name for p in notes.devices["fan"].points} == {"on"}
        assert {p.quantity.name for p in notes.devices["grid"].points} == {"power", "energy_import", "frequency"}
        assert not notes.lost_count()


def test_a_file_that_is_changed_is_read_again(
    file: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(unit, "LOOK_S", 0.0)
    asyncio.run(_changes(file, caplog))


def test_a_file_may_say_that_its_device_is_read_seldom(file: Path) -> None:
    file.write_text(FILE.replace("period_s = 0.5", "period_s = 600"))
    assert build("http://h", [spec("x", Role.GRID, kind="mapping", map=str(file))], SystemClock()).devices
