"""The feeds of weather and of PV forecasts: the services by name, each built from what its owner has written."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from urllib.parse import quote, urlencode
from zoneinfo import ZoneInfo

from drivers.fetch.answer import NotUnderstoodError
from drivers.fetch.client import Ask, Client
from drivers.fetch.feed import PolledFeed
from drivers.fetch.options import Options
from drivers.fetch.pace import Budget, Every
from drivers.weather import bright_sky, forecast_solar, open_meteo, solcast
from drivers.weather.forecast import Forecast, outlooks
from hub.errors import ConfigError
from hub.model import Clock
from hub.model.document import hint
from hub.model.feed import Feed, FeedSink, FeedSpec, Outlook

_PLANE = ("declination", "azimuth", "kwp")


@dataclass(frozen=True, slots=True)
class WeatherSource:
    """`ask`: what to ask at a time (UTC ms); `read` makes a forecast of an answer; those of several planes are added.

    `calls`: that may be made in a day.
    """

    name: str
    pace: Every
    ask: Callable[[int], Sequence[Ask]]
    read: Callable[[bytes], Forecast]
    calls: int
    secrets: tuple[str, ...] = ()

    def asks(self, now: int) -> Sequence[Ask]:
        return self.ask(now)

    def further(self, answer: bytes) -> Ask | None:
        return None

    def retry_at(self, answer: bytes) -> int | None:
        return forecast_solar.retry_at(answer)

    async def give(self, answers: Sequence[bytes], now: int, sink: FeedSink) -> int:
        if len(answers) < len(self.ask(now)):
            raise NotUnderstoodError("only some of the planes have been answered")
        found = [outlooks(self.read(answer), self.name, now) for answer in answers]
        told = found[0] if len(found) == 1 else [summed(found, now)]
        if not told:
            raise NotUnderstoodError("an answer without any forecast")
        await sink.outlook([replace(outlook, made_ms=now) for outlook in told])
        return max(outlook.end_ms for outlook in told)


def summed(planes: Sequence[Sequence[Outlook]], now: int) -> Outlook:
    """The power of all planes; a step that one of them does not tell is unknown. Raises NotUnderstoodError."""
    powers = [next((o for o in plane if o.quantity == "pv_power"), None) for plane in planes]
    found = [o for o in powers if o is not None]
    if len(found) < len(planes) or len({o.seconds for o in found}) != 1:
        raise NotUnderstoodError("the planes' forecasts do not go together")
    step = found[0].seconds * 1000
    first, last = max(o.start_ms for o in found), min(o.end_ms for o in found)
    rows = [o.values[(first - o.start_ms) // step : (last - o.start_ms) // step] for o in found]
    values = tuple(math.fsum(v) if None not in v else None for v in zip(*rows, strict=True))
    return Outlook("pv_power", first, found[0].seconds, values, found[0].source, now)


def build(spec: FeedSpec, clock: Clock) -> Feed:
    """Opens nothing. Raises ConfigError for a source that is not known, and for keys that cannot be."""
    known = {name: make for name, (at, make) in SOURCES.items() if at == spec.at}
    if spec.source not in known:
        raise ConfigError(f"{spec.at}.source", f"{spec.source!r} is not known{hint(spec.source, known)}")
    source = known[spec.source](spec)
    return PolledFeed(source, Client(clock.now), Budget(source.calls, ZoneInfo(spec.timezone)), clock)


def _open_meteo(spec: FeedSpec) -> WeatherSource:
    latitude, longitude = Options(spec, ()).place()
    names = [name for name in open_meteo.MEANS if name != "cloudcover"]
    asked = {"latitude": f"{latitude:.2f}", "longitude": f"{longitude:.2f}", "hourly": ",".join(names)}
    asked |= {"forecast_days": "3"}
    asked |= {"timezone": "UTC", "timeformat": "unixtime"}
    ask = Ask(f"https://api.open-meteo.com/v1/forecast?{urlencode(asked)}")
    return WeatherSource(spec.name, Every(3_600, 300), lambda _now: [ask], open_meteo.read, 40)


def _bright_sky(spec: FeedSpec) -> WeatherSource:
    latitude, longitude = Options(spec, ()).place()

    def ask(now: int) -> list[Ask]:
        today = datetime.fromtimestamp(now / 1000, UTC).date()
        asked = {"lat": f"{latitude:.2f}", "lon": f"{longitude:.2f}", "date": today, "last_date": today + timedelta(3)}
        return [Ask(f"https://api.brightsky.dev/weather?{urlencode(asked)}")]

    return WeatherSource(spec.name, Every(3_600, 300), ask, bright_sky.read, 40)


def _forecast_solar(spec: FeedSpec) -> WeatherSource:
    """Without a key it may be asked 12 times an hour from one address; each plane is a question."""
    options = Options(spec, ("token", "planes", *_PLANE))
    latitude, longitude = options.place()
    token = options.secret("token", "", needed=False)
    planes = _planes(spec, options)
    key = f"{quote(token, safe='')}/" if token else ""
    head = f"https://api.forecast.solar/{key}estimate/{latitude:.4f}/{longitude:.4f}"
    asks = [Ask(f"{head}/{d:g}/{a:g}/{kwp:g}") for d, a, kwp in planes]
    pace = Every(3_600 * len(planes), 300)
    return WeatherSource(spec.name, pace, lambda _now: asks, forecast_solar.read, 40, secrets=(token,))


def _planes(spec: FeedSpec, options: Options) -> list[tuple[float, float, float]]:
    """(declination, azimuth, kWp) of each; one may stand in the table itself."""
    listed = spec.options.get("planes")
    if listed is None:
        return [_plane(options)]
    if not isinstance(listed, list) or not 1 <= len(listed) <= 4 or not all(isinstance(p, Mapping) for p in listed):
        raise options.error("planes", "must be one to four tables [[pv_forecast.planes]]")
    return [_plane(Options(replace(spec, at=f"{spec.at}.planes", options=plane), _PLANE)) for plane in listed]


def _plane(options: Options) -> tuple[float, float, float]:
    """Degrees from the level, degrees from south with west positive, kW of peak power."""
    return options.number("declination", 0, 90), options.number("azimuth", -180, 180), options.number("kwp", 0.05, 500)


def _solcast(spec: FeedSpec) -> WeatherSource:
    """Ten calls a day for a private roof."""
    options = Options(spec, ("token", "site", "calls"))
    token = options.secret("token", "toolkit.solcast.com.au gives one to its users")
    site = options.text("site")
    if not site or not all(c.isalnum() or c == "-" for c in site):
        raise options.error(
            "site", "is the resource id of your roof at toolkit.solcast.com.au, like 1234-5678-9abc-def0"
        )
    calls = round(options.number("calls", 1, 300, 10))
    ask = Ask(
        f"https://api.solcast.com.au/rooftop_sites/{site}/forecasts?format=json&hours=48",
        {"Authorization": f"Bearer {token}"},
    )
    pace = Every(86_400 // calls, 120)
    return WeatherSource(spec.name, pace, lambda _now: [ask], solcast.read, calls, secrets=(token, site))


SOURCES: dict[str, tuple[str, Callable[[FeedSpec], WeatherSource]]] = {
    "open-meteo": ("weather", _open_meteo),
    "bright-sky": ("weather", _bright_sky),
    "forecast-solar": ("pv_forecast", _forecast_solar),
    "solcast": ("pv_forecast", _solcast),
}
