"""`shems forecast score FILE.csv`: how far off every forecaster would have been on a home's recorded past."""

from __future__ import annotations

import argparse
import gzip
import io
import json
import time
import zlib
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any, TextIO
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from hub.calendar.holidays import holidays, known
from hub.errors import UserError
from hub.forecast import homefile, load, pv, score
from hub.forecast.candidates import DAY_S, Forecaster
from hub.forecast.homefile import Home
from hub.forecast.score import Subject
from hub.forecast.series import Forecast, Past

_GZIP = b"\x1f\x8b"
_EVERY = (1, 2, 3, 4, 6, 8, 12, 24)
_PROVIDER = "provider"
_COLUMNS = " " * 20 + "".join(
    f"{name:>{width}}"
    for name, width in (
        *(("MAE W", 8), ("ratio", 8), ("RMSE W", 8), ("ratio", 8), ("bias W", 8)),
        *(("80 % in", 9), ("pinball", 11), ("ratio", 8), ("days", 6), ("CPU ms", 9)),
    )
)


def arguments(parser: argparse.ArgumentParser) -> None:
    what = parser.add_subparsers(dest="what", required=True, metavar="WHAT")
    text = "rolling-origin scores of every forecaster on a home's file, each beside persistence"
    score = what.add_parser("score", help=text, description=text)
    score.add_argument(
        "file", metavar="FILE.csv", help="time,load_w[,pv_w][,pv_forecast_w][,temperature_c], may be .gz"
    )
    score.add_argument("--json", action="store_true", help="one JSON object")
    score.add_argument(
        "--timezone", default="UTC", metavar="NAME", help="of the house: its midnights, and times without offset"
    )
    score.add_argument("--region", default="", metavar="NAME", help="whose public holidays count, e.g. DE-BY")
    score.add_argument("--latitude", type=float, metavar="DEG", help="of the panels; better forecasts of PV")
    score.add_argument("--longitude", type=float, metavar="DEG", help="of the panels, east positive")
    score.add_argument("--every", type=int, default=24, metavar="H", help="hours between forecasts (24: at midnight)")
    score.add_argument(
        "--warm-up", type=int, default=28, metavar="DAYS", help="of history before the first forecast (28)"
    )


def run(args: argparse.Namespace) -> int:
    zone, place = _zone(args.timezone), _place(args.latitude, args.longitude)
    if args.every not in _EVERY:
        raise UserError(f"--every: must be one of {', '.join(map(str, _EVERY))} hours, not {args.every}")
    if args.warm_up < 1:
        raise UserError(f"--warm-up: must be at least 1 day, not {args.warm_up}")
    with opened(args.file) as lines:
        home = homefile.read(lines, args.file, zone)
    report = _report(args, home, place)
    print(json.dumps(report) if args.json else "\n".join(_lines(report)))
    return 0


@contextmanager
def opened(file: str) -> Iterator[TextIO]:
    """Its text, unpacked when it is packed; raises UserError also while it is being read."""
    try:
        with Path(file).open("rb") as raw:
            packed = raw.peek(2)[:2] == _GZIP
            with io.TextIOWrapper(gzip.GzipFile(fileobj=raw) if packed else raw, encoding="utf-8", newline="") as text:
                yield text
    except UnicodeDecodeError:
        raise UserError(f"{file}: is no UTF-8 text; save it as CSV in UTF-8") from None
    except (OSError, EOFError, zlib.error) as e:
        reason = e.strerror if isinstance(e, OSError) else None
        raise UserError(f"{file}: cannot be read: {reason or e}") from None


def _zone(name: str) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise UserError(f"--timezone: {name!r} is not a time zone; use one like Europe/Berlin") from None


def _place(latitude: float | None, longitude: float | None) -> tuple[float, float] | None:
    if latitude is None and longitude is None:
        return None
    if latitude is None or longitude is None:
        raise UserError("--latitude and --longitude: give both of them, or none")
    if not (-90 <= latitude <= 90 and -180 <= longitude <= 180):
        raise UserError(
            f"--latitude {latitude:g} --longitude {longitude:g}: no such place; degrees, -90..90 and -180..180"
        )
    return latitude, longitude


def _report(args: argparse.Namespace, home: Home, place: tuple[float, float] | None) -> dict[str, Any]:
    """In the form that docs/forecast.md promises."""
    load_ = home.load
    off = _days_off(args.region, load_.start_ms, load_.end_ms)
    known_days = round(float((load_.values == load_.values).sum()) * load_.seconds / DAY_S, 1)
    told: dict[str, Any] = {
        "file": args.file,
        "timezone": args.timezone,
        "step_s": load_.seconds,
        "days": known_days,
        "from": _iso(load_.start_ms),
        "to": _iso(load_.end_ms),
    }
    subjects = {"load": (Subject(load_, home.zone, home.temperature, None, off), _load_candidates())}
    if home.pv is not None:
        said = {_PROVIDER: home.told} if home.told else {}
        candidates = pv.candidates(said)
        first = {"blend": candidates["blend"]}
        subjects["pv"] = (Subject(home.pv, home.zone, home.temperature, said, off, place), first | candidates)
    second: dict[str, Any] = {}
    used: dict[str, Any] = {}
    for name, (subject, candidates) in subjects.items():
        told[name], used[name], second[name] = _scored(args, subject, candidates)
    return told | {"used": used, "second_day": second}


def _load_candidates() -> dict[str, Forecaster]:
    return {**load.CANDIDATES, "ridge": load.Nightly()}


def _scored(
    args: argparse.Namespace, subject: Subject, candidates: Mapping[str, Forecaster]
) -> tuple[dict[str, Any], dict[str, Any], dict[str, Any]]:
    """Of the first day: by candidate, and of what the hub would have used; of the second day all of it."""
    at = score.origins(subject, args.every, args.warm_up)
    if not at:
        raise UserError(f"{args.file}: is too short to be scored; give at least three days, better some months")
    timed = {name: _Timed(forecaster) for name, forecaster in candidates.items()}
    issued = score.issue(subject, timed, at)
    whole = score.with_used(issued)
    first, second = ({name: asdict(s) for name, s in score.scores(whole, day).items()} for day in (0, 1))
    if score.USED not in first:
        raise UserError(f"{args.file}: has no day that is known after days that are; give a file with fewer gaps")
    for name, row in first.items():
        if name in timed:
            row["cpu_ms"] = round(timed[name].seconds / len(at) * 1000, 2)
    used = first.pop(score.USED) | {"by": Counter(name for name in score.chosen(issued) if name)}
    return first, used, second


class _Timed:
    """A forecaster, and the CPU time that it took so far."""

    def __init__(self, forecaster: Forecaster) -> None:
        self._forecaster = forecaster
        self.seconds = 0.0

    def __call__(self, past: Past, steps: int) -> Forecast | None:
        began = time.process_time()
        try:
            return self._forecaster(past, steps)
        finally:
            self.seconds += time.process_time() - began


def _days_off(region: str, start_ms: int, end_ms: int) -> frozenset[int]:
    if not region:
        return frozenset()
    known(region)
    years = range(_date(start_ms).year, _date(end_ms).year + 1)
    return frozenset((day - date(1970, 1, 1)).days for year in years for day in holidays(region, year))


def _date(at_ms: int) -> date:
    return datetime.fromtimestamp(at_ms / 1000, UTC).date()


def _iso(at_ms: int) -> str:
    return datetime.fromtimestamp(at_ms / 1000, UTC).isoformat()


def _lines(report: dict[str, Any]) -> Iterator[str]:
    yield f"{report['file']}: {report['days']:g} days at {report['step_s']} s, {report['from']} to {report['to']}"
    for name in ("load", "pv"):
        if name not in report:
            continue
        rows = {score.USED: report["used"][name], **report[name]}
        by = ", ".join(f"{n} {count}" for n, count in rows[score.USED]["by"].items())
        yield from ("", f"{name}, 0 to 24 h ahead (used: {by})", _COLUMNS, *(_row(n, row) for n, row in rows.items()))
        second = report["second_day"][name]
        yield from ("", f"{name}, 24 to 48 h ahead", _COLUMNS, *(_row(n, row) for n, row in second.items()))
    yield from (
        "",
        "MAE, pinball: of the median and its band; RMSE, bias: of the mean; ratio: to persistence, same steps",
    )


def _row(name: str, row: dict[str, Any]) -> str:
    cells = [f"{row['mae_w']:8.0f}", _share(row["mae_ratio"]), f"{row['rmse_w']:8.0f}", _share(row["rmse_ratio"])]
    cells += [
        f"{row['bias_w']:8.0f}",
        f"{row['coverage']:9.1%}",
        f"{row['pinball_w']:11.1f}",
        _share(row["pinball_ratio"]),
    ]
    cpu = f"{row['cpu_ms']:9.1f}" if "cpu_ms" in row else ""
    return f"{name:20}{''.join(cells)}{row['days']:6}{cpu}"


def _share(ratio: float | None) -> str:
    return f"{'-' if ratio is None else f'{ratio:.3f}':>8}"
