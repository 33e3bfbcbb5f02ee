"""Answers of forecast services decoded by what is in them. Pure; the feed reads with the same functions."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from drivers.fetch.answer import NotUnderstoodError, bare, complaint, parsed
from drivers.weather import bright_sky, forecast_solar, kept, open_meteo, solcast
from drivers.weather.forecast import Forecast, capture
from hub.model.heard import NO_HINTS, Capture, CaptureHints, Heard, Rejected


@dataclass(frozen=True, slots=True)
class Shape:
    """What tells an answer from others, and who reads it."""

    name: str
    recognises: Callable[[object], bool]
    read: Callable[[bytes], Forecast]


SHAPES = (
    Shape(forecast_solar.NAME, forecast_solar.recognises, forecast_solar.read),
    Shape(solcast.NAME, solcast.recognises, solcast.read),
    Shape(bright_sky.NAME, bright_sky.recognises, bright_sky.read),
    Shape(open_meteo.NAME, open_meteo.recognises, open_meteo.read),
    Shape(kept.NAME, kept.recognises, kept.read),
)


def decode(data: bytes, hints: CaptureHints = NO_HINTS) -> Capture:
    """One message for each step of the forecast; never raises."""
    data = bare(data)
    try:
        if data.lstrip()[:1] == b"<":
            raise NotUnderstoodError("a web page, made for people: it promises no form that could be relied upon")
        message = parsed(data)
        shape = next((s for s in SHAPES if s.recognises(message)), None)
        if shape is None:
            raise NotUnderstoodError(_said(message))
        if shape.name == forecast_solar.NAME and (told := forecast_solar.account(data)) and _no_forecast(message):
            return Capture((Heard(tuple(told), device={"vendor": shape.name}),))
        return capture(forecast_solar.read(data, hints.name) if shape.name == forecast_solar.NAME else shape.read(data))
    except NotUnderstoodError as e:
        return Capture((), (Rejected(0, str(e)),))


def _no_forecast(message: object) -> bool:
    """An answer about the key, not about the sun."""
    result = message.get("result") if isinstance(message, dict) else None
    return (
        isinstance(result, dict)
        and not any(isinstance(v, dict) for v in result.values())
        and not forecast_solar.is_flat(message)
    )


def _said(message: object) -> str:
    if open_meteo.is_older(message):
        return "Open-Meteo's older current_weather, which forecasts nothing; ask with hourly=... or current=... instead"
    said = complaint(message)
    return f"the service says: {said}" if said else "a forecast of no shape that is known"
