"""A device is taken into a running house and out again: over HTTP, without a second start of the program."""

from __future__ import annotations

import json
import time
import urllib.error
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.house.demo_kit import Demo, demo


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("house")


@pytest.fixture(scope="module")
def house(data: Path) -> Iterator[Demo]:
    with demo("--data", str(data)) as running:
        yield running


def soon(what: Any, within_s: float = 20.0) -> Any:
    """What `what` gives as soon as it gives something; the house may be starting anew meanwhile."""
    end = time.monotonic() + within_s
    while time.monotonic() < end:
        try:
            if found := what():
                return found
        except (OSError, KeyError):  # URLError is an OSError
            pass
        time.sleep(0.1)
    raise AssertionError("it did not come about")


def link_of(house: Demo, device: str) -> str:
    return str(house.api("GET", f"/devices/{device}")["link"]["address"])


def test_a_device_is_taken_in_and_measures(house: Demo) -> None:
    table = {"id": "second", "role": "meter", "driver": "modbus", "link": link_of(house, "grid")}
    before = house.points()
    answer = house.api("POST", "/devices", {**table, "options": {"map": "eastron/sdm630", "unit": 1}})
    assert answer == {"id": "second"}
    value = soon(lambda: house.point("second.voltage_l1")["v"])
    assert 180 < value < 260
    soon(lambda: set(house.points()) > set(before))
    soon(lambda: house.api("GET", "/health")["status"] == "ok")


def test_the_house_goes_on_switching_after_it_has_changed(house: Demo) -> None:
    soon(lambda: house.command("plug_tv.on", True)["state"] == "confirmed")
    assert house.truth("plug_tv")["on"] is True


@pytest.mark.parametrize(
    ("change", "field", "said"),
    [
        ({"id": "grid"}, "id", "is in the house already"),
        ({"driver": "modbuss"}, "driver", "did you mean 'modbus'"),
        ({"options": {"map": "eastron/sdm63"}}, "map", "did you mean 'eastron/sdm630'"),
        ({"options": {"map": "eastron/sdm630", "unitt": 1}}, "unitt", "did you mean 'unit'"),
        ({"role": "metre"}, "role", "did you mean 'meter'"),
        ({"id": "Bad id"}, "id", "lower-case"),
    ],
)
def test_one_that_cannot_be_changes_nothing(house: Demo, change: dict[str, Any], field: str, said: str) -> None:
    table = {"id": "third", "role": "meter", "driver": "modbus", "link": "tcp://127.0.0.1:1", "options": {}}
    with pytest.raises(urllib.error.HTTPError) as refused:
        house.api("POST", "/devices", {**table, **change})
    problem = json.loads(refused.value.read())
    assert (refused.value.code, problem["field"]) == (400, field)
    assert said in problem["detail"]
    assert "third" not in {d["id"] for d in house.api("GET", "/devices")["devices"]}


def test_only_what_was_taken_in_is_taken_out(house: Demo) -> None:
    with pytest.raises(urllib.error.HTTPError) as refused:
        house.api("DELETE", "/devices/grid")
    assert refused.value.code == 409
    house.api("DELETE", "/devices/second")
    soon(lambda: "second" not in {d["id"] for d in house.api("GET", "/devices")["devices"]})


def test_a_search_finds_the_hybrid_and_knows_that_it_is_ours(house: Demo) -> None:
    house.api("POST", "/found", {"addresses": [link_of(house, "pv_roof")]})
    soon(lambda: not house.api("GET", "/found")["searching"])
    (hybrid,) = house.api("GET", "/found")["devices"]
    assert (hybrid["driver"], hybrid["link"], hybrid["adopted"]) == ("sunspec", link_of(house, "pv_roof"), "pv_roof")
    assert hybrid["roles"][:2] == ["inverter", "battery"] and hybrid["certain"] and hybrid["suggested"] == "inverter"


def test_a_search_at_the_hubs_own_broker_knows_what_is_ours(house: Demo) -> None:
    """By the topic: two lights of one model are told apart, and neither is offered a second time."""
    house.api("POST", "/found", {"addresses": ["hub"]})
    soon(lambda: len([d for d in house.api("GET", "/found")["devices"] if d["link"] == "hub"]) >= 3)
    found = [d for d in house.api("GET", "/found")["devices"] if d["link"] == "hub"]
    ours = {d["options"]["topic"]: d["adopted"] for d in found if d["options"].get("topic") in ("light_hall", "living")}
    assert ours == {"light_hall": "light_hall", "living": "living"}


def test_what_was_found_stays_when_a_device_is_taken_in(house: Demo) -> None:
    """So that the next one of a search can be taken in as well."""
    before = house.api("GET", "/found")
    assert before["devices"]
    table = {"id": "second", "role": "meter", "driver": "modbus", "link": link_of(house, "grid")}
    house.api("POST", "/devices", {**table, "options": {"map": "eastron/sdm630", "unit": 1}})
    soon(lambda: house.point("second.voltage_l1")["v"])
    soon(lambda: house.api("GET", "/found")["devices"] == before["devices"])
    house.api("DELETE", "/devices/second")
    soon(lambda: "second" not in {d["id"] for d in house.api("GET", "/devices")["devices"]})


def test_a_search_of_hosts_ends_and_an_address_that_is_none_is_said(house: Demo) -> None:
    house.api("POST", "/found", {"addresses": ["127.0.0.1"]})
    soon(lambda: not house.api("GET", "/found")["searching"])
    for wrong, told in (("tpc://127.0.0.1:502", "did you mean 'tcp'"), ("10.0.0.0/8", "name a network of at most")):
        with pytest.raises(urllib.error.HTTPError) as refused:
            house.api("POST", "/found", {"addresses": [wrong]})
        assert refused.value.code == 400 and told in refused.value.read().decode()


def test_what_the_wire_says_can_be_read(house: Demo) -> None:
    told = {r["code"]: r for r in house.api("GET", "/devices/grid/raw")["readings"]}
    assert told["4:0000 voltage_l1"]["unit"] == "V" and len(told["4:0000"]["value"].split()) == 2
    assert house.api("GET", "/devices/p1/raw")["readings"]
