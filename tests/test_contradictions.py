"""Site documents whose values may each stand alone, and not beside one another; and those that only look like it."""

from __future__ import annotations

import pytest

from hub import config
from hub.errors import ConfigError


def device(id_: str, role: str, control: str, more: str = "") -> str:
    head = f'[devices.{id_}]\nrole = "{role}"\ndriver = "modbus"\nlink = "tcp://x:1"\n{more}\n'
    return f"{head}[devices.{id_}.control]\n{control}\n"


def car(control: str = "") -> str:
    return device("car", "charger", control)


def battery(control: str) -> str:
    return device("bat", "battery", control)


def pump(control: str) -> str:
    return device("pump", "heatpump", control)


LINE = "[circuits.main]\nfuse_a = 35\n[circuits.line]\nparent = 'main'\n"
WRONG = [
    (
        LINE + "fuse_a = 63",
        "circuits.line.fuse_a: 63 is above the 35 of its parent 'main'; write 35 or less, or correct circuits.main",
    ),
    (
        "[circuits.main]\nphases = 1\n[circuits.line]\nparent = 'main'\nphases = 3",
        "circuits.line.phases: 3 is above the 1 of its parent 'main'; write 1 or less, or correct circuits.main.phases",
    ),
    (
        pump("phases = 3") + "[circuits.main]\n[circuits.line]\nparent = 'main'\nphases = 1\nmembers = ['pump']",
        "devices.pump.control.phases: circuit 'line' has 1; name as many, or correct circuits.line.phases",
    ),
    (
        pump("phases = ['L2']") + "[circuits.main]\nphases = 1",
        "devices.pump.control.phases: circuit 'main' ends at L1; name phases that it has, or correct circuits.main",
    ),
    (
        car("mode = 'fast'") + "[limits]\nimport_w = 1300",
        "limits.import_w: 1300 W is less than 'car' needs to charge at all, 6 A on 1 phase = 1380 W; raise it",
    ),
    (
        car("mode = 'min_solar'\nphases = 1\nmin_a = 10") + "[limits]\nimport_w = 2000",
        '10 A on 1 phase = 2300 W; raise it, lower devices.car.control.min_a, or choose mode = "solar" there',
    ),
    (
        car("phases = 1\nmin_a = 10") + "[limits]\nunbalanced_a = 8",
        "limits.unbalanced_a: 8 A is below the least current of 'car', min_a = 10, which does not hang on all phases",
    ),
    (
        car("phases = ['L2', 'L3']\nmin_a = 10") + "[limits]\nunbalanced_a = 8",
        "raise it, lower devices.car.control.min_a, or correct devices.car.control.phases",
    ),
    (
        car("phases = 1\nblind_a = 16") + "[limits]\nunbalanced_a = 10",
        "devices.car.control.blind_a: 16 is above limits.unbalanced_a = 10; write 10 or less or 0 (pause)",
    ),
    (
        battery("max_charge_w = 0\ngrid_charge = true"),
        "devices.bat.control.grid_charge: is true, and max_charge_w = 0 leaves no power for it; write false, or raise",
    ),
    (
        battery("max_charge_w = 0\nmode = 'charge'"),
        'bat.control.mode: is "charge", and max_charge_w = 0 leaves no power',
    ),
    (battery("max_discharge_w = 0\nmode = 'discharge'"), 'mode: is "discharge", and max_discharge_w = 0 leaves'),
    (battery("max_discharge_w = 0\ngrid_discharge = true"), "control.grid_discharge: is true, and max_discharge_w = 0"),
    (battery("max_discharge_w = 0\nfeeds_cars = true"), "control.feeds_cars: is true, and max_discharge_w = 0"),
    (
        battery("grid_discharge = true") + "[limits]\nexport_w = 0",
        "devices.bat.control.grid_discharge: is true, and limits.export_w = 0 lets nothing out; write false, or raise",
    ),
    (battery("soc_floor = 50\nsoc_ceiling = 50"), "devices.bat.control.soc_floor: must be below soc_ceiling"),
    (battery("outage_reserve = 90\nsoc_ceiling = 80"), "devices.bat.control.outage_reserve: must be below soc_ceiling"),
    (
        pump("guaranteed_w = 4200") + "[limits]\nimport_w = 3000",
        "devices.pump.control.guaranteed_w: 4200 W is more than limits.import_w lets in, 3000 W; write 3000 or less",
    ),
    (
        pump("guaranteed_w = 4200") + LINE + "fuse_a = 16\nphases = 1\nmembers = ['pump']",
        "guaranteed_w: 4200 W is more than circuits.line.fuse_a lets in, 3680 W; write 3680 or less",
    ),
    (
        "[calendar]\nextra = ['2026-12-24']\nwithout = ['2026-12-24']",
        "calendar.without: 2026-12-24 is in calendar.extra",
    ),
    (
        "[history]\nbudget_mb = 64000\ncard_gb = 32",
        "history.budget_mb: with journal.budget_mb is 67.2 GB, and the card has card_gb = 32; lower the budgets, or",
    ),
    ("[network]\nport = 1883", "mqtt.port: 1883 is network.port too; choose another for one of them"),
    (
        "[network]\nbind = '192.168.1.2'\nport = 99\n[mqtt]\nbind = '0.0.0.0'\nport = 99",
        "mqtt.port: 99 is network.port",
    ),
    (
        device("a", "meter", "", "behind = 'a'").partition("[devices.a.control]")[0],
        "devices.a.behind: stands behind itself",
    ),
    (
        device("a", "meter", "", "behind = 'b'").partition("[devices.a.control]")[0]
        + device("b", "meter", "", "behind = 'a'").partition("[devices.b.control]")[0],
        "devices.a.behind: stands behind itself in the end; name the device that it hangs on",
    ),
]


@pytest.mark.parametrize(("text", "said"), WRONG, ids=[said[:40] for _, said in WRONG])
def test_what_contradicts_itself_is_refused_with_its_key_and_what_to_do(text: str, said: str) -> None:
    with pytest.raises(ConfigError) as e:
        config.parse(text, "config.toml")
    assert str(e.value).startswith("config.toml: ")
    assert said in str(e.value)


@pytest.mark.parametrize(
    "text",
    [
        LINE + "fuse_a = 35",
        car("mode = 'solar'") + "[limits]\nimport_w = 1000",
        car("mode = 'plan'") + "[limits]\nimport_w = 1000",
        car("mode = 'fast'") + "[limits]\nimport_w = 1380",
        car("blind_a = 8") + "[limits]\nimport_w = 5000",
        "[circuits.main]\nfuse_a = 63\nphases = 1\n[circuits.line]\nparent = 'main'\nfuse_a = 16",
        car("min_a = 10") + "[limits]\nunbalanced_a = 8",
        car("phases = 1\nmax_a = 32\nmode = 'fast'") + "[limits]\nunbalanced_a = 20\nimport_w = 1380",
        battery("max_discharge_w = 0"),
        battery("max_charge_w = 0\nmode = 'hold'\ngrid_charge = false"),
        battery("mode = 'discharge'") + "[limits]\nexport_w = 0",
        pump("guaranteed_w = 0") + "[limits]\nimport_w = 1000",
        "[limits]\nimport_w = 100000",
        "[network]\nport = 0\n[mqtt]\nport = 0",
        "[network]\nport = 1883\n[mqtt]\nengine = 'off'",
        "[network]\nport = 1883\nbind = '192.168.1.2'",
        "[network]\nport = 1883\n[mqtt]\nurl = 'mqtt://192.168.1.5'",
        "[history]\nbudget_mb = 64000\ncard_gb = 128",
    ],
)
def test_what_goes_together_is_accepted(text: str) -> None:
    assert config.parse(text)


def test_what_is_left_out_gives_way_to_what_is_written() -> None:
    """No default contradicts a document: whoever never wrote a number is not told to correct it."""
    line = config.parse("[circuits.main]\nfuse_a = 25\nphases = 1\n[circuits.line]\nparent = 'main'").circuits[1]
    assert (line.fuse_a, line.phases) == (25, 1)
    [left_out] = config.parse(pump("") + "[limits]\nimport_w = 3000").heat_pumps
    [usual] = config.parse(pump("") + "[limits]\nimport_w = 9000").heat_pumps
    assert (left_out.guaranteed_w, usual.guaranteed_w) == (3_000, 4_200)
    [idle] = config.parse(battery("max_charge_w = 0")).batteries
    assert (idle.max_charge_w, idle.grid_charge) == (0, False)
    site = config.parse("[history]\nbudget_mb = 64000")
    assert site.history_card_gb * 1e9 > site.history_mb << 20 and config.parse("").history_card_gb == 32
