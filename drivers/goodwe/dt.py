"""DT, MS, D-NS and XS: inverters without a battery, by registers.

Source: GoodWe, "DT/MS Modbus protocol" by way of the public project marcelblijleven/goodwe (registers, scales and
meanings only). Signs of the wire: inverter + = production, meter + = export.
"""

from __future__ import annotations

from drivers.goodwe.block import Block, Field


def _strings() -> tuple[Field, ...]:
    """Three by name, and three more that larger ones have: voltage and current; the power is their product."""
    return tuple(
        Field(f"{name}{n}", 30101 + 2 * n + shift, "u16", unit, 0.1)
        for n in range(1, 7)
        for name, shift, unit in (("vpv", 0, "V"), ("ipv", 1, "A"))
    )


def _phases() -> tuple[Field, ...]:
    fields = []
    for n in (1, 2, 3):
        fields += [
            Field(f"vline{n}", 30114 + n, "u16", "V", 0.1),
            Field(f"vgrid{n}", 30117 + n, "u16", "V", 0.1, f"inverter.voltage_l{n}"),
            Field(f"igrid{n}", 30120 + n, "u16", "A", 0.1, f"inverter.current_l{n}", f"vgrid{n}"),
            Field(f"fgrid{n}", 30123 + n, "u16", "Hz", 0.01),
        ]
    return tuple(fields)


RUNNING = Block(
    "running",
    30100,
    73,
    (
        *_strings(),
        *_phases(),
        Field("total_inverter_power", 30127, "u32", "W", 1.0, "inverter.power"),
        Field("work_mode", 30129),
        Field("error_codes", 30130, "u32"),
        Field("warning_code", 30132),
        Field("apparent_power", 30133, "u32", "VA"),
        Field("reactive_power", 30135, "m32", "var"),
        Field("total_input_power", 30137, "u32", "W"),
        Field("power_factor", 30139, "m16", "", 0.001),
        Field("temperature", 30141, "m16", "degC", 0.1, "inverter.temperature"),
        Field("temperature_heatsink", 30142, "m16", "degC", 0.1),
        Field("e_day", 30144, "u16", "Wh", 100.0),
        Field("e_total", 30145, "u32", "Wh", 100.0, "inverter.energy"),
        Field("h_total", 30147, "u32", "h"),
        Field("safety_country", 30149),
        Field("funbit", 30162),
        Field("vbus", 30163, "u16", "V", 0.1),
        Field("vnbus", 30164, "u16", "V", 0.1),
        Field("derating_mode", 30165, "u32"),
        Field("rssi", 30172),
    ),
)
METER = Block(
    "meter",
    30195,
    15,
    (
        Field("meter_active_power", 30195, "s32", "W", 1.0, "-grid.power"),
        Field("meter_e_total_exp", 30197, "u32", "Wh", 1.0, "grid.energy_export", "meter_e_total_exp"),
        Field("meter_e_total_imp", 30199, "u32", "Wh", 1.0, "grid.energy_import", "meter_e_total_imp"),
        Field("meter_comm_status", 30209),
    ),
)
DEVICE = Block(
    "device",
    30001,
    40,
    (
        Field("rated_power", 30002, "u16", "W", 100.0),
        Field("dsp1_version", 30034),
        Field("dsp2_version", 30035),
        Field("arm_version", 30036),
        Field("dsp_svn_version", 30037),
        Field("arm_svn_version", 30038),
    ),
)
BLOCKS = (DEVICE, RUNNING, METER)
PV = tuple((f"vpv{n}", f"ipv{n}") for n in range(1, 7))
