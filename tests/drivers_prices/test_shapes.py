"""Answers made by hand in the shape that each service documents: signs, units, currencies, gaps, doubles, odd days."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from drivers.fetch.answer import NotUnderstoodError
from drivers.prices import entsoe, own, quote, supplier
from drivers.prices.codec import decode, rates, understood
from drivers.prices.want import USUAL, Want
from hub.formats import FORMATS, codec
from hub.model.heard import NO_HINTS, CaptureHints

BERLIN = ZoneInfo("Europe/Berlin")
HOUR_MS = 3_600_000
T0 = round(datetime(2026, 3, 1, tzinfo=UTC).timestamp() * 1000)


def said(message: object) -> bytes:
    return json.dumps(message).encode()


def awattar(hours: list[tuple[int, float]], unit: str = "Eur/MWh") -> bytes:
    data = [
        {"start_timestamp": T0 + h * HOUR_MS, "end_timestamp": T0 + (h + 1) * HOUR_MS, "marketprice": p, "unit": unit}
        for h, p in hours
    ]
    return said({"object": "list", "data": data, "url": "/de/v1/marketdata"})


def problems(data: bytes) -> list[str]:
    return [p for m in decode(data).messages for p in m.problems]


def test_awattar_is_per_megawatt_hour_and_may_be_negative() -> None:
    found = rates(awattar([(0, 94.23), (1, -0.01), (2, 0)]))
    assert [(r.start_ms - T0, r.seconds, r.import_price) for r in found] == [
        (0, 3600, 9423),
        (HOUR_MS, 3600, -1),
        (2 * HOUR_MS, 3600, 0),
    ]
    assert understood(awattar([(0, 1)])).currency == "EUR"


def test_a_gap_stays_a_gap_and_is_named() -> None:
    data = awattar([(0, 10), (1, 20), (4, 30)])
    assert [r.start_ms - T0 for r in rates(data)] == [0, HOUR_MS, 4 * HOUR_MS]
    assert problems(data) == ["no price for 120 minutes before data[2]"]


def test_doubles_count_once_and_of_a_contradiction_the_later_counts() -> None:
    data = awattar([(0, 10), (0, 10), (1, 20), (1, 25)])
    assert [r.import_price for r in rates(data)] == [1000, 2500]
    assert problems(data) == ["data[3]: contradicts data[2]; the later one counts"]


@pytest.mark.parametrize("wrong", [1e9, "x", None, True])
def test_what_is_no_price_is_left_out_and_said(wrong: Any) -> None:
    data = awattar([(0, 50), (1, wrong), (2, 60)])
    assert [(r.start_ms - T0, r.import_price) for r in rates(data)] == [(0, 5000), (2 * HOUR_MS, 6000)]
    assert any("data[1]" in p and "left out" in p for p in problems(data))


def test_energy_charts_has_parallel_arrays_with_holes() -> None:
    seconds = [T0 // 1000 + 900 * n for n in range(4)]
    message = {
        "license_info": "CC BY 4.0",
        "unix_seconds": seconds,
        "price": [100.0, None, -5.5, 7],
        "unit": "EUR / MWh",
    }
    found = rates(said(message))
    assert [((r.start_ms - T0) // 900_000, r.seconds, r.import_price) for r in found] == [
        (0, 900, 10_000),
        (2, 900, -550),
        (3, 900, 700),
    ]


def test_a_missing_price_of_energy_charts_makes_none_longer() -> None:
    seconds = [T0 // 1000 + n * 3600 for n in range(3)]
    data = said({"unix_seconds": seconds, "price": [10, None, 30], "unit": "EUR / MWh"})
    assert [(r.start_ms - T0, r.seconds) for r in rates(data)] == [(0, 3600), (2 * HOUR_MS, 3600)]


def test_nord_pool_keeps_currency_and_area_and_marks_what_is_preliminary() -> None:
    entry = {"deliveryStart": "2026-03-01T00:00:00Z", "deliveryEnd": "2026-03-01T00:15:00Z"}
    message = {
        "multiAreaEntries": [entry | {"entryPerArea": {"SE3": 215.4, "SE4": 300}}], "currency": "SEK",
        "areaStates": [{"state": "Preliminary", "areas": ["SE4"]}],
    }  # fmt: skip
    se4 = understood(said(message), Want(area="SE4"))
    assert (se4.currency, se4.area) == ("SEK", "SE4")
    assert [(r.import_price, r.provisional) for r in quote.rates(se4)] == [(30_000, True)]
    assert [(r.import_price, r.provisional) for r in rates(said(message), want=Want(area="SE3"))] == [(21_540, False)]


def tibber(today: list[dict[str, Any]], tomorrow: list[dict[str, Any]]) -> bytes:
    info = {"current": {"currency": "NOK"}, "today": today, "tomorrow": tomorrow}
    return said({"data": {"viewer": {"homes": [{"currentSubscription": {"priceInfo": info}}]}}})


def test_tibber_tells_totals_by_quarter_hours_and_tomorrow_may_be_empty() -> None:
    today = [
        {"total": 1.2345, "energy": 0.9, "tax": 0.3345, "startsAt": f"2026-03-01T00:{m:02}:00.000+01:00"}
        for m in (0, 15, 30, 45)
    ]
    told = understood(tibber(today, []))
    found = quote.rates(told)
    assert told.currency == "NOK" and [r.import_price for r in found] == [123_450] * 4
    assert {r.seconds for r in found} == {900} and found[0].start_ms == T0 - HOUR_MS
    assert rates(tibber(today, []), want=Want("energy"))[0].import_price == 90_000


def test_tibber_says_that_a_token_is_wrong() -> None:
    answer = {"errors": [{"message": "No valid access token in request"}], "data": None}
    assert "No valid access token" in decode(said(answer)).rejected[0].reason


def octopus(rows: list[tuple[str, str | None, float]], more: str | None = None) -> bytes:
    results = [
        {
            "value_exc_vat": round(p / 1.05, 4),
            "value_inc_vat": p,
            "valid_from": a,
            "valid_to": b,
            "payment_method": None,
        }
        for a, b, p in rows
    ]
    return said({"count": len(rows), "next": more, "previous": None, "results": results})


def test_octopus_is_newest_first_in_pence_and_open_at_its_end() -> None:
    data = octopus(
        [("2026-03-01T00:30:00Z", None, -2.1), ("2026-03-01T00:00:00Z", "2026-03-01T00:30:00Z", 21.5775)],
        "https://api.octopus.energy/next?page=2",
    )
    found = rates(data)
    assert [(r.start_ms, r.import_price) for r in found] == [(T0, 21_578), (T0 + 1_800_000, -2_100)]
    assert found[0].seconds == 1800 and found[1].end_ms == quote.FOR_EVER_MS
    assert supplier.next_page(data).endswith("page=2") and supplier.next_page(b"x") == ""


def amber(channel: str, kind: str, minute: int, cents: float) -> dict[str, Any]:
    start = datetime(2026, 3, 1, 0, minute, 1, tzinfo=UTC)
    return {
        "type": kind, "duration": 30, "spotPerKwh": cents / 2, "perKwh": cents, "channelType": channel,
        "startTime": start.isoformat().replace("+00:00", "Z"),
        "endTime": (start + timedelta(minutes=30)).isoformat().replace("+00:00", "Z"),
    }  # fmt: skip


def test_amber_begins_a_second_late_and_its_feed_in_has_the_other_sign() -> None:
    data = said(
        [
            amber("general", "ActualInterval", 0, 24.5),
            amber("feedIn", "ActualInterval", 0, -8.25),
            amber("general", "ForecastInterval", 30, -3),
            amber("feedIn", "ForecastInterval", 30, 4),
            amber("controlledLoad", "ForecastInterval", 30, 99),
        ]
    )
    found = rates(data)
    assert [(r.start_ms, r.seconds, r.import_price, r.export_price, r.provisional) for r in found] == [
        (T0, 1800, 24_500, 8_250, False),
        (T0 + 1_800_000, 1800, -3_000, -4_000, True),
    ]


def test_luox_tells_costs_as_negative() -> None:
    item = {"valid_from": "2026-03-01T01:00:00+01:00", "valid_until": "2026-03-01T01:15:00+01:00", "unit": "ct/kWh"}
    data = said([{"variable_prices": [item | {"total_price_net": "-23.5", "energy_price_net": "-9"}]}])
    assert [(r.start_ms, r.import_price) for r in rates(data)] == [(T0, 23_500)]


def test_esit_takes_the_price_per_kilowatt_hour_and_not_the_monthly_one() -> None:
    item = {
        "start_timestamp": "2026-03-01T01:00:00+01:00", "end_timestamp": "2026-03-01T01:15:00+01:00",
        "integrated": [{"value": 3.0, "unit": "CHF_M"}, {"value": 0.31, "unit": "CHF_kWh"}],
        "feed_in": [{"value": 0.08, "unit": "CHF_kWh"}],
    }  # fmt: skip
    assert [(r.import_price, r.export_price) for r in rates(said({"prices": [item]}))] == [(31_000, 8_000)]


def test_energyzero_before_2025() -> None:
    prices = [
        {
            "energyPriceExcl": 0.1,
            "energyPriceIncl": 0.121,
            "from": "2026-03-01T00:00:00Z",
            "till": "2026-03-01T01:00:00Z",
        }
    ]
    data = said({"data": {"energyMarketPrices": {"prices": prices}}})
    assert [r.import_price for r in rates(data)] == [12_100]
    assert rates(data, want=Want("energyPriceExcl"))[0].import_price == 10_000


def test_easyenergy_before_2025_tells_what_is_fed_in_too() -> None:
    data = said([{"Timestamp": "2026-03-01T00:00:00+00:00", "TariffUsage": 0.121, "TariffReturn": 0.1}])
    assert [(r.import_price, r.export_price) for r in rates(data)] == [(12_100, 10_000)]


# -- ENTSO-E ----------------------------------------------------------------------------------------------------------


def publication(points: list[tuple[int, float]], start: str, end: str, step: str = "PT60M", curve: str = "A03") -> str:
    told = "".join(f"<Point><position>{n}</position><price.amount>{p}</price.amount></Point>" for n, p in points)
    return f"""<Publication_MarketDocument xmlns="urn:iec62325.351:tc57wg16:451-3:publicationdocument:7:0">
    <TimeSeries><in_Domain.mRID codingScheme="A01">X</in_Domain.mRID><currency_Unit.name>EUR</currency_Unit.name>
    <price_Measure_Unit.name>MWH</price_Measure_Unit.name><curveType>{curve}</curveType><Period><timeInterval>
    <start>{start}</start><end>{end}</end></timeInterval><resolution>{step}</resolution>{told}</Period></TimeSeries>
    </Publication_MarketDocument>"""


def test_left_out_positions_repeat_the_one_before_until_the_end_of_the_period() -> None:
    data = publication([(1, 50), (3, -10)], "2026-03-01T00:00Z", "2026-03-01T05:00Z").encode()
    assert [r.import_price for r in rates(data)] == [5000, 5000, -1000, -1000, -1000]


def test_with_curve_a01_they_are_gaps() -> None:
    data = publication([(1, 50), (3, -10)], "2026-03-01T00:00Z", "2026-03-01T03:00Z", curve="A01").encode()
    assert [(r.start_ms - T0) // HOUR_MS for r in rates(data)] == [0, 2]


@pytest.mark.parametrize(("start", "end", "count"), [
    ("2026-03-28T23:00Z", "2026-03-29T22:00Z", 92),
    ("2026-10-24T22:00Z", "2026-10-25T23:00Z", 100),
])  # fmt: skip
def test_days_when_the_clocks_change_have_92_or_100_quarter_hours(start: str, end: str, count: int) -> None:
    found = rates(publication([(n, n) for n in range(1, count + 1)], start, end, "PT15M").encode())
    assert len(found) == count and found[-1].import_price == count * 100
    assert {datetime.fromtimestamp(r.start_ms / 1000, BERLIN).date() for r in found} == {
        datetime.fromtimestamp(found[0].start_ms / 1000, BERLIN).date()
    }


def test_an_acknowledgement_says_its_reason() -> None:
    text = """<Acknowledgement_MarketDocument xmlns="urn:iec62325.351:tc57wg16:451-1:acknowledgementdocument:7:0">
    <Reason><code>999</code><text>No matching data found</text></Reason></Acknowledgement_MarketDocument>"""
    assert decode(text.encode()).rejected[0].reason == "ENTSO-E: No matching data found (999)"


def test_a_document_that_declares_entities_is_refused() -> None:
    bomb = '<!DOCTYPE x [<!ENTITY a "aaaa">]>' + publication([(1, 5)], "2026-03-01T00:00Z", "2026-03-01T01:00Z")
    with pytest.raises(NotUnderstoodError, match="declares a document type"):
        entsoe.read(bomb.encode())


@pytest.mark.parametrize(("unit", "per"), [("kWh", "kWh"), ("m3", "m3")])
def test_easyenergy_says_what_it_prices(unit: str, per: str) -> None:
    row = {"from": "2026-04-19T06:00:00.0000000", "until": "2026-04-19T07:00:00.0000000", "unit": unit}
    message = decode(said({"prices": [row | {"invoicePrice": 1.25}]})).messages[0]
    assert message.readings[0].unit == f"EUR/{per}" and bool(message.points) == (per == "kWh")


@pytest.mark.parametrize("name", ["energy.json", "python-energyzero_gas.json"])
def test_what_only_the_captures_name_tells(name: str) -> None:
    row = {"energyPriceIncl": 1.1, "from": "2024-01-01T05:00:00Z", "till": "2024-01-01T06:00:00Z"}
    message = decode(said({"data": {"energyMarketPrices": {"prices": [row]}}}), CaptureHints(name)).messages[0]
    assert bool(message.points) == ("gas" not in name)


# -- times without an offset, tables of one's own ---------------------------------------------------------------------


def test_the_doubled_hour_of_autumn_is_two_hours() -> None:
    hours = [0, 1, 2, 2, 3]
    text = "start,price\n" + "\n".join(f"2026-10-25 {h:02}:00,0.{n + 1}" for n, h in enumerate(hours))
    found = quote.rates(own.read(text.encode(), Want(timezone="Europe/Berlin")))
    assert [r.import_price for r in found] == [10_000, 20_000, 30_000, 40_000, 50_000]
    assert {r.seconds for r in found} == {3600}


@pytest.mark.parametrize("doubled", ["02:00", "03:00"], ids=["ends as it begins", "ends an hour later"])
def test_the_doubled_hour_of_autumn_is_two_hours_also_where_ends_are_told(doubled: str) -> None:
    hours = [("00:00", "01:00"), ("01:00", "02:00"), ("02:00", doubled), ("02:00", "03:00"), ("03:00", "04:00")]
    rows = (f"2026-10-25 {a},2026-10-25 {b},0.{n + 1}" for n, (a, b) in enumerate(hours))
    told = own.read(("from,to,price\n" + "\n".join(rows)).encode(), Want(timezone="Europe/Berlin"))
    found = quote.rates(told)
    assert [r.import_price for r in found] == [10_000, 20_000, 30_000, 40_000, 50_000]
    assert {r.seconds for r in found} == {3600}


def test_columns_and_keys_by_name_and_any_unit() -> None:
    layout = own.Layout("wann", "bezug", "", "verkauf", "daten.preise", "Rp./kWh")
    rows = [{"wann": T0 // 1000 + n * 3600, "bezug": 20 + n, "verkauf": "5,5"} for n in range(3)]
    told = own.read(said({"daten": {"preise": rows}}), USUAL, layout)
    assert told.currency == "CHF"
    assert [(r.import_price, r.export_price) for r in quote.rates(told)] == [
        (20_000, 5_500),
        (21_000, 5_500),
        (22_000, 5_500),
    ]


def test_a_table_without_the_columns_says_which_it_has() -> None:
    with pytest.raises(NotUnderstoodError, match="no column for the price among wann, was"):
        own.read(b"wann;was\n2026-01-01;3", USUAL, own.Layout("wann"))


def test_every_format_name_leads_to_a_codec() -> None:
    for name in ("prices", *FORMATS["prices"].also):
        assert codec(name).decode(awattar([(0, 1)]), NO_HINTS).messages
    for junk in (b"", b"\x00\xff", b"[]", b"{}", b"null", b"<html>", b"a,b\n1,2", b"[[[[", b'{"data": 3}'):
        capture = decode(junk)
        assert not capture.messages and capture.rejected[0].reason
