"""The site document: what is accepted, and how wrong ones are refused."""

from __future__ import annotations

from pathlib import Path

import pytest

from hub import config
from hub.cli.main import main
from hub.errors import ConfigError, UserError

ROOT = Path(__file__).parents[1]
GRID = '[devices.grid]\nrole = "grid"\ndriver = "modbus"\nlink = "tcp://10.0.0.2:502"\n'
CAR = '[devices.car]\nrole = "charger"\ndriver = "modbus"\nlink = "tcp://x:1"\n[devices.car.control]\n'
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
        ("[network]\nsearch = ['192.168.1.0/33']", "network.search: '192.168.1.0/33' is no network; write it like"),
        (
            "[network]\nsearch = ['10.0.0.0/8']",
            "network.search: 10.0.0.0/8: has 16777216 addresses; name a network of at",
        ),
        ("[network]\nport = 80.5", "network.port: must be a whole number"),
        ("[mqtt]\nengine = 'mosquito'", "did you mean 'mosquitto'?"),
        ("[devices.Grid]\nrole='grid'", "devices.Grid: a device id is lower-case"),
        ("[devices.tariff]\nrole='grid'", "devices.tariff: a device id is lower-case"),
        ("[devices.forecast]\nrole='grid'", "none of `house`, `tariff`, `forecast`; rename it"),
        ("[devices.sun]\nrole='forecast'\ndriver='mqtt'\nlink='hub'", "devices.sun.role: 'forecast' is not known"),
        ("[devices.g]\nrole='gird'\ndriver='x'\nlink='y'", "devices.g.role: 'gird' is not known; did you mean 'grid'?"),
        ("[devices.g]\nrole='grid'\nlink='y'", "devices.g.driver: is missing"),
        (GRID + "behind = 'pv'", "devices.grid.behind"),
        (BATTERY + "soc_floor = 60\nsoc_ceiling = 50", "soc_floor: must be below soc_ceiling"),
        (BATTERY + "soc_flor = 60", "did you mean 'soc_floor'?"),
        ("[circuits.a]\nfuse_a = 35\n[circuits.b]\nfuse_a = 20", "exactly one circuit has no parent"),
        (GRID + "[circuits.a]\nmembers = ['gird']", "circuits.a.members: 'gird' is not known; did you mean 'grid'?"),
        (GRID + "uid = 'a'\n" + BATTERY.replace("[devices.bat.control]", "uid = 'a'"), "uid: is that of 'grid' too"),
        (
            "[circuits.a]\n[circuits.b]\nparent = 'c'\n[circuits.c]\nparent = 'b'",
            "circuits.b.parent: feeds itself in the end; name the circuit that feeds it",
        ),
        ("[circuits.a]\nparent = 'a'", "circuits.a.parent: feeds itself"),
        ("[circuits.a]\n[circuits.b]\nparent = 'x'", "circuits.b.parent: 'x' is not known"),
        (
            CAR + "[circuits.a]\nmembers = ['car']\n[circuits.b]\nparent = 'a'\nmembers = ['car']",
            "circuits.b.members: 'car' is in 'a' already; name it once",
        ),
        (CAR + "[circuits.a]\nmembers = ['car', 'car']", "circuits.a.members: 'car' is there twice; name it once"),
        (GRID + GRID.replace("grid]", "p1]"), "devices.p1.role: 'grid' is the grid meter; make one of them a meter"),
        (
            GRID + "control = { mode = 'fast' }",
            "devices.grid.control: is for a charger, battery, heatpump, plug, not for a grid",
        ),
        (CAR + "min_a = 20", "devices.car.control.min_a: 20 is above max_a = 16; lower the one or raise the other"),
        (CAR + "min_a = nan", "devices.car.control.min_a: must be a number from 6 to 80"),
        (CAR + "blind_a = 4", "devices.car.control.blind_a: must be 0 (pause) or from 6 to 16, not 4"),
        (CAR + "blind_a = 20", "devices.car.control.blind_a: must be 0 (pause) or from 6 to 16, not 20"),
        (CAR + "phases = 4", "devices.car.control.phases: must be 1, 2, 3 or a list like"),
        (CAR + "phases = []", "devices.car.control.phases: must be 1, 2, 3 or a list"),
        (CAR + "phases = ['L2', 'L2']", "devices.car.control.phases: must be 1, 2, 3 or a list"),
        (CAR + "phases = ['L4']", "devices.car.control.phases: must be 1, 2, 3 or a list"),
        (
            CAR + "phases = ['L2']\n[circuits.a]\nphases = 1",
            "devices.car.control.phases: circuit 'a' ends at L1; name phases that it has, or correct circuits.a",
        ),
        (
            CAR + "max_a = 32\n[circuits.a]\n[circuits.b]\nparent = 'a'\nfuse_a = 20\nmembers = ['car']",
            "devices.car.control.max_a: 32 is above the fuse of circuit 'b'; write 20 or less, or correct its fuse_a",
        ),
        (
            CAR + "phases = 3\n[circuits.a]\n[circuits.b]\nparent = 'a'\nfuse_a = 20\nphases = 1\nmembers = ['car']",
            "devices.car.control.phases: circuit 'b' has 1; name as many, or correct circuits.b.phases",
        ),
        (CAR + "max_a = 40", "devices.car.control.max_a: 40 is above the fuse of circuit 'main'"),
        ("[tariff]\nimport_price = [0.3, 0.2]", "tariff.import_price: is one price"),
        ("[tariff]\nimport_price = nan", "tariff.import_price: nan is no price per kWh; give one from -10 to 10"),
        ("[tariff]\nexport_price = inf", "tariff.export_price: inf is no price"),
        ("[tariff]\nimport_price = 28.7", "tariff.import_price: 28.7 is no price"),
        ("[tariff]\nimport_price = " + str([0.3] * 23 + [-11]), "tariff.import_price: -11 is no price"),
        ("[mqtt]\nbind = 'my-box'", "mqtt.bind: 'my-box' is not an address"),
        ("[mqtt]\nengine = 'embedded'\nbind = '0.0.0.0'", "mqtt.bind: the embedded broker serves this machine only"),
        ("[mqtt]\nurl = 'mqtt://h'\nengine = 'auto'", "mqtt.engine: is for a broker of the hub's own"),
        ("[mqtt]\nurl = 'mqtt://h'\nport = 1883", "mqtt.port: is for a broker of the hub's own"),
        ("[mqtt]\nurl = 'http://me:secret@h'", "mqtt.url: not an MQTT link; expected mqtt://"),
    ],
)
def test_a_wrong_document_names_the_key_and_what_to_do(text: str, said: str) -> None:
    with pytest.raises(ConfigError) as e:
        config.parse(text, "config.toml")
    assert str(e.value).startswith("config.toml: ")
    assert said in str(e.value)
    assert "secret" not in str(e.value)


@pytest.mark.parametrize(
    ("text", "phases"),
    [("", (1, 2, 3)), ("phases = 1", (1,)), ("phases = 2", (1, 2)), ("phases = ['L3', 'L2']", (2, 3))],
)
def test_a_charger_hangs_on_its_first_phases_or_on_those_it_names(text: str, phases: tuple[int, ...]) -> None:
    assert config.parse(CAR + text).chargers[0].phases == phases


def test_a_broker_elsewhere_and_one_for_every_machine() -> None:
    elsewhere = config.parse("[mqtt]\nurl = 'mqtt://me:s%20x@10.0.0.9:1884'").mqtt_elsewhere
    assert elsewhere and (elsewhere.host, elsewhere.port, elsewhere.user) == ("10.0.0.9", 1884, "me")
    assert elsewhere.password == "s x" and elsewhere.url == "mqtt://me:s%20x@10.0.0.9:1884"
    assert "s x" not in f"{elsewhere!r}{elsewhere.shown}"
    assert config.parse("[mqtt]\nbind = '0.0.0.0'").mqtt_bind == "0.0.0.0"
    assert config.parse("").mqtt_elsewhere is None


def test_a_file_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"nowhere\.toml: cannot be read"):
        config.read(tmp_path / "nowhere.toml")


def test_a_device_keeps_its_uid_unless_the_owner_says_otherwise() -> None:
    assert config.parse(GRID).devices[0].uid == config.parse(GRID).devices[0].uid
    assert config.parse(GRID + "uid = 'abc'").devices[0].uid == "abc"


def test_what_a_device_replaces_is_named_by_id_or_uid() -> None:
    [by_id] = config.parse(GRID + 'replaces = "old_meter"\n').devices
    [by_uid] = config.parse(GRID + f'replaces = "{by_id.replaces}"\n').devices
    assert by_id.replaces == by_uid.replaces != by_id.uid


def test_a_device_that_is_still_there_cannot_be_replaced() -> None:
    with pytest.raises(ConfigError, match=r"devices\.grid\.replaces.*'grid' is still in the house"):
        config.parse(GRID + 'replaces = "grid"\n')


def test_the_shown_document_has_no_secret_in_it(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    text = (
        '[mqtt]\nurl = "mqtt://hub:hunter2@broker:1883"\n[devices.roof]\nrole = "inverter"\ndriver = "http"\n'
        'link = "https://10.0.0.4"\nkind = "enphase"\ntoken = "hunter2"   # from the maker\n'
    )
    (tmp_path / "config.toml").write_text(text)
    assert main(["config", "show", "--config", str(tmp_path / "config.toml")]) == 0
    shown = capsys.readouterr().out
    assert "hunter2" not in shown and 'kind = "enphase"' in shown and "mqtt://hub:...@broker" in shown


def test_a_document_and_what_was_taken_in_are_one_document_that_says_the_same() -> None:
    adopted = {
        "roof": {
            "role": "inverter",
            "driver": "http",
            "link": 'https://x"y',
            "unit": 3,
            "reversed": True,
            "list": [1.5, "a"],
        },
        "car": {
            "role": "charger",
            "driver": "ocpp",
            "link": "ocpp://0.0.0.0:8887",
            "control": {"max_a": 16, "phases": ["L2"]},
        },
    }
    whole = config.joined(GRID.rstrip("\n"), adopted)
    assert config.parse(whole) == config.parse(GRID, "config.toml", adopted)
    assert config.joined(GRID, {}) == GRID


def test_what_plans_count_with_stands_with_the_battery() -> None:
    text = BATTERY + 'mode = "plan"\nefficiency = 0.85\nwear = 0.021\ngrid_charge = false\ngrid_discharge = true\n'
    [battery] = config.parse(text).batteries
    assert (battery.mode, battery.efficiency, battery.wear) == ("plan", 0.85, 2_100)
    assert (battery.grid_charge, battery.grid_discharge) == (False, True)
    [usual] = config.parse(BATTERY).batteries
    assert (usual.mode, usual.grid_charge, usual.grid_discharge) == ("auto", True, False)


@pytest.mark.parametrize("line", ["efficiency = 90", "wear = -1", 'grid_discharge = "yes"', 'mode = "plans"'])
def test_what_plans_count_with_is_checked(line: str) -> None:
    with pytest.raises(ConfigError, match=line.partition(" ")[0]):
        config.parse(BATTERY + line + "\n")
