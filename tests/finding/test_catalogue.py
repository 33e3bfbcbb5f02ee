"""`shems catalogue`: true to the drivers that there are."""

from __future__ import annotations

import json

import pytest

from drivers.catalogue import describe
from drivers.http.table import KINDS
from drivers.modbus import catalogue
from hub.cli.main import main
from hub.drivers import DRIVERS
from hub.model import Role, quantity

KNOWN = describe()


def test_every_driver_and_every_kind_is_told() -> None:
    assert {d["driver"] for d in KNOWN} == set(DRIVERS)
    assert {d["map"] for d in KNOWN if d["driver"] == "http"} == set(KINDS)
    assert {d["map"] for d in KNOWN if d["driver"] == "modbus"} == set(catalogue.names())


@pytest.mark.parametrize("device", KNOWN, ids=lambda d: f"{d['driver']} {d['map'] or d['vendor']}")
def test_an_entry_speaks_the_houses_words(device: dict[str, object]) -> None:
    assert device["vendor"] and device["models"] and device["source"]
    assert device["verified"] in ("facts", "example", "vector", "hardware")
    for role in device["roles"]:  # type: ignore[attr-defined]
        Role(role)
    for name in (*device["points"], *device["commands"]):  # type: ignore[misc]
        quantity(name)


def test_the_command_finds_by_word_and_tells_as_json(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["catalogue", "sdm630"]) == 0
    assert "eastron/sdm630" in capsys.readouterr().out
    assert main(["catalogue", "charger", "keba", "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert {d["map"] for d in told} == {"keba/p30", "keba/p40"}
    assert told[0]["commands"] == ["current_limit"]
