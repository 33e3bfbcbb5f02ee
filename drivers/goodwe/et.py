"""ET, EH, BT, BH and ES of the second generation: hybrid inverters by registers.

Sources: field/device-facts/inverter-goodwe.md; GoodWe, "ET/EH/BT/BH Modbus protocol" by way of the public project
marcelblijleven/goodwe (registers, scales and meanings only). Signs of the wire: active power and meter + = export,
battery + = discharge, inverter + = production.
"""

from __future__ import annotations

from drivers.goodwe.block import Block, Field

DEVICE_REGISTER = 35000
EXPORT_ON, EXPORT_LIMIT, EMS_MODE, EMS_POWER = 47509, 47510, 47511, 47512
EMS_AUTO, EMS_STANDBY, EMS_CHARGE, EMS_DISCHARGE = 1, 8, 11, 12
EMS_SIGNS = {EMS_STANDBY: 0, EMS_CHARGE: -1, EMS_DISCHARGE: 1}
"""Mode -> the battery's direction, + = discharge, of those modes in which 47512 is the battery's own power."""


def _strings(count: int) -> tuple[Field, ...]:
    """PV1 to PV4: voltage, current, power, four registers each."""
    return tuple(
        Field(f"{name}{n + 1}", 35103 + 4 * n + shift, form, unit, factor)
        for n in range(count)
        for name, shift, form, unit, factor in (
            ("vpv", 0, "u16", "V", 0.1),
            ("ipv", 1, "u16", "A", 0.1),
            ("ppv", 2, "u32", "W", 1.0),
        )
    )


def _phases() -> tuple[Field, ...]:
    """L1 to L3 of the grid side: voltage, current, frequency, -, power; five registers each."""
    fields = []
    for n in (1, 2, 3):
        first, needs = 35121 + 5 * (n - 1), f"vgrid{n}"
        fields += [
            Field(f"vgrid{n}", first, "u16", "V", 0.1, f"inverter.voltage_l{n}"),
            Field(f"igrid{n}", first + 1, "u16", "A", 0.1, f"inverter.current_l{n}", needs),
            Field(f"fgrid{n}", first + 2, "u16", "Hz", 0.01),
            Field(f"pgrid{n}", first + 4, "s16", "W", 1.0, f"inverter.power_l{n}", needs),
        ]
    return tuple(fields)


def _backup() -> tuple[Field, ...]:
    return tuple(
        Field(f"backup_{name}{n}", 35145 + 6 * (n - 1) + shift, form, unit, factor)
        for n in (1, 2, 3)
        for name, shift, form, unit, factor in (
            ("v", 0, "u16", "V", 0.1),
            ("i", 1, "u16", "A", 0.1),
            ("f", 2, "u16", "Hz", 0.01),
            ("p", 5, "s16", "W", 1.0),
        )
    )


RUNNING = Block(
    "running",
    35100,
    125,
    (
        *_strings(4),
        *_phases(),
        Field("grid_mode", 35136),
        Field("total_inverter_power", 35138, "s16", "W", 1.0, "inverter.power"),
        Field("active_power", 35140, "s16", "W", 1.0, "-grid.power"),
        Field("reactive_power", 35142, "m16", "var"),
        Field("apparent_power", 35144, "m16", "VA"),
        *_backup(),
        Field("load_p1", 35164, "s16", "W"),
        Field("load_p2", 35166, "s16", "W"),
        Field("load_p3", 35168, "s16", "W"),
        Field("backup_ptotal", 35170, "s16", "W"),
        Field("load_ptotal", 35172, "s16", "W"),
        Field("ups_load", 35173, "u16", "%"),
        Field("temperature_air", 35174, "s16", "degC", 0.1),
        Field("temperature_module", 35175, "s16", "degC", 0.1),
        Field("temperature_radiator", 35176, "s16", "degC", 0.1, "inverter.temperature"),
        Field("bus_voltage", 35178, "u16", "V", 0.1),
        Field("nbus_voltage", 35179, "u16", "V", 0.1),
        Field("vbattery", 35180, "u16", "V", 0.1, "battery.voltage", "battery_mode"),
        Field("ibattery", 35181, "s16", "A", 0.1, "battery.current", "battery_mode"),
        Field("pbattery", 35182, "s32", "W", 1.0, "battery.power", "battery_mode"),
        Field("battery_mode", 35184),
        Field("warning_code", 35185),
        Field("safety_country", 35186),
        Field("work_mode", 35187),
        Field("operation_mode", 35188),
        Field("error_codes", 35189, "u32"),
        Field("e_total", 35191, "u32", "Wh", 100.0, "inverter.energy"),
        Field("e_day", 35193, "u32", "Wh", 100.0),
        Field("e_total_exp", 35195, "u32", "Wh", 100.0),
        Field("h_total", 35197, "u32", "h"),
        Field("e_day_exp", 35199, "u16", "Wh", 100.0),
        Field("e_total_imp", 35200, "u32", "Wh", 100.0),
        Field("e_day_imp", 35202, "u16", "Wh", 100.0),
        Field("e_load_total", 35203, "u32", "Wh", 100.0),
        Field("e_load_day", 35205, "u16", "Wh", 100.0),
        Field("e_bat_charge_total", 35206, "u32", "Wh", 100.0, "battery.energy_charged", "battery_mode"),
        Field("e_bat_charge_day", 35208, "u16", "Wh", 100.0),
        Field("e_bat_discharge_total", 35209, "u32", "Wh", 100.0, "battery.energy_discharged", "battery_mode"),
        Field("e_bat_discharge_day", 35211, "u16", "Wh", 100.0),
        Field("diagnose_result", 35220, "u32"),
    ),
)


def _store(name: str, place: str, first: int) -> tuple[Field, ...]:
    """What a battery's own electronics say, from `first` = its state on. `needs`: that they talk at all."""
    talks = "battery_soh"
    return (
        Field("battery_status", first),
        Field("battery_temperature", first + 1, "s16", "degC", 0.1, f"{place}.temperature", talks),
        Field("battery_charge_limit", first + 2, "u16", "A"),
        Field("battery_discharge_limit", first + 3, "u16", "A"),
        Field("battery_error_l", first + 4),
        Field("battery_soc", first + 5, "u16", "%", 1.0, f"{place}.soc", talks),
        Field("battery_soh", first + 6, "u16", "%", 1.0, f"{place}.soh", talks),
        Field("battery_modules", first + 7),
        Field("battery_warning_l", first + 8),
        Field("battery_protocol", first + 9),
        Field("battery_error_h", first + 10),
        Field("battery_warning_h", first + 11),
        Field("battery_sw_version", first + 12),
        Field("battery_hw_version", first + 13),
        Field("battery_max_cell_temp_id", first + 14),
        Field("battery_min_cell_temp_id", first + 15),
        Field("battery_max_cell_voltage_id", first + 16),
        Field("battery_min_cell_voltage_id", first + 17),
        Field("battery_max_cell_temp", first + 18, "s16", "degC", 0.1),
        Field("battery_min_cell_temp", first + 19, "s16", "degC", 0.1),
        Field("battery_max_cell_voltage", first + 20, "u16", "V", 0.001),
        Field("battery_min_cell_voltage", first + 21, "u16", "V", 0.001),
    )


BATTERY = Block(
    "battery",
    37000,
    24,
    (Field("battery_bms", 37000), Field("battery_index", 37001), *_store("battery", "battery", 37002)),
)
BATTERY_2 = Block("battery2", 39000, 22, _store("battery2", "battery_2", 39000))


def _meter_phases() -> tuple[Field, ...]:
    fields = []
    for n in (1, 2, 3):
        fields += [
            Field(f"meter_active_power{n}", 36017 + 2 * n, "s32", "W", 1.0, f"-grid.power_l{n}", f"meter_voltage{n}"),
            Field(f"meter_voltage{n}", 36051 + n, "u16", "V", 0.1, f"grid.voltage_l{n}", f"meter_voltage{n}"),
            Field(f"meter_current{n}", 36054 + n, "u16", "A", 0.1, f"grid.current_l{n}", f"meter_voltage{n}"),
            Field(f"active_power{n}", 36004 + n, "s16", "W"),
            Field(f"meter_power_factor{n}", 36009 + n, "s16", "", 0.001),
            Field(f"meter_reactive_power{n}", 36025 + 2 * n, "s32", "var"),
            Field(f"meter_apparent_power{n}", 36033 + 2 * n, "s32", "VA"),
        ]
    return tuple(fields)


METER = Block(
    "meter",
    36000,
    58,
    (
        Field("commode", 36000),
        Field("rssi", 36001),
        Field("manufacture_code", 36002),
        Field("meter_test_status", 36003),
        Field("meter_comm_status", 36004),
        Field("active_power_total", 36008, "s16", "W"),
        Field("reactive_power_total", 36009, "s16", "var"),
        Field("meter_power_factor", 36013, "s16", "", 0.001),
        Field("meter_freq", 36014, "u16", "Hz", 0.01, "grid.frequency", "meter_freq"),
        Field("meter_e_total_exp", 36015, "f32", "Wh", 1.0, "grid.energy_export", "meter_e_total_exp"),
        Field("meter_e_total_imp", 36017, "f32", "Wh", 1.0, "grid.energy_import", "meter_e_total_imp"),
        Field("meter_active_power_total", 36025, "s32", "W", 1.0, "-grid.power"),
        Field("meter_reactive_power_total", 36033, "s32", "var"),
        Field("meter_apparent_power_total", 36041, "s32", "VA"),
        Field("meter_type", 36043),
        Field("meter_sw_version", 36044),
        Field("meter2_active_power", 36045, "s32", "W"),
        Field("meter2_comm_status", 36051),
        *_meter_phases(),
    ),
)
METER_SHORT = 45
"""Registers of the meter block that older firmware has."""

MPPT = Block(
    "mppt",
    35301,
    61,
    (
        Field("ppv_total", 35301, "u32", "W", 1.0, "inverter.pv_power"),
        Field("pv_channel", 35303),
        *(Field(f"vpv{n}", 35294 + 2 * n, "u16", "V", 0.1) for n in range(5, 17)),
        *(Field(f"ipv{n}", 35295 + 2 * n, "u16", "A", 0.1) for n in range(5, 17)),
        *(Field(f"pmppt{n}", 35336 + n, "u16", "W") for n in range(1, 9)),
        *(Field(f"imppt{n}", 35344 + n, "u16", "A", 0.1) for n in range(1, 9)),
    ),
)
SETTINGS = Block(
    "control",
    EXPORT_ON,
    4,
    (
        Field("grid_export_on", EXPORT_ON),
        Field("grid_export_limit", EXPORT_LIMIT, "u16", "W"),
        Field("ems_mode", EMS_MODE),
        Field("ems_power", EMS_POWER, "u16", "W"),
    ),
)
DEVICE = Block(
    "device",
    DEVICE_REGISTER,
    33,
    (
        Field("modbus_version", 35000),
        Field("rated_power", 35001, "u16", "W"),
        Field("ac_output_type", 35002),
        Field("dsp1_version", 35016),
        Field("dsp2_version", 35017),
        Field("dsp_svn_version", 35018),
        Field("arm_version", 35019),
        Field("arm_svn_version", 35020),
    ),
)
BLOCKS = (DEVICE, RUNNING, BATTERY, BATTERY_2, METER, MPPT, SETTINGS)
PV = ("ppv1", "ppv2", "ppv3", "ppv4")
