"""What the site document may say of a Modbus device, and what it may not."""

from __future__ import annotations

import pytest

from drivers.modbus.driver import build
from hub.errors import ConfigError
from hub.model import SystemClock
from tests.drivers_modbus.kit import spec


@pytest.mark.parametrize(
    "options, says",
    [
        ({"map": "keba/p31"}, "keba/p30"),
        ({"map": None}, "map"),
        ({"map": "/no/such/map.toml"}, "cannot be read"),
        ({"map": "eastron/sdm630"}, "role"),
        ({"unit": 256}, "unit"),
        ({"unit": "one"}, "unit"),
        ({"poll_s": 0}, "poll_s"),
        ({"poll": 1}, "poll"),
    ],
)
def test_an_option_that_cannot_be_is_a_clear_error(options: dict[str, object], says: str) -> None:
    with pytest.raises(ConfigError, match=says):
        build("tcp://127.0.0.1:1502", [spec("keba", **options)], SystemClock())


def test_a_link_that_cannot_be_is_a_clear_error() -> None:
    with pytest.raises(ConfigError, match="tcp://host:port"):
        build("keba.lan", [spec("keba")], SystemClock())
