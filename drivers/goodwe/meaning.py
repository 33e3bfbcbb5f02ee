"""What the values of a block mean: points with the house's signs, and who the inverter is."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from drivers.goodwe import dt, es, et
from drivers.goodwe.block import Block, text, together
from hub.model import Value, quantity
from hub.model.heard import Heard, Reading

_ET_STATUS = {0: "starting", 1: "running", 2: "running", 3: "fault", 4: "stopping", 5: "starting"}
_DT_STATUS = {0: "starting", 1: "running", 2: "fault", 3: "starting"}
_BATTERY_STATUS = {1: "idle", 2: "discharging", 3: "charging"}
_MOST_RATED_W = 200_000


@dataclass
class _Told:
    values: Mapping[str, float]
    points: dict[str, Value] = field(default_factory=dict)
    device: dict[str, str] = field(default_factory=lambda: {"vendor": "GoodWe"})
    problems: list[str] = field(default_factory=list)

    def point(self, name: str, value: float | str | None) -> None:
        if isinstance(value, str):
            self.points[name] = value
        if value is None or isinstance(value, str):
            return
        entry = quantity(name.partition(".")[2])
        if (entry.low is None or value >= entry.low) and (entry.high is None or value <= entry.high):
            self.points[name] = value
        else:
            self.problems.append(f"{name}: {value:g} {entry.unit} is outside of what is possible")

    def drop(self, place: str) -> None:
        for name in [n for n in self.points if n.startswith(f"{place}.")]:
            del self.points[name]


def heard(block: Block, data: bytes, offset: int = 0, assumed: str = "") -> Heard:
    """`assumed`: what was taken for granted about which block this is, as a sentence."""
    told = _Told(block.values(data), problems=[assumed] if assumed else [])
    for f in block.fields:
        if f.point and f.code in told.values and (not f.needs or told.values.get(f.needs)):
            value = told.values[f.code]
            told.point(f.point.lstrip("-"), -value if f.point.startswith("-") and value else value)
    _MORE[id(block)](told, data)
    units = {f.code: f.unit for f in block.fields}
    readings = tuple(Reading(code, value, units[code]) for code, value in told.values.items())
    return Heard(readings, told.points, told.device, problems=tuple(told.problems), offset=offset)


def _et_running(told: _Told, data: bytes) -> None:
    told.point("inverter.pv_power", together(told.values, et.PV))
    if told.values.get("fgrid1"):
        told.point("inverter.frequency", told.values["fgrid1"])
        told.point("grid.frequency", told.values["fgrid1"])
    told.point("inverter.battery_power", _number(told.points.get("battery.power")))
    told.point("inverter.status", _ET_STATUS.get(int(told.values.get("work_mode", -1))))
    told.point("battery.status", _BATTERY_STATUS.get(int(told.values.get("battery_mode", 0))))


def _et_meter(told: _Told, data: bytes) -> None:
    if told.values.get("meter_comm_status") != 1:
        told.drop("grid")
        told.problems.append("the inverter does not hear its meter; no point is made")


def _battery(told: _Told, data: bytes) -> None:
    if not told.values.get("battery_soh"):
        told.problems.append("the battery's electronics do not talk to the inverter; no point is made")


def _device(told: _Told, data: bytes) -> None:
    """Serial, model, and the software's name; where that is missing the numbers of its three parts."""
    values = told.values
    told.device["serial"] = text(data, 6, 22)
    told.device["model"] = text(data, 22, 32)
    named = text(data, 42, 54)
    parts = [f"{values.get(key, 0):.0f}" for key in ("dsp1_version", "dsp2_version", "arm_version")]
    told.device["firmware"] = named if len(named) >= 5 else ".".join(parts)


def _dt_device(told: _Told, data: bytes) -> None:
    values = dict(told.values)
    if values.get("rated_power", 0) > _MOST_RATED_W:
        del values["rated_power"]
        told.values = values
    told.device["serial"] = text(data, 6, 22)
    told.device["model"] = text(data, 22, 32)
    parts = [f"{values.get(key, 0):.0f}" for key in ("dsp1_version", "dsp2_version", "arm_version")]
    told.device["firmware"] = ".".join(parts)


def _dt_running(told: _Told, data: bytes) -> None:
    """The DC power is voltage x current of each string; larger models put other things in the later places, so it is
    believed only as far as the AC power can come from it.
    """
    values = told.values
    if values.get("fgrid1"):
        told.point("inverter.frequency", values["fgrid1"])
    told.point("inverter.status", _DT_STATUS.get(int(values.get("work_mode", -1))))
    strings = [values[v] * values[i] for v, i in dt.PV if v in values and i in values]
    pv, ac = sum(strings), values.get("total_inverter_power")
    if strings and ac is not None:
        if abs(pv - ac) <= max(100.0, 0.15 * pv):
            told.point("inverter.pv_power", round(pv))
        else:
            told.problems.append(f"the strings' voltage x current is {pv:.0f} W beside {ac:.0f} W AC: no pv_power")


def _dt_meter(told: _Told, data: bytes) -> None:
    if told.values.get("meter_comm_status") != 1:
        told.drop("grid")
        told.problems.append("the inverter does not hear its meter; no point is made")


def _es_running(told: _Told, data: bytes) -> None:
    values = told.values
    connected = [(f"vpv{n}", f"ipv{n}") for n in (1, 2) if values.get(f"pv{n}_mode")]
    if all(v in values and i in values for v, i in connected):
        told.point("inverter.pv_power", round(sum(values[v] * values[i] for v, i in connected)))
    told.point("inverter.power", values.get("total_power"))
    if values.get("fgrid"):
        told.point("inverter.frequency", values["fgrid"])
    if not values.get("battery_soh"):
        told.points.pop("battery.soh", None)
    mode = int(values.get("battery_mode", 0))
    if mode and "vbattery" in values and "ibattery" in values:
        power = abs(values["vbattery"] * values["ibattery"]) * (-1 if mode == 3 else 1)
        told.point("battery.power", round(power))
        told.point("battery.current", abs(values["ibattery"]) * (-1 if mode == 3 else 1))
        told.point("inverter.battery_power", round(power))
    told.point("battery.status", _BATTERY_STATUS.get(mode))
    if "pgrid" in values and values.get("meter_status"):
        told.point("grid.power", abs(values["pgrid"]) * (1 if values.get("grid_in_out") == 2 else -1))


def _es_device(told: _Told, data: bytes) -> None:
    told.device["firmware"] = text(data, 51, 63) or text(data, 0, 5)
    told.device["model"] = text(data, 5, 15)
    told.device["serial"] = text(data, 31, 47)


def _es_settings(told: _Told, data: bytes) -> None:
    """The limit is in force only while it is switched on."""
    if told.values.get("grid_export_on") == 1:
        told.point("inverter.export_limit", told.values.get("grid_export_limit"))


def _et_settings(told: _Told, data: bytes) -> None:
    if told.values.get("grid_export_on") == 1:
        told.point("inverter.export_limit", told.values.get("grid_export_limit"))
    mode, power = told.values.get("ems_mode"), told.values.get("ems_power")
    if mode is not None and power is not None and int(mode) in et.EMS_SIGNS:
        told.point("battery.power_setpoint", et.EMS_SIGNS[int(mode)] * power or 0)


def _nothing(told: _Told, data: bytes) -> None:
    """All of it stands in the table."""


def _number(value: Value | None) -> float | None:
    return float(value) if isinstance(value, int | float) else None


_MORE = {
    id(et.RUNNING): _et_running,
    id(et.METER): _et_meter,
    id(et.BATTERY): _battery,
    id(et.BATTERY_2): _battery,
    id(et.DEVICE): _device,
    id(et.SETTINGS): _et_settings,
    id(et.MPPT): _nothing,
    id(dt.DEVICE): _dt_device,
    id(dt.RUNNING): _dt_running,
    id(dt.METER): _dt_meter,
    id(es.RUNNING): _es_running,
    id(es.DEVICE): _es_device,
    id(es.SETTINGS): _es_settings,
}
