"""EMHASS's load forecaster on a home's past; run by EMHASS's Python, shares nothing with the project.

`python plan_emhass_load.py HOME.json`: the model, lags and features that EMHASS ships (skforecast around
KNeighborsRegressor, 48 lags, features of the date), learnt anew at each `refit`th origin from all that was before it
and asked for the steps after each origin. HOME.json: `{"start_ms", "seconds", "zone", "values": [W or null], "origins":
[ms], "steps", "refit"}`. Answers `{"forecasts": [[W]], "fits", "train_cpu_s", "peak_rss_bytes"}`.
"""

from __future__ import annotations

import json
import logging
import sys
import time
import warnings
from importlib import import_module
from pathlib import Path
from typing import Any

pd = import_module("pandas")
utils = import_module("emhass.utils")
MLForecaster = import_module("emhass.machine_learning_forecaster").MLForecaster
ForecasterRecursive = import_module("skforecast.recursive").ForecasterRecursive
MODEL, LAGS = "KNeighborsRegressor", 48
QUIET = logging.getLogger("emhass")
QUIET.setLevel(logging.CRITICAL)
warnings.filterwarnings("ignore")


def main(home: dict[str, Any]) -> dict[str, Any]:
    step = pd.Timedelta(seconds=home["seconds"])
    start = pd.Timestamp(home["start_ms"], unit="ms", tz="UTC")
    index = pd.date_range(start, periods=len(home["values"]), freq=step).tz_convert(home["zone"])
    power = pd.Series([float("nan") if v is None else v for v in home["values"]], index=index, name="load")
    power = power.interpolate().bfill()  # as EMHASS does before it learns
    dates = utils.add_date_features(pd.DataFrame(index=index))
    trained: Any = None
    train_cpu_s, fits, forecasts = 0.0, 0, []
    for day, origin in enumerate(home["origins"]):
        n = (origin - home["start_ms"]) // (1000 * home["seconds"])
        if day % home["refit"] == 0:
            began = time.process_time()
            trained = fitted(power.iloc[:n], dates.iloc[:n])
            train_cpu_s += time.process_time() - began
            fits += 1
        ahead = dates.iloc[n : n + home["steps"]]
        told = trained.predict(steps=len(ahead), last_window=power.iloc[n - LAGS : n], exog=ahead)
        forecasts.append([round(max(0.0, float(watts)), 1) for watts in told])
    return {"forecasts": forecasts, "fits": fits, "train_cpu_s": train_cpu_s, "peak_rss_bytes": peak_rss_bytes()}


def fitted(power: Any, dates: Any) -> Any:
    own = MLForecaster(pd.DataFrame({"load": power}), "load_forecast", "load", MODEL, LAGS, {}, QUIET)
    forecaster = ForecasterRecursive(estimator=own._get_sklearn_model(MODEL), lags=LAGS)
    forecaster.fit(y=power, exog=dates, store_in_sample_residuals=True)
    return forecaster


def peak_rss_bytes() -> int:
    """Of this program alone; `getrusage` would count what its parent was before it."""
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmHWM:")) * 1024


if __name__ == "__main__":
    print(json.dumps(main(json.loads(Path(sys.argv[1]).read_text()))))
