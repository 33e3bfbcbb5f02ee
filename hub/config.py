"""The site document: TOML in, a checked Site out. Unknown keys are errors with a suggestion."""

from __future__ import annotations

import uuid
from pathlib import Path
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from hub.errors import UserError
from hub.model import DeviceSpec, Role
from hub.model.document import Document, Table
from hub.model.site import BatteryControl, ChargerControl, Circuit, Site, TariffSpec

_NAMESPACE = uuid.UUID("6b1c2a52-52b2-4a6e-9df4-6f7a3f2f9a10")
_HUB_KEYS = ("uid", "role", "driver", "link", "behind", "control")


def read(path: Path) -> str:
    """The file's text; UserError when it cannot be read."""
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as e:
        reason = e.strerror if isinstance(e, OSError) and e.strerror else str(e)
        raise UserError(f"{path}: cannot be read: {reason}; name a readable site document with --config") from None


def parse(text: str, where: str = "config.toml") -> Site:
    """The Site that `text` describes; raises ConfigError naming file and key."""
    return _Parser(where).site(Document.load(text, where))


class _Parser(Document):
    """Walks the document once."""

    def site(self, doc: Table) -> Site:
        self.keys(doc, "", ("site", "network", "mqtt", "history", "journal", "circuits", "tariff", "devices"))
        site, net, mqtt = (self.table(doc, k) for k in ("site", "network", "mqtt"))
        self.keys(site, "site", ("name", "timezone", "currency"))
        self.keys(net, "network", ("bind", "port", "announce"))
        self.keys(mqtt, "mqtt", ("engine", "port"))
        budgets = {k: self.table(doc, k) for k in ("history", "journal")}
        for name, table in budgets.items():
            self.keys(table, name, ("budget_mb",))
        devices = self.devices(self.table(doc, "devices"))
        d = Site()
        return Site(
            name=self.get(site, "site.name", str, d.name),
            timezone=self.timezone(self.get(site, "site.timezone", str, d.timezone)),
            currency=self.get(site, "site.currency", str, d.currency),
            bind=self.get(net, "network.bind", str, d.bind),
            port=self.whole(net, "network.port", d.port, 0, 65_535),
            announce=self.get(net, "network.announce", bool, d.announce),
            mqtt_engine=self.one_of(
                "mqtt.engine",
                self.get(mqtt, "mqtt.engine", str, d.mqtt_engine),
                ("auto", "embedded", "mosquitto", "off"),
            ),
            mqtt_port=self.whole(mqtt, "mqtt.port", d.mqtt_port, 0, 65_535),
            history_mb=self.whole(budgets["history"], "history.budget_mb", d.history_mb, 16, 1_000_000),
            journal_mb=self.whole(budgets["journal"], "journal.budget_mb", d.journal_mb, 1, 100_000),
            circuits=self.circuits(self.table(doc, "circuits"), {s.id for s, _ in devices}),
            chargers=tuple(self.charger(s, c) for s, c in devices if s.role is Role.CHARGER),
            batteries=tuple(self.battery(s, c) for s, c in devices if s.role is Role.BATTERY),
            tariff=self.tariff(self.table(doc, "tariff")) if "tariff" in doc else None,
            devices=tuple(s for s, _ in devices),
        )

    def devices(self, table: Table) -> list[tuple[DeviceSpec, Table]]:
        found = [self.device(id_, self.table(table, f"devices.{id_}")) for id_ in table]
        ids = {s.id for s, _ in found}
        by_uid: dict[str, str] = {}
        for spec, _ in found:
            if (other := by_uid.setdefault(spec.uid, spec.id)) != spec.id:
                raise self.error(f"devices.{spec.id}.uid", f"is that of {other!r} too; give each device its own")
        for spec, _ in found:
            if spec.behind:
                self.one_of(f"devices.{spec.id}.behind", spec.behind, ids)
        return found

    def device(self, id_: str, t: Table) -> tuple[DeviceSpec, Table]:
        at = f"devices.{id_}"
        if not id_.replace("_", "").isalnum() or not id_.islower() or id_ in ("house", "tariff"):
            raise self.error(
                at, "a device id is lower-case letters, digits and _, and not `house` or `tariff`; rename it"
            )
        spec = DeviceSpec(
            uid=self.get(t, f"{at}.uid", str, uuid.uuid5(_NAMESPACE, id_).hex[:12]),
            id=id_,
            role=Role(self.one_of(f"{at}.role", self.need(t, f"{at}.role"), [r.value for r in Role])),
            driver=self.need(t, f"{at}.driver"),
            link=self.need(t, f"{at}.link"),
            behind=self.get(t, f"{at}.behind", str, ""),
            options={k: v for k, v in t.items() if k not in _HUB_KEYS},
        )
        return spec, self.table(t, f"{at}.control")

    def charger(self, spec: DeviceSpec, t: Table) -> ChargerControl:
        at, d = f"devices.{spec.id}.control", ChargerControl(spec.id)
        self.keys(t, at, ("phases", "min_a", "max_a", "start_delay_s", "stop_delay_s", "mode"))
        return ChargerControl(
            spec.id,
            self.whole(t, f"{at}.phases", d.phases, 1, 3),
            self.number(t, f"{at}.min_a", d.min_a, 6, 80),
            self.number(t, f"{at}.max_a", d.max_a, 6, 80),
            self.whole(t, f"{at}.start_delay_s", d.start_delay_s, 0, 3600),
            self.whole(t, f"{at}.stop_delay_s", d.stop_delay_s, 0, 3600),
            self.one_of(f"{at}.mode", self.get(t, f"{at}.mode", str, d.mode), ("off", "solar", "min_solar", "fast")),
        )

    def battery(self, spec: DeviceSpec, t: Table) -> BatteryControl:
        at, d = f"devices.{spec.id}.control", BatteryControl(spec.id)
        self.keys(t, at, ("soc_floor", "soc_ceiling", "max_charge_w", "max_discharge_w", "mode"))
        control = BatteryControl(
            spec.id,
            self.number(t, f"{at}.soc_floor", d.soc_floor, 0, 100),
            self.number(t, f"{at}.soc_ceiling", d.soc_ceiling, 0, 100),
            self.number(t, f"{at}.max_charge_w", d.max_charge_w, 0, 200_000),
            self.number(t, f"{at}.max_discharge_w", d.max_discharge_w, 0, 200_000),
            self.one_of(f"{at}.mode", self.get(t, f"{at}.mode", str, d.mode), ("off", "auto", "hold", "charge")),
        )
        if control.soc_floor >= control.soc_ceiling:
            raise self.error(f"{at}.soc_floor", "must be below soc_ceiling; lower the one or raise the other")
        return control

    def circuits(self, table: Table, devices: set[str]) -> tuple[Circuit, ...]:
        found = [self.circuit(id_, self.table(table, f"circuits.{id_}"), devices) for id_ in table]
        ids = [c.id for c in found]
        for c in found:
            if c.parent:
                self.one_of(f"circuits.{c.id}.parent", c.parent, ids)
        if found and sum(not c.parent for c in found) != 1:
            raise self.error("circuits", "exactly one circuit has no parent (the grid connection); give the others one")
        return tuple(found) or Site().circuits

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

    def tariff(self, t: Table) -> TariffSpec:
        self.keys(t, "tariff", ("import_price", "export_price"))
        return TariffSpec(*(self.prices(t, f"tariff.{k}") for k in ("import_price", "export_price")))

    def prices(self, t: Table, at: str) -> tuple[int, ...]:
        """A number or 24 numbers (by local hour) in currency unit per kWh, as integers of 1e-5."""
        raw = t.get(at.rpartition(".")[2], 0)
        listed = raw if isinstance(raw, list) else [raw]
        if len(listed) not in (1, 24) or not all(
            isinstance(p, (int, float)) and not isinstance(p, bool) for p in listed
        ):
            raise self.error(at, "is one price per kWh or a list of 24, one for each local hour")
        return tuple(round(p * 100_000) for p in listed)

    def timezone(self, name: str) -> str:
        try:
            ZoneInfo(name)
        except (ZoneInfoNotFoundError, ValueError):
            raise self.error("site.timezone", f"{name!r} is not a time zone; use one like Europe/Berlin") from None
        return name
