"""The site document: what is accepted, and how wrong ones are refused."""

from __future__ import annotations

from pathlib import Path

import pytest

from hub import config
from hub.errors import ConfigError, UserError

ROOT = Path(__file__).parents[1]
GRID = '[devices.grid]\nrole = "grid"\ndriver = "modbus"\nlink = "tcp://10.0.0.2:502"\n'
BATTERY = '[devices.bat]\nrole = "battery"\ndriver = "sunspec"\nlink = "tcp://x:1"\n[devices.bat.control]\n'


def test_the_example_is_correct() -> None:
    path = ROOT / "config.example.toml"
    assert config.parse(config.read(path), path.name).devices


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[site", "not valid TOML"),
        ("[sit]", "sit: unknown key; did you mean 'site'?"),
        ("[site]\nnme = 'x'", "site.nme: unknown key; did you mean 'name'?"),
        ("[site]\nname = 3", "site.name: must be a text"),
        ("[site]\ntimezone = 'Mars/Base'", "site.timezone"),
        ("[network]\nport = 99999", "network.port: must be a number from 0 to 65535"),
        ("[network]\nport = 80.5", "network.port: must be a whole number"),
        ("[mqtt]\nengine = 'mosquito'", "did you mean 'mosquitto'?"),
        ("[devices.Grid]\nrole='grid'", "devices.Grid: a device id is lower-case"),
        ("[devices.g]\nrole='gird'\ndriver='x'\nlink='y'", "devices.g.role: 'gird' is not known; did you mean 'grid'?"),
        ("[devices.g]\nrole='grid'\nlink='y'", "devices.g.driver: is missing"),
        (GRID + "behind = 'pv'", "devices.grid.behind"),
        (BATTERY + "soc_floor = 60\nsoc_ceiling = 50", "soc_floor: must be below soc_ceiling"),
        (BATTERY + "soc_flor = 60", "did you mean 'soc_floor'?"),
        ("[circuits.a]\nfuse_a = 35\n[circuits.b]\nfuse_a = 20", "exactly one circuit has no parent"),
        (GRID + "[circuits.a]\nmembers = ['gird']", "circuits.a.members: 'gird' is not known; did you mean 'grid'?"),
        (GRID + "uid = 'a'\n" + BATTERY.replace("[devices.bat.control]", "uid = 'a'"), "uid: is that of 'grid' too"),
        ("[tariff]\nimport_price = [0.3, 0.2]", "tariff.import_price: is one price"),
    ],
)
def test_a_wrong_document_names_the_key_and_what_to_do(text: str, said: str) -> None:
    with pytest.raises(ConfigError) as e:
        config.parse(text, "config.toml")
    assert str(e.value).startswith("config.toml: ")
    assert said in str(e.value)


def test_a_file_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"nowhere\.toml: cannot be read"):
        config.read(tmp_path / "nowhere.toml")


def test_a_device_keeps_its_uid_unless_the_owner_says_otherwise() -> None:
    assert config.parse(GRID).devices[0].uid == config.parse(GRID).devices[0].uid
    assert config.parse(GRID + "uid = 'abc'").devices[0].uid == "abc"
