"""The house's own PV forecast: made anew from each weather forecast, for the planes of the site document."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

import numpy as np

from hub.calendar.sun import Place
from hub.errors import ConfigError
from hub.forecast.panels import Floats, Plane, power
from hub.model.document import Document, Table
from hub.model.feed import FeedSink, FeedSpec, Outlook, Rate

_PLANE, _MOST = ("declination", "azimuth", "kwp", "losses"), 8
_WEATHER = ("irradiance", "irradiance_direct", "irradiance_diffuse", "irradiance_normal", "temperature")


class OwnForecast:
    """A FeedSink before another: what is told of the weather goes on together with what the panels make of it."""

    def __init__(self, spec: FeedSpec, sink: FeedSink) -> None:
        """Raises ConfigError that names the key."""
        if spec.latitude is None or spec.longitude is None:
            raise ConfigError("pv_forecast", "needs the place of the house; give calendar.latitude and longitude")
        self._place = Place(spec.latitude, spec.longitude)
        self._planes, self._most_w = _planes(spec)
        self._name = spec.name
        self._sink = sink

    async def rates(self, source: str, currency: str, rates: Sequence[Rate]) -> None:
        await self._sink.rates(source, currency, rates)

    async def outlook(self, outlooks: Sequence[Outlook]) -> None:
        made = self.made(outlooks)
        await self._sink.outlook([*outlooks, *([made] if made else [])])

    def last(self, source: str) -> tuple[int, int]:
        return self._sink.last(source)

    def calls(self, source: str) -> tuple[str, int]:
        return self._sink.calls(source)

    async def called(self, source: str, day: str, count: int) -> None:
        await self._sink.called(source, day, count)

    def missed(self, source: str, reason: str) -> None:
        self._sink.missed(source, reason)

    def made(self, outlooks: Sequence[Outlook]) -> Outlook | None:
        """The panels' power in the steps of the irradiance; None when nothing is told of it."""
        sun = next((o for o in outlooks if o.quantity == "irradiance"), None)
        if sun is None or not sun.values:
            return None
        starts = sun.start_ms + np.arange(len(sun.values), dtype=np.int64) * sun.seconds * 1000
        weather = {o.quantity: _along(o, starts) for o in outlooks if o.quantity in _WEATHER}
        middle = starts // 1000 + sun.seconds // 2
        watts: Floats = np.sum([power(plane, self._place, middle, weather) for plane in self._planes], axis=0)
        values = tuple(None if math.isnan(w) else round(min(w, self._most_w), 1) for w in watts.tolist())
        return Outlook("pv_power", sun.start_ms, sun.seconds, values, self._name, sun.made_ms)


def _along(outlook: Outlook, starts: np.ndarray[tuple[int], np.dtype[np.int64]]) -> Floats:
    """The values at other starts: of the step that each falls into, NaN outside and where nothing is told."""
    told = np.array([np.nan if v is None else v for v in outlook.values] + [np.nan])
    at = (starts - outlook.start_ms) // (outlook.seconds * 1000)
    return told[np.where((at >= 0) & (at < len(outlook.values)), at, -1)]


def _planes(spec: FeedSpec) -> tuple[tuple[Plane, ...], float]:
    """And the most that the inverter gives, W."""
    doc, at = Document("site"), "pv_forecast"
    options: Table = spec.options
    several = options.get("planes")
    doc.keys(options, at, (*(() if several else _PLANE), "planes", "inverter_w"))
    listed = [options] if several is None else several
    if not isinstance(listed, list) or not 1 <= len(listed) <= _MOST or not all(isinstance(p, Mapping) for p in listed):
        raise doc.error(f"{at}.planes", f"must be one to {_MOST} tables [[pv_forecast.planes]]")
    most = doc.number(options, f"{at}.inverter_w", 1e6, 100, 1e6)
    return tuple(_plane(doc, p, at if several is None else f"{at}.planes", bool(several)) for p in listed), most


def _plane(doc: Document, t: Table, at: str, own: bool) -> Plane:
    if own:
        doc.keys(t, at, _PLANE)
    if "kwp" not in t:
        raise doc.error(f"{at}.kwp", "is missing; the panels' power in kW, as their maker gives it")
    return Plane(
        doc.number(t, f"{at}.declination", 35, 0, 90),
        doc.number(t, f"{at}.azimuth", 0, -180, 180),
        doc.number(t, f"{at}.kwp", 0, 0.01, 1000),
        doc.number(t, f"{at}.losses", 0.14, 0, 0.9),
    )
