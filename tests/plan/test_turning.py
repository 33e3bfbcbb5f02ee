"""At which price a device would do otherwise: on the other side of what a kWh costs than what it does."""

from __future__ import annotations

from hub.plan import plan, read_problem

PROBLEM = {
    "start": "2026-01-01T00:00:00Z",
    "step_s": 900,
    "steps": 96,
    "load_w": 300,
    "price_import": [0.2] * 24 + [0.4] * 24 + [0.15] * 16 + [0.35] * 32,
}
ROOM = {"temperature": 20.5, "capacity_wh_k": 6_000, "loss_w_k": 150, "low": 20, "high": 22}
PUMP = {"id": "pump", "max_w": 2_500, "outdoor_c": 2, "room": ROOM}


def test_a_heat_pump_says_what_a_kwh_of_heat_is_worth_to_it() -> None:
    made = plan(read_problem(PROBLEM | {"heat_pumps": [PUMP]}))
    told = [(s.devices["pump"].why, s.buy) for s in made.steps]
    codes = {why.code for why, _ in told}
    assert {"warms_cheap", "warm_enough"} <= codes
    for why, buy in told:
        assert why.turns_at is not None
        if why.code == "warm_enough":
            assert why.turns_at <= buy + 1e-4
        if why.code == "warms_cheap":
            assert why.turns_at >= buy - 1e-4


def test_what_waits_says_what_it_is_going_to_pay() -> None:
    run = {"id": "washer", "power_w": 2_000, "duration_s": 3_600}
    made = plan(read_problem(PROBLEM | {"appliances": [run]}))
    waits = [s.devices["washer"].why for s in made.steps if s.devices["washer"].why.code == "waits_cheaper"]
    assert len(waits) == 48 and {why.turns_at for why in waits} == {0.15}


def test_what_a_plan_saves_knows_of_the_peak_and_not_of_what_a_missed_wish_counts() -> None:
    battery = {"id": "battery", "capacity_wh": 10_000, "soc": 90, "max_charge_w": 5_000, "max_discharge_w": 5_000}
    load = [1_000] * 40 + [9_000] * 4 + [1_000] * 52
    peak = {"peak": {"price_per_kw": 4.0}}
    flat = PROBLEM | {"load_w": load, "price_import": 0.3, "batteries": [battery]}
    made = plan(read_problem(flat | {"connection": peak}))
    assert made.saves_nothing > 15  # 5 kW less of the peak
    lacks = battery | {"soc": 10, "end_soc": 90, "max_charge_w": 200}
    made = plan(read_problem(flat | {"batteries": [lacks]}))
    assert made.given_up and abs(made.saves_nothing) < 5 and abs(made.saves_at_once) < 5
