"""Batteries behind an Envoy to points: Encharge (IQ Battery) as `battery`, the older AC Battery (ACB) beside it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from drivers.json.told import Told, as_number, under

_STORES = ("ENCHARGE", "ACB")


def ensemble_points(told: Told, devices: object) -> None:
    """`/ivp/ensemble/power`: mW of each Encharge, + = discharge. One state of charge for several needs their sizes."""
    listed = [d for d in devices if isinstance(d, dict)] if isinstance(devices, list) else []
    powers = [p for d in listed if (p := as_number(d.get("real_power_mw"))) is not None]
    if powers and len(powers) == len(listed):
        told.point("battery", "power", sum(powers), 0.001)
    if len(listed) == 1:
        told.point("battery", "soc", listed[0].get("soc"))


def secctrl_points(told: Told, found: dict[str, Any]) -> None:
    """`/ivp/ensemble/secctrl`: the sums over all batteries of a kind. A kind without capacity is not there."""
    encharge = (as_number(found.get("Enc_max_available_capacity")) or 0) > 0
    if encharge:
        told.point("battery", "soc", found.get("ENC_agg_soc"))
        told.point("battery", "capacity", found.get("Enc_max_available_capacity"))
        if as_number(found.get("ENC_agg_soh")):
            told.point("battery", "soh", found["ENC_agg_soh"])
        told.point("battery", "min_soc", found.get("configured_backup_soc"))
    if (as_number(found.get("ACB_agg_energy")) or 0) > 0:
        told.point("battery_2" if encharge else "battery", "soc", found.get("ACB_agg_soc"))


def inventory_points(told: Told, found: Sequence[Any]) -> None:
    """`/ivp/ensemble/inventory`, `/inventory.json`: each battery's last report, with the time of the oldest of them."""
    for group in found:
        devices = [d for d in under(group, "devices") or () if isinstance(d, dict)] if isinstance(group, dict) else []
        if under(group, "type") == "ENCHARGE":
            _encharges(told, devices)
        if under(group, "type") in _STORES and len(devices) == 1 and not told.has("battery.soc"):
            told.point("battery", "soc", devices[0].get("percentFull"), at=_oldest(devices))


def _encharges(told: Told, devices: list[dict[str, Any]]) -> None:
    """State of charge by capacity; the warmest of them."""
    sizes = [as_number(d.get("encharge_capacity")) for d in devices]
    levels = [as_number(d.get("percentFull")) for d in devices]
    if not devices or None in sizes:
        return
    whole = sum(size for size in sizes if size is not None)
    told.point("battery", "capacity", whole)
    if None not in levels and whole > 0:
        stored = sum(s * x for s, x in zip(sizes, levels, strict=True) if s is not None and x is not None)
        told.point("battery", "soc", round(stored / whole, 1), at=_oldest(devices))
    warmth = [t for d in devices if (t := as_number(d.get("temperature"))) is not None]
    if warmth:
        told.point("battery", "temperature", max(warmth), at=_oldest(devices))


def _oldest(devices: list[dict[str, Any]]) -> int | None:
    """UTC ms; `last_rpt_date` is a number or its text."""
    stamps = [str(d.get("last_rpt_date")) for d in devices]
    known = [int(s) for s in stamps if s.isascii() and s.isdecimal() and len(s) < 12]
    return min(known) * 1000 if known else None


def live_points(told: Told, found: dict[str, Any]) -> None:
    """`/ivp/livedata/status`: mW; fresh only while its stream is switched on, else it is what was last measured."""
    meters = found["meters"]
    if under(found, "connection", "sc_stream") not in (None, "enabled"):
        told.problem("the live stream is not switched on, so these figures may be old; no point is made")
        return
    for key, place in (("pv", "inverter"), ("grid", "grid"), ("storage", "battery")):
        if key != "storage" or as_number(under(meters, "enc_agg_energy")):
            told.point(place, "power", as_number(under(meters, key, "agg_p_mw")), 0.001)
    if as_number(under(meters, "enc_agg_energy")):
        told.point("battery", "soc", as_number(under(meters, "enc_agg_soc")))
