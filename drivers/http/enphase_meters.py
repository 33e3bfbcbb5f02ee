"""The Envoy's meters to points: `production.json`, `/ivp/meters/readings` and `/ivp/meters/reports`.

`eim` is a meter with clamps; `inverters` is what the micro-inverters have reported by themselves, some minutes ago.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from drivers.json.told import Told, as_number, under

PRODUCTION, NET, TOTAL, STORAGE = "production", "net-consumption", "total-consumption", "storage"
PLACES = {PRODUCTION: "inverter", NET: "grid", STORAGE: "battery"}
_PRODUCTION_EID, _CONSUMPTION_EID, _STORAGE_EID = 704643328, 704643584, 704643840
_NOISE = 5
"""A meter without clamps counts apparent energy of noise, and less than a fifth of that as active energy."""
_ALIVE_V = 50
"""A phase that is connected has more; a clamp input without a phase shows up to 8 V of noise."""


def meters_in_use(found: object) -> dict[int, str]:
    """`/ivp/meters`: eid -> measurementType of the meters that are enabled and measure."""
    if not isinstance(found, list):
        return {}
    return {
        one["eid"]: str(one.get("measurementType"))
        for one in found
        if isinstance(one, dict)
        and isinstance(one.get("eid"), int)
        and one.get("state") == "enabled"
        and one.get("meteringStatus") != "not-metering"
    }


def production_points(told: Told, found: dict[str, Any]) -> None:
    """`production.json`: the production meter where one is in use, else the sum of the micro-inverters' reports."""
    metered = [m for m in _items(found, "production") if m.get("type") == "eim"]
    summed = [m for m in _items(found, "production") if m.get("type") == "inverters"]
    eim = next((m for m in metered if _active(m)), None)
    if eim is not None:
        _eim(told, "inverter", eim)
        told.point("inverter", "energy", eim.get("whLifetime"))
    elif summed:
        _reports(told, summed[0])
    if metered and eim is None:
        told.problem("production: the meter's activeCount is 0, so it is not connected")
    for meter in _items(found, "consumption"):
        if meter.get("measurementType") == NET:
            _net(told, meter)
    for battery in _items(found, "storage"):
        _ac_battery(told, battery)


def _reports(told: Told, inverters: dict[str, Any]) -> None:
    """Their `whLifetime` starts anew after some firmware updates, so it is no counter to rely on."""
    told.point("inverter", "power", inverters.get("wNow"), at=_ms(inverters.get("readingTime")))


def _net(told: Told, meter: dict[str, Any]) -> None:
    """Its `whLifetime` is import alone or import less export, by firmware: no point."""
    if _active(meter):
        _eim(told, "grid", meter)
    else:
        told.problem("net-consumption: the meter's activeCount is 0, so it is not connected")


def _eim(told: Told, place: str, meter: dict[str, Any]) -> None:
    told.point(place, "power", meter.get("wNow"))
    told.time = _ms(meter.get("readingTime")) or told.time
    lines = [line for line in meter.get("lines") or () if isinstance(line, dict)]
    _phases(told, place, meter.get("wNow"), lines, ("wNow", "rmsVoltage"))


def _ac_battery(told: Told, battery: dict[str, Any]) -> None:
    """The AC Battery (ACB); its state tells the direction, for the sign is not the same in all firmwares."""
    if battery.get("type") != "acb" or not _active(battery):
        return
    power, state = as_number(battery.get("wNow")), battery.get("state")
    if power is not None:
        signed = {"discharging": abs(power), "charging": -abs(power)}.get(str(state), power)
        told.point("battery", "power", signed)
    told.point("battery", "soc", battery.get("percentFull"))
    if state in ("charging", "discharging", "idle", "full"):
        told.point("battery", "status", state)


def meter_points(told: Told, found: Sequence[Any], in_use: dict[int, str] | None) -> None:
    """`/ivp/meters/readings`. Without `/ivp/meters` the eid tells production and storage; the consumption meter is the
    grid's when it has counted export, which the meter of a house's loads does not.
    """
    for meter in found:
        if isinstance(meter, dict) and isinstance(meter.get("eid"), int):
            kind = _kind(told, meter) if in_use is None else in_use.get(meter["eid"], "")
            if kind in PLACES:
                _reading_points(told, PLACES[kind], meter)


def _kind(told: Told, meter: dict[str, Any]) -> str:
    delivered = as_number(meter.get("actEnergyDlvd")) or 0
    received = as_number(meter.get("actEnergyRcvd")) or 0
    if not delivered and not received:
        return ""
    if (delivered + received) * _NOISE < (as_number(meter.get("apparentEnergy")) or 0):
        told.problem(
            f"meter {meter['eid']} has counted hardly any active energy, so it has no clamps; no point is made"
        )
        return ""
    if meter["eid"] == _CONSUMPTION_EID:
        if received >= delivered / 100:
            return NET
        told.problem("whether the consumption meter stands at the grid or before the loads is in /ivp/meters only")
        return TOTAL
    return {_PRODUCTION_EID: PRODUCTION, _STORAGE_EID: STORAGE}.get(meter["eid"], "")


_COUNTERS = {
    "inverter": {"energy": "actEnergyDlvd"},
    "grid": {"energy_import": "actEnergyDlvd", "energy_export": "actEnergyRcvd"},
    "battery": {"energy_discharged": "actEnergyDlvd", "energy_charged": "actEnergyRcvd"},
}


def _reading_points(told: Told, place: str, meter: dict[str, Any]) -> None:
    told.point(place, "power", meter.get("activePower"))
    told.time = _ms(meter.get("timestamp")) or told.time
    if as_number(meter.get("freq")):
        told.point(place, "frequency", meter["freq"])
    for name, key in _COUNTERS[place].items():
        told.point(place, name, meter.get(key))
    channels = [c for c in meter.get("channels") or () if isinstance(c, dict)]
    count = _phases(told, place, meter.get("activePower"), channels, ("activePower", "voltage"))
    for n in range(count):
        told.point(place, f"current_l{n + 1}", channels[n].get("current"))


def report_points(told: Told, found: Sequence[Any]) -> None:
    """`/ivp/meters/reports`: power and, of production, the counter; that of net consumption differs by firmware."""
    for report in found:
        kind = str(under(report, "reportType"))
        total = under(report, "cumulative")
        if kind not in (PRODUCTION, NET) or not isinstance(total, dict):
            continue
        place = PLACES[kind]
        told.point(place, "power", total.get("actPower"))
        told.time = _ms(under(report, "createdAt")) or told.time
        if kind == PRODUCTION:
            told.point(place, "energy", total.get("whDlvdCum"))
        if as_number(total.get("freqHz")):
            told.point(place, "frequency", total["freqHz"])
        lines = [line for line in under(report, "lines") or () if isinstance(line, dict)]
        _phases(told, place, total.get("actPower"), lines, ("actPower", "rmsVoltage"))


def _phases(told: Told, place: str, total: object, rows: list[dict[str, Any]], keys: tuple[str, str]) -> int:
    """Power and voltage of each phase in use; says how many.

    The first rows that are alive and add up to the total: a third row of a split-phase house may be another meter's.
    """
    power_key, voltage_key = keys
    alive = 0
    while alive < min(3, len(rows)) and (as_number(rows[alive].get(voltage_key)) or 0) > _ALIVE_V:
        alive += 1
    whole, powers = as_number(total), [as_number(row.get(power_key)) for row in rows[:alive]]
    while whole is not None and powers and not _adds_up(powers, whole):
        powers.pop()
    for n, power in enumerate(powers):
        told.point(place, f"power_l{n + 1}", power)
        told.point(place, f"voltage_l{n + 1}", rows[n].get(voltage_key))
    return len(powers)


def _adds_up(powers: Sequence[float | int | None], whole: float) -> bool:
    numbers = [p for p in powers if p is not None]
    return len(numbers) == len(powers) and abs(sum(numbers) - whole) <= 10 + 0.05 * max(map(abs, numbers), default=0)


def _items(found: dict[str, Any], key: str) -> list[dict[str, Any]]:
    listed = found.get(key)
    return [one for one in listed if isinstance(one, dict)] if isinstance(listed, list) else []


def _active(meter: dict[str, Any]) -> bool:
    return (as_number(meter.get("activeCount")) or 0) > 0


def _ms(stamp: object) -> int | None:
    number = as_number(stamp)
    return int(number * 1000) if number is not None and 0 < number < 1e11 else None
