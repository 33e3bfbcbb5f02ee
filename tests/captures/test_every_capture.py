"""Every capture of every supported kind says something, or is listed here with the reason why it does not."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from hub.formats import FORMATS, codec
from hub.model import quantity
from hub.model.heard import Capture, CaptureHints

VECTORS = Path(__file__).parents[3] / "shared" / "vectors"
CATEGORIES = {
    "d0": "d0",
    "dsmr": "p1",
    "enphase": "enphase",
    "forecast-solar": "forecast-solar",
    "fronius-solarapi": "fronius",
    "goodwe-frames": "goodwe",
    "han-dlms": "dlms",
    "homewizard": "homewizard",
    "mqtt-discovery": "homeassistant",
    "ocpp-charging-profiles": "ocpp",
    "ocpp-frames": "ocpp",
    "ocpp15-messages": "ocpp",
    "p1monitor": "p1monitor",
    "peblar": "peblar",
    "powerfox": "powerfox",
    "prices": "prices",
    "shelly": "shelly",
    "sml": "sml",
    "solax-http": "solax",
    "sunspec-device-maps": "sunspec",
    "tasmota": "tasmota",
    "tesla-powerwall": "powerwall",
    "weather": "weather",
}
NOT_CAPTURES = {"ocpp-schemas": "schemas, checked by the OCPP tests", "sunspec-models": "the models' definitions"}
NOT_SUPPORTED = {"homekit", "kasa-tapo", "matter-nodes", "plugwise-thermostats", "zigbee-zha-devices"}
EXPLAINED = {
    "d0": {"vzlogger_ACE3000_basic.txt"},  # its check character is that of another read-out
    "dsmr": {
        "esphome_encrypted_packet.bin",  # needs its meter's key, which is not told
        "esphome_parser_test_1.txt",  # an excerpt without its checksum
        "go-dsmr_1.txt",  # published with 0000 as its checksum
        "lvzon_p1-example-4.0.txt",  # published with a checksum that is not its own
        "lvzon_p1-example-5.0.txt",
    },
    "enphase": {
        "3.17.3__ivp_ensemble_dry_contacts",  # pages that say "not found" or "not signed in"
        "3.17.3__production.json",
        "3.9.36_bad_auth__production.json",
        "3.9.36_bad_auth__api_v1_production_inverters",
        "4.10.35__production",
    },
    "forecast-solar": {"ratelimit.json"},  # "too many questions"
    "prices": {
        "python-energyzero_energy_no_prices.json",  # an answer without a price
        "python-energyzero_error_response.json",
        "python-energyzero_gql_error.json",
    },
    "sml": {"smllib_test_frames_3.bin"},  # damaged on purpose
    "sunspec-device-maps": {"pysunspec2_smdx_304.csv"},  # a model's definition
}
"""Files that hold no message that may be believed; the rejection says why."""

needs_vectors = pytest.mark.skipif(not VECTORS.is_dir(), reason=f"no captures at {VECTORS}")


def files(category: str) -> list[Path]:
    listed = sorted((VECTORS / category).glob("*")) if VECTORS.is_dir() else []
    return [p for p in listed if p.name != "README.md" and not p.name.endswith(".expected.json")]


def decoded(category: str) -> Iterator[tuple[Path, Capture]]:
    for path in files(category):
        yield path, codec(CATEGORIES[category]).decode(path.read_bytes(), CaptureHints(path.name))


@needs_vectors
def test_every_kind_of_capture_is_accounted_for() -> None:
    there = {p.name for p in VECTORS.iterdir() if p.is_dir()}
    assert there == set(CATEGORIES) | set(NOT_CAPTURES) | NOT_SUPPORTED


@needs_vectors
@pytest.mark.parametrize("category", CATEGORIES)
def test_a_capture_says_something_or_why_it_does_not(category: str, capsys: pytest.CaptureFixture[str]) -> None:
    silent = []
    for path, capture in decoded(category):
        assert capture.messages or capture.rejected, path.name
        assert all(r.reason and r.offset >= 0 for r in capture.rejected), path.name
        if not capture.messages:
            silent.append((path.name, capture.rejected[0].reason))
    with capsys.disabled():
        told = "".join(f"\n    {name}: {reason}" for name, reason in silent)
        print(f"\n  {category}: {len(files(category)) - len(silent)} of {len(files(category))} decode{told}", end="")
    assert {name for name, _ in silent} <= EXPLAINED.get(category, set())


@needs_vectors
@pytest.mark.parametrize("category", CATEGORIES)
def test_every_point_is_a_word_of_the_house_within_its_range(category: str) -> None:
    for path, capture in decoded(category):
        for heard in capture.messages:
            for point, value in heard.points.items():
                entry = quantity(point.partition(".")[2])
                if isinstance(value, str):
                    assert value in entry.choices, f"{path.name}: {point} = {value}"
                else:
                    low, high = entry.low, entry.high
                    assert (low is None or value >= low) and (high is None or value <= high), f"{path.name}: {point}"


@pytest.mark.parametrize("name", FORMATS)
def test_a_format_survives_nothing_and_noise(name: str) -> None:
    for data in (b"", b"\x00", b"{", b"[]", b"null", b'{"a": [1, {"b": NaN}]}', b"\xff" * 3000, b"<x/>", b"1.5\n"):
        capture = codec(name).decode(data, CaptureHints("capture"))
        assert capture.messages or capture.rejected
