"""The newest plan, the forecasts behind it, how good they are, and what would be otherwise."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import asdict
from typing import Any, cast

from aiohttp import web

from hub.forecast.series import Forecast
from hub.foresight.ledger import Ledger, Month
from hub.foresight.planner import Planner
from hub.foresight.scores import Standing
from hub.foresight.view import STEP_S, NowOrLater, WhatIf, WhatIfPast
from hub.web import schema_plan as shapes
from hub.web.problems import ProblemError, body, instant, json_response
from hub.web.rooms import ROOMS

_MOST_W, _MOST_S = 1e6, 7 * 86_400
_YEAR_MS = 366 * 86_400_000
_NOTHING: dict[str, Any] = {
    **{"step_s": STEP_S, "costs": None, "bound": 0.0, "how": "", "saves_nothing": 0.0, "saves_at_once": 0.0},
    **{"proven": False, "given_up": [], "assumed": [], "steps": [], "highest": None},
}


async def plan(request: web.Request) -> web.Response:
    planner = _planner(request)
    found = planner.latest
    told = found.told or {}
    answer = json_response(
        {
            **{k: told.get(k, nothing) for k, nothing in _NOTHING.items()},
            "state": planner.health(),
            "in_force": planner.in_force,
            "devices": planner.devices,
            "made": found.made or None,
            "good_until": found.good_until or None,
            "cause": found.cause,
            "estimated_from": found.estimated_from,
            **_bands(planner),
        }
    )
    answer.enable_compression()
    return answer


async def forecast(request: web.Request) -> web.Response:
    planner = _planner(request)
    found = planner.latest
    steps = found.told["steps"] if found.told else []
    prices = {"price_import": [s["buy"] for s in steps], "price_export": [s["sell"] for s in steps]}
    return json_response({**_bands(planner), **prices, "estimated_from": found.estimated_from})


async def score(request: web.Request) -> web.Response:
    planner = _planner(request)
    listed = [_score(s, planner) for s in sorted(planner.standings, key=_rank)]
    told: shapes.Scores = {"scored": planner.scored or None, "scores": listed}
    return json_response(told)


async def what_if(request: web.Request) -> web.Response:
    change = (await body(request, change=dict))["change"]
    told = dict(await _planner(request).ask(lambda view: WhatIf(view, change)))
    more = {moved["device"]: moved["more_kwh"] for moved in told["moved"]}
    del told["energy"]
    told |= {"difference": told.pop("total"), "import_kwh": more.get("grid", 0.0), "export_kwh": more.get("sold", 0.0)}
    return json_response(told)


async def what_if_past(request: web.Request) -> web.Response:
    change = (await body(request, change=dict))["change"]
    told = await _planner(request).ask(lambda view: WhatIfPast(view, change))
    months = [{key: month[key] for key in ("month", "rule", "best", "missing")} for month in told["months"]]
    return json_response({"months": months, "rule": told["rule"], "best": told["best"]})


async def marginal(request: web.Request) -> web.Response:
    power, duration = _number(request, "power_w", _MOST_W), _number(request, "duration_s", _MOST_S)
    start, end = (instant(request, name, 0) or None for name in ("from", "to"))
    told = dict(await _planner(request).ask(lambda view: NowOrLater(view, power, duration, start, end)))
    told["runs"] = told.pop("costs")
    return json_response(told)


async def regret(request: web.Request) -> web.Response:
    planner = _planner(request)
    end = instant(request, "to", request.app[ROOMS].clock.now())
    start = instant(request, "from", max(0, end - _YEAR_MS))
    if start > end:
        raise ProblemError(400, "Bad time", "from is after to; swap them", "from")
    found = await planner.books.between(start, end)
    told: shapes.Regret = {
        "days": [_day(d) for d in found.days],
        "months": [_month(m) for m in found.months],
        "lacks": [{"date": day, "why": why} for day, why in found.lacks.items()],
    }
    answer = json_response(told)
    answer.enable_compression()
    return answer


# -- shapes ------------------------------------------------------------------------------------------------------------


def _planner(request: web.Request) -> Planner:
    planner = request.app[ROOMS].planner
    if planner is None:
        raise ProblemError(503, "Not possible now", "this hub makes no plans")
    return planner


def _bands(planner: Planner) -> dict[str, shapes.BandInfo | None]:
    found = planner.latest.forecasts
    return {"load": _band(found.get("load")), "pv": _band(found.get("pv"))}


def _band(f: Forecast | None) -> shapes.BandInfo | None:
    if f is None:
        return None
    low, mid, high, mean = (band.round(1).tolist() for band in (f.low, f.mid, f.high, f.mean))
    return {
        "start": f.start_ms,
        "step_s": f.seconds,
        "low": low,
        "mid": mid,
        "high": high,
        "mean": mean,
        "by": f.by,
        "made": f.made_ms,
    }


def _rank(s: Standing) -> tuple[str, float]:
    return s.quantity, s.mae_ratio if s.mae_ratio is not None else math.inf


def _score(s: Standing, planner: Planner) -> shapes.ScoreInfo:
    return {
        "quantity": s.quantity,
        "by": s.author,
        "days": s.days,
        "mae_w": round(s.mae, 1),
        "rmse_w": round(s.rmse, 1),
        "bias_w": round(s.bias, 1),
        "ratio": s.mae_ratio and round(s.mae_ratio, 4),
        "rmse_ratio": s.rmse_ratio and round(s.rmse_ratio, 4),
        "coverage": round(s.covered, 4),
        "used": s.author == planner.used(s.quantity),
    }


def _day(d: Ledger) -> shapes.RegretDay:
    return {
        "date": d.date,
        "paid": round(d.paid, 4),
        "total": round(d.total, 4),
        "terms": _terms(d.terms),
        "wishes": round(d.wishes, 4),
        "asks": [cast(shapes.RegretAsk, asdict(ask)) for ask in d.asks],
        "missing": round(d.missing, 4),
    }


def _month(m: Month) -> shapes.RegretMonth:
    told = m.told() | {"paid": round(m.paid, 4), "total": round(m.total, 4), "wishes": round(m.wishes, 4)}
    return cast(shapes.RegretMonth, told | {"terms": _terms(m.terms)})


def _terms(terms: Mapping[str, float]) -> shapes.RegretTerms:
    return cast(shapes.RegretTerms, {name: round(money, 4) for name, money in terms.items()})


def _number(request: web.Request, name: str, most: float) -> float:
    raw = request.query.get(name, "")
    try:
        value = float(raw)
    except ValueError:
        value = math.nan
    if not 0 < value <= most:
        raise ProblemError(400, f"Bad {name}", f"{name} is a number above 0, up to {most:g}", name)
    return value


ROUTES = (
    ("GET", "/plan", plan),
    ("POST", "/plan/what-if", what_if),
    ("POST", "/plan/what-if/past", what_if_past),
    ("GET", "/plan/marginal", marginal),
    ("GET", "/regret", regret),
    ("GET", "/forecast", forecast),
    ("GET", "/forecast/score", score),
)
