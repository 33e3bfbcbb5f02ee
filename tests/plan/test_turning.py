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
