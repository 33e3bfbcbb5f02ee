"""The feed of prices: the sources by name, each built from what its owner has written in `[tariff]`."""

from __future__ import annotations

from collections.abc import Callable
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

import orjson

from drivers.fetch.answer import NotUnderstoodError
from drivers.fetch.client import Ask, Client
from drivers.fetch.feed import PolledFeed
from drivers.fetch.options import Options
from drivers.fetch.pace import Budget, Daily, Every
from drivers.prices import codec, entsoe, market, own, quote, supplier, table
from drivers.prices.source import PriceSource, Span
from drivers.prices.want import Want
from drivers.prices.zones import EIC, ENERGY_CHARTS, NORD_POOL
from hub.errors import ConfigError
from hub.model import Clock
from hub.model.document import hint
from hub.model.feed import Feed, FeedSpec

_MARKET = ZoneInfo("Europe/Brussels")
_EXCHANGE = Daily(13 * 60, _MARKET)
"""The exchange publishes shortly before one; those that pass it on follow within the hour."""
_STAMP = "%Y-%m-%dT%H:%M:%SZ"


def build(spec: FeedSpec, clock: Clock) -> Feed:
    """Opens nothing. Raises ConfigError for a source that is not known, and for keys that cannot be."""
    if spec.source not in SOURCES:
        raise ConfigError(f"{spec.at}.source", f"{spec.source!r} is not known{hint(spec.source, SOURCES)}")
    source = SOURCES[spec.source](spec)
    return PolledFeed(source, Client(clock.now), Budget(source.calls, ZoneInfo(spec.timezone)), clock)


def _awattar(spec: FeedSpec) -> PriceSource:
    options = Options(spec, ("country",))
    country = options.one_of("country", ("AT", "DE"), "DE").lower()
    span = Span(ZoneInfo("Europe/Berlin"))

    def ask(now: int) -> list[Ask]:
        start, end = (round(t.timestamp() * 1000) for t in span.at(now))
        return [Ask(f"https://api.awattar.{country}/v1/marketdata?start={start}&end={end}")]

    return PriceSource(spec.name, Daily(14 * 60, _MARKET), ask, market.awattar, calls=40)


def _energy_charts(spec: FeedSpec) -> PriceSource:
    options = Options(spec, ("zone",))
    zone = options.one_of("zone", ENERGY_CHARTS)
    span = Span(_MARKET)

    def ask(now: int) -> list[Ask]:
        days = span.days(now, _EXCHANGE)
        return [Ask(f"https://api.energy-charts.info/price?bzn={zone}&start={days[0]}&end={days[-1]}")]

    return PriceSource(spec.name, _EXCHANGE, ask, market.energy_charts, Want(area=zone), calls=40)


def _nordpool(spec: FeedSpec) -> PriceSource:
    options = Options(spec, ("area",))
    area = NORD_POOL[options.one_of("area", NORD_POOL)]
    span, currency = Span(_MARKET), spec.currency
    url = "https://dataportal-api.nordpoolgroup.com/api/DayAheadPrices"

    def ask(now: int) -> list[Ask]:
        days = span.days(now, _EXCHANGE)
        named = {"market": "DayAhead", "deliveryArea": area, "currency": currency}
        return [Ask(f"{url}?{urlencode(named | {'date': day})}") for day in days]

    return PriceSource(spec.name, _EXCHANGE, ask, market.nordpool, Want(area=area), calls=60)


def _entsoe(spec: FeedSpec) -> PriceSource:
    options = Options(spec, ("zone", "token"))
    code = EIC[options.one_of("zone", EIC)]
    token = options.secret("token", "the Transparency Platform gives one to its users who ask for it by mail")
    span = Span(_MARKET)

    def ask(now: int) -> list[Ask]:
        start, end = (t.strftime("%Y%m%d%H%M") for t in span.at(now))
        named = {"documentType": "A44", "contract_MarketAgreement.type": "A01", "in_Domain": code, "out_Domain": code}
        named |= {"periodStart": start, "periodEnd": end, "securityToken": token}
        return [Ask(f"https://web-api.tp.entsoe.eu/api?{urlencode(named)}")]

    return PriceSource(spec.name, _EXCHANGE, ask, entsoe.read, Want(area=code), calls=60, secrets=(token,))


_TIBBER = """{viewer{homes{currentSubscription{priceInfo(resolution:QUARTER_HOURLY){
current{currency} today{total energy tax startsAt} tomorrow{total energy tax startsAt}}}}}}"""


def _tibber(spec: FeedSpec) -> PriceSource:
    options = Options(spec, ("token", "price"))
    token = options.secret("token", "developer.tibber.com gives one to customers")
    price = options.one_of("price", ("total", "energy"), "total")
    headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
    ask = Ask("https://api.tibber.com/v1-beta/gql", headers, orjson.dumps({"query": _TIBBER}))
    pace = Daily(13 * 60, ZoneInfo(spec.timezone))
    return PriceSource(spec.name, pace, lambda _now: [ask], supplier.tibber, Want(price), 40, secrets=(token,))


def _octopus(spec: FeedSpec) -> PriceSource:
    """Its day ends at eleven in the evening. The tariff's code ends in the region: E-1R-AGILE-24-10-01-C."""
    options = Options(spec, ("product", "tariff", "price"))
    product, tariff = (options.text(key) for key in ("product", "tariff"))
    for key, value in (("product", product), ("tariff", tariff)):
        if not value or not all(c.isalnum() or c == "-" for c in value):
            raise options.error(key, "is the code of your tariff, like AGILE-24-10-01; your bill and account show it")
    price = options.one_of("price", ("value_inc_vat", "value_exc_vat"), "value_inc_vat")
    zone = ZoneInfo("Europe/London")
    url = f"https://api.octopus.energy/v1/products/{product}/electricity-tariffs/{tariff}/standard-unit-rates/"

    def ask(now: int) -> list[Ask]:
        start, end = (t.strftime(_STAMP) for t in Span(zone).at(now))
        return [Ask(f"{url}?{urlencode({'period_from': start, 'period_to': end, 'page_size': 250})}")]

    def page(answer: bytes) -> Ask | None:
        more = supplier.next_page(answer)
        return Ask(more) if more.startswith("https://api.octopus.energy/") else None

    pace = Daily(16 * 60 + 15, zone, slack_s=3_600)
    return PriceSource(spec.name, pace, ask, supplier.octopus, Want(price), 40, page)


def _amber(spec: FeedSpec) -> PriceSource:
    """Settled and estimated half-hours; the estimates are corrected at the next call."""
    options = Options(spec, ("token", "site"))
    token = options.secret("token", "app.amber.com.au/developers gives one to customers")
    site = options.text("site")
    if not site.isalnum():
        raise options.error("site", "is the site's id, which app.amber.com.au/developers shows under /sites")
    url = f"https://api.amber.com.au/v1/sites/{site}/prices/current?next=48&previous=2&resolution=30"
    ask = Ask(url, {"Authorization": f"Bearer {token}"})
    return PriceSource(spec.name, Every(900, 30), lambda _now: [ask], supplier.amber, calls=120, secrets=(token, site))


def _energyzero(spec: FeedSpec) -> PriceSource:
    options = Options(spec, ("price",))
    kinds = ("all_in_with_vat", "all_in", "base_with_vat", "base")
    price, zone = options.one_of("price", kinds, kinds[0]), ZoneInfo("Europe/Amsterdam")
    pace = Daily(14 * 60, zone)
    url = "https://public.api.energyzero.nl/public/v1/prices"

    def ask(now: int) -> list[Ask]:
        days = ("-".join(reversed(day.split("-"))) for day in Span(zone).days(now, pace))
        named = {"energyType": "ENERGY_TYPE_ELECTRICITY", "interval": "INTERVAL_QUARTER"}
        return [Ask(f"{url}?{urlencode(named | {'date': day})}") for day in days]

    return PriceSource(spec.name, pace, ask, supplier.energyzero, Want(price), 60)


def _own(spec: FeedSpec) -> PriceSource:
    """A file anywhere that can be fetched, or a supplier's answer of a shape that is known."""
    options = Options(spec, ("url", "start", "end", "price", "export", "path", "unit", "timezone", "minutes", "token"))
    url, token = options.url("url"), options.secret("token", "", needed=False)
    named = {key: options.text(key) for key in ("start", "price", "end", "export", "path")}
    layout = own.Layout(**named, unit=options.text("unit"), currency=spec.currency)

    def read(data: bytes, want: Want) -> quote.Quotes:
        """As its owner says; where nothing is said, by the shapes of the suppliers first."""
        try:
            return own.read(data, want, layout) if layout.start else codec.understood(data, Want(layout.price))
        except NotUnderstoodError:
            return own.read(data, want, layout)

    zone = options.text("timezone", spec.timezone)
    try:
        ZoneInfo(zone)
    except (ValueError, OSError, KeyError):
        raise options.error("timezone", f"{zone!r} is not a time zone; use one like Europe/Berlin") from None
    pace = Every(round(options.number("minutes", 5, 1440, 60)) * 60, 30)
    ask = Ask(url, {"Authorization": f"Bearer {token}"} if token else {})
    calls = 86_400 // pace.seconds + 20
    return PriceSource(spec.name, pace, lambda _now: [ask], read, Want(timezone=zone), calls, secrets=(token, url))


def _listed(url: str) -> Callable[[FeedSpec], PriceSource]:
    """A supplier that gives all it has at one address."""

    def make(spec: FeedSpec) -> PriceSource:
        options = Options(spec, ("price", "token"))
        token = options.secret("token", "", needed=False)
        ask = Ask(url, {"Authorization": f"Bearer {token}"} if token else {})
        shapes = table.listing(spec.source)
        pace = Daily(18 * 60 + 15 if spec.source == "groupe-e" else 14 * 60, ZoneInfo(shapes[0].zone))
        price = options.text("price")
        known = {name for shape in shapes for name in shape.prices}
        if price and price not in known:
            raise options.error("price", f"{price!r} is not in its answers{hint(price, known)}")
        return PriceSource(spec.name, pace, lambda _now: [ask], shapes[0].read, Want(price), 40, secrets=(token,))

    return make


SOURCES: dict[str, Callable[[FeedSpec], PriceSource]] = {
    "awattar": _awattar,
    "energy-charts": _energy_charts,
    "nordpool": _nordpool,
    "entsoe": _entsoe,
    "tibber": _tibber,
    "octopus": _octopus,
    "amber": _amber,
    "energyzero": _energyzero,
    "groupe-e": _listed("https://api.tariffs.groupe-e.ch/v1/tariffs"),
    "hassfurt": _listed("https://eex.stwhas.de/api/spotprices/flex_pro"),
    "own": _own,
}
