"""What the integration topics say of a wish that has come through the Desk's door."""

from __future__ import annotations

import pytest

from hub.control.intents import IntentSink
from hub.errors import Refused
from hub.mqtt.board import DeskDoor
from tests.control.test_desk import Bench, on_a_bench
from tests.house_kit import wallbox


@pytest.mark.parametrize(
    ("point", "payload", "said"),
    [
        ("wallbox.current_limit", "64", "out_of_range (asked 64, low 6, high 32)"),
        ("wallbox.current_limit", "1_0", "bad_value (asked 1_0, wanted a number)"),
        ("plug.power", "1", "not_writable (point plug.power)"),
    ],
)
def test_a_refusal_tells_its_numbers(point: str, payload: str, said: str) -> None:
    async def play(b: Bench) -> None:
        with pytest.raises(Refused) as refused:
            await DeskDoor(b.desk)(point, payload, "mqtt")
        assert str(refused.value) == said

    on_a_bench(play)


def test_what_a_device_takes_its_time_for_is_not_refused() -> None:
    async def play(b: Bench) -> None:
        IntentSink(b.board).seen(wallbox(settle_ms=30_000))
        b.driver.fault = "ignore"
        await DeskDoor(b.desk)("wallbox.current_limit", "6", "mqtt")
        b.driver.show(wallbox__current_limit=6.0)
        await b.settle()

    on_a_bench(play)
