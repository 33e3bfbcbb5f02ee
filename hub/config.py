"""The site document: TOML in, a checked Site out. Unknown keys are errors with a suggestion."""

from __future__ import annotations

import json
import re
import uuid
from collections.abc import Mapping
from dataclasses import fields, replace
from datetime import date
from ipaddress import ip_address
from pathlib import Path
from types import MappingProxyType
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from hub.calendar.holidays import REGIONS
from hub.errors import UserError
from hub.model import OWN_ROLES, DeviceSpec, Role
from hub.model.broker import BrokerAddress
from hub.model.contradictions import contradictions, most_w
from hub.model.document import Document, Table
from hub.model.feed import FeedSpec
from hub.model.found import hosts_of
from hub.model.heat import house_store, tank_store
from hub.model.network import KEYS as NETWORK
from hub.model.network import network_charges
from hub.model.site import (
    BatteryControl,
    CalendarSpec,
    ChargerControl,
    Circuit,
    ConnectionLimits,
    HeatPumpControl,
    Markup,
    Site,
    SwitchControl,
    TariffSpec,
)

_NAMESPACE = uuid.UUID("6b1c2a52-52b2-4a6e-9df4-6f7a3f2f9a10")
MOST_PER_KWH = 10
_HUB_KEYS = ("uid", "role", "driver", "link", "behind", "replaces", "record_ms", "control")
_FEEDS = ("weather", "pv_forecast")
_TABLES = (
    *("site", "network", "mqtt", "history", "journal", "circuits", "limits", "calendar", "tariff", "devices"),
    *_FEEDS,
)
_CONTROLLED = (Role.CHARGER, Role.BATTERY, Role.HEATPUMP, Role.PLUG)
_ROLES = tuple(role.value for role in Role if role not in OWN_ROLES)
_UID = re.compile(r"[0-9a-f]{12}")


def read(path: Path, wanted: str = "a readable site document with --config") -> str:
    """The file's text; UserError when it cannot be read: name `wanted` instead."""
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as e:
        reason = e.strerror if isinstance(e, OSError) and e.strerror else str(e)
        raise UserError(f"{path}: cannot be read: {reason}; name {wanted}") from None


def parse(text: str, where: str = "config.toml", adopted: Mapping[str, Table] = MappingProxyType({})) -> Site:
    """The Site that `text` describes; raises ConfigError naming file and key.

    `adopted`: tables of devices that were taken in on the page, by id.
    """
    doc = dict(Document.load(text, where))
    if adopted and isinstance(doc.get("devices", {}), dict):
        written = doc.get("devices", {})
        doc["devices"] = {**written, **{id_: table for id_, table in adopted.items() if id_ not in written}}
    return _Parser(where).site(doc)


def joined(text: str, adopted: Mapping[str, Table]) -> str:
    """One document of both, for whoever reads it later: `adopted` may hold texts, numbers, lists and tables."""
    lines = [text, "" if not adopted or text.endswith("\n") else "\n"]
    for id_, table in adopted.items():
        lines += [f"\n[devices.{id_}]\n", *(f"{key} = {_told(value)}\n" for key, value in table.items())]
    return "".join(lines)


def _told(value: object) -> str:
    """A value as TOML: of scalars and lists the same as JSON."""
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{json.dumps(k)} = {_told(v)}" for k, v in value.items()) + "}"
    if isinstance(value, list | tuple):
        return "[" + ", ".join(map(_told, value)) + "]"
    return json.dumps(value, ensure_ascii=False)


class _Parser(Document):
    """Walks the document once."""

    def site(self, doc: Table) -> Site:
        self.keys(doc, "", _TABLES)
        site, net, mqtt = (self.table(doc, k) for k in ("site", "network", "mqtt"))
        self.keys(site, "site", ("name", "timezone", "currency"))
        self.keys(net, "network", ("bind", "port", "announce", "search"))
        budgets = {k: self.table(doc, k) for k in ("history", "journal")}
        self.keys(budgets["journal"], "journal", ("budget_mb",))
        self.keys(budgets["history"], "history", ("budget_mb", "window_s", "write_mb_a_day", "card_gb"))
        devices = self.devices(self.table(doc, "devices"))
        circuits = self.circuits(self.table(doc, "circuits"), {s.id for s, _ in devices})
        limits = self.limits(self.table(doc, "limits"), circuits)
        calendar = self.calendar(self.table(doc, "calendar"))
        d = Site()
        history_mb = self.whole(budgets["history"], "history.budget_mb", d.history_mb, 16, 1_000_000)
        journal_mb = self.whole(budgets["journal"], "journal.budget_mb", d.journal_mb, 1, 100_000)
        card_gb = max(d.history_card_gb, (history_mb + journal_mb) // 900)
        timezone = self.timezone(self.get(site, "site.timezone", str, d.timezone))
        home = FeedSpec(
            *("", "", timezone, self.get(site, "site.currency", str, d.currency)), calendar.latitude, calendar.longitude
        )
        found = Site(
            name=self.get(site, "site.name", str, d.name),
            timezone=timezone,
            currency=home.currency,
            bind=self.get(net, "network.bind", str, d.bind),
            port=self.whole(net, "network.port", d.port, 0, 65_535),
            announce=self.get(net, "network.announce", bool, d.announce),
            search=self.places(net),
            mqtt_engine=self.engine(mqtt),
            mqtt_bind=self.get(mqtt, "mqtt.bind", str, d.mqtt_bind),
            mqtt_port=self.whole(mqtt, "mqtt.port", d.mqtt_port, 0, 65_535),
            mqtt_elsewhere=self.broker(mqtt),
            history_mb=history_mb,
            history_window_s=self.whole(budgets["history"], "history.window_s", d.history_window_s, 1, 300),
            history_write_mb=self.whole(budgets["history"], "history.write_mb_a_day", d.history_write_mb, 5, 100_000),
            history_card_gb=self.whole(budgets["history"], "history.card_gb", card_gb, 1, 100_000),
            journal_mb=journal_mb,
            circuits=circuits,
            limits=limits,
            chargers=tuple(self.charger(s, c) for s, c in devices if s.role is Role.CHARGER),
            batteries=tuple(self.battery(s, c) for s, c in devices if s.role is Role.BATTERY),
            heat_pumps=tuple(
                self.heat_pump(s, c, most_w(s.id, circuits, limits)[0]) for s, c in devices if s.role is Role.HEATPUMP
            ),
            switches=tuple(self.switch(s, c) for s, c in devices if s.role is Role.PLUG),
            tariff=self.tariff(self.table(doc, "tariff"), home) if "tariff" in doc else None,
            feeds=tuple(self.feed(self.table(doc, k), k, home, ()) for k in _FEEDS if k in doc),
            calendar=calendar,
            devices=tuple(s for s, _ in devices),
        )
        for at, said in contradictions(found):
            raise self.error(at, said)
        return found

    def places(self, net: Table) -> tuple[str, ...]:
        """Hosts and networks in which devices are looked for."""
        named = self.texts(net, "network.search")
        for text in named:
            try:
                hosts_of(text)
            except UserError as error:
                raise self.error("network.search", str(error)) from None
        return named

    def calendar(self, t: Table) -> CalendarSpec:
        self.keys(t, "calendar", [f.name for f in fields(CalendarSpec)])
        if ("latitude" in t) != ("longitude" in t):
            raise self.error("calendar", "latitude and longitude go together; give both or neither")
        latitude, longitude = (
            self.number(t, f"calendar.{key}", 0, -most, most) if key in t else None
            for key, most in (("latitude", 90), ("longitude", 180))
        )
        region = self.get(t, "calendar.region", str, "")
        if region:
            self.one_of("calendar.region", region, REGIONS)
        extra, without = (self.dates(t, f"calendar.{key}") for key in ("extra", "without"))
        return CalendarSpec(latitude, longitude, region, extra, without)

    def dates(self, t: Table, at: str) -> tuple[str, ...]:
        for text in (found := self.texts(t, at)):
            try:
                date.fromisoformat(text)
            except ValueError:
                raise self.error(at, f"{text!r} is no date; write it like 2026-12-24") from None
        return found

    def engine(self, mqtt: Table) -> str:
        """The broker of our own; one that others may reach is never the embedded one."""
        self.keys(mqtt, "mqtt", ("engine", "bind", "port", "url"))
        chosen, bind = (
            self.get(mqtt, f"mqtt.{key}", str, getattr(Site(), f"mqtt_{key}")) for key in ("engine", "bind")
        )
        engine = self.one_of("mqtt.engine", chosen, ("auto", "embedded", "mosquitto", "off"))
        try:
            local = ip_address(bind).is_loopback and ":" not in bind
        except ValueError:
            raise self.error("mqtt.bind", f"{bind!r} is not an address; 0.0.0.0 lets every machine connect") from None
        if engine == "embedded" and not local:
            raise self.error("mqtt.bind", "the embedded broker serves this machine only, at 127.0.0.1; take mosquitto")
        return engine

    def broker(self, mqtt: Table) -> BrokerAddress | None:
        """A broker elsewhere; then there is none of our own."""
        if "url" not in mqtt:
            return None
        for key in ("engine", "bind", "port"):
            if key in mqtt:
                raise self.error(
                    f"mqtt.{key}", "is for a broker of the hub's own, and mqtt.url names another; keep one"
                )
        try:
            return BrokerAddress.parse(self.get(mqtt, "mqtt.url", str, ""))
        except ValueError as error:
            raise self.error("mqtt.url", str(error)) from None

    def devices(self, table: Table) -> list[tuple[DeviceSpec, Table]]:
        found = [self.device(id_, self.table(table, f"devices.{id_}")) for id_ in table]
        ids = {s.id for s, _ in found}
        grids = [s.id for s, _ in found if s.role is Role.GRID]
        if len(grids) > 1:
            raise self.error(f"devices.{grids[1]}.role", f"{grids[0]!r} is the grid meter; make one of them a meter")
        by_uid: dict[str, str] = {}
        for spec, _ in found:
            if (other := by_uid.setdefault(spec.uid, spec.id)) != spec.id:
                raise self.error(f"devices.{spec.id}.uid", f"is that of {other!r} too; give each device its own")
            if spec.replaces and (still := next((s.id for s, _ in found if s.uid == spec.replaces), "")):
                where = f"devices.{spec.id}.replaces"
                raise self.error(where, f"{still!r} is still in the house; remove its table, or this key")
        for spec, _ in found:
            if spec.behind:
                self.one_of(f"devices.{spec.id}.behind", spec.behind, ids)
        return found

    def device(self, id_: str, t: Table) -> tuple[DeviceSpec, Table]:
        at = f"devices.{id_}"
        if not id_.replace("_", "").isalnum() or not id_.islower() or id_ in OWN_ROLES:
            own = ", ".join(f"`{role}`" for role in OWN_ROLES)
            raise self.error(at, f"a device id is lower-case letters, digits and _, and none of {own}; rename it")
        spec = DeviceSpec(
            uid=self.get(t, f"{at}.uid", str, uid_of(id_)),
            id=id_,
            role=Role(self.one_of(f"{at}.role", self.need(t, f"{at}.role"), _ROLES)),
            driver=self.need(t, f"{at}.driver"),
            link=self.need(t, f"{at}.link"),
            behind=self.get(t, f"{at}.behind", str, ""),
            record_ms=self.record_ms(t, f"{at}.record_ms"),
            replaces=uid_of(self.get(t, f"{at}.replaces", str, "")),
            options={k: v for k, v in t.items() if k not in _HUB_KEYS},
        )
        if "control" in t and spec.role not in _CONTROLLED:
            raise self.error(
                f"{at}.control", f"is for a {', '.join(_CONTROLLED)}, not for a {spec.role.value}; remove it"
            )
        return spec, self.table(t, f"{at}.control")

    def record_ms(self, t: Table, at: str) -> int:
        found = self.whole(t, at, 1000, 1, 1000)
        if found not in (200, 250, 500, 1000):
            raise self.error(at, f"{found} ms is not 200, 250, 500 or 1000")
        return found

    def charger(self, spec: DeviceSpec, t: Table) -> ChargerControl:
        at, d = f"devices.{spec.id}.control", ChargerControl(spec.id)
        self.keys(t, at, [f.name for f in fields(ChargerControl) if f.name != "device"])
        return ChargerControl(
            spec.id,
            self.phases(t, f"{at}.phases", d.phases),
            self.number(t, f"{at}.min_a", d.min_a, 6, 80),
            self.number(t, f"{at}.max_a", d.max_a, 6, 80),
            self.number(t, f"{at}.blind_a", d.blind_a, 0, 80),
            self.whole(t, f"{at}.start_delay_s", d.start_delay_s, 0, 3600),
            self.whole(t, f"{at}.stop_delay_s", d.stop_delay_s, 0, 3600),
            self.mode(t, at, d.mode, ("off", "solar", "min_solar", "fast", "plan")),
            self.whole(t, f"{at}.pause_s", d.pause_s, 0, 3600),
            self.whole(t, f"{at}.phase_switch_s", d.phase_switch_s, 60, 86_400),
            self.number(t, f"{at}.car_capacity_wh", d.car_capacity_wh, 1_000, 300_000),
        )

    def phases(self, t: Table, at: str, default: tuple[int, ...]) -> tuple[int, ...]:
        """A number n for L1 to Ln, or the conductors by name."""
        raw = t.get("phases", len(default))
        named = [f"L{n}" for n in default]
        if isinstance(raw, list) and raw and all(raw.count(p) == 1 and p in named for p in raw):
            return tuple(n for n in default if f"L{n}" in raw)
        if isinstance(raw, bool) or raw not in default:
            raise self.error(at, f'must be 1, 2, 3 or a list like ["L2"], not {raw!r}')
        return default[: int(raw)]

    def battery(self, spec: DeviceSpec, t: Table) -> BatteryControl:
        at, d = f"devices.{spec.id}.control", BatteryControl(spec.id)
        self.keys(t, at, [f.name for f in fields(BatteryControl) if f.name != "device"])
        charge_w = self.number(t, f"{at}.max_charge_w", d.max_charge_w, 0, 200_000)
        return BatteryControl(
            spec.id,
            self.number(t, f"{at}.soc_floor", d.soc_floor, 0, 100),
            self.number(t, f"{at}.soc_ceiling", d.soc_ceiling, 0, 100),
            charge_w,
            self.number(t, f"{at}.max_discharge_w", d.max_discharge_w, 0, 200_000),
            self.mode(t, at, d.mode, ("off", "auto", "hold", "charge", "discharge", "plan")),
            self.number(t, f"{at}.outage_reserve", d.outage_reserve, 0, 100),
            self.number(t, f"{at}.ramp_w_s", d.ramp_w_s, 0, 200_000),
            self.get(t, f"{at}.feeds_cars", bool, d.feeds_cars),
            self.number(t, f"{at}.efficiency", d.efficiency, 0.5, 1),
            round(self.number(t, f"{at}.wear", 0, 0, MOST_PER_KWH) * 100_000),
            self.get(t, f"{at}.grid_charge", bool, d.grid_charge and charge_w > 0),
            self.get(t, f"{at}.grid_discharge", bool, d.grid_discharge),
            self.number(t, f"{at}.capacity_wh", d.capacity_wh, 0, 1e7),
        )

    def heat_pump(self, spec: DeviceSpec, t: Table, most: float) -> HeatPumpControl:
        """`most`: what it can draw at all, W; what is left out is not above that."""
        at, d = f"devices.{spec.id}.control", HeatPumpControl(spec.id)
        self.keys(t, at, [f.name for f in fields(HeatPumpControl) if f.name != "device"])
        return HeatPumpControl(
            spec.id,
            self.whole(t, f"{at}.min_run_s", d.min_run_s, 0, 86_400),
            self.whole(t, f"{at}.min_pause_s", d.min_pause_s, 0, 86_400),
            self.number(t, f"{at}.guaranteed_w", min(d.guaranteed_w, most), 0, 200_000),
            self.number(t, f"{at}.surplus_w", d.surplus_w, 1, 200_000),
            self.mode(t, at, d.mode, ("normal", "boost", "surplus", "plan")),
            self.number(t, f"{at}.power_w", 0, 100, 200_000) if "power_w" in t else d.power_w,
            self.number(t, f"{at}.cop", 0, 1, 10) if "cop" in t else d.cop,
            house_store(self, self.table(t, f"{at}.house"), f"{at}.house") if "house" in t else None,
            tank_store(self, self.table(t, f"{at}.tank"), f"{at}.tank", spec.id) if "tank" in t else None,
            self.phases(t, f"{at}.phases", (1, 2, 3)) if "phases" in t else d.phases,
        )

    def switch(self, spec: DeviceSpec, t: Table) -> SwitchControl:
        at, d = f"devices.{spec.id}.control", SwitchControl(spec.id)
        self.keys(t, at, [f.name for f in fields(SwitchControl) if f.name != "device"])
        return SwitchControl(
            spec.id,
            self.whole(t, f"{at}.min_on_s", d.min_on_s, 0, 86_400),
            self.whole(t, f"{at}.min_off_s", d.min_off_s, 0, 86_400),
            self.number(t, f"{at}.surplus_w", d.surplus_w, 1, 200_000),
            self.mode(t, at, d.mode, ("manual", "surplus", "plan")),
            self.phases(t, f"{at}.phases", (1, 2, 3)) if "phases" in t else d.phases,
        )

    def mode(self, t: Table, at: str, default: str, known: tuple[str, ...]) -> str:
        return self.one_of(f"{at}.mode", self.get(t, f"{at}.mode", str, default), known)

    def limits(self, t: Table, circuits: tuple[Circuit, ...]) -> ConnectionLimits:
        """Those at the grid connection; what the hub can never keep is refused."""
        self.keys(t, "limits", ("import_w", "export_w", "unbalanced_a"))
        found = {
            key: self.number(t, f"limits.{key}", 0, low, high) if key in t else None
            for key, low, high in (("import_w", 1_000, 1e6), ("export_w", 0, 1e6), ("unbalanced_a", 6, 1_000))
        }
        if found["unbalanced_a"] is not None and next(c for c in circuits if not c.parent).phases == 1:
            raise self.error("limits.unbalanced_a", "the grid connection has one phase only; remove it")
        return ConnectionLimits(**found)

    def circuits(self, table: Table, devices: set[str]) -> tuple[Circuit, ...]:
        found = [self.circuit(id_, self.table(table, f"circuits.{id_}"), devices) for id_ in table]
        ids = [c.id for c in found]
        for c in found:
            if c.parent:
                self.one_of(f"circuits.{c.id}.parent", c.parent, ids)
            self.rooted(c, {c.id: c.parent for c in found})
        found = [self.beneath(c, found, self.table(table, f"circuits.{c.id}")) for c in found]
        self.once(found)
        if found and sum(not c.parent for c in found) != 1:
            raise self.error("circuits", "exactly one circuit has no parent (the grid connection); give the others one")
        return tuple(found) or Site().circuits

    def beneath(self, circuit: Circuit, circuits: list[Circuit], t: Table) -> Circuit:
        """What is left out of it is not above what its parent has."""
        above, fuse_a, phases = circuit, circuit.fuse_a, circuit.phases
        while above.parent:
            above = next(c for c in circuits if c.id == above.parent)
            fuse_a, phases = min(fuse_a, above.fuse_a), min(phases, above.phases)
        left_out = {k: v for k, v in (("fuse_a", fuse_a), ("phases", phases)) if k not in t}
        return replace(circuit, **left_out)  # type: ignore[arg-type]

    def rooted(self, circuit: Circuit, parents: dict[str, str]) -> None:
        """Whoever goes from parent to parent comes to an end."""
        above = circuit.parent
        for _ in parents:
            above = parents.get(above, "")
        if above:
            raise self.error(f"circuits.{circuit.id}.parent", "feeds itself in the end; name the circuit that feeds it")

    def once(self, circuits: list[Circuit]) -> None:
        """A device hangs in one place."""
        home: dict[str, str] = {}
        for c in circuits:
            for device in c.members:
                if device in home:
                    other = f"is in {home[device]!r} already" if home[device] != c.id else "is there twice"
                    raise self.error(f"circuits.{c.id}.members", f"{device!r} {other}; name it once")
                home[device] = c.id

    def circuit(self, id_: str, t: Table, devices: set[str]) -> Circuit:
        at = f"circuits.{id_}"
        self.keys(t, at, ("fuse_a", "phases", "parent", "members"))
        members = self.texts(t, f"{at}.members")
        for m in members:
            self.one_of(f"{at}.members", m, devices)
        return Circuit(
            id_,
            self.number(t, f"{at}.fuse_a", 35.0, 6, 1000),
            self.whole(t, f"{at}.phases", 3, 1, 3),
            self.get(t, f"{at}.parent", str, ""),
            members,
        )

    def tariff(self, t: Table, home: FeedSpec) -> TariffSpec:
        """Fixed prices; or those of a source with what is added to them, where the fixed ones stand in. On top of both
        comes what the network operator charges.
        """
        fixed, marked = ("import_price", "export_price"), ("import_factor", "import_add", "export_factor", "export_add")
        network = network_charges(self, t, "tariff")
        if "source" not in t:
            for key in (*marked, "exchange"):
                if key in t:
                    raise self.error(f"tariff.{key}", "is for prices of a source; name one with tariff.source")
            self.keys(t, "tariff", (*fixed, "source", *NETWORK))
            table = (self.prices(t, "tariff.import_price"), self.prices(t, "tariff.export_price"))
            return TariffSpec(*table, network=network)
        own = (*fixed, *marked, "exchange", *NETWORK)
        given = [self.prices(t, f"tariff.{k}") if k in t else () for k in fixed]
        exchange = self.number(t, "tariff.exchange", 0, 1e-6, 1e6) if "exchange" in t else 0.0
        export = self.markup(t, "export") if {"export_factor", "export_add"} & set(t) else None
        feed = self.feed(t, "tariff", home, own)
        return TariffSpec(given[0], given[1], feed, self.markup(t, "import"), export, exchange, network)

    def markup(self, t: Table, way: str) -> Markup:
        factor = self.number(t, f"tariff.{way}_factor", 1.0, -10, 10)
        add = self.number(t, f"tariff.{way}_add", 0.0, -MOST_PER_KWH, MOST_PER_KWH)
        return Markup(factor, round(add * 100_000))

    def feed(self, t: Table, at: str, home: FeedSpec, own: tuple[str, ...]) -> FeedSpec:
        """`own`: the keys that are not the source's; its driver checks the others."""
        options = {k: v for k, v in t.items() if k not in (*own, "source")}
        return replace(home, at=at, source=self.need(t, f"{at}.source"), options=options)

    def prices(self, t: Table, at: str) -> tuple[int, ...]:
        """A number or 24 numbers (by local hour) in currency unit per kWh, as integers of 1e-5."""
        raw = t.get(at.rpartition(".")[2], 0)
        listed = raw if isinstance(raw, list) else [raw]
        if len(listed) not in (1, 24) or not all(
            isinstance(p, (int, float)) and not isinstance(p, bool) for p in listed
        ):
            raise self.error(at, "is one price per kWh or a list of 24, one for each local hour")
        for price in listed:
            if not abs(price) <= MOST_PER_KWH:
                raise self.error(at, f"{price!r} is no price per kWh; give one from -{MOST_PER_KWH} to {MOST_PER_KWH}")
        return tuple(round(p * 100_000) for p in listed)

    def timezone(self, name: str) -> str:
        try:
            ZoneInfo(name)
        except (ZoneInfoNotFoundError, ValueError, OSError):
            raise self.error("site.timezone", f"{name!r} is not a time zone; use one like Europe/Berlin") from None
        return name


def uid_of(device: str) -> str:
    """The uid of a device by its id; one that is given as a uid stays as it is."""
    return device if not device or _UID.fullmatch(device) else uuid.uuid5(_NAMESPACE, device).hex[:12]
