"""What the network operator charges, in the site document: fees by local time, and one for the highest power."""

from __future__ import annotations

import pytest

from hub import config
from hub.errors import ConfigError
from hub.model.network import NOTHING, CapacityCharge, Fee, NetworkCharges

SOURCE = '[tariff]\nsource = "awattar"\ncountry = "DE"\nimport_factor = 1.19\n'
FEE = "[[tariff.import_fees]]\n"
CAPACITY = "[tariff.capacity]\n"


def network(text: str) -> NetworkCharges:
    tariff = config.parse(text).tariff
    assert tariff is not None
    return tariff.network


@pytest.mark.parametrize("tariff", ["[tariff]\nimport_price = 0.2\n", SOURCE])
def test_fees_stand_beside_any_price(tariff: str) -> None:
    text = f"""{tariff}
{FEE}fee = 0.1573
times = ["17:00-20:30"]
days = ["workdays", "sat"]
months = [1, 12]
{FEE}fee = 0.01
times = ["22:00-06:00", "12:15-24:00", "23:00-00:00"]
days = ["weekend"]
{FEE}fee = 0.08
[[tariff.export_fees]]
fee = -0.02
{CAPACITY}price_kw = 4
"""
    found = network(text)
    assert found.import_fees == (
        Fee(15_730, ((1020, 1230),), frozenset(range(6)), frozenset({1, 12})),
        Fee(1_000, ((1320, 1440), (0, 360), (735, 1440), (1380, 1440)), frozenset({5, 6})),
        Fee(8_000),
    )
    assert found.export_fees == (Fee(-2_000),)
    assert found.capacity == CapacityCharge(4.0)


def test_a_tariff_without_charges_is_as_it_was() -> None:
    assert network("[tariff]\nimport_price = 0.2") is NOTHING is network(SOURCE) or network(SOURCE) == NOTHING
    assert config.parse(SOURCE).tariff.feed.options == {"country": "DE"}  # type: ignore[union-attr]


def test_the_source_is_not_told_of_them() -> None:
    tariff = config.parse(f"{SOURCE}{FEE}fee = 0.1\n{CAPACITY}price_kw = 40").tariff
    assert tariff is not None and tariff.feed is not None and tariff.feed.options == {"country": "DE"}


@pytest.mark.parametrize(
    ("keys", "charge"),
    [
        ("price_kw = 48\nper = 'year'\nleast_kw = 2.5", CapacityCharge(4.0, "month", 900, 2_500.0)),
        ("price_kw = 5\ninterval_min = 60", CapacityCharge(5.0, "month", 3_600)),
        ("price_kw = 100\nper = 'year'\nperiod = 'year'", CapacityCharge(100.0, "year")),
        ("price_kw = 5\nper = 'month'\nperiod = 'year'\ninterval_min = 30", CapacityCharge(60.0, "year", 1_800)),
    ],
)
def test_a_price_by_the_year_is_a_twelfth_by_the_month(keys: str, charge: CapacityCharge) -> None:
    assert network(f"{CAPACITY}{keys}").capacity == charge


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[tariff]\nimport_fees = 0.1", "tariff.import_fees: must be a list"),
        ("[tariff]\nimport_fees = [0.1]", "tariff.import_fees: is a list of at most 50 tables; begin each with [["),
        (FEE + "times = ['17:00-20:00']", "tariff.import_fees[0].fee: is missing; give what it costs per kWh"),
        (FEE + "fee = 11", "tariff.import_fees[0].fee: must be a number from -10 to 10, not 11"),
        (FEE + "fee = true", "tariff.import_fees[0].fee: must be a number"),
        (FEE + "fee = 0.1\ntime = ['17:00-20:00']", "tariff.import_fees[0].time: unknown key; did you mean 'times'?"),
        (FEE + "fee = 0.1\ntimes = ['17:10-20:00']", "'17:10-20:00' is no time of the day; write it like 17:00-20:30"),
        (FEE + "fee = 0.1\ntimes = ['24:00-02:00']", "'24:00-02:00' is no time of the day"),
        (FEE + "fee = 0.1\ntimes = ['17:00-17:00']", "ends as it begins; write 00:00-24:00 for all of the day"),
        (FEE + "fee = 0.1\ntimes = []", "tariff.import_fees[0].times: is empty; name some, or remove it for all"),
        (FEE + "fee = 0.1\ndays = ['mo']", "tariff.import_fees[0].days: 'mo' is not known; did you mean 'mon'?"),
        (FEE + "fee = 0.1\ndays = 'mon'", "tariff.import_fees[0].days: must be a list"),
        (FEE + "fee = 0.1\nmonths = [0]", "tariff.import_fees[0].months: 0 is no month; name them by number"),
        (FEE + "fee = 0.1\nmonths = ['jan']", "'jan' is no month; name them by number"),
        (FEE + "fee = 0.1\n" + FEE + "fee = 0.2", "tariff.import_fees[0]: holds at all times, so that what follows"),
        ("[[tariff.export_fees]]", "tariff.export_fees[0].fee: is missing"),
        (CAPACITY, "tariff.capacity.price_kw: is missing; give what a kW of the highest power costs"),
        (CAPACITY + "price_kw = -1", "tariff.capacity.price_kw: must be a number from 0 to 1000, not -1"),
        (CAPACITY + "price_kw = nan", "tariff.capacity.price_kw: must be a number from 0 to 1000, not nan"),
        (CAPACITY + "price_kw = 9\nper = 'week'", "tariff.capacity.per: 'week' is not known; known: month, year"),
        (CAPACITY + "price_kw = 9\nperiod = 'day'", "tariff.capacity.period: 'day' is not known"),
        (CAPACITY + "price_kw = 9\ninterval_min = 20", "tariff.capacity.interval_min: 20 is none of 15, 30, 60"),
        (CAPACITY + "price_kw = 9\nleast_w = 2500", "least_w: unknown key; did you mean 'least_kw'?"),
        ("[tariff]\ncapacity = 4", "tariff.capacity: must be a table"),
        ("[tariff]\nimport_fee = 0.1", "tariff.import_fee: unknown key; did you mean 'import_fees'?"),
    ],
)
def test_a_wrong_charge_names_the_key_and_what_to_do(text: str, said: str) -> None:
    with pytest.raises(ConfigError) as e:
        config.parse(text)
    assert said in str(e.value)
