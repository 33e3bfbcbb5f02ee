"""The self-test of the demo house over its real wires: each mistake is named, nothing else blamed, nothing left behind.

A healthy house and one mistake here, both at once; `SHEMS_MISTAKES=all ./shems test tests/house/test_self_test.py` for
the twelve, and for a healthy house whose watchdogs are waited for too.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
from firmware_sim.wiring import Mistake

from tests.commission.plant import conditions
from tests.house.demo_kit import demo, eventually
from tests.house.self_test_kit import CHOSEN, SLOW, Report, expected, prepare, self_tested

AT_ONCE = 4
"""houses: they wait nearly all the time"""
Figure = Callable[[str, object], None]
Houses = Callable[[Mistake | None], Report]


@pytest.fixture(scope="module")
def houses() -> Iterator[Houses]:
    """All begin at once, those that take longest first, and each is waited for by its own test."""
    with ThreadPoolExecutor(AT_ONCE) as pool:
        healthy = pool.submit(self_tested)
        wrong = {m: pool.submit(self_tested, m) for m in sorted(CHOSEN, key=lambda m: m not in SLOW)}
        yield lambda mistake: (wrong[mistake] if mistake else healthy).result()
        pool.shutdown(cancel_futures=True)


@pytest.mark.parametrize("mistake", CHOSEN)
def test_a_mistake_is_named_with_its_device_and_nothing_else_is(
    houses: Houses, mistake: Mistake, record_property: Figure
) -> None:
    record_property("tried", 1)
    seen = houses(mistake)
    assert seen.faults == {expected(mistake)}, seen.told["findings"]
    record_property("named", 1)
    assert "<b>1 fault found.</b>" in seen.report
    assert_whole(seen)


def test_a_healthy_house_is_not_blamed(houses: Houses, record_property: Figure) -> None:
    seen = houses(None)
    record_property("blamed", len(seen.faults))
    assert not seen.faults, seen.told["findings"]
    assert "<b>No fault was found.</b>" in seen.report
    assert_whole(seen)


def assert_whole(seen: Report) -> None:
    """It went to its end, and nothing that it wished for is left."""
    assert not seen.left and not seen.told["stopped"] and seen.told["done"] == seen.told["all"]


def test_it_can_be_stopped() -> None:
    with demo() as house:
        prepare(house, conditions(0))
        house.api("POST", "/commissioning", {})
        house.api("DELETE", "/commissioning")
        eventually(lambda: not house.api("GET", "/commissioning")["running"], 10, "it ends")
        assert house.api("GET", "/commissioning")["stopped"] == "stopped"
