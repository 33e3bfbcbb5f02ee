"""Every captured answer against what was read out of it by eye: counts, first, last and known prices, local days."""

from __future__ import annotations

import csv
import json
from collections import Counter
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path
from xml.etree import ElementTree
from zoneinfo import ZoneInfo

import pytest

from drivers.fetch.answer import NotUnderstoodError
from drivers.prices.codec import decode, rates
from hub.cli.decode import shown

VECTORS = Path(__file__).parents[3] / "shared" / "vectors" / "prices"
FILES = sorted(p for p in VECTORS.glob("*") if p.name != "README.md")
pytestmark = pytest.mark.skipif(not FILES, reason=f"no vectors at {VECTORS}")


@dataclass(frozen=True)
class Golden:
    """`first`, `last`: (start, 1e-5 currency per kWh); `step_s` of all; `unit` of the readings."""

    vendor: str
    count: int
    first: tuple[str, int]
    last: tuple[str, int]
    step_s: int
    unit: str


GOLDEN = {
    "openems_Data_1.json": Golden(
        "ews", 96, ("2025-09-01T00:00+02:00", 32130), ("2025-09-01T23:45+02:00", 32370), 900, "EUR/kWh"
    ),
    "openems_TimeOfUseTariffGroupeImplTest_1.json": Golden(
        "groupe-e", 47, ("2024-05-27T10:00+02:00", 35140), ("2024-05-27T21:30+02:00", 35800), 900, "CHF/kWh"
    ),
    "openems_TimeOfUseTariffHassfurtImplTest_1.json": Golden(
        "hassfurt", 7, ("2024-05-22T00:00+02:00", 25580), ("2024-05-22T06:00+02:00", 28710), 3600, "EUR/kWh"
    ),
    "openems_TimeOfUseTariffHassfurtImplTest_2.json": Golden(
        "hassfurt", 10, ("2024-05-20T00:00+02:00", 31540), ("2024-05-20T09:00+02:00", 31540), 3600, "EUR/kWh"
    ),
    "openems_TimeOfUseTariffRabotChargeImplTest_1.json": Golden(
        "rabot", 15, ("2024-05-14T09:00+02:00", 564), ("2024-05-14T23:00+02:00", 2771), 3600, "EUR/kWh"
    ),
    "openems_TimeOfUseTariffSwisspowerImplTest_1.json": Golden(
        "esit", 15, ("2024-08-12T00:00+02:00", 49250), ("2024-08-12T03:30+02:00", 34250), 900, "CHF/kWh"
    ),
    "openems_entsoe-response.xml": Golden(
        "entsoe", 192, ("2026-02-01T23:00+00:00", 10041), ("2026-02-03T22:45+00:00", 8892), 900, "EUR/kWh"
    ),
    "pynordpool_delivery_period.json": Golden(
        "nordpool", 24, ("2024-11-04T23:00+00:00", 2154), ("2024-11-05T22:00+00:00", 2484), 3600, "EUR/kWh"
    ),
    "python-easyenergy_energy.json": Golden(
        "easyenergy", 24, ("2026-04-19T00:00+02:00", 27238), ("2026-04-19T23:00+02:00", 26730), 3600, "EUR/kWh"
    ),
    "python-energyzero_electricity_quarter_response.json": Golden(
        "energyzero", 288, ("2025-12-15T23:00+00:00", 21959), ("2025-12-18T22:45+00:00", 13143), 900, "EUR/kWh"
    ),
}
REFUSED = {
    "python-energyzero_energy_no_prices.json": "an answer without any price",
    "python-energyzero_error_response.json": "the service says: invalid DailyEnergyPricesRequest.Date",
    "python-energyzero_gql_error.json": "the service says: internal_server_error",
}
NO_RATES = {
    "openems_ExchangeRateApiTest_1.xml": "exchange rates of the ECB, which are no prices",
    "openems_ParseScheduleTest_2.json": "a yearly schedule of grid fees, whose unit is not told",
    "openems_ParseScheduleTest_3.json": "the same",
    "openems_ParseScheduleTest_4.json": "the same",
    "openems_ParseScheduleTest_5.json": "the same",
    "openems_TouAncillaryCostsTest_1.json": "the same",
    "openems_TouEntsoeTest_1.json": "the same",
    "python-energyzero_gas_day_response.json": "prices of gas, per m3",
}


def ms(text: str) -> int:
    return round(datetime.fromisoformat(text).timestamp() * 1000)


def test_no_file_is_left_unlooked_at() -> None:
    assert {p.name for p in FILES} == set(GOLDEN) | set(REFUSED) | set(NO_RATES)


@pytest.mark.parametrize("name", GOLDEN)
def test_prices_are_those_of_the_file(name: str) -> None:
    golden, data = GOLDEN[name], (VECTORS / name).read_bytes()
    found = rates(data, "kept")
    assert len(found) == golden.count
    assert (found[0].start_ms, found[0].import_price) == (ms(golden.first[0]), golden.first[1])
    assert (found[-1].start_ms, found[-1].import_price) == (ms(golden.last[0]), golden.last[1])
    assert {r.seconds for r in found} == {golden.step_s} and {r.source for r in found} == {"kept"}
    assert all(a.end_ms == b.start_ms for a, b in pairwise(found))

    capture = decode(data)
    priced = [m for m in capture.messages if m.points]
    assert not capture.rejected and len(priced) == golden.count
    assert {m.device["vendor"] for m in priced} == {golden.vendor} and not any(m.problems for m in capture.messages)
    assert [(m.time, m.points["tariff.price_import"]) for m in priced] == [(r.start_ms, r.import_price) for r in found]
    assert {r.unit for m in priced for r in m.readings} == {golden.unit, "ms"}
    json.dumps(shown(name, "prices", capture))


@pytest.mark.parametrize("name", REFUSED)
def test_an_answer_that_refuses_says_why(name: str) -> None:
    capture = decode((VECTORS / name).read_bytes())
    assert not capture.messages and REFUSED[name] in capture.rejected[0].reason


@pytest.mark.parametrize("name", NO_RATES)
def test_what_is_no_price_of_electricity_has_readings_and_no_points(name: str) -> None:
    data = (VECTORS / name).read_bytes()
    capture = decode(data)
    assert not capture.rejected and all(not m.points for m in capture.messages)
    assert any(m.readings for m in capture.messages)
    try:
        assert rates(data) == []
    except NotUnderstoodError as e:
        assert str(e)


def test_entsoe_takes_the_exchange_of_the_lowest_classification_and_carries_on() -> None:
    """Against a reading of the XML that knows nothing of ours: position 1 of two, gaps filled with the price before."""
    data = (VECTORS / "openems_entsoe-response.xml").read_bytes()
    ns = {"n": "urn:iec62325.351:tc57wg16:451-3:publicationdocument:7:3"}
    wanted: list[float] = []
    for series in ElementTree.fromstring(data).findall("n:TimeSeries", ns):
        place = "n:classificationSequence_AttributeInstanceComponent.position"
        if series.findtext(place, "", ns) != "1":
            continue
        told = {int(p[0].text or 0): float(p[1].text or 0) for p in series.findall("n:Period/n:Point", ns)}
        for position in range(1, 97):
            wanted.append(told.get(position, wanted[-1] if wanted else 0))
    assert [r.import_price for r in rates(data)] == [round(p * 100) for p in wanted]


def test_negative_prices_stay_negative() -> None:
    found = rates((VECTORS / "openems_TimeOfUseTariffRabotChargeImplTest_1.json").read_bytes())
    assert [r.import_price for r in found[:5]] == [564, -233, -1112, -3633, -4295]


def test_all_that_a_supplier_tells_of_an_hour_is_a_reading() -> None:
    capture = decode((VECTORS / "python-easyenergy_energy.json").read_bytes())
    told = {r.code: r.value for r in capture.messages[0].readings}
    assert told["prices[0].price"] == 0.11549 and told["prices[0].energyTax"] == 0.11085
    assert told["prices[0].invoicePrice"] == pytest.approx(0.13975 + 0.11085 + 0.02178)


def test_a_days_quarter_hours_by_the_local_calendar() -> None:
    found = rates((VECTORS / "python-energyzero_electricity_quarter_response.json").read_bytes())
    zone = ZoneInfo("Europe/Amsterdam")
    days = Counter(datetime.fromtimestamp(r.start_ms / 1000, UTC).astimezone(zone).date().isoformat() for r in found)
    assert days == {"2025-12-16": 96, "2025-12-17": 96, "2025-12-18": 96}


def test_gas_is_priced_per_cubic_metre() -> None:
    capture = decode((VECTORS / "python-energyzero_gas_day_response.json").read_bytes())
    assert [r.unit for r in capture.messages[0].readings][:1] == ["EUR/m3"]


def test_the_ecbs_rates() -> None:
    capture = decode((VECTORS / "openems_ExchangeRateApiTest_1.xml").read_bytes())
    told = {r.code: (r.value, r.unit) for r in capture.messages[0].readings}
    assert told["Cube.CHF"] == (0.9382, "CHF/EUR") and capture.messages[0].time == ms("2024-10-25T00:00+00:00")


def test_a_schedules_faults_are_named() -> None:
    def said(name: str) -> str:
        return " ".join(p for m in decode((VECTORS / name).read_bytes()).messages for p in m.problems)

    assert "overlaps" in said("openems_ParseScheduleTest_2.json")
    assert "from INVALID to 06:00 is no time" in said("openems_ParseScheduleTest_3.json")
    assert "ends at 08:00, before it begins at 10:00" in said("openems_ParseScheduleTest_4.json")
    assert "'midnight' is not among low, standard, high" in said("openems_ParseScheduleTest_5.json")
    assert not said("openems_TouAncillaryCostsTest_1.json") and not said("openems_TouEntsoeTest_1.json")


def test_the_same_prices_as_a_table_of_ones_own() -> None:
    """What a spreadsheet would make of an answer comes to the same rates."""
    found = rates((VECTORS / "openems_entsoe-response.xml").read_bytes())
    lines = ["Start;Preis"]
    for r in found:
        at = datetime.fromtimestamp(r.start_ms / 1000, UTC).isoformat()
        lines.append(f"{at};{r.import_price / 100:.2f}".replace(".", ","))
    assert len(list(csv.reader(lines, delimiter=";"))) == 193
    from drivers.prices import own, quote
    from drivers.prices.want import USUAL

    told = own.read("\n".join(lines).encode(), USUAL, own.Layout(unit="EUR/MWh"))
    assert [(r.start_ms, r.seconds, r.import_price) for r in quote.rates(told)] == [
        (r.start_ms, r.seconds, r.import_price) for r in found
    ]
