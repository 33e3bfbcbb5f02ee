"""What an owner may write about sources, and what is asked then; nothing is asked of anybody who was not chosen."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from drivers.fetch.feed import PolledFeed
from drivers.fetch.options import HUB_KEYS
from drivers.prices.driver import SOURCES as PRICES
from drivers.weather.driver import SOURCES as WEATHER
from hub import config
from hub.errors import ConfigError
from hub.model.site import Site
from hub.tariff.sources import build
from tests.house_kit import ToldClock

ROOT = Path(__file__).parents[2]
PLACE = "[calendar]\nlatitude = 52.5\nlongitude = 13.4\n"
TOKEN = "t0ken-of-mine"
CHOICES = {
    "awattar": 'country = "AT"',
    "energy-charts": 'zone = "DE-LU"',
    "nordpool": 'area = "SE3"',
    "entsoe": f'zone = "NL"\ntoken = "{TOKEN}"',
    "tibber": f'token = "{TOKEN}"',
    "octopus": 'product = "AGILE-24-10-01"\ntariff = "E-1R-AGILE-24-10-01-C"',
    "amber": f'token = "{TOKEN}"\nsite = "01ABC"',
    "energyzero": "",
    "groupe-e": 'price = "vario_plus"',
    "hassfurt": "",
    "own": 'url = "https://example.org/prices.csv"\nunit = "ct/kWh"',
    "open-meteo": "",
    "bright-sky": "",
    "forecast-solar": "declination = 35\nazimuth = -10\nkwp = 9.9",
    "solcast": f'token = "{TOKEN}"\nsite = "1234-5678"',
}


def chosen(name: str, keys: str) -> Site:
    table = "tariff" if name in PRICES else WEATHER[name][0]
    return config.parse(f'{PLACE}[{table}]\nsource = "{name}"\n{keys}')


def test_every_source_is_tried_here() -> None:
    assert set(CHOICES) == set(PRICES) | set(WEATHER)


@pytest.mark.parametrize("name", CHOICES)
def test_each_source_asks_over_tls_and_shows_no_secret(name: str) -> None:
    [feed] = build(chosen(name, CHOICES[name]), ToldClock())
    assert isinstance(feed, PolledFeed) and feed.source.startswith(name) and TOKEN not in feed.source
    asks = feed._source.asks(1_770_000_000_000)
    assert asks and all(a.url.startswith("https://") and TOKEN not in repr(a) for a in asks)
    if TOKEN in CHOICES[name]:
        told = str([(a.url, dict(a.headers)) for a in asks])
        assert TOKEN in told and TOKEN in feed._source.secrets


def test_who_has_chosen_nothing_asks_nobody() -> None:
    assert build(config.parse("[tariff]\nimport_price = 0.3"), ToldClock()) == []
    assert build(config.parse(PLACE), ToldClock()) == []
    example = ROOT / "config.example.toml"
    assert build(config.parse(config.read(example)), ToldClock()) == []


@pytest.mark.parametrize(("text", "said"), [
    ('[tariff]\nsource = "awatar"', "tariff.source: 'awatar' is not known; did you mean 'awattar'?"),
    ('[tariff]\nsource = "awattar"\ncountri = "AT"', "tariff.countri: unknown key for source 'awattar'; did you mean"),
    ('[tariff]\nsource = "awattar"\nimport_facter = 1', "did you mean 'import_factor'?"),
    ('[tariff]\nsource = "awattar"\ncountry = "CH"', "tariff.country: 'CH' is not known"),
    ('[tariff]\nsource = "entsoe"\nzone = "DE-LU"', "tariff.token: is missing; the Transparency Platform gives one"),
    ('[tariff]\nsource = "entsoe"\ntoken = "x"', "tariff.zone: is missing; one of AT, BE"),
    ('[tariff]\nsource = "tibber"\ntoken = "a b"', "tariff.token: must be a text without spaces"),
    ('[tariff]\nsource = "own"\nurl = "file:///etc/passwd"', "tariff.url: must be an address that begins with https"),
    ('[tariff]\nsource = "octopus"\nproduct = "A/../B"', "tariff.product: is the code of your tariff"),
    ('[tariff]\nsource = 3', "tariff.source: must be a text"),
    ('[tariff]\nsource = ""', "tariff.source: is missing"),
    ("[tariff]\nimport_factor = 1.19", "tariff.import_factor: is for prices of a source; name one with tariff.source"),
    ("[tariff]\nzone = 3", "tariff.zone: unknown key"),
    ('[tariff]\nsource = "awattar"\nimport_add = 15', "tariff.import_add: must be a number from -10 to 10"),
    ('[tariff]\nsource = "awattar"\nexchange = 0', "tariff.exchange: must be a number"),
    ('[weather]\nsource = "open-meteo"', "calendar.latitude: is missing, and open-meteo needs it"),
    ('[weather]\nsource = "solcast"', "weather.source: 'solcast' is not known"),
    ('[weather]\nsorce = "x"', "weather.source: is missing"),
    (PLACE + '[pv_forecast]\nsource = "forecast-solar"\nkwp = 5', "pv_forecast.declination: is missing"),
    (
        PLACE + '[pv_forecast]\nsource = "forecast-solar"\n[[pv_forecast.planes]]\ntilt = 3',
        "pv_forecast.planes.tilt: unknown key",
    ),
])  # fmt: skip
def test_what_cannot_be_is_said_with_what_to_do(text: str, said: str) -> None:
    with pytest.raises(ConfigError, match=re.escape(said)):
        build(config.parse(text), ToldClock())


def test_two_planes_are_two_questions() -> None:
    planes = "".join(f"[[pv_forecast.planes]]\ndeclination = 30\nazimuth = {a}\nkwp = 4\n" for a in (-90, 90))
    [feed] = build(chosen("forecast-solar", planes), ToldClock())
    assert isinstance(feed, PolledFeed)
    assert [a.url[-9:] for a in feed._source.asks(0)] == ["/30/-90/4", "0/30/90/4"]


def test_the_page_for_owners_names_every_source_and_key() -> None:
    page = (ROOT / "docs" / "feeds.md").read_text(encoding="utf-8")
    for name in CHOICES:
        assert f"`{name}`" in page, name
    for key in (*HUB_KEYS, "exchange", "weather", "pv_forecast"):
        assert key in page, key
