"""ES, EM and BP of the first generation: hybrid inverters with AA55 answers, counted in bytes.

Source: GoodWe, "AA55 protocol" by way of the public project marcelblijleven/goodwe (places, scales and meanings only).
Directions stand in bytes of their own: battery mode 2 discharge and 3 charge, grid mode 1 export and 2 import.
"""

from __future__ import annotations

from drivers.goodwe.block import Block, Field
from drivers.goodwe.frame import ES_DEVICE, ES_RUNNING, ES_SETTINGS

RUNNING = Block(
    "running",
    0,
    83,
    (
        Field("vpv1", 0, "u16", "V", 0.1),
        Field("ipv1", 2, "u16", "A", 0.1),
        Field("pv1_mode", 4, "u8"),
        Field("vpv2", 5, "u16", "V", 0.1),
        Field("ipv2", 7, "u16", "A", 0.1),
        Field("pv2_mode", 9, "u8"),
        Field("vbattery", 10, "u16", "V", 0.1, "battery.voltage", "battery_mode"),
        Field("battery_status", 14),
        Field("battery_temperature", 16, "s16", "degC", 0.1, "battery.temperature", "battery_mode"),
        Field("ibattery", 18, "s16", "A", 0.1),
        Field("battery_charge_limit", 20, "u16", "A"),
        Field("battery_discharge_limit", 22, "u16", "A"),
        Field("battery_error", 24),
        Field("battery_soc", 26, "u8", "%", 1.0, "battery.soc", "battery_mode"),
        Field("battery_soh", 29, "u8", "%", 1.0, "battery.soh", "battery_mode"),
        Field("battery_mode", 30, "u8"),
        Field("battery_warning", 31),
        Field("meter_status", 33, "u8"),
        Field("vgrid", 34, "u16", "V", 0.1, "inverter.voltage_l1"),
        Field("igrid", 36, "u16", "A", 0.1),
        Field("pgrid", 38, "s16", "W"),
        Field("fgrid", 40, "u16", "Hz", 0.01, "grid.frequency", "fgrid"),
        Field("grid_mode", 42, "u8"),
        Field("vload", 43, "u16", "V", 0.1),
        Field("iload", 45, "u16", "A", 0.1),
        Field("pload", 47, "s16", "W"),
        Field("fload", 49, "u16", "Hz", 0.01),
        Field("load_mode", 51, "u8"),
        Field("work_mode", 52, "u8"),
        Field("temperature", 53, "s16", "degC", 0.1, "inverter.temperature"),
        Field("error_codes", 55, "u32"),
        Field("e_total", 59, "u32", "Wh", 100.0, "inverter.energy"),
        Field("h_total", 63, "u32", "h"),
        Field("e_day", 67, "u16", "Wh", 100.0),
        Field("e_load_day", 69, "u16", "Wh", 100.0),
        Field("e_load_total", 71, "u32", "Wh", 100.0),
        Field("total_power", 75, "s16", "W"),
        Field("effective_work_mode", 77, "u8"),
        Field("grid_in_out", 80, "u8"),
        Field("pback_up", 81, "s16", "W"),
        Field("meter_power_factor", 83, "s16", "", 0.001),
        Field("diagnose_result", 89, "u32"),
    ),
    step=1,
)
SETTINGS = Block(
    "settings",
    0,
    86,
    (
        Field("backup_supply", 12),
        Field("off_grid_charge", 14),
        Field("shadow_scan", 16),
        Field("grid_export_on", 18),
        Field("capacity", 22, "u16", "Ah"),
        Field("charge_v", 24, "u16", "V", 0.1),
        Field("charge_i", 26, "u16", "A"),
        Field("discharge_i", 28, "u16", "A"),
        Field("discharge_v", 30, "u16", "V", 0.1),
        Field("soc_at_least", 32, "u16", "%"),
        Field("battery_activated", 34),
        Field("power_factor", 42),
        Field("grid_export_limit", 52, "u16", "W"),
        Field("battery_soc_protection", 56),
        Field("work_mode", 66),
        Field("grid_quality_check", 68),
    ),
    step=1,
)
DEVICE = Block("device", 0, 64, (), step=1)
BY_KIND = {ES_DEVICE: DEVICE, ES_RUNNING: RUNNING, ES_SETTINGS: SETTINGS}
