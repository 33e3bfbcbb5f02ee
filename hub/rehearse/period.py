"""Which part of a home's file is run, and which is the history that the hub has learned from by then."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

from hub.errors import UserError
from hub.forecast.series import Series

_HISTORY_DAYS = 28
_DAY_MS = 86_400_000


def period(load: Series, zone: ZoneInfo, since: int | None, until: int | None) -> tuple[int, int]:
    """The first step and the one after the last; `since`, `until`: UTC ms, None = not told.

    Without `since` it begins at the first local midnight after 28 days, or half-way where the file is shorter than
    that twice. Raises UserError where nothing is left.
    """
    step = load.seconds * 1000
    half = (load.end_ms - load.start_ms) // 2
    start = _midnight(load.start_ms + min(_HISTORY_DAYS * _DAY_MS, half), zone) if since is None else since
    end = load.end_ms if until is None else until
    for name, told in (("--from", since), ("--to", until)):
        if told is not None and not load.start_ms <= told <= load.end_ms:
            raise UserError(
                f"{name}: lies outside of the file, which is from {_said(load.start_ms)} to {_said(load.end_ms)}"
            )
    first, last = -(-(start - load.start_ms) // step), (end - load.start_ms) // step
    if last - first < max(1, 3_600_000 // step):
        raise UserError(f"--from, --to: nothing is left between {_said(start)} and {_said(end)}; give at least an hour")
    return int(first), int(last)


def _midnight(after: int, zone: ZoneInfo) -> int:
    """The first local one at or after UTC ms."""
    local = datetime.fromtimestamp(after / 1000, UTC).astimezone(zone)
    today = datetime.combine(local.date(), time(0), zone)
    day = local.date() if today >= local else local.date() + timedelta(1)
    return round(datetime.combine(day, time(0), zone).timestamp() * 1000)


def _said(t: int) -> str:
    return datetime.fromtimestamp(t / 1000, UTC).isoformat()
