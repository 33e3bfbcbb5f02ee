"""What a site document says against itself: each value may stand alone, and not beside another one.

A limit that only makes another one idle (an import limit above what the fuse carries) is none; one is what leaves
something undone for ever that the document asks for, or asks for what cannot be wired so.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TypeAlias

from hub.model.heat import HouseStore, TankStore
from hub.model.site import (
    BatteryControl,
    ChargerControl,
    Circuit,
    ConnectionLimits,
    HeatPumpControl,
    Site,
    SwitchControl,
    circuit_of,
    way_up,
)

_VOLT = 230.0
_ANYWHERE = ("0.0.0.0", "::")
_ALWAYS = ("fast", "min_solar")
"""Modes in which a car charges whether the sun shines or not."""

Said: TypeAlias = tuple[str, str]
"""The key, and what is wrong and what to do."""
Load: TypeAlias = ChargerControl | HeatPumpControl | SwitchControl


def contradictions(site: Site) -> Iterator[Said]:
    """All of them, the widest first: whoever mends that may have mended others."""
    yield from _machine(site)
    yield from _calendar(site)
    yield from _behind(site)
    for circuit in site.circuits:
        yield from _circuit(circuit, site.circuits)
    loads: tuple[Load, ...] = (*site.chargers, *site.heat_pumps, *site.switches)
    for load in loads:
        yield from _hangs(load, way_up(site.circuits, circuit_of(site.circuits, load.device)))
    for charger in site.chargers:
        circuits = way_up(site.circuits, circuit_of(site.circuits, charger.device))
        yield from _charger(charger, circuits)
        yield from _limited(charger, circuits[-1], site.limits)
    for battery in site.batteries:
        yield from _battery(battery, site.limits)
    for pump in site.heat_pumps:
        yield from _heat_pump(pump, site)


def _hangs(load: Load, circuits: tuple[Circuit, ...]) -> Iterator[Said]:
    at, main = f"devices.{load.device}.control.phases", circuits[-1]
    for c in circuits:
        if len(load.phases) > c.phases:
            yield at, f"circuit {c.id!r} has {c.phases}; name as many, or correct circuits.{c.id}.phases"
    if load.phases and max(load.phases) > main.phases:
        yield at, f"circuit {main.id!r} ends at L{main.phases}; name phases that it has, or correct circuits.{main.id}"


def most_w(device: str, circuits: tuple[Circuit, ...], limits: ConnectionLimits) -> tuple[float, str]:
    """What the device can draw at the very most from the grid, W, and the key that says so."""
    ways = [(_carries(c), f"circuits.{c.id}.fuse_a") for c in way_up(circuits, circuit_of(circuits, device))]
    own = [] if limits.import_w is None else [(limits.import_w, "limits.import_w")]
    return min(*ways, *own, (float("inf"), ""))


def _carries(circuit: Circuit) -> float:
    return circuit.fuse_a * circuit.phases * _VOLT


# -- the machine, the year, what hangs on what -------------------------------------------------------------------------


def _machine(site: Site) -> Iterator[Said]:
    kept, card = site.history_mb + site.journal_mb << 20, site.history_card_gb * 1_000_000_000
    if kept > card:
        yield (
            "history.budget_mb",
            f"with journal.budget_mb is {kept / 1e9:.1f} GB, and the card has card_gb = {site.history_card_gb}; "
            "lower the budgets, or correct card_gb",
        )
    own_broker = site.mqtt_engine != "off" and site.mqtt_elsewhere is None
    meet = site.bind == site.mqtt_bind or site.bind in _ANYWHERE or site.mqtt_bind in _ANYWHERE
    if own_broker and meet and site.port == site.mqtt_port != 0:
        yield "mqtt.port", f"{site.mqtt_port} is network.port too; choose another for one of them"


def _calendar(site: Site) -> Iterator[Said]:
    for date in site.calendar.extra:
        if date in site.calendar.without:
            yield "calendar.without", f"{date} is in calendar.extra too; keep it in one of them"


def _behind(site: Site) -> Iterator[Said]:
    """Whoever goes from device to device comes to an end."""
    over = {d.id: d.behind for d in site.devices}
    for device in over:
        at = device
        for _ in over:
            at = over.get(at, "")
        if at:
            yield f"devices.{device}.behind", "stands behind itself in the end; name the device that it hangs on"


def _circuit(circuit: Circuit, circuits: tuple[Circuit, ...]) -> Iterator[Said]:
    """A larger fuse behind a smaller one protects nothing: one of the two numbers is a slip of the pen."""
    parent = next((c for c in circuits if c.id == circuit.parent), None)
    if parent is None:
        return
    for key in ("fuse_a", "phases"):
        own, most = getattr(circuit, key), getattr(parent, key)
        if own > most:
            yield (
                f"circuits.{circuit.id}.{key}",
                f"{own:g} is above the {most:g} of its parent {parent.id!r}; write {most:g} or less, "
                f"or correct circuits.{parent.id}.{key}",
            )


# -- chargers ----------------------------------------------------------------------------------------------------------


def _charger(charger: ChargerControl, circuits: tuple[Circuit, ...]) -> Iterator[Said]:
    """Its numbers against one another and against the fuses that feed it."""
    at = f"devices.{charger.device}.control"
    least, most, blind = charger.min_a, charger.max_a, charger.blind_a
    if least > most:
        yield f"{at}.min_a", f"{least:g} is above max_a = {most:g}; lower the one or raise the other"
    if blind and not least <= blind <= most:
        yield f"{at}.blind_a", f"must be 0 (pause) or from {least:g} to {most:g}, not {blind:g}"
    for c in circuits:
        if most > c.fuse_a:
            yield (
                f"{at}.max_a",
                f"{most:g} is above the fuse of circuit {c.id!r}; write {c.fuse_a:g} or less, or correct its fuse_a",
            )


def _limited(charger: ChargerControl, main: Circuit, limits: ConnectionLimits) -> Iterator[Said]:
    """What the limits of the connection leave it. From the sun alone it charges under any import limit, and one that
    switches its phases on one of them.
    """
    at, least, most = f"devices.{charger.device}.control", charger.min_a * _VOLT, limits.import_w
    if most is not None and charger.mode in _ALWAYS and least > most:
        yield (
            "limits.import_w",
            f"{most:g} W is less than {charger.device!r} needs to charge at all, {charger.min_a:g} A on 1 phase = "
            f'{least:g} W; raise it, lower {at}.min_a, or choose mode = "solar" there',
        )
    if limits.unbalanced_a is not None and set(range(1, main.phases + 1)) > set(charger.phases):
        yield from _lopsided(charger, limits.unbalanced_a)


def cannot_charge(charger: ChargerControl, limits: ConnectionLimits) -> str:
    """The contradiction that only the device can tell of: it does not switch its phases, and never has room for all."""
    least, most = charger.min_a * _VOLT * charger.phase_count, limits.import_w
    if most is None or charger.mode not in _ALWAYS or least <= most:
        return ""
    return (
        f"limits.import_w: {most:g} W is less than {charger.device!r} needs to charge at all, {charger.min_a:g} A on "
        f"its {charger.phase_count} phases = {least:g} W, and it does not switch phases; raise it, or choose mode = "
        f'"solar" in devices.{charger.device}.control'
    )


def _lopsided(charger: ChargerControl, most: float) -> Iterator[Said]:
    """Of one that leaves a phase of the house free."""
    at = f"devices.{charger.device}.control"
    if charger.min_a > most:
        yield (
            "limits.unbalanced_a",
            f"{most:g} A is below the least current of {charger.device!r}, min_a = {charger.min_a:g}, which does not "
            f"hang on all phases; raise it, lower {at}.min_a, or correct {at}.phases",
        )
    if charger.blind_a > most:
        yield (
            f"{at}.blind_a",
            f"{charger.blind_a:g} is above limits.unbalanced_a = {most:g}; write {most:g} or less or 0 (pause), or "
            "raise limits.unbalanced_a",
        )


# -- batteries, heat pumps ---------------------------------------------------------------------------------------------


def _battery(battery: BatteryControl, limits: ConnectionLimits) -> Iterator[Said]:
    at = f"devices.{battery.device}.control"
    for key in ("soc_floor", "outage_reserve"):
        if getattr(battery, key) >= battery.soc_ceiling:
            yield f"{at}.{key}", "must be below soc_ceiling; lower the one or raise the other"
    for key in ("max_charge_w", "max_discharge_w"):
        yield from _powerless(battery, key)
    if battery.grid_discharge and limits.export_w == 0:
        yield (
            f"{at}.grid_discharge",
            "is true, and limits.export_w = 0 lets nothing out; write false, or raise limits.export_w",
        )


_NEEDS = {
    "max_charge_w": (("grid_charge", True), ("mode", "charge")),
    "max_discharge_w": (("grid_discharge", True), ("feeds_cars", True), ("mode", "discharge")),
}
"""What asks a battery for a power."""


def _powerless(battery: BatteryControl, key: str) -> Iterator[Said]:
    for asks, value in _NEEDS[key]:
        if getattr(battery, key) == 0 and getattr(battery, asks) == value:
            said, other = ("true", "false") if value is True else (f'"{value}"', "another")
            yield (
                f"devices.{battery.device}.control.{asks}",
                f"is {said}, and {key} = 0 leaves no power for it; write {other}, or raise {key}",
            )


def _heat_pump(pump: HeatPumpControl, site: Site) -> Iterator[Said]:
    most, by = most_w(pump.device, site.circuits, site.limits)
    if pump.guaranteed_w > most:
        yield (
            f"devices.{pump.device}.control.guaranteed_w",
            f"{pump.guaranteed_w:g} W is more than {by} lets in, {most:g} W; write {most:g} or less, or correct {by}",
        )
    at = f"devices.{pump.device}.control"
    for key, store in (("house", pump.house), ("tank", pump.tank)):
        if store:
            yield from _store(f"{at}.{key}", store, {d.id for d in site.devices})
    if (pump.house or pump.tank) and not pump.power_w:
        yield f"{at}.power_w", "is missing, and a plan needs it beside a house or a tank; give what it draws at most, W"
    if pump.power_w > most:
        yield (
            f"{at}.power_w",
            f"{pump.power_w:g} W is more than {by} lets in, {most:g} W; write {most:g} or less, or correct {by}",
        )


def _store(at: str, store: HouseStore | TankStore, devices: set[str]) -> Iterator[Said]:
    if store.low >= store.high:
        yield f"{at}.low", f"{store.low:g} is not below high = {store.high:g}; lower the one or raise the other"
    device = store.temperature.partition(".")[0]
    if device not in devices:
        yield f"{at}.temperature", f"there is no device {device!r} in this document; name one, or add it"
