"""No damage to an answer raises, and none makes a price that no kWh can have."""

from __future__ import annotations

from pathlib import Path

import pytest

from drivers.prices.codec import decode
from hub.model import quantity
from hub.model.heard import Capture
from tests.codec_fuzz import LONGEST, run

VECTORS = Path(__file__).parents[3] / "shared" / "vectors" / "prices"
FILES = [p for p in sorted(VECTORS.glob("*")) if p.name != "README.md"]
SEEDS = [p.read_bytes() for p in FILES if p.stat().st_size < LONGEST]
if SEEDS:
    whole = (VECTORS / "openems_entsoe-response.xml").read_text()
    SEEDS.append((whole[: whole.index("</TimeSeries>")] + "</TimeSeries></Publication_MarketDocument>").encode())


@pytest.mark.skipif(not SEEDS, reason=f"no vectors at {VECTORS}")
def test_damaged_answers() -> None:
    low, high = quantity("price_import").low, quantity("price_import").high
    assert low is not None and high is not None

    def plausible(_data: bytes, capture: Capture) -> None:
        for message in capture.messages:
            assert all(low <= float(v) <= high for v in message.points.values())

    assert run(decode, SEEDS, 2_000, plausible) > 200
