"""The device catalogue: every map against its recorded vector, and wrong maps against their errors.

A vector (`vectors/<vendor>/<model>.toml`) is a register image with the points that must come out of it, and commands
with the exact writes that must go to the wire.
"""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

import pytest

from drivers.modbus.blocks import Block
from drivers.modbus.catalogue import load, names
from drivers.modbus.device_map import DeviceMap, parse
from drivers.modbus.registers import Register, Write
from hub.errors import ConfigError

VECTORS = Path(__file__).parent / "vectors"


def vector(name: str) -> dict[str, Any]:
    return tomllib.loads((VECTORS / f"{name}.toml").read_text())


def words(image: dict[tuple[int, int], int], at: Register | Block) -> list[int]:
    length = at.length if isinstance(at, Register) else at.count
    return [image[at.function, a] for a in range(at.address, at.address + length)]


def image(raw: dict[str, Any]) -> dict[tuple[int, int], int]:
    """`[input]` and `[holding]` tables: first address -> registers as hex text."""
    found = {}
    for function, table in ((4, "input"), (3, "holding")):
        for start, text in raw.get(table, {}).items():
            for offset, word in enumerate(text.split()):
                found[function, int(start, 0) + offset] = int(word, 16)
    return found


@pytest.mark.parametrize("name", names())
def test_a_map_reads_its_vector(name: str) -> None:
    map_, raw = load(name), vector(name)
    registers = image(raw)
    read = {p.name: p.reading.of(words(registers, p.reading.register)) for p in map_.points}
    assert read == pytest.approx(raw["points"])
    told = {key: reading.text(words(registers, reading.register)) for key, reading in map_.info.items()}
    assert told == raw.get("info", {})


def frame(map_: DeviceMap, write: Write, value: float) -> str:
    """Unit, function and data as they go to the wire, without transport."""
    at, data = write.register, write.words(value)
    head = f"{map_.unit:02x} {at.function:02x} {at.address:04x}"
    many = f" {len(data):04x} {2 * len(data):02x}" if at.function == 16 else ""
    return head + many + "".join(f" {w:04x}" for w in data)


@pytest.mark.parametrize("name", names())
def test_a_map_writes_its_vector(name: str) -> None:
    map_, cases = load(name), vector(name).get("commands", [])
    assert {c["command"] for c in cases} == {c.name for c in map_.commands}, "every command has a vector"
    for case in cases:
        command = map_.command(case["command"])
        assert command is not None
        writes = (*command.prepare, *command.writes) if case.get("first") else command.writes
        assert [frame(map_, w, case["value"]) for w in writes] == case["frames"]


def test_a_maps_claim_of_a_vector_is_true() -> None:
    assert {n for n in names() if load(n).verified == "vector"} <= {
        p.relative_to(VECTORS).with_suffix("").as_posix() for p in VECTORS.glob("*/*.toml")
    }


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
        (('["meter"]', '["metre"]'), "roles: 'metre' is not known; did you mean 'meter'?"),
        (('["M"]', "[]"), "models: is missing"),
        (('"facts"', '"sure"'), "verified: 'sure' is not known"),
        (("power", "powr"), "points.powr: unknown quantity 'powr'; did you mean 'power'?"),
        (("address", "adress"), "points.power.adress: unknown key; did you mean 'address'?"),
        (("{ address = 1 }", "{ scale = 2 }"), "points.power.address: is missing"),
        (("{ address = 1 }", "3"), "points.power: must be a table"),
        (("= 1 }", "= 70000 }"), "points.power.address: must be a number from 0 to 65535"),
        (("= 1 }", "= 1, scale = 0 }"), "points.power.scale: must not be 0"),
        (("= 1 }", "= 1, function = 6 }"), "points.power.function: is 6; use 3 or 4"),
        (("= 1 }", "= 1, type = 'u8' }"), "points.power.type: 'u8' is not known"),
        (("= 1 }", "= 1, words = 'big' }"), "points.power.words: 'big' is not known"),
        (("= 1 }", "= 1, missing = ['x'] }"), "points.power.missing: must be a whole number"),
        (("= 1 }", "= 1, values = { one = 1 } }"), "'one' is not a register's number"),
        (("= 1 }", "= 1, poll = 'seldom' }"), "points.power.poll: 'seldom' is not known"),
        (("power = { address = 1 }", "status = { address = 1, values = { 1 = 'of' } }"), "did you mean 'off'?"),
        (("[points]\npower = { address = 1 }\n", ""), "points: is missing"),
        (("= 1 }\n", "= 1 }\n[commands.power_limit]\nlow = 1"), "commands.power_limit.writes: is missing"),
        (
            ("= 1 }\n", "= 1 }\n[commands.power_limit]\nwrites = [{ address = 2 }]"),
            "commands.power_limit.read_back: 'power_limit' is not known",
        ),
        (
            ("= 1 }\n", "= 1 }\n[commands.power]\nwrites = [{ address = 2, type = 'u32', function = 6 }]"),
            "commands.power.writes.function: is 6",
        ),
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
    assert load(str(own)).points[0].name == "power"
    with pytest.raises(ConfigError, match="cannot be read"):
        load(str(tmp_path / "none.toml"))
    with pytest.raises(ConfigError, match="did you mean 'eastron/sdm630'"):
        load("eastron/sdm63")
