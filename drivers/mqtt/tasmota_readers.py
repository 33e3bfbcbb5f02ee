"""The names that meter readers of Tasmota give to what they read. Pure.

Source: Tasmota documentation, Smart-Meter-Interface: the descriptors that people copy into their scripts. A name is
here when all descriptors mean the same by it (`Pges` is a power to most, and kWh of an Apator 12EC3); apart from case.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

_KWH = 1000
_Row = tuple[str, float, tuple[str, ...]]


def _by_phase(quantity: str, *names: str) -> Iterator[_Row]:
    for n in (1, 2, 3):
        yield f"{quantity}_l{n}", 1, tuple(name.format(n) for name in names)


_COUNTERS: tuple[_Row, ...] = (
    (
        "energy_import",
        _KWH,
        (
            *("total_in", "e_in", "total_consumption", "1_8_0", "bezug", "energy_in"),
            *("total_summe", "verbrauch_summe", "total_kwh", "total_consumed_kwh", "pos_wirk_tariflos"),
            *("energy_tot", "energy_imported", "real_energy_consumed", "enrg_imp", "imp"),
        ),
    ),
    (
        "energy_export",
        _KWH,
        (
            *("total_out", "e_out", "2_8_0", "einspeisung", "energy_out"),
            *("einspeisung_summe", "export_total_kwh", "total_delivered_kwh", "neg_wirk_tariflos"),
            *("energy_tot_export", "energy_exported", "real_energy_delivered", "enrg_exp"),
        ),
    ),
)
_OTHERS: tuple[_Row, ...] = (
    ("energy_import_t1", _KWH, ("total_tarif1", "verbrauch_t1", "pos_wirk_tarif_1", "enrg_imp_t1")),
    ("energy_import_t2", _KWH, ("total_tarif2", "verbrauch_t2", "pos_wirk_tarif_2", "enrg_imp_t2")),
    (
        "power",
        1,
        (
            *("power_curr", "power_cur", "power", "power_total", "16_7_0", "curr_power", "watt_summe"),
            *("active_power_total", "p_tot", "curr_w", "momentanwirkleistung", "p"),
        ),
    ),
    *_by_phase(
        "power", "power_p{}", "power_l{}", "p_l{}", "watt_l{}", "active_power_l{}", "power_curr_p{}", "power_phase{}",
        "l{}"
    ),
    *_by_phase("voltage", "volt_p{}", "volt_l{}", "voltage_l{}", "u_l{}", "volts_l{}", "voltage_phase{}"),
    *_by_phase("current", "amperage_p{}", "amp_l{}", "current_l{}", "i_l{}", "amp_p{}", "curr_p{}", "amperage_l{}",
               "current_phase{}"),
    ("frequency", 1, ("hz", "freq", "frequency", "f")),
)  # fmt: skip
_BESIDE = {"imp": ("p_tot",), "f": ("p_tot",), **dict.fromkeys(("l1", "l2", "l3"), ("p",))}
"""Names that mean this only beside another: those of ABB's meters, and the powers of an Iskra MT175's phases."""


def read(group: Mapping[str, object]) -> tuple[tuple[str, object, float], ...]:
    """(quantity, what is told, factor to base units) of a group that has a counter; of another one nothing."""
    names = {key.lower(): key for key in group if isinstance(key, str)}
    if not any(_named(row, names) for row in _COUNTERS):
        return ()
    found = ((row, _named(row, names)) for row in (*_COUNTERS, *_OTHERS))
    return tuple((quantity, group[names[name]], factor) for (quantity, factor, _), name in found if name)


def _named(row: _Row, names: Mapping[str, str]) -> str:
    """The first of the row's names that is there, "" for none."""
    return next((n for n in row[2] if n in names and any(b in names for b in _BESIDE.get(n, (n,)))), "")
