"""A log in UTF-16, as PowerShell writes it."""

from __future__ import annotations

from drivers.ocpp.capture import decode

CALL = '[2,"1","StatusNotification",{"connectorId":1,"status":"Charging","errorCode":"NoError"}]'


def test_a_log_in_utf_16() -> None:
    log = f"→ {CALL}\n12:00 → {CALL}\nnothing\n"
    plain, wide = decode(log.encode()), decode(log.encode("utf-16"))
    assert [m.points for m in wide.messages] == [m.points for m in plain.messages] and len(wide.messages) == 2
    assert [m.offset for m in wide.messages] == [2, 2 + 2 * log.index("12:00")]
