"""Forecasts made by hand in the shape that each service documents: units, times, holes, and damage."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from drivers.fetch.answer import NotUnderstoodError
from drivers.weather import bright_sky, driver, open_meteo, solcast
from drivers.weather.codec import decode
from drivers.weather.forecast import outlooks
from hub.formats import FORMATS, codec
from hub.model.feed import Outlook
from hub.model.heard import CaptureHints
from tests.codec_fuzz import LONGEST, run

SHARED = Path(__file__).parents[3] / "shared" / "vectors"
FILES = [p for d in ("weather", "forecast-solar") for p in sorted((SHARED / d).glob("*.json"))]
SEEDS = [p.read_bytes() for p in FILES if p.stat().st_size < LONGEST]
T0 = round(datetime(2026, 3, 1, tzinfo=UTC).timestamp() * 1000)
HOUR_MS = 3_600_000


def said(message: object) -> bytes:
    return json.dumps(message).encode()


def by_quantity(found: list[Outlook]) -> dict[str, Outlook]:
    return {o.quantity: o for o in found}


def meteo(**more: Any) -> bytes:
    hourly = {
        "time": [T0 // 1000, T0 // 1000 + 3600, T0 // 1000 + 7200],
        "temperature_2m": [5.5, None, 7],
        "shortwave_radiation": [0, 120.5, 300],
    }
    return said({"utc_offset_seconds": 0, "hourly": hourly, **more})


def test_radiation_is_of_the_hour_before_and_temperature_of_the_instant() -> None:
    found = by_quantity(outlooks(open_meteo.read(meteo()), "om", 7))
    assert (found["temperature"].start_ms, found["temperature"].values) == (T0, (5.5, None, 7.0))
    assert (found["irradiance"].start_ms, found["irradiance"].values) == (T0 - HOUR_MS, (0.0, 120.5, 300.0))
    assert found["irradiance"].made_ms == 7


def test_fahrenheit_is_not_taken_for_celsius() -> None:
    data = meteo(hourly_units={"temperature_2m": "°F", "shortwave_radiation": "W/m²"})
    assert set(by_quantity(outlooks(open_meteo.read(data), "om", 0))) == {"irradiance"}
    units = {r.code.rpartition(".")[2]: r.unit for m in decode(data).messages for r in m.readings}
    assert units == {"temperature_2m": "°F", "shortwave_radiation": "W/m2"}


def test_local_times_go_by_the_one_offset_of_the_answer() -> None:
    """Across the change of clocks too: 02:00 of that night is in the answer though no clock showed it."""
    times = [f"2026-03-29T0{h}:00" for h in range(5)]
    data = said(
        {
            "utc_offset_seconds": 3600,
            "timezone": "Europe/Berlin",
            "hourly": {"time": times, "temperature_2m": [1, 2, 3, 4, 5]},
        }
    )
    found = outlooks(open_meteo.read(data), "om", 0)[0]
    assert found.seconds == 3600 and found.values == (1.0, 2.0, 3.0, 4.0, 5.0)
    assert found.start_ms == round(datetime(2026, 3, 28, 23, tzinfo=UTC).timestamp() * 1000)


def sky(**values: object) -> bytes:
    item = {"timestamp": "2026-03-01T10:00:00+00:00", "cloud_cover": 40, "temperature": 8.5, "solar": 0.25, **values}
    return said({"weather": [item, {**item, "timestamp": "2026-03-01T11:00:00+00:00"}], "sources": []})


def test_bright_sky_in_both_its_units() -> None:
    for data in (sky(), sky(temperature=281.65, solar=900_000)):
        found = by_quantity(outlooks(bright_sky.read(data), "bs", 0))
        assert found["temperature"].values == (8.5, 8.5) and found["cloud"].values == (40.0, 40.0)
        assert found["irradiance"].values == (250.0, 250.0)
        assert found["irradiance"].start_ms == found["temperature"].start_ms - HOUR_MS


def test_solcast_is_in_kilowatts_and_by_the_end_of_its_periods() -> None:
    rows = [
        {
            "pv_estimate": 1.5,
            "pv_estimate10": 0.5,
            "pv_estimate90": 2,
            "period_end": f"2026-03-01T{h}:30:00.0000000Z",
            "period": "PT30M",
        }
        for h in (10, 12)
    ]
    found = by_quantity(outlooks(solcast.read(said({"forecasts": rows})), "s", 0))
    assert found["pv_power"].start_ms == T0 + 10 * HOUR_MS
    assert found["pv_power"].values == (1500.0, None, None, None, 1500.0)
    assert (found["pv_power_low"].values[0], found["pv_power_high"].values[0]) == (500.0, 2000.0)


def test_the_power_of_two_planes_is_added_where_both_are_told() -> None:
    east = Outlook("pv_power", T0, 3600, (1.0, 2.0, 3.0), "f", 0)
    west = Outlook("pv_power", T0 + HOUR_MS, 3600, (10.0, None, 30.0), "f", 0)
    both = driver.summed([[east], [west]], 5)
    assert (both.start_ms, both.values, both.made_ms) == (T0 + HOUR_MS, (12.0, None), 5)
    with pytest.raises(NotUnderstoodError):
        driver.summed([[east], []], 5)


def test_every_format_name_leads_to_a_codec_that_never_raises() -> None:
    for name in ("weather", *FORMATS["weather"].also):
        assert codec(name).decode(meteo(), None).messages  # type: ignore[arg-type]
    for junk in (b"", b"\xff", b"[]", b"{}", b"<html>", b'{"hourly": {"time": 3}}', b'{"result": {"watts": 3}}'):
        capture = decode(junk)
        assert not capture.messages and capture.rejected[0].reason


@pytest.mark.skipif(not SEEDS, reason=f"no vectors at {SHARED}")
def test_damaged_answers() -> None:
    assert run(decode, SEEDS, 1_500) > 200


# -- answers that hold one thing only, or several ---------------------------------------------------------------------

BOM = b"\xef\xbb\xbf"
FLAT = {"2024-01-01 09:00:00": 120, "2024-01-01 10:00:00": 250}
MESSAGE = {"code": 0, "info": {"timezone": "Europe/Berlin"}, "ratelimit": {"limit": 12, "remaining": 9}}


def told(data: bytes, name: str = "") -> list[tuple[int, str, object, str]]:
    """(hours after 2024 began, code, value, unit) of all that stands at a time."""
    new_year = round(datetime(2024, 1, 1, tzinfo=UTC).timestamp() * 1000)
    readings = [r for m in decode(data, CaptureHints(name)).messages for r in m.readings if r.at is not None]
    return [(((r.at or 0) - new_year) // HOUR_MS, r.code, r.value, r.unit) for r in readings]


def problems(data: bytes) -> list[str]:
    return [p for m in decode(data).messages for p in m.problems]


def test_the_mark_of_utf_8_is_ignored() -> None:
    for data in (meteo(), sky(), said({"result": FLAT, "message": MESSAGE})):
        assert decode(BOM + data) == decode(data) and decode(data).messages
        assert decode(data.decode().encode("utf-16")) == decode(data)


def test_the_power_alone_from_forecast_solar() -> None:
    both = [(8, "result.watts", 120.0, "W"), (9, "result.watts", 250.0, "W")]
    assert told(said({"result": FLAT, "message": MESSAGE})) == both
    assert told(said({"result": FLAT})) == [(h + 1, *rest) for h, *rest in both]
    assert problems(said({"result": FLAT})) == ["no time zone is told; times are taken as UTC"]
    assert told(said({"result": {"1704096000": 120, "1704099600": 250}})) == both
    assert not problems(said({"result": {"1704096000": 120}}))


def test_a_lone_column_of_energy_is_told_by_the_captures_name_or_by_its_days() -> None:
    data = said({"result": FLAT, "message": MESSAGE})
    assert told(data, "estimate_watthours_period.json")[0][1:] == ("result.watt_hours_period", 120.0, "Wh")
    assert told(data, "estimate_watthours.json")[0][1:] == ("result.watt_hours", 120.0, "Wh")
    days = decode(said({"result": {"2024-01-01": 1200, "2024-01-02": 1300}})).messages[0].readings
    assert [(r.code, r.value, r.unit) for r in days] == [
        ("result.watt_hours_day.2024-01-01", 1200.0, "Wh"),
        ("result.watt_hours_day.2024-01-02", 1300.0, "Wh"),
    ]


CURRENT = {
    "utc_offset_seconds": 3600,
    "current_units": {"time": "iso8601", "interval": "seconds", "temperature_2m": "°C", "shortwave_radiation": "W/m²"},
    "current": {"time": "2024-01-01T12:00", "interval": 900, "temperature_2m": 3.1, "shortwave_radiation": 100},
}


def test_open_meteo_says_what_is_now_only() -> None:
    assert told(said(CURRENT)) == [
        (11, "current.temperature_2m", 3.1, "degC"),
        (11, "current.shortwave_radiation", 100.0, "W/m2"),
    ]
    found = by_quantity(outlooks(open_meteo.read(said(CURRENT)), "om", 0))
    assert found["temperature"].start_ms - found["irradiance"].start_ms == 900_000
    assert "current" not in {code.partition(".")[0] for _, code, _, _ in told(meteo(**CURRENT))}


def test_open_meteo_by_day_only() -> None:
    data = said({"daily": {"time": ["2024-01-01"], "temperature_2m_max": [3]}, "daily_units": {}})
    assert [(r.code, r.value) for r in decode(data).messages[0].readings] == [("daily[0].temperature_2m_max", 3.0)]


def test_of_several_places_the_first_counts() -> None:
    one = json.loads(meteo())
    both = said([one, {**one, "latitude": 3}])
    assert problems(both) == ["forecasts of 2 places; the first counts"] and told(both) == told(said(one))
    assert not problems(said([one])) and told(said([one])) == told(said(one))


def test_damaged_answers_of_these_kinds() -> None:
    seeds = [said(m) for m in ({"result": FLAT, "message": MESSAGE}, {"result": FLAT}, CURRENT, [CURRENT, CURRENT])]
    assert run(decode, seeds, 1_000) > 100


def test_a_refusal_says_its_reason() -> None:
    refused = decode(said({"error": True, "reason": "Daily API request limit exceeded."}))
    assert [r.reason for r in refused.rejected] == ["the service says: Daily API request limit exceeded."]
    with pytest.raises(NotUnderstoodError, match="Daily API"):
        open_meteo.read(said({"error": True, "reason": "Daily API request limit exceeded."}))


def test_the_older_answer_of_open_meteo_is_named() -> None:
    older = {"latitude": 52.5, "current_weather": {"temperature": 13.3, "time": "2024-01-01T00:00"}}
    assert "current_weather" in decode(said(older)).rejected[0].reason
    assert told(meteo(current_weather=older["current_weather"])) == told(meteo())
