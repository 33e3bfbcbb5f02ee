"""A full disk: the house goes on controlling and says so; with room again nothing has waited in vain."""

from __future__ import annotations

import resource
from pathlib import Path

from tests.house.demo_kit import Demo, demo, eventually

ROOM = 400_000


def test_a_full_disk_does_not_keep_people_from_switching(tmp_path: Path) -> None:
    with demo("--data", str(tmp_path), largest_file=ROOM) as d:
        eventually(lambda: d.point("plug_tv.on")["v"] is not None, 20, "the plug answers")
        answers = [d.command("plug_tv.on", n % 2 == 0) for n in range(150)]
        assert {a["state"] for a in answers} == {"confirmed"}
        assert answers[0]["reason"]["code"] == "confirmed"
        assert answers[-1]["reason"]["code"] == "not_saved"
        assert d.truth("plug_tv")["on"] is answers[-1]["applied"]
        assert "disk" in d.api("GET", "/health")["parts"]["journal"]
        assert d.api("GET", "/health")["status"] == "degraded"
        assert len(d.api("GET", "/journal?point=plug_tv.on&limit=1000")["rows"]) >= 300, "rows wait in memory"
        owner = {"user": "owner", "password": d.ready["password"]}
        eventually(lambda: not_kept(d, owner), 10, "and nobody from looking, as long as the hub runs")
        free(d)
        eventually(lambda: d.command("plug_tv.on", True)["reason"]["code"] == "confirmed", 10, "saved again")
        eventually(lambda: d.api("GET", "/health")["parts"]["journal"] == "ok", 15, "the journal is well")
        total = len(d.api("GET", "/journal?point=plug_tv.on&limit=1000")["rows"])
    with demo("--data", str(tmp_path)) as d:
        assert len(d.api("GET", "/journal?point=plug_tv.on&limit=1000")["rows"]) >= total - 1


def not_kept(d: Demo, owner: dict[str, str]) -> bool:
    """Somebody signs in; True when that could not be saved: what was left of the disk may have been enough for one."""
    assert d.api("POST", "/session", owner)["user"] == "owner"
    return "sign in again" in d.api("GET", "/health")["parts"]["sessions"]


def free(d: Demo) -> None:
    """Room again, for the hub itself (`shems` has become it)."""
    resource.prlimit(d.process.pid, resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
