"""OCPP 1.5 and early 1.6 payloads in the words of 1.6 (source: OCPP 1.5 and 1.6 message definitions side by side)."""

from __future__ import annotations

from typing import Any

_RENAMED = {
    "BootNotification": {"heartbeatInterval": "interval"},
    "SendLocalList": {"localAuthorisationList": "localAuthorizationList"},
    "MeterValues": {"values": "meterValue"},
}


def modern(action: str, payload: dict[str, Any]) -> tuple[dict[str, Any], list[str]]:
    """The payload with today's names, and what was renamed, one sentence each."""
    renamed = {old: new for old, new in _RENAMED.get(action, {}).items() if old in payload and new not in payload}
    problems = [f"{action}.{old}: is OCPP 1.5, now called {new}" for old, new in renamed.items()]
    told = {renamed.get(key, key): value for key, value in payload.items()}
    for key in ("meterValue", "transactionData"):
        if isinstance(told.get(key), list) and (values := _meter_values(told[key])) != told[key]:
            told[key] = values
            problems.append(f"{action}.{key}: has OCPP 1.5's form")
    return told, problems


def _meter_values(entries: list[Any]) -> list[Any]:
    """1.5 calls both the list and the samples `values`, and wraps the list of a stopped transaction once more."""
    flat: list[Any] = []
    for entry in entries:
        inner = entry.get("values") if isinstance(entry, dict) else None
        if not isinstance(inner, list) or "sampledValue" in entry:
            flat.append(entry)
        elif "timestamp" in entry:
            flat.append({**{k: v for k, v in entry.items() if k != "values"}, "sampledValue": inner})
        else:
            flat.extend(_meter_values(inner))
    return flat
