"""What a device's mode registers make of its set-point: one that is not in force is no value, so that the hub sends it
again instead of trusting what is left over in a register.
"""

from __future__ import annotations

import pytest

from drivers.modbus.transforms import TRANSFORMS

CHARGE, DISCHARGE, STOP = 0xAA, 0xBB, 0xCC


@pytest.mark.parametrize(
    ("name", "value", "raws", "in_force"),
    [
        ("goodwe_ems_power", 2500.0, (11,), -2500.0),
        ("goodwe_ems_power", 2500.0, (12,), 2500.0),
        ("goodwe_ems_power", 2500.0, (8,), 0.0),
        ("goodwe_ems_power", 2500.0, (1,), None),
        ("sungrow_forced_power", 3000.0, (2, CHARGE), -3000.0),
        ("sungrow_forced_power", 3000.0, (2, DISCHARGE), 3000.0),
        ("sungrow_forced_power", 3000.0, (2, STOP), 0.0),
        ("sungrow_forced_power", 3000.0, (0, CHARGE), None),
        ("sungrow_forced_power", 3000.0, (2, 0), None),
        ("foxess_remote_power", -1500.0, (1,), -1500.0),
        ("foxess_remote_power", -1500.0, (0,), None),
        ("huawei_forced_power", -2000.0, (1,), -2000.0),
        ("huawei_forced_power", 0.0, (2,), 0.0),
        ("huawei_forced_power", -2000.0, (0,), None),
        ("solaredge_storage_power", 2000.0, (4, 3, 4500.0), -2000.0),
        ("solaredge_storage_power", 2000.0, (4, 4, 4500.0), 4500.0),
        ("solaredge_storage_power", 2000.0, (4, 1, 4500.0), 0.0),
        ("solaredge_storage_power", 2000.0, (4, 7, 4500.0), None),
        ("solaredge_storage_power", 2000.0, (1, 3, 4500.0), None),
        ("victron_evcs_gx_current", 16.0, (1,), 16.0),
        ("victron_evcs_current", 16.0, (0,), 0.0),
        ("solax_active_power", -3000.0, (1,), -3000.0),
        ("solax_active_power", -3000.0, (0,), None),
        ("solax_active_power", -3000.0, (8,), None),
        ("goe_force_state", 16.0, (0,), 16.0),
        ("goe_force_state", 16.0, (1,), 0.0),
        ("goe_force_state", 16.0, (2,), 16.0),
        ("goe_force_state", 16.0, (9,), None),
        ("phoenix_release", 16.0, (0,), 0.0),
        ("phoenix_release", 16.0, (1,), 16.0),
        ("phoenix_serial_release", 13.0, (0,), 0.0),
        ("phoenix_serial_release", 13.0, (1,), 13.0),
    ],
)
def test_a_set_point_counts_only_while_it_is_in_force(
    name: str, value: float, raws: tuple[float, ...], in_force: float | None
) -> None:
    assert TRANSFORMS[name].of(value, raws) == in_force
