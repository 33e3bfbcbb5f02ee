"""Tables and lists of prices that no service defines: what their columns are called, and what they say of the unit."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

import pytest

from drivers.fetch.answer import NotUnderstoodError
from drivers.fetch.client import Ask
from drivers.fetch.pace import Every
from drivers.prices import own, quote
from drivers.prices.codec import decode
from drivers.prices.columns import Told, told_by, told_in
from drivers.prices.own import Layout
from drivers.prices.source import PriceSource
from drivers.prices.want import USUAL, Want
from hub.model.heard import Capture, CaptureHints
from tests.codec_fuzz import run
from tests.drivers_fetch.kit import Taken

T0 = round(datetime(2024, 1, 1, tzinfo=UTC).timestamp() * 1000)
HOUR_MS = 3_600_000
BOM = b"\xef\xbb\xbf"


def said(message: object) -> bytes:
    return json.dumps(message).encode()


def prices(data: bytes) -> list[tuple[int, int]]:
    """(hours after T0, 1e-5 per kWh) of all that is counted with."""
    found = [m for m in decode(data).messages if m.points and m.time is not None]
    return [((m.time or 0) // HOUR_MS - T0 // HOUR_MS, int(m.points["tariff.price_import"])) for m in found]


def problems(capture: Capture) -> list[str]:
    return [p for m in capture.messages for p in m.problems] + [r.reason for r in capture.rejected]


def units(data: bytes) -> set[str]:
    return {r.unit for m in decode(data).messages for r in m.readings} - {"ms"}


TIBBER = {"currency": "NOK", "total": 0.3, "energy": 0.2, "tax": 0.1, "startsAt": "2024-01-01T01:00:00.000+01:00"}
ENERGINET = {"HourUTC": "2024-01-01T00:00:00", "HourDK": "2024-01-01T01:00:00", "PriceArea": "DK1"}
NEWER = {"TimeUTC": "2024-01-01T00:00:00", "TimeDK": "2024-01-01T01:00:00", "PriceArea": "DK1"}
HOUR = {"time_start": "2024-01-01T01:00:00+01:00", "time_end": "2024-01-01T02:00:00+01:00"}
AT_0 = "2024-01-01T00:00:00Z"


def tibber(info: object) -> object:
    return {"data": {"viewer": {"homes": [{"currentSubscription": {"priceInfo": info}}]}}}


LISTS: list[tuple[str, object, str, int]] = [
    ("bare", [{"start": AT_0, "price": 0.25}], "EUR/kWh", 25_000),
    ("in a key", {"rates": [{"start": AT_0, "price": 0.25}]}, "EUR/kWh", 25_000),
    ("evcc", [{"start": AT_0, "end": "2024-01-01T01:00:00Z", "value": 0.25}], "EUR/kWh", 25_000),
    ("evcc's api", {"result": {"rates": [{"start": AT_0, "end": "2024-01-01T01:00:00Z", "value": 0.25}]}}, "EUR/kWh",
     25_000),
    ("unit beside it", {"unit": "ct/kWh", "prices": [{"startsAt": AT_0, "price": 25}]}, "EUR/kWh", 25_000),
    ("unit in it", [{"start": AT_0, "price": 25, "unit": "öre/kWh"}], "SEK/kWh", 25_000),
    ("Tibber's current", tibber({"current": TIBBER}), "NOK/kWh", 30_000),
    ("Sweden", [HOUR | {"SEK_per_kWh": 0.5, "EUR_per_kWh": 0.04, "EXR": 11.1}], "SEK/kWh", 50_000),
    ("Norway", [HOUR | {"NOK_per_kWh": 0.5, "EUR_per_kWh": 0.04, "EXR": 11.1}], "NOK/kWh", 50_000),
    ("euros", [HOUR | {"EUR_per_kWh": 0.04}], "EUR/kWh", 4_000),
    ("Energinet", {"records": [ENERGINET | {"SpotPriceDKK": 220.5, "SpotPriceEUR": 29.6}]}, "DKK/kWh", 22_050),
    ("Energinet, no crowns yet", {"records": [ENERGINET | {"SpotPriceDKK": None, "SpotPriceEUR": 29.6}]}, "EUR/kWh",
     2_960),
    ("Energinet since 2025", {"records": [NEWER | {"DayAheadPriceEUR": 29.6, "DayAheadPriceDKK": 220.5}]}, "DKK/kWh",
     22_050),
]  # fmt: skip


@pytest.mark.parametrize(("message", "unit", "price"), [row[1:] for row in LISTS], ids=[row[0] for row in LISTS])
def test_a_list_of_objects_is_read_as_a_table_is(message: object, unit: str, price: int) -> None:
    for data in (said(message), BOM + said(message)):
        assert prices(data) == [(0, price)] and units(data) == {unit}
        assert not problems(decode(data))


@pytest.mark.parametrize(("head", "cell", "unit", "price"), [
    ("start,price,unit", "42.1,Eur/MWh", "EUR/kWh", 4_210),
    ("start,price,unit", "42.1,ct/kWh", "EUR/kWh", 42_100),
    ("start,price,unit", "0.3,EUR/kWh", "EUR/kWh", 30_000),
    ("start,price,unit", "42.1,MWh", "EUR/kWh", 4_210),
    ("start,price,unit,currency", "420.1,per MWh,sek", "SEK/kWh", 42_010),
    ("start,price,Einheit", "42.1,€ / MWh", "EUR/kWh", 4_210),
    ("start,price,currency", "42.1,HUF", "HUF/kWh", 4_210_000),
    ("start,price (EUR/MWh)", "42.1", "EUR/kWh", 4_210),
    ("start,price_ct_kwh", "42.1", "EUR/kWh", 42_100),
    ("start,price_ct", "42.1", "EUR/kWh", 42_100),
    ("start,öre/kWh", "42.1", "SEK/kWh", 42_100),
    ("start,priceInCentPerKwh", "42.1", "EUR/kWh", 42_100),
    ("start,Spot price [£/MWh]", "42.1", "GBP/kWh", 4_210),
    ("start,EUR_per_kWh", "0.3", "EUR/kWh", 30_000),
    ("start,tax,day_ahead_price,unit", "9,42.1,EUR/MWh", "EUR/kWh", 4_210),
    ("Datum von,Datum bis,Deutschland/Luxemburg [€/MWh]", "01.01.2024 01:00,42.1", "EUR/kWh", 4_210),
])  # fmt: skip
def test_a_table_says_its_unit_in_a_column_or_in_the_prices_name(head: str, cell: str, unit: str, price: int) -> None:
    start = "01.01.2024 00:00" if head.startswith("Datum") else AT_0
    data = f"{head}\n{start},{cell}".encode()
    assert prices(data) == prices(BOM + data) == [(0, price)] and units(data) == {unit}
    assert prices(data.decode().encode("utf-16")) == [(0, price)]
    assert not problems(decode(data, CaptureHints(zone="UTC")))


def test_the_table_that_was_believed_a_thousandfold() -> None:
    data = b"start_timestamp,end_timestamp,marketprice,unit\n1700000000000,1700003600000,42.1,Eur/MWh\n"
    assert [m.points for m in decode(data).messages] == [{"tariff.price_import": 4210}]


@pytest.mark.parametrize("unit", ["EUR/m3", "%", "litre", "EUR/day"])
def test_a_unit_that_is_not_known_is_a_refusal(unit: str) -> None:
    capture = decode(f"start,price,unit\n{AT_0},42.1,{unit}".encode())
    assert not capture.messages and capture.rejected[0].reason == f"row[1]: unit {unit!r} is not known"


def test_a_row_in_another_unit_is_turned_and_one_in_another_currency_left_out() -> None:
    rows = [("00", "42.1,EUR/MWh"), ("01", "5,ct/kWh"), ("02", "5,SEK/kWh"), ("03", "5,?")]
    data = "start,price,unit\n" + "\n".join(f"2024-01-01T{h}:00Z,{cell}" for h, cell in rows)
    assert prices(data.encode()) == [(0, 4_210), (1, 5_000)]
    assert problems(decode(data.encode())) == [
        "row[3]: unit 'SEK/kWh' is another; left out",
        "row[4]: unit '?' is not known; left out",
    ]


UNTOLD = b"start,price\n2024-01-01T00:00Z,42.1\n2024-01-01T01:00Z,150\n2024-01-01T02:00Z,9\n"


def test_a_price_that_cannot_be_per_kilowatt_hour_is_shown_and_not_believed() -> None:
    capture = decode(UNTOLD)
    assert problems(capture) == [
        "no unit is told, and 2 of 3 prices are above 10 EUR/kWh: not believed; name a unit"
    ]  # fmt: skip
    assert not any(m.points for m in capture.messages) and units(UNTOLD) == {""}
    assert [m.readings[0].value for m in capture.messages] == [42.1, 150, 9]
    assert quote.rates(own.read(UNTOLD)) == []


def test_one_dear_hour_is_believed_and_so_is_a_weak_currency() -> None:
    data = b"start,price\n2024-01-01T00:00Z,12\n2024-01-01T01:00Z,0.3\n"
    assert prices(data) == [(0, 1_200_000), (1, 30_000)]
    assert len(quote.rates(own.read(UNTOLD, USUAL, Layout(currency="HUF")))) == 2


def test_what_the_owner_says_of_the_unit_counts() -> None:
    data = f"start,price,unit\n{AT_0},42.1,ct/kWh".encode()
    assert [r.import_price for r in quote.rates(own.read(data, USUAL, Layout(unit="EUR/MWh")))] == [4_210]
    with pytest.raises(NotUnderstoodError, match="is not known; write one like"):
        own.read(data, USUAL, Layout(unit="litre"))


def test_a_feed_says_why_it_does_not_believe() -> None:
    def read(data: bytes, want: Want) -> quote.Quotes:
        return own.read(data, want)

    source = PriceSource("own", Every(3600), lambda _now: [Ask("http://nowhere")], read)
    with pytest.raises(NotUnderstoodError, match="no unit is told, and 2 of 3 prices are above 10 EUR/kWh"):
        asyncio.run(source.give([UNTOLD], T0, Taken()))


def test_today_goes_on_in_tomorrow_and_any_other_list_is_named() -> None:
    def row(at: str, price: float) -> dict[str, Any]:
        return {"start": at, "price": price}

    message = {
        "raw_today": [row("2024-01-01T23:00Z", 0.1)],
        "raw_tomorrow": [row("2024-01-02T00:00Z", 0.2)],
        "feed_in": [row("2024-01-01T23:00Z", 0.05)],
    }
    assert prices(said(message)) == [(23, 10_000), (24, 20_000)]
    assert problems(decode(said(message))) == ["feed_in: another list of prices; left out"]


def test_energinet_is_newest_first_and_of_one_area() -> None:
    def records(areas: Sequence[str]) -> bytes:
        rows = [
            {"HourUTC": f"2024-01-01T0{h}:00:00", "PriceArea": area, "SpotPriceDKK": 100 * n + h}
            for h in (1, 0)
            for n, area in enumerate(areas, 1)
        ]
        return said({"total": len(rows), "records": rows})

    assert prices(records(["DK1"])) == [(0, 10_000), (1, 10_100)]
    assert prices(records(["DK1", "DK2"])) == [(0, 10_000), (1, 10_100)]
    assert problems(decode(records(["DK1", "DK2"]))) == ["prices of 2 areas; those of DK1 count"]


def test_a_list_without_prices_says_what_it_has_and_a_complaint_comes_first() -> None:
    assert problems(decode(said([{"a": 1}]))) == [
        "prices of no shape that is known: no column for the start among a"
    ]  # fmt: skip
    assert problems(decode(said({"error": "no token", "rates": [{"a": 1}]}))) == ["the service says: no token"]


def test_words_of_units() -> None:
    assert told_by("EUR_per_kWh") == told_by("price (€/kWh)") == told_in("EUR/kWh")
    assert told_by("SpotPriceDKK") == Told("DKK") and told_by("price") == Told() and told_by("price_area") == Told()
    assert told_in("EUR") == Told("EUR") and told_in("EUR/m3") is None and told_in(3) is None


def test_damaged_tables_and_lists() -> None:
    seeds = [said(message) for _, message, _, _ in LISTS] + [UNTOLD, BOM + b"start;ct/kWh;export\n1700000000;4,5;1\n"]

    def plausible(_data: bytes, capture: Capture) -> None:
        assert all(abs(float(v)) <= 10_000_000 for m in capture.messages for v in m.points.values())

    assert run(decode, seeds, 2_000, plausible) > 200


NAIVE = b"start;end;ct/kWh\n26.10.2025 00:00;26.10.2025 01:00;25,3\n26.10.2025 01:00;26.10.2025 02:00;-1,3\n"


def test_times_without_an_offset_are_a_problem_until_somebody_says_where_they_are_from() -> None:
    capture = decode(NAIVE)
    assert any("taken as UTC" in p and "--timezone" in p for p in problems(capture))
    known = decode(NAIVE, CaptureHints(zone="Europe/Berlin"))
    assert not problems(known)
    assert [m.time for m in known.messages] == [(m.time or 0) - 2 * HOUR_MS for m in capture.messages]
    assert not problems(decode(b"start,price\n2025-10-26T00:00:00Z,0.25\n2025-10-26T01:00:00Z,0.2\n"))
    assert not problems(decode(b"start,price\n1761436800,0.25\n1761440400,0.2\n"))
    assert not own.read(NAIVE, Want(timezone="UTC")).problems
