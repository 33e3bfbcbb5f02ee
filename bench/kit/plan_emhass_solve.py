"""EMHASS's own optimiser on problems of a file; run by EMHASS's Python, shares nothing with the project.

`python plan_emhass_solve.py PROBLEMS.json`: for each line of stdin, the number of a problem, a new `Optimization` is
made and solved with the settings that EMHASS ships (gap 1 %, all threads). Answers with one line of JSON.
"""

from __future__ import annotations

import json
import logging
import os
import sys
import time
from importlib import import_module
from pathlib import Path
from typing import Any

pd = import_module("pandas")
PACKAGE = Path(str(import_module("emhass").__file__)).parent
Optimization = import_module("emhass.optimization").Optimization
SHIPPED: dict[str, Any] = json.loads((PACKAGE / "data" / "config_defaults.json").read_text())
QUIET = logging.getLogger("emhass")
QUIET.setLevel(logging.CRITICAL)


def main(problems: list[dict[str, Any]]) -> None:
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)  # its solver greets on the standard output
    for line in sys.stdin:
        problem = problems[int(line)]
        series = frames(problem)
        began, cpu = time.perf_counter(), time.process_time()
        optimum = solved(problem, series)
        answer = {"s": time.perf_counter() - began, "cpu_s": time.process_time() - cpu, **optimum}
        print(json.dumps({**answer, "peak_rss_bytes": peak_rss_bytes()}), file=answers, flush=True)


def frames(problem: dict[str, Any]) -> tuple[Any, Any, Any]:
    """Prices, PV and load, as EMHASS hands them around inside."""
    index = pd.date_range("2024-06-10", periods=problem["n"], freq=f"{problem['step_min']}min", tz="UTC")
    prices = pd.DataFrame({"cost": problem["buy"], "price": problem["sell"]}, index=index)
    return prices, pd.Series(problem["pv"], index=index), pd.Series(problem["load"], index=index)


def solved(problem: dict[str, Any], series: tuple[Any, Any, Any]) -> dict[str, Any]:
    battery, hours = problem["bat"], problem["hours"]
    step = {"optimization_time_step": pd.Timedelta(minutes=problem["step_min"]), "time_zone": "UTC"}
    wishes, plant = SHIPPED | of_loads(problem) | of_wishes(problem), SHIPPED | of_plant(problem)
    names: tuple[Any, ...] = ("cost", "price", "profit", {}, QUIET)
    optimiser = Optimization(SHIPPED | step, wishes, plant, *names, opt_time_delta=hours, num_timesteps=problem["n"])
    optimiser.perform_dayahead_forecast_optim(*series, soc_init=battery["s0"], soc_final=battery["s1"])
    return {"objective": -float(optimiser.prob.value), "status": optimiser.optim_status}


def of_wishes(problem: dict[str, Any]) -> dict[str, Any]:
    return {
        "delta_forecast_daily": pd.Timedelta(hours=problem["hours"]),
        "set_use_battery": True,
        "set_use_pv": True,
        "set_nodischarge_to_grid": True,
        "weight_battery_discharge": problem["bat"]["wear"],
    }


def of_loads(problem: dict[str, Any]) -> dict[str, Any]:
    loads, none = problem["devs"], [0] * len(problem["devs"])
    return {
        "number_of_deferrable_loads": len(loads),
        "nominal_power_of_deferrable_loads": [load["p"] for load in loads],
        "operating_hours_of_each_deferrable_load": [load["hours"] for load in loads],
        "start_timesteps_of_each_deferrable_load": [load["a"] for load in loads],
        # 0 = until the end of the horizon
        "end_timesteps_of_each_deferrable_load": [load["b"] % problem["n"] for load in loads],
        "treat_deferrable_load_as_semi_cont": [load["kind"] != "cont" for load in loads],
        "set_deferrable_load_single_constant": [load["kind"] == "block" for load in loads],
        "is_electric_load": [True] * len(loads),
        "cost_forecast_per_deferrable_load": [None] * len(loads),
        **dict.fromkeys(
            (
                "minimum_power_of_deferrable_loads",
                "operating_timesteps_of_each_deferrable_load",
                "set_deferrable_startup_penalty",
                "set_deferrable_max_startups",
                "deferrable_load_max_cost",
                "def_minimum_on_time",
                "def_minimum_off_time",
            ),
            none,
        ),
    }


def of_plant(problem: dict[str, Any]) -> dict[str, Any]:
    battery = problem["bat"]
    return {
        "maximum_power_from_grid": problem["pimp"],
        "maximum_power_to_grid": problem["pexp"],
        "compute_curtailment": True,
        "battery_discharge_power_max": battery["pdis"],
        "battery_charge_power_max": battery["pch"],
        "battery_discharge_efficiency": battery["edis"],
        "battery_charge_efficiency": battery["ech"],
        "battery_nominal_energy_capacity": battery["cap"],
        "battery_minimum_state_of_charge": battery["smin"],
        "battery_maximum_state_of_charge": battery["smax"],
        "battery_target_state_of_charge": battery["s0"],
    }


def peak_rss_bytes() -> int:
    """Of this program alone; `getrusage` would count what its parent was before it."""
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmHWM:")) * 1024


if __name__ == "__main__":
    main(json.loads(Path(sys.argv[1]).read_text()))
