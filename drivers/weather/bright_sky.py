"""Bright Sky: the forecasts and readings of the German weather service by hour.

Source: https://brightsky.dev/docs (`/weather`). Default units `dwd`: degC, %, hPa, km/h, m, mm, minutes of sunshine;
`solar` is the irradiation of the hour that ends at `timestamp`, kWh/m2. Units `si` differ and are not told in the
answer: temperatures above 170 are kelvin, and then `solar` is J/m2.
"""

from __future__ import annotations

from zoneinfo import ZoneInfo

from drivers.fetch.answer import NotUnderstoodError, Times, amount, complaint, items, parsed
from drivers.weather.forecast import Forecast, Step
from hub.model.heard import Reading

NAME = "bright-sky"
_HOUR_S = 3_600
_UNITS = {
    "temperature": "degC",
    "dew_point": "degC",
    "cloud_cover": "%",
    "relative_humidity": "%",
    "pressure_msl": "hPa",
    "wind_speed": "km/h",
    "wind_gust_speed": "km/h",
    "wind_direction": "deg",
    "wind_gust_direction": "deg",
    "visibility": "m",
    "precipitation": "mm",
    "sunshine": "min",
    "solar": "Wh/m2",
    "precipitation_probability": "%",
    "precipitation_probability_6h": "%",
}
_KELVIN, _COLDEST_IN_KELVIN = 273.15, 170


def recognises(message: object) -> bool:
    return any("timestamp" in item and "cloud_cover" in item for _, item in items(message, "weather")[:3])


def read(data: bytes) -> Forecast:
    message = parsed(data)
    if not recognises(message):
        raise NotUnderstoodError(f"Bright Sky: {complaint(message) or 'no weather in the answer'}")
    found = items(message, "weather")
    si = any((t := amount(item.get("temperature"))) is not None and t > _COLDEST_IN_KELVIN for _, item in found)
    times, problems, steps = Times(ZoneInfo("UTC")), list[str](), list[Step]()
    for path, item in found:
        start = times.ms(item.get("timestamp"))
        if start is None:
            problems.append(f"{path}: has no time; left out")
            continue
        values: dict[str, tuple[float | str, str]] = {}
        for name, unit in _UNITS.items():
            value = amount(item.get(name))
            if value is not None:
                values[name] = (
                    (_base(name, float(value), si), unit) if name in _BASES else (float(value), "" if si else unit)
                )
        values |= {k: (str(item[k])[:40], "") for k in ("condition", "icon") if item.get(k) is not None}
        steps += _meant(path, start, values)
    more = [Reading(p, str(s.get("station_name"))[:80]) for p, s in items(message, "sources") if s.get("station_name")]
    return Forecast(NAME, tuple(steps), problems=tuple(problems), more=tuple(more))


_BASES = ("temperature", "dew_point", "solar", "cloud_cover", "relative_humidity")


def _base(name: str, value: float, si: bool) -> float:
    if name == "solar":
        return round(value / 3_600 if si else value * 1_000, 6)
    return round(value - _KELVIN, 6) if si and name in ("temperature", "dew_point") else value


def _meant(path: str, start: int, values: dict[str, tuple[float | str, str]]) -> list[Step]:
    """Sunlight is that of the hour before: its Wh per m2 are the mean W per m2."""
    now = {q: float(values[n][0]) for q, n in (("temperature", "temperature"), ("cloud", "cloud_cover")) if n in values}
    steps = [Step(path, start, _HOUR_S, values, now)]
    if "solar" in values:
        steps.append(Step(path, start - _HOUR_S * 1000, _HOUR_S, {}, {"irradiance": float(values["solar"][0])}))
    return steps
