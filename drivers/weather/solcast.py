"""Solcast rooftop sites: the power of one's own panels, kW, with its 10 % and 90 % quantile.

Source: https://docs.solcast.com.au (rooftop_sites/forecasts, estimated_actuals). `period_end` closes `period`.
"""

from __future__ import annotations

import re
from zoneinfo import ZoneInfo

from drivers.fetch.answer import NotUnderstoodError, Times, amount, complaint, items, parsed
from drivers.weather.forecast import Forecast, Step

NAME = "solcast"
_PERIOD = re.compile(r"PT(\d{1,3})M|PT(\d{1,2})H", re.ASCII)
_MEANS = {"pv_estimate": "pv_power", "pv_estimate10": "pv_power_low", "pv_estimate90": "pv_power_high"}
_MORE = {"ghi": ("irradiance", "W/m2"), "dni": ("irradiance_normal", "W/m2"), "dhi": ("irradiance_diffuse", "W/m2")}
_MORE |= {"air_temp": ("temperature", "degC"), "cloud_opacity": ("", "%")}


def recognises(message: object) -> bool:
    found = items(message, "forecasts") or items(message, "estimated_actuals")
    return any("period_end" in item for _, item in found[:3])


def read(data: bytes) -> Forecast:
    message = parsed(data)
    status = message.get("response_status") if isinstance(message, dict) else None
    if not recognises(message):
        raise NotUnderstoodError(f"Solcast: {complaint(status) or complaint(message) or 'no forecasts in the answer'}")
    times, problems, steps = Times(ZoneInfo("UTC")), list[str](), list[Step]()
    for path, item in [*items(message, "estimated_actuals"), *items(message, "forecasts")]:
        end, seconds = times.ms(item.get("period_end")), _seconds(item.get("period"))
        if end is None or seconds is None:
            problems.append(f"{path}: has no time or no length; left out")
            continue
        values: dict[str, tuple[float | str, str]] = {}
        means: dict[str, float] = {}
        for name, quantity in _MEANS.items():
            power = amount(item.get(name))
            if power is not None:
                values[name] = (float(power * 1000), "W")
                means[quantity] = float(power * 1000)
        for name, (quantity, unit) in _MORE.items():
            value = amount(item.get(name))
            if value is not None:
                values[name] = (float(value), unit)
                means |= {quantity: float(value)} if quantity else {}
        steps.append(Step(path, end - seconds * 1000, seconds, values, means))
    return Forecast(NAME, tuple(steps), problems=tuple(problems))


def _seconds(text: object) -> int | None:
    match = _PERIOD.fullmatch(text) if isinstance(text, str) else None
    if not match:
        return None
    return int(match[1]) * 60 if match[1] else int(match[2]) * 3_600
