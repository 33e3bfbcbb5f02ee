"""A map proposed from what the other system says of its things: unit, device class and name."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator, Sequence

from hub.model import DeviceSpec, Role
from hub.model.site import Site
from hub.store.foreign.source import Foreign


def _set(words: str) -> frozenset[str]:
    return frozenset(words.split())


_WORDS: dict[Role, frozenset[str]] = {
    Role.GRID: _set("grid netz netzbezug bezug mains p1 dsmr smartmeter meter zaehler hausanschluss utility tibber"),
    Role.INVERTER: _set("pv solar inverter roof photovoltaik photovoltaic wechselrichter sun"),
    Role.BATTERY: _set("battery bat batt batterie akku speicher storage powerwall"),
    Role.CHARGER: _set("wallbox charger ev evse car auto laden easee keba goe"),
    Role.HEATPUMP: _set("heatpump heat wp waermepumpe warmepumpe heizung"),
    Role.THERMOSTAT: _set("thermostat climate room raum"),
    Role.PLUG: _set("plug socket steckdose"),
    Role.LIGHT: _set("light lamp licht lampe"),
}
_OUT = _set(
    "export exported netzeinspeisung exports return returned feed feedin fed einspeisung sold produced production"
)
_DISCHARGED = _set("discharge discharged discharging out entladen")
_BY_UNIT = {
    "W": "power", "kW": "power", "Wh": "energy", "kWh": "energy", "MWh": "energy", "°C": "temperature",
    "°F": "temperature", "V": "voltage", "A": "current", "Hz": "frequency", "VA": "apparent_power",
    "var": "reactive_power",
}  # fmt: skip
_BY_CLASS = {"battery": "soc"}
_PLAIN = _set("power temperature humidity frequency apparent_power reactive_power power_factor gas water")
_PHASED = ("power", "voltage", "current")


def suggested(columns: Sequence[Foreign], site: Site) -> Iterator[str]:
    """The lines of a map; what is not sure is a comment."""
    taken: set[str] = set()
    for c in columns:
        quantity = _quantity(c)
        if not quantity:
            continue
        device, sure = _device(c, site)
        about = " ".join(t for t in (c.label, f"({c.unit})" if c.unit else "") if t)
        note = f"   # {about}" if about else ""
        if device is None:
            yield f'#"{c.name}" = "?.{quantity}"{note}'
            continue
        point = f"{device.id}.{_of_role(quantity, device.role, _tokens(c))}"
        mark = "" if sure and point not in taken else "#"
        if not mark:
            taken.add(point)
        yield f'{mark}"{c.name}" = "{point}"{note}'


def _quantity(c: Foreign) -> str:
    """By class, else by unit; empty for what is none of ours."""
    kind = c.device_class or _BY_UNIT.get(c.unit, "")
    if kind == "energy" and (c.counts or not c.device_class):
        return "energy"
    if kind in _PHASED:
        line = re.search(r"(?:^|[^a-z0-9])(?:l|phase_?)([123])(?:$|[^0-9])", c.name.lower())
        return f"{kind}_l{line[1]}" if line else kind
    if kind in _BY_CLASS:
        return _BY_CLASS[kind] if c.unit == "%" else ""
    if kind in _PLAIN:
        return kind
    return "on" if c.name.partition(".")[0] in ("switch", "light") else ""


def _of_role(quantity: str, role: Role, tokens: frozenset[str]) -> str:
    if quantity == "soc" and role is not Role.BATTERY:
        return "battery_level"
    if quantity != "energy":
        return quantity
    if role is Role.GRID:
        return "energy_export" if tokens & _OUT else "energy_import"
    if role is Role.BATTERY:
        return "energy_discharged" if tokens & _DISCHARGED else "energy_charged"
    return quantity


def _device(c: Foreign, site: Site) -> tuple[DeviceSpec | None, bool]:
    """(the device that the name speaks of, whether no other one is as likely)."""
    tokens = _tokens(c)
    scores = sorted(((_score(tokens, d), d.id, d) for d in site.devices), key=lambda s: (-s[0], s[1]))
    if not scores or not scores[0][0]:
        return None, False
    return scores[0][2], len(scores) == 1 or scores[0][0] > scores[1][0]


def _score(tokens: frozenset[str], device: DeviceSpec) -> int:
    """Words of the device's own name count double."""
    own = frozenset(_split(device.id))
    return 2 * len(tokens & own) + (3 if own <= tokens else 0) + len(tokens & _WORDS.get(device.role, frozenset()))


def _tokens(c: Foreign) -> frozenset[str]:
    return frozenset(_split(c.name.rpartition(".")[2])) | frozenset(_split(c.label))


def _split(text: str) -> list[str]:
    plain = text.lower().replace("ä", "ae").replace("ö", "oe").replace("ü", "ue")
    words = re.findall(r"[a-z]+|\d+", plain)
    return words + [a + b for a, b in itertools.pairwise(words)]
