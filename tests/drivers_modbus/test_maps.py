"""The device catalogue: every map against its vector and the JSON Schema, and wrong maps against their errors.

A vector (`vectors/<vendor>/<model>.toml`) is a register image with the points that must come out of it, and commands
with the exact writes that must go to the wire. Most are made by hand; `recorded_from` names the real device of another.
"""

from __future__ import annotations

import asyncio
import tomllib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from drivers.modbus.blocks import Limits, blocks
from drivers.modbus.catalogue import FOLDER, load, names
from drivers.modbus.device_map import CommandMap, DeviceMap, Face
from drivers.modbus.format import schema
from drivers.modbus.identify import MOST_READS, catalogue, identified
from drivers.modbus.link import ModbusLink
from drivers.modbus.parser import parse
from drivers.modbus.registers import Image, Register
from drivers.modbus.writes import Write
from hub.errors import ConfigError, Refused
from hub.model import Role, quantity

VECTORS = Path(__file__).parent / "vectors"
EDITORS = jsonschema.Draft202012Validator(schema())
TABLES = {1: "coils", 2: "discrete", 3: "holding", 4: "input"}
TOLD_BY: dict[str, dict[str, dict[str, str]]] = {
    "carlogavazzi/em24": {"holding": {"0x000b": "0047"}},
    "carlogavazzi/em340": {"holding": {"0x000b": "0154"}},
    "carlogavazzi/em540": {"holding": {"0x000b": "06e0"}},
    "e3dc/s10": {
        "holding": {"0x9c40": f"e3dc 0100 0071 4533 2f44 4320 476d 6248 {'0000 ' * 11}5331"}  # maker, model
    },
    "eastron/sdm72-v2": {"holding": {"0xfc02": "0089"}},
    "foxess/h3": {"holding": {"0x7530": f"0020 0048 0033 002d 0031 0030 002e 0030 002d 0045 {'0020 ' * 6}"}},
    "fronius/gen24": {"holding": {"0x9c42": "0001 0041", "0x9daa": "0000 8000"}},
    "growatt/min": {"holding": {"0x7530": f"1451 {'4141 ' * 15}"}},
    "growatt/sph": {"holding": {"0x7530": f"0dae {'4141 ' * 15}"}},
    "growatt/tl-xh": {"holding": {"0x7530": f"13ec {'4141 ' * 15}"}},
    "sigenergy/inverter": {
        "input": {"0x7724": "5369 6765 6e53 746f 7220 4543 2031 302e 3020 5450 0000 0000 0000 0000 0000"}
    },
    "solaredge/hybrid": {"holding": {"0x9c42": "0001 0041"}},
    "solaredge/inverter": {"holding": {"0x9c42": "0001 0041"}},
    "solaredge/meter-2": {"holding": {"0x9dab": "0069 0000"}},
    "stiebel/isg": {"input": {"0x1389": "0187"}},
    "sungrow/sh": {"input": {"0x1387": "0e03"}},
    "sungrow/sh-old": {"input": {"0x1387": "0d09"}},
    "victron/evcs": {"holding": {"0x1388": "c024"}},
}
"""What tells a device and is not in its vector, made by hand from the sources of its map; with all that the search asks
for in the same request."""


def vector(name: str) -> dict[str, Any]:
    path = VECTORS / f"{name}.toml"
    assert path.exists(), f"{path.relative_to(VECTORS.parents[2])}: the map has no vector; add one"
    raw = tomllib.loads(path.read_text())
    for table, words in TOLD_BY.get(name, {}).items():
        raw.setdefault(table, {}).update(words)
    return raw


def image(raw: dict[str, Any]) -> Image:
    """`[input]`, `[holding]`, `[coils]` and `[discrete]` tables: first address -> words as hex text."""
    found = {}
    for function, table in TABLES.items():
        for start, text in raw.get(table, {}).items():
            for offset, word in enumerate(text.split()):
                found[function, int(start, 0) + offset] = int(word, 16)

    def words(at: Register) -> list[int]:
        absent = [a for a in range(at.address, at.end) if (at.function, a) not in found]
        assert not absent, f"{TABLES[at.function]} {absent} is not in the vector"
        return [found[at.function, a] for a in range(at.address, at.end)]

    return words


def faces(map_: DeviceMap, raw: dict[str, Any]) -> list[tuple[str, Face, dict[str, Any]]]:
    """Each face with what its vector says must come out: its own role's table, else the one at the head."""
    found = []
    for roles, face in map_.parted:
        own = next((r.value for r in roles if r.value in raw), "")
        found.append((own or roles[0].value, face, raw[own]["points"] if own else raw.get("points", {})))
    return found


@pytest.mark.parametrize("name", names())
def test_a_map_reads_its_vector(name: str) -> None:
    map_, raw = load(name), vector(name)
    registers = image(raw)
    for role, face, wanted in faces(map_, raw):
        read = {p.name: p.of(registers) for p in face.points}
        assert read == pytest.approx(wanted), role
    told = {key: reading.text(registers) for key, reading in map_.info.items()}
    assert told == raw.get("info", {})
    for identity in map_.identify:
        assert identity.holds(registers), identity


CATALOGUE = catalogue()
TOLD = [name for name, map_ in CATALOGUE.items() if map_.identify]


class Device(ModbusLink):
    """What a vector holds, as its device answers: a request that goes beyond it is refused."""

    def __init__(self, name: str) -> None:
        super().__init__("tcp://127.0.0.1:1")
        self._image = image(vector(name))
        self.asked = 0

    async def read(
        self, unit: int, function: int, address: int, count: int, until: float = 0.0, idle: bool = False
    ) -> tuple[int, ...]:
        self.asked += 1
        try:
            return tuple(self._image(Register(address, function, "u16", count)) or ())
        except AssertionError as e:
            raise Refused(str(e)) from None


@pytest.mark.parametrize("name", names())
def test_the_search_names_this_map_and_no_other(name: str) -> None:
    """And none, of a device whose map says nothing that tells it."""
    device = Device(name)
    found = asyncio.run(identified(device, CATALOGUE[name].bus.unit, CATALOGUE))
    assert [one.options["map"] for one in found] == [name] * (name in TOLD)
    assert device.asked < MOST_READS


def test_what_tells_a_device_leaves_requests_for_a_second_unit() -> None:
    registers = [r for name in TOLD for i in CATALOGUE[name].identify for r in i.reading.registers]
    assert 2 * (len(blocks(registers, Limits(registers=64, gap=0))) + 3) <= MOST_READS


@pytest.mark.parametrize("name", names())
def test_what_a_vector_reads_is_believable(name: str) -> None:
    """Within the range of its quantity: a wrong scale or word order is often not."""
    map_, raw = load(name), vector(name)
    for _, face, _ in faces(map_, raw):
        for point in face.points:
            value, q = point.of(image(raw)), quantity(point.name)
            if isinstance(value, float):
                assert (q.low is None or q.low <= value) and (q.high is None or value <= q.high), point.name


@pytest.mark.parametrize("name", names())
def test_a_map_asks_for_no_more_than_the_device_takes(name: str) -> None:
    map_ = load(name)
    limits = map_.bus.limits
    registers = [r for face in map_.faces.values() for p in face.points for r in p.registers]
    alone = {(r.function, r.address, r.length) for r in registers}
    for block in blocks(registers, limits):
        assert block.count <= limits.registers, block
        assert limits.gap >= 0 or (block.function, block.address, block.count) in alone, block
        holes = _holes(block.address, block.end, [r for r in registers if r.function == block.function])
        assert max(holes, default=0) <= max(limits.gap, 0), block


def _holes(start: int, end: int, registers: Sequence[Register]) -> list[int]:
    used = {a for r in registers for a in range(r.address, r.end)}
    runs = "".join("x" if a in used else "." for a in range(start, end)).split("x")
    return [len(run) for run in runs]


def frame(unit: int, write: Write, value: Any) -> str:
    """Unit, function and data as they go to the wire, without transport."""
    data = write.words(value)
    head = f"{unit:02x} {write.function:02x} {write.address:04x}"
    if write.function == 5:
        return f"{head} {'ff00' if data[0] else '0000'}"
    many = f" {len(data):04x} {2 * len(data):02x}" if write.function == 16 else ""
    return head + many + "".join(f" {w:04x}" for w in data)


def frames(unit: int, writes: Sequence[Write], value: Any) -> list[str]:
    return [frame(unit, write, value) for write in writes if write.goes(value)]


@pytest.mark.parametrize("name", names())
def test_a_map_writes_its_vector(name: str) -> None:
    map_, raw = load(name), vector(name)
    unit, written = map_.bus.unit, set()
    for case in raw.get("commands", []):
        role, command = _commanded(map_, case)
        face = id(map_.faces[role])
        writes = command.release if case.get("release") else command.writes
        written.add((face, command.name, "release" if case.get("release") else "writes"))
        if case.get("first"):
            writes = (*command.prepare, *writes)
            written.add((face, command.name, "prepare"))
        assert frames(unit, writes, case.get("value", 0)) == case["frames"], case
    known = {
        (id(face), c.name, kind)
        for face in map_.faces.values()
        for c in face.commands
        for kind in ("prepare", "writes", "release")
        if getattr(c, kind)
    }
    assert written == known, "every command has a vector, its preparation and its release as well"
    assert raw.get("keepalive", []) == (frames(unit, map_.keepalive.writes, 0) if map_.keepalive else [])


def _commanded(map_: DeviceMap, case: dict[str, Any]) -> tuple[Role, CommandMap]:
    """The command of the case's role, or the only one of that name."""
    roles = [Role(case["role"])] if "role" in case else list(map_.roles)
    found = {id(c): (r, c) for r in roles if (c := map_.faces[r].command(case["command"])) is not None}
    assert found, f"{case['command']}: no such command"
    assert len(found) == 1, f"{case['command']}: several roles have it; name one by `role`"
    return next(iter(found.values()))


def test_how_far_a_map_is_verified_is_true() -> None:
    """An image is an example unless it says which real device sent it; nobody has seen one on hardware yet."""
    images = {p.relative_to(VECTORS).with_suffix("").as_posix(): p for p in VECTORS.glob("*/*.toml")}
    recorded = {name for name, path in images.items() if "recorded_from" in tomllib.loads(path.read_text())}
    assert {n for n in names() if load(n).verified == "vector"} == recorded
    assert {n for n in names() if load(n).verified == "example"} <= images.keys() - recorded
    assert not [n for n in names() if load(n).verified == "hardware"]


def test_every_vector_has_its_map() -> None:
    assert {p.relative_to(VECTORS).with_suffix("").as_posix() for p in VECTORS.glob("*/*.toml")} <= set(names())


@pytest.mark.parametrize("name", names())
def test_a_map_is_what_the_schema_for_editors_says(name: str) -> None:
    document = tomllib.loads((FOLDER / f"{name}.toml").read_text())
    assert [f"{e.json_path}: {e.message}" for e in EDITORS.iter_errors(document)] == []


def test_the_schema_is_one() -> None:
    jsonschema.Draft202012Validator.check_schema(schema())


GOOD = """
vendor = "V"
models = ["M"]
roles = ["meter"]
source = "S"
verified = "facts"
[points]
power = { address = 1 }
"""


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (("[points]", "[points"), "not valid TOML"),
        (('vendor = "V"\n', ""), "vendor: is missing"),
        (('source = "S"', "source = 3"), "source: must be a text, not 3"),
        (('["meter"]', '["metre"]'), "roles[0]: 'metre' is not known; did you mean 'meter'?"),
        (('["M"]', "[]"), "models: is missing"),
        (('"facts"', '"sure"'), "verified: 'sure' is not known"),
        (("power", "powr"), "points.powr: unknown quantity 'powr'; did you mean 'power'?"),
        (("address", "adress"), "points.power.adress: unknown key; did you mean 'address'?"),
        (("{ address = 1 }", "{ scale = 2 }"), "points.power.address: is missing"),
        (("{ address = 1 }", "3"), "points.power: must be a table"),
        (("= 1 }", "= 70000 }"), "points.power.address: must be a number from 0 to 65535"),
        (("= 1 }", "= 1, scale = 0 }"), "points.power.scale: must not be 0"),
        (("= 1 }", "= 1, function = 6 }"), "points.power.function: is 6; use 1, 2, 3 or 4"),
        (("= 1 }", "= 1, type = 'u8' }"), "points.power.type: 'u8' is not known"),
        (("= 1 }", "= 1, words = 'big' }"), "points.power.words: 'big' is not known"),
        (("= 1 }", "= 1, missing = ['x'] }"), "points.power.missing[0]: must be a number"),
        (("= 1 }", "= 1, values = { one = 1 } }"), "'one' is not a register's number"),
        (("= 1 }", "= 1, poll = 'seldom' }"), "points.power.poll: 'seldom' is not known"),
        (("power = { address = 1 }", "status = { address = 1, values = { 1 = 'of' } }"), "did you mean 'off'?"),
        (("[points]\npower = { address = 1 }\n", ""), "points: is missing"),
        (("= 1 }\n", "= 1 }\n[commands.power_limit]\nlow = 1"), "commands.power_limit.writes: is missing"),
        (
            ("= 1 }\n", "= 1 }\n[commands.power_limit]\nwrites = [{ address = 2 }]"),
            "commands.power_limit: needs a point 'power_limit'",
        ),
        (
            ("= 1 }\n", "= 1 }\n[commands.power]\nwrites = [{ address = 2, type = 'u32', function = 6 }]"),
            "commands.power.writes[0].function: is 6, which writes one register",
        ),
        (("= 1 }", "= 1, bit = 2, bits = [1, 2] }"), "points.power.bits: does not go with bit; leave one of them out"),
        (("= 1 }", "= 1, bits = [4, 2] }"), "points.power: a register of type u16 has no bits 4 to 2"),
        (("= 1 }", "= 1, bit = 16 }"), "points.power: a register of type u16 has no bits 16 to 16"),
        (("= 1 }", "= 1, bits = [2] }"), "points.power.bits: must be a list of 2 to 2"),
        (("{ address = 1 }", "{ sum = [] }"), "points.power.sum: is missing"),
        (("{ address = 1 }", "{ sum = [{ scale = 2 }] }"), "points.power.sum[0].address: is missing"),
        (("{ address = 1 }", "{ scale = 2, sum = [{ address = 2 }] }"), "points.power.scale: does not go with sum"),
        (("= 1 }", "= 1, sum = [{ address = 2 }] }"), "points.power.sum: does not go with address"),
        (("= 1 }", "= 1, exponent = 3 }"), "points.power.exponent: must be a table"),
        (("= 1 }", "= 1, asleep = 0 }"), "points.power.asleep: is the value for the raw numbers of missing; list them"),
        (("{ address = 1 }", "{ asleep = 0, sum = [{ address = 2 }] }"), "points.power.asleep: does not go with sum"),
        (("[points]", "[bus]\ntimeout_ms = 20000\n[points]"), "bus.timeout_ms: must be a number from 200 to 15000"),
        (("= 1 }", "= 1, transform = 'magic' }"), "points.power.transform: 'magic' is not known"),
        (("= 1 }", "= 1, type = 'text', length = 4 }"), "points.power.values: is missing; say what each text means"),
        (("power = {", "status = {"), "points.status.values: is missing; status is one of unknown, off"),
        (("= 1 }", "= 1, values = { 1 = 'off' } }"), "points.power.values.1: 'off' is not known"),
        (("= 1 }\n", "= 1 }\n[battery.points]\nsoc = { adress = 2 }"), "battery.points.soc.adress: unknown key"),
        (("= 1 }\n", "= 1 }\n[battery.commands]\n"), "battery.points: is missing; a device has at least one point"),
        (("= 1 }\n", "= 1 }\n[batery.points]\n"), "batery: unknown key; did you mean 'battery'?"),
        (('roles = ["meter"]\n', ""), "roles: is missing; list which roles"),
        (("[points]\npower", "[battery.points]\npower"), "points: is missing; a meter has at least one point"),
        (("[points]", "[keepalive]\nevery_s = 5\n[points]"), "keepalive.writes: is missing; list what is written"),
        (
            ("[points]", "[keepalive]\nevery_s = 5\nwrites = [{ address = 1 }]\n[points]"),
            "keepalive.writes[0].value: is missing; a keepalive writes fixed values",
        ),
        (("[points]", "[[identify]]\naddress = 3\n[points]"), "identify[0].equals: is missing; say what is there"),
        (("[points]", "[[identify]]\naddress = 3\nequals = 'x'\n[points]"), "identify[0]: a text register has a text"),
        (
            ("= 1 }\n", "= 1 }\n[commands.power]\nwrites = [{ address = 2, value = 1, signs = { zero = 1 } }]"),
            "commands.power.writes[0].signs: does not go with value",
        ),
        (
            ("= 1 }\n", "= 1 }\n[commands.power]\nwrites = [{ address = 2, signs = { plus = 1 } }]"),
            "commands.power.writes[0].signs.plus: unknown sign 'plus'",
        ),
        (
            ("= 1 }\n", "= 1 }\n[commands.power]\nwrites = [{ address = 2, function = 6, block = [{}, {}] }]"),
            "commands.power.writes[0].function: is 6, which writes one register",
        ),
        (
            ("= 1 }\n", "= 1 }\n[commands.power]\nwrites = [{ address = 2 }]\nrelease = [{ address = 2 }]"),
            "commands.power.release[0].value: is missing; a release writes fixed values",
        ),
        (
            ("= 1 }\n", "= 1 }\n[commands.power]\nwrites = [{ address = 2, values = { on = 1 } }]"),
            "commands.power.writes[0].values: 'on' is neither a number nor true or false",
        ),
        (("[points]", "[bus]\nparity = 'even'\n[points]"), "bus.parity: 'even' is not known; known: E, N, O"),
        (("[points]", "[buss]\n[points]"), "buss: unknown key; did you mean 'bus'?"),
        (("[points]", "[bus]\nunit = 300\n[points]"), "bus.unit: must be a number from 0 to 255"),
    ],
)
def test_a_wrong_map_names_the_key_and_what_to_do(change: tuple[str, str], said: str) -> None:
    assert change[0] in GOOD
    with pytest.raises(ConfigError) as e:
        parse(GOOD.replace(*change), "map v/m")
    assert str(e.value).startswith("map v/m: ")
    assert said in str(e.value)


def test_an_owners_own_map_is_a_file(tmp_path: Path) -> None:
    own = tmp_path / "mine.toml"
    own.write_text(GOOD)
    assert load(str(own)).faces[Role.METER].points[0].name == "power"
    with pytest.raises(ConfigError, match="cannot be read"):
        load(str(tmp_path / "none.toml"))
    with pytest.raises(ConfigError, match="did you mean 'eastron/sdm630'"):
        load("eastron/sdm63")


@pytest.mark.parametrize("name", ["sma/inverter", "sma/storage", "sma/hybrid"])
def test_at_night_sma_s_inverters_give_nothing_and_their_counters_are_not_available(name: str) -> None:
    """They answer all night, with 0x80000000 for the AC power and all ones for what is unsigned."""
    asleep: dict[int, tuple[int, ...]] = {2: (0x8000, 0), 4: (0xFFFF,) * 4}
    face = load(name).faces[Role.INVERTER]
    told = {point.name: point.of(lambda at: asleep[at.length]) for point in face.points}
    assert told.pop("power") == 0 and set(told.values()) == {None}
