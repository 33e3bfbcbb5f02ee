"""Enphase Envoy (IQ Gateway) answers to readings and points, recognised by what is in them. Pure, no I/O.

Sources: Enphase, "Accessing IQ Gateway local APIs or local UI with token-based authentication" (the end points and
fields); the rest from captures of firmware 3.7 to 8.3. Signs on the wire, all as the house has them: `production` + =
production, `net-consumption` + = import, storage and Encharge + = discharge.
"""

from __future__ import annotations

import re
from typing import Any

from drivers.http.enphase_meters import meter_points, production_points, report_points
from drivers.http.enphase_storage import ensemble_points, inventory_points, live_points, secctrl_points
from drivers.json.told import Told, as_json, leaves, under
from hub.model.heard import Heard, Rejected

VENDOR = "Enphase"

_UNITS = {
    "W": "wNow wattsNow lastReportWatts maxReportWatts activePower instantaneousDemand currW actPower",
    "J": "joulesProduced",
    "Wh": "whLifetime whToday whLastSevenDays whNow wattHoursToday wattHoursSevenDays wattHoursLifetime actEnergyDlvd"
    " actEnergyRcvd whDlvdCum whRcvdCum Max_energy ENC_agg_backup_energy ENC_agg_avail_energy ACB_agg_energy"
    " Enc_commissioned_capacity Enc_max_available_capacity encharge_capacity",
    "V": "rmsVoltage voltage voltage_bias_v",
    "A": "rmsCurrent current max_cont_gen_amps",
    "var": "reactPwr reactivePower",
    "VA": "apprntPwr apparentPower",
    "VAh": "vahLifetime vahToday apparentEnergy vahCum",
    "varh": "varhLeadLifetime varhLagLifetime varhLeadToday varhLagToday reactEnergyLagg reactEnergyLead varhLagCum"
    " varhLeadCum",
    "Hz": "freq freqHz freq_bias_hz",
    "%": "soc percentFull agg_soc ENC_agg_soc ENC_agg_soh ACB_agg_soc configured_backup_soc adjusted_backup_soc"
    " VLS_Limit soc_low soc_high start_soc stop_soc pv_limit_pct",
    "degC": "maxCellTemp",
}
_UNIT_OF = {name: unit for unit, names in _UNITS.items() for name in names.split()}
_MILLI = {"mw": "W", "mva": "VA", "mvar": "var"}
_ERROR_KEYS = {"status", "error", "info", "moreInfo", "message", "code", "title", "detail"}

_TAG = r"<{0}>\s*([^<>]{{1,80}}?)\s*</{0}>"
_ROW = re.compile(r"<td>\s*([^<>]{1,60}?)\s*</td>\s*<td>\s*([0-9][0-9.]{0,15})\s*([kM]?)(Wh?)\s*</td>")
_TITLE = re.compile(r"<(title|h1|h2)[^<>]{0,80}>\s*([^<>]{1,80}?)\s*</\1>", re.IGNORECASE)
_PREFIX = {"": 1.0, "k": 1e3, "M": 1e6}


def understand(body: bytes, endpoint: str = "", meters: dict[int, str] | None = None) -> Heard | Rejected:
    """`endpoint`: what was asked, where the answer itself does not say it. `meters`: eid -> measurementType of those
    that are in use, by `/ivp/meters`; None when that is not known.
    """
    found = as_json(body)
    if found is None:
        return _page(body)
    if isinstance(found, dict) and found and set(found) <= _ERROR_KEYS:
        return Rejected(0, f"an error instead of an answer: {_error(found)}")
    if not isinstance(found, dict | list):
        return Rejected(0, "neither an object nor a list")
    told = Told()
    told.fact("vendor", VENDOR)
    _readings(told, found)
    if isinstance(found, list):
        _list(told, found, endpoint, meters)
    else:
        _object(told, found)
    return told.heard()


def is_answer(found: object) -> bool:
    """Whether what stands in a list is an answer by itself, and not one of several meters or devices."""
    return isinstance(found, dict) and (
        any(key in found for key in ("wattsNow", "ENC_agg_soc", "agg_soc", "devices:"))
        or isinstance(found.get("production"), list)
        or any(isinstance(found.get(key), dict) for key in ("secctrl", "meters"))
    )


def _object(told: Told, found: dict[str, Any]) -> None:
    if isinstance(found.get("production"), list):
        production_points(told, found)
    elif "wattsNow" in found:
        _summary(told, found)
    elif devices := under(found, "devices:") or under(found, "devices"):
        ensemble_points(told, devices)
    elif "ENC_agg_soc" in found or "agg_soc" in found:
        secctrl_points(told, found)
    elif isinstance(found.get("secctrl"), dict):
        secctrl_points(told, found["secctrl"])
    elif isinstance(found.get("meters"), dict):
        live_points(told, found)


def _list(told: Told, found: list[Any], endpoint: str, meters: dict[int, str] | None) -> None:
    first = found[0] if found and isinstance(found[0], dict) else {}
    if "activePower" in first and "eid" in first:
        meter_points(told, found, meters)
    elif "reportType" in first:
        report_points(told, found)
    elif "devices" in first:
        inventory_points(told, found)
    elif "channels" in first and "eid" not in first:
        _phase_channels(told, found, endpoint)


def _summary(told: Told, found: dict[str, Any]) -> None:
    """`/api/v1/production`. An Envoy whose meters are switched on without a clamp says 0 for ever there."""
    if not found.get("wattHoursLifetime"):
        told.problem("wattHoursLifetime is 0: the production meter of this Envoy is not connected; no point is made")
        return
    told.point("inverter", "power", found["wattsNow"])
    told.point("inverter", "energy", found["wattHoursLifetime"])


def _phase_channels(told: Told, found: list[Any], endpoint: str) -> None:
    """`/ivp/meters/gridReading` and `/pvReading` look the same: only what was asked tells them apart."""
    place = "grid" if "gridReading" in endpoint else "inverter" if "pvReading" in endpoint else ""
    if not place:
        told.problem("whether this is gridReading or pvReading only its address says; no point is made")
        return
    alive = [c for c in under(found, 0, "channels") or [] if isinstance(c, dict) and _alive(c)]
    powers = [p for c in alive if isinstance(p := c.get("activePower"), int | float)]
    if powers and len(powers) == len(alive):
        told.point(place, "power", round(sum(powers), 3))
    for channel in alive:
        phase = str(channel.get("phase")).lower()
        if phase in ("l1", "l2", "l3"):
            told.point(place, f"power_{phase}", channel.get("activePower"))
            told.point(place, f"voltage_{phase}", channel.get("voltage"))


def _alive(channel: dict[str, Any]) -> bool:
    voltage = channel.get("voltage")
    return isinstance(voltage, int | float) and voltage > 50


def _readings(told: Told, found: object) -> None:
    if isinstance(found, list) and found and isinstance(found[0], dict) and "serialNumber" in found[0]:
        for one in found:
            _micro_inverter(told, one)
        return
    for path, key, value in leaves(found):
        unit, factor = _unit(key)
        told.reading(path or "?", value, unit, factor)


def _micro_inverter(told: Told, one: object) -> None:
    """Each reports by itself every 5 to 15 min, so its readings have their own time."""
    stamp = under(one, "lastReportDate")
    at = stamp * 1000 if isinstance(stamp, int) and not isinstance(stamp, bool) and stamp > 0 else None
    serial = str(under(one, "serialNumber"))[:40] or "?"
    for path, key, value in leaves(one):
        if key != "serialNumber":
            unit, factor = _unit(key)
            told.reading(f"{serial}.{path}", value, unit, factor, at=at)


def _unit(key: str) -> tuple[str, float]:
    """Unit and factor of a leaf; `real_power_mw` is in mW."""
    unit = _MILLI.get(key.rpartition("_")[2])
    return (unit, 0.001) if unit and "_" in key else (_UNIT_OF.get(key, ""), 1.0)


def _page(body: bytes) -> Heard | Rejected:
    text = body.decode("utf-8", "replace")
    if "<envoy_info" in text[:4096]:
        return _info(text)
    rows = _ROW.findall(text)
    if rows:
        return _production_page(rows)
    title = _TITLE.search(text)
    if title:
        return Rejected(0, f"a page instead of an answer: {title[2]}")
    return Rejected(0, "neither JSON nor a page of an Envoy" if text.strip() else "empty")


def _info(text: str) -> Heard:
    """`/info`: who it is. `software` has a letter before the version: D released, R and M meter models."""
    told = Told()
    told.fact("vendor", VENDOR)
    head = text.partition("<package")[0] + text.rpartition("</package>")[2]
    for tag, fact in (("sn", "serial"), ("pn", "model"), ("software", "firmware")):
        if match := re.search(_TAG.format(tag), head):
            told.fact(fact, match[1])
    for tag in ("time", "sn", "pn", "software", "imeter", "web-tokens", "apiver", "euaid", "seqnum"):
        if match := re.search(_TAG.format(tag), head):
            told.reading(tag, match[1])
    stamp = re.search(_TAG.format("time"), head)
    if stamp and re.fullmatch("[0-9]{9,11}", stamp[1]):
        told.time = int(stamp[1]) * 1000
    return told.heard()


def _production_page(rows: list[tuple[str, str, str, str]]) -> Heard:
    """The page `/production` of firmware 3: now, today, last week, ever, in three digits, in the page's language.

    So the counter of all time moves in steps of up to 1 MWh: it is a reading, not a point.
    """
    told = Told()
    told.fact("vendor", VENDOR)
    for label, number, prefix, unit in rows:
        try:
            value = float(number) * _PREFIX[prefix]
        except ValueError:
            told.problem(f"{label}: {number} is not a number")
            continue
        told.reading(label, round(value, 3), unit)
        if unit == "W" and not told.has("inverter.power"):
            told.point("inverter", "power", round(value, 3))
    return told.heard()


def _error(found: dict[str, Any]) -> str:
    """As firmware 7 and later say it: `{"status":401,"error":"","info":"Authentication required","moreInfo":""}`."""
    keys = ("error", "message", "info", "moreInfo", "title", "detail", "status", "code")
    said = [str(found[key])[:60] for key in keys if found.get(key)]
    return ", ".join(said) or "without a reason"
