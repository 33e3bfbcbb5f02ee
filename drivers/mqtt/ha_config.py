"""Home Assistant's discovery messages: their short names made long, `~` filled in, one entity each. Pure.

Source: home-assistant.io, MQTT integration: "MQTT discovery", its tables of abbreviations, and the pages of the
components. Topics are `<prefix>/<component>/[<node>/]<object>/config`; `<prefix>/device/<object>/config` holds several
components of one device. An empty payload takes an entity away.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from drivers.json.told import as_object

_SHORT = {
    "act_t": "action_topic", "act_tpl": "action_template", "avty": "availability", "avty_mode": "availability_mode",
    "avty_t": "availability_topic", "avty_tpl": "availability_template", "bri_cmd_t": "brightness_command_topic",
    "bri_cmd_tpl": "brightness_command_template", "bri_scl": "brightness_scale",
    "bri_stat_t": "brightness_state_topic", "bri_val_tpl": "brightness_value_template", "cmd_t": "command_topic",
    "cmd_tpl": "command_template", "cmps": "components", "curr_temp_t": "current_temperature_topic",
    "curr_temp_tpl": "current_temperature_template", "dev": "device", "dev_cla": "device_class",
    "ent_cat": "entity_category", "exp_aft": "expire_after", "json_attr_t": "json_attributes_topic",
    "mode_cmd_t": "mode_command_topic", "mode_cmd_tpl": "mode_command_template", "mode_stat_t": "mode_state_topic",
    "mode_stat_tpl": "mode_state_template", "o": "origin", "obj_id": "object_id", "ops": "options",
    "opt": "optimistic", "p": "platform", "pl_avail": "payload_available", "pl_not_avail": "payload_not_available",
    "pl_off": "payload_off", "pl_on": "payload_on", "pos_t": "position_topic", "pos_tpl": "position_template",
    "ret": "retain", "stat_cla": "state_class", "stat_off": "state_off", "stat_on": "state_on",
    "stat_t": "state_topic", "stat_tpl": "state_template", "stat_val_tpl": "state_value_template",
    "sup_clrm": "supported_color_modes", "t": "topic", "temp_cmd_t": "temperature_command_topic",
    "temp_cmd_tpl": "temperature_command_template", "temp_stat_t": "temperature_state_topic",
    "temp_stat_tpl": "temperature_state_template", "temp_unit": "temperature_unit", "uniq_id": "unique_id",
    "unit_of_meas": "unit_of_measurement", "val_tpl": "value_template",
}  # fmt: skip
_SHORT_DEVICE = {
    "cns": "connections", "cu": "configuration_url", "hw": "hw_version", "ids": "identifiers", "mdl": "model",
    "mdl_id": "model_id", "mf": "manufacturer", "sa": "suggested_area", "sn": "serial_number", "sw": "sw_version",
}  # fmt: skip
_SHARED = ("availability", "availability_topic", "availability_mode", "availability_template", "payload_available",
           "payload_not_available", "state_topic", "command_topic", "retain")  # fmt: skip
_SUFFIX = "/config"
_MOST = 500
"""components of one message"""


@dataclass(frozen=True, slots=True)
class Entity:
    """One thing that is offered. `object`: its name for whoever chooses one. `device`: the device's own block."""

    component: str
    object: str
    config: Mapping[str, Any] = field(default_factory=dict)
    device: Mapping[str, Any] = field(default_factory=dict)

    @property
    def identifiers(self) -> tuple[str, ...]:
        """All by which its device may be named: identifiers, addresses of its connections, its name."""
        named = _listed(self.device.get("identifiers"))
        pairs = self.device.get("connections")
        for pair in pairs if isinstance(pairs, list) else ():
            if isinstance(pair, list) and len(pair) == 2:
                named.append(str(pair[1]))
        return tuple(dict.fromkeys((*named, *_listed(self.device.get("name")))))

    @property
    def facts(self) -> dict[str, str]:
        pairs = self.device.get("connections")
        mac = (
            pairs[0][1]
            if isinstance(pairs, list) and pairs and isinstance(pairs[0], list) and len(pairs[0]) == 2
            else ""
        )
        serial = self.device.get("serial_number") or mac or next(iter(self.identifiers), "")
        told = {
            "vendor": self.device.get("manufacturer"),
            "model": self.device.get("model_id") or self.device.get("model"),
            "serial": serial,
            "firmware": self.device.get("sw_version"),
        }
        return {key: str(value) for key, value in told.items() if isinstance(value, str | int) and value}

    def text(self, key: str) -> str:
        value = self.config.get(key)
        return value if isinstance(value, str) else ""


def is_config(topic: str) -> bool:
    parts = topic.split("/")
    return topic.endswith(_SUFFIX) and len(parts) >= 4


def entities(topic: str, payload: bytes) -> tuple[Entity, ...]:
    """Those that a discovery message offers; none for what is not one, and for an empty payload."""
    found = _long(as_object(payload), _SHORT)
    if not found:
        return ()
    parts = topic.split("/") if topic else ["", str(found.get("platform", "")), "", ""]
    component, object_ = (parts[-4], f"{parts[-3]}_{parts[-2]}") if len(parts) > 4 else (parts[1], parts[-2])
    device = _device(found)
    if isinstance(found.get("components"), Mapping):
        return tuple(_several(found, device))
    named = found.get("object_id") or found.get("unique_id") or object_
    return (Entity(component, str(named), _filled(found), device),)


def _several(found: Mapping[str, Any], device: Mapping[str, Any]) -> Iterator[Entity]:
    shared = {key: found[key] for key in (*_SHARED, "~") if key in found}
    for n, (name, row) in enumerate(found["components"].items()):
        if not isinstance(row, Mapping) or n >= _MOST:
            continue
        config = _filled(shared | _long(row, _SHORT))
        named = config.get("object_id") or config.get("unique_id") or name
        yield Entity(str(config.get("platform", "")), str(named), config, device)


def _device(found: Mapping[str, Any]) -> Mapping[str, Any]:
    device = found.get("device")
    return _long(device, _SHORT_DEVICE) if isinstance(device, Mapping) else {}


def _long(found: Mapping[str, Any], names: Mapping[str, str]) -> dict[str, Any]:
    return {names.get(key, key): value for key, value in found.items()}


def _filled(found: Mapping[str, Any]) -> dict[str, Any]:
    """`~` at the start or the end of a topic stands for the base."""
    base = found.get("~")
    config = {key: value for key, value in found.items() if key not in ("~", "components", "device")}
    if isinstance(config.get("availability"), Mapping):
        config["availability"] = [config["availability"]]
    if isinstance(config.get("availability"), list):
        config["availability"] = [_long(row, _SHORT) for row in config["availability"] if isinstance(row, Mapping)]
    if not isinstance(base, str):
        return config
    rows = config.get("availability")
    if isinstance(rows, list):
        config["availability"] = [{k: _with(base, k, v) for k, v in row.items()} for row in rows]
    return {key: _with(base, key, value) for key, value in config.items()}


def _with(base: str, key: str, value: Any) -> Any:
    if not isinstance(value, str) or not key.endswith("topic"):
        return value
    if value.startswith("~"):
        return base + value[1:]
    return value[:-1] + base if value.endswith("~") else value


def _listed(found: object) -> list[str]:
    rows = found if isinstance(found, list) else [found]
    return [str(row) for row in rows if isinstance(row, str | int) and not isinstance(row, bool)]
