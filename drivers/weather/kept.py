"""Weather as Akkudoktor-EOS keeps and exports it: records by hour, whatever service they came from.

Its units are degC, %, W/m2; of wind and pressure the exports do not agree, so those go without. `weather_dni` is the
direct light on the level in some exports and on a plane that faces the sun in others: a reading only.
"""

from __future__ import annotations

from zoneinfo import ZoneInfo

from drivers.fetch.answer import NotUnderstoodError, Times, amount, items, parsed
from drivers.weather.forecast import Forecast, Step

NAME = "eos"
_HOUR_S = 3_600
_MEANS = {"weather_temp_air": "temperature", "weather_total_clouds": "cloud"}
_SUN = {"weather_ghi": "irradiance", "weather_dhi": "irradiance_diffuse"}
_UNITS = {
    "weather_temp_air": "degC",
    "weather_dew_point": "degC",
    "weather_feels_like": "degC",
    "weather_total_clouds": "%",
    "weather_relative_humidity": "%",
    "weather_precip_prob": "%",
    "weather_ghi": "W/m2",
    "weather_dni": "W/m2",
    "weather_dhi": "W/m2",
    "weather_wind_direction": "deg",
}


def recognises(message: object) -> bool:
    return any(
        "date_time" in item and any(key.startswith("weather_") for key in item)
        for _, item in items(message, "records")[:3]
    )


def read(data: bytes) -> Forecast:
    message = parsed(data)
    if not recognises(message):
        raise NotUnderstoodError("EOS: no records of weather")
    times, problems, steps = Times(ZoneInfo("UTC")), list[str](), list[Step]()
    for path, item in items(message, "records"):
        start = times.ms(item.get("date_time"))
        if start is None:
            problems.append(f"{path}: has no time; left out")
            continue
        told = {k: float(v) for k in item if k.startswith("weather_") and (v := amount(item[k])) is not None}
        if not told:
            continue
        means = {q: told[k] for k, q in (_MEANS | _SUN).items() if k in told}
        steps.append(Step(path, start, _HOUR_S, {k: (v, _UNITS.get(k, "")) for k, v in told.items()}, means))
    return Forecast(NAME, tuple(steps), problems=tuple(problems))
