"""Every captured forecast against what was read out of it by eye."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import pytest

from drivers.fetch.answer import NotUnderstoodError, parsed
from drivers.weather import forecast_solar
from drivers.weather.codec import SHAPES, decode
from drivers.weather.forecast import outlooks
from hub.cli.decode import shown
from hub.model.feed import Outlook

SHARED = Path(__file__).parents[3] / "shared" / "vectors"
FILES = {p.name: p for d in ("weather", "forecast-solar") for p in (SHARED / d).glob("*") if p.name != "README.md"}
pytestmark = pytest.mark.skipif(not FILES, reason=f"no vectors at {SHARED}")


@dataclass(frozen=True)
class Golden:
    """Of one quantity of a file: `start`, `step_s`, how many values, how many of them None, the first and the most."""

    file: str
    quantity: str
    start: str
    step_s: int
    count: int
    unknown: int
    first: float
    most: float


BRIGHT, OPEN = "EOS_weatherforecast_brightsky_2.json", "EOS_weatherforecast_openmeteo_2.json"
SOLCAST, OM1 = "emhass_test_response_solcast_multiday.json", "openems_DefaultWeatherDataParserTest_1.json"
OM2 = "openems_DefaultWeatherDataParserTest_2.json"
GOLDEN = [
    Golden(BRIGHT, "temperature", "2024-10-26T00:00+02:00", 3600, 50, 0, 6.2, 15.0),
    Golden(BRIGHT, "irradiance", "2024-10-26T00:00+02:00", 3600, 50, 1, 0.0, 144.0),
    Golden(OPEN, "temperature", "2026-03-02T01:00+01:00", 3600, 72, 0, 3.2, 13.6),
    Golden(OPEN, "irradiance", "2026-03-02T01:00+01:00", 3600, 72, 0, 0.0, 530.5),
    Golden(SOLCAST, "pv_power", "2024-12-26T17:00+00:00", 1800, 97, 0, 0.0, 180.0),
    Golden(SOLCAST, "pv_power_low", "2024-12-26T17:00+00:00", 1800, 97, 0, 0.0, 27.8),
    Golden(SOLCAST, "pv_power_high", "2024-12-26T17:00+00:00", 1800, 97, 0, 0.0, 1217.4),
    Golden(OM1, "temperature", "2025-03-23T00:00+00:00", 900, 2, 0, 12.0, 13.0),
    Golden(OM1, "irradiance", "2025-03-22T23:45+00:00", 900, 2, 0, 0.0, 2.0),
    Golden(OM1, "irradiance_normal", "2025-03-22T23:45+00:00", 900, 2, 0, 100.0, 110.0),
    Golden(OM2, "temperature", "2025-03-30T00:00+02:00", 3600, 4, 0, 13.0, 16.0),
    Golden("forecast.json", "pv_power", "2024-04-26T06:00+02:00", 3600, 40, 0, 89.0, 825.0),
]


def read(name: str) -> dict[str, Outlook]:
    data = FILES[name].read_bytes()
    shape = next(s for s in SHAPES if s.recognises(parsed(data)))
    return {o.quantity: o for o in outlooks(shape.read(data), shape.name, 0)}


def ms(text: str) -> int:
    return round(datetime.fromisoformat(text).timestamp() * 1000)


@pytest.mark.parametrize("golden", GOLDEN, ids=lambda g: f"{g.file} {g.quantity}")
def test_the_outlook_is_that_of_the_file(golden: Golden) -> None:
    found = read(golden.file)[golden.quantity]
    told = [v for v in found.values if v is not None]
    assert (found.start_ms, found.seconds) == (ms(golden.start), golden.step_s)
    assert (len(found.values), len(found.values) - len(told)) == (golden.count, golden.unknown)
    assert (found.values[0], max(told)) == (pytest.approx(golden.first), pytest.approx(golden.most, abs=0.05))


@pytest.mark.parametrize("name", FILES)
def test_every_file_decodes_or_says_why_not(name: str) -> None:
    capture = decode(FILES[name].read_bytes())
    if name == "ratelimit.json":
        assert capture.rejected[0].reason == "Forecast.Solar: Rate limit for API calls reached."
        return
    assert not capture.rejected and all(m.readings and not m.points for m in capture.messages)
    assert not any(m.problems for m in capture.messages)
    json.dumps(shown(name, "weather", capture))


def test_the_days_energy_is_the_sum_of_its_hours() -> None:
    """Against the service's own sums of both days."""
    found = read("forecast.json")["pv_power"]
    days: dict[int, float] = {}
    for n, power in enumerate(found.values):
        assert power is not None
        day = (found.start_ms + n * 3_600_000 + 2 * 3_600_000) // 86_400_000
        days[day] = days.get(day, 0) + power
    assert [round(e) for _, e in sorted(days.items())] == [6660, 5338]


def test_too_many_questions_are_to_wait_until() -> None:
    data = FILES["ratelimit.json"].read_bytes()
    assert forecast_solar.retry_at(data) == ms("2024-04-27T02:48:53+02:00")
    with pytest.raises(NotUnderstoodError):
        forecast_solar.read(data)


def test_an_answer_about_the_key() -> None:
    told = {r.code: r.value for r in decode(FILES["validate_key.json"].read_bytes()).messages[0].readings}
    assert told["result.level"] == "1" and told["message.ratelimit.remaining"] == 57
