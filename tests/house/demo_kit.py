"""A running demo house, seen as a person sees it (HTTP) and as its devices see themselves (the simulator's control)."""

from __future__ import annotations

import json
import os
import resource
import signal
import subprocess
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]


class Demo:
    def __init__(self, process: subprocess.Popen[str], ready: dict[str, Any]) -> None:
        self.process, self.ready = process, ready
        self.base = ready["ready"].rstrip("/")
        self.sim = ready["sim"].rstrip("/")

    @property
    def headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.ready['token']}"}

    def api(self, method: str, path: str, body: object = None) -> Any:
        return _call(method, f"{self.base}/api/v1{path}", body, self.headers)

    def point(self, id_: str) -> Any:
        return self.points()[id_]

    def points(self) -> dict[str, Any]:
        return dict(self.api("GET", "/points")["points"])

    def command(self, point: str, value: object, **more: object) -> Any:
        return self.api("POST", "/commands", {"point": point, "value": value, **more})

    def truth(self, device: str) -> dict[str, Any]:
        """What the simulated device itself would say."""
        return dict(self.truths()[device])

    def truths(self) -> dict[str, dict[str, Any]]:
        """Of every simulated device."""
        return dict(_call("GET", f"{self.sim}/devices")["devices"])

    @contextmanager
    def fault(self, device: str, kind: str) -> Iterator[None]:
        self.set_fault(device, kind)
        try:
            yield
        finally:
            self.set_fault(device, "none")

    def set_fault(self, device: str, kind: str) -> None:
        _call("POST", f"{self.sim}/devices/{device}/fault", {"kind": kind})

    def world(self, **what: object) -> None:
        _call("POST", f"{self.sim}/world", what)


def _call(method: str, url: str, body: object = None, headers: dict[str, str] | None = None) -> Any:
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(url, data, {"Content-Type": "application/json", **(headers or {})}, method=method)
    with urllib.request.urlopen(request, timeout=10) as answer:
        return json.loads(answer.read() or b"null")


@contextmanager
def demo(*args: str, largest_file: int = resource.RLIM_INFINITY) -> Iterator[Demo]:
    """`./shems demo` as a newcomer starts it; `largest_file` (bytes) is where its disk is full."""
    process = subprocess.Popen(
        [str(ROOT / "shems"), "demo", "--json", "--port", "0", *args],
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    resource.prlimit(process.pid, resource.RLIMIT_FSIZE, (largest_file, resource.RLIM_INFINITY))
    try:
        assert process.stdout is not None
        line = process.stdout.readline()
        assert line, "the demo ended before it was ready"
        yield Demo(process, json.loads(line))
    finally:
        process.send_signal(signal.SIGINT)
        try:
            process.wait(6)
        finally:
            _end_group(process.pid)


def _end_group(group: int) -> None:
    try:
        os.killpg(group, signal.SIGKILL)
    except ProcessLookupError:
        return


def eventually(true: Callable[[], Any], within_s: float, what: str, every_s: float = 0.05) -> None:
    """Waits for real devices on real sockets; the limit is the promise under test."""
    deadline = time.monotonic() + within_s
    while not true():
        assert time.monotonic() < deadline, f"not within {within_s} s: {what}"
        time.sleep(every_s)
