"""The self-test on the demo house, over its real wires: a mistake is named, and nothing is left behind."""

from __future__ import annotations

import json
import time
import urllib.request
from collections.abc import Iterator

import pytest

from tests.house.demo_kit import Demo, demo

STEPPED = {"battery", "wallbox"}


@pytest.fixture(scope="module")
def house() -> Iterator[Demo]:
    with demo() as running:
        running.world(ev_present={"keba": True, "heidelberg": False}, soc=50, ev_soc=40, irradiance=60)
        end = time.monotonic() + 30
        while not set(running.api("GET", "/commissioning")["devices"]) >= STEPPED:
            assert time.monotonic() < end, "its devices do not answer"
            time.sleep(0.1)
        yield running


def miswire(house: Demo, *mistakes: str) -> None:
    data = json.dumps({"mistakes": list(mistakes)}).encode()
    request = urllib.request.Request(f"{house.sim}/wiring", data, {"Content-Type": "application/json"})
    urllib.request.urlopen(request, timeout=5).close()


def run_quickly(house: Demo, within_s: float = 300.0) -> dict[str, object]:
    """The findings of a quick self-test."""
    house.api("POST", "/commissioning", {"thorough": False})
    end = time.monotonic() + within_s
    while (told := house.api("GET", "/commissioning"))["running"]:
        assert time.monotonic() < end, told
        time.sleep(0.5)
    return dict(told)


def test_a_reversed_transformer_is_named_and_nothing_is_left_behind(house: Demo) -> None:
    miswire(house, "ct2_reversed")
    told = run_quickly(house)
    faults = [f for f in told["findings"] if f["verdict"] == "fault"]  # type: ignore[attr-defined]
    assert [(f["code"], f["device"], f["numbers"].get("phase")) for f in faults] == [("ct_reversed", "grid", 2)]
    assert set(told["devices"]) >= STEPPED and told["done"] == told["all"]  # type: ignore[call-overload]
    left = [w for w in house.api("GET", "/decisions")["unmet"] if w.get("cause") == "commissioning"]
    assert not left
    with urllib.request.urlopen(
        urllib.request.Request(f"{house.base}/api/v1/commissioning/report", headers=house.headers), timeout=5
    ) as page:
        text = page.read().decode()
    assert "1 fault found" in text and "L2" in text


def test_it_can_be_stopped(house: Demo) -> None:
    miswire(house)
    house.api("POST", "/commissioning", {})
    house.api("DELETE", "/commissioning")
    end = time.monotonic() + 10
    while house.api("GET", "/commissioning")["running"]:
        assert time.monotonic() < end
        time.sleep(0.1)
    assert house.api("GET", "/commissioning")["stopped"] == "stopped"
