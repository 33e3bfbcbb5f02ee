"""The rival with the smallest files: VictoriaMetrics (Debian's package), on 127.0.0.1, one day of the same series."""

from __future__ import annotations

import contextlib
import http.client
import os
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from bench.kit.store_disk import Skipped, cpu_s, file_bytes, peak_rss_bytes
from bench.kit.store_house import DAY_S, House

PACKAGE = "victoria-metrics"
BATCH_S = 60
MERGE_LIMIT_S = 120


@dataclass(frozen=True)
class Stored:
    """`file_bytes` is data and indexes after a forced merge, caches left out."""

    samples: int
    file_bytes: int
    ingest_cpu_s: float  # of the server, merging not counted
    rss_bytes: int  # peak

    @property
    def file_bytes_per_sample(self) -> float:
        return self.file_bytes / self.samples

    @property
    def ingest_cpu_us_per_sample(self) -> float:
        return self.ingest_cpu_s * 1e6 / self.samples


def load(house: House, seconds: int = DAY_S) -> Stored:
    """Sends every sample of the first `seconds` in batches of 60 s, lets it merge, looks at its folder. About 20 s."""
    install()
    with tempfile.TemporaryDirectory(prefix="shems-bench-") as room, _server(Path(room)) as server:
        before = cpu_s(server.pid)
        for body in _batches(house, seconds):
            server.request("POST", "/write?precision=s", body)
        cpu = cpu_s(server.pid) - before
        server.request("GET", "/internal/force_flush")
        server.merge()
        held = server.samples()
        if held != (sent := seconds * len(house.series)):
            raise Skipped(f"{PACKAGE} holds {held} of {sent} samples")
        return Stored(held, file_bytes(*_lasting(Path(room))), cpu, peak_rss_bytes(server.pid))


def install() -> None:
    """Debian's package, if it is missing and may be installed; its service stays off."""
    if shutil.which(PACKAGE):
        return
    if os.geteuid() != 0 or shutil.which("apt-get") is None:
        raise Skipped(f"needs the Debian package {PACKAGE}")
    command = ("apt-get", "install", "-y", "--no-install-recommends", PACKAGE)
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=environment)
    if done.returncode:
        reason = (done.stderr.strip().splitlines() or ["no reason given"])[-1]
        raise Skipped(f"{PACKAGE} could not be installed: {reason}")
    if shutil.which("systemctl"):
        subprocess.run(("systemctl", "disable", "--now", PACKAGE), capture_output=True, check=False)


def _batches(house: House, seconds: int) -> Iterator[bytes]:
    """Line protocol; the day before yesterday, so that it is whole and within what is kept."""
    names = [s.name.replace("/", "_") for s in house.series]
    midnight = (int(time.time()) // DAY_S - 2) * DAY_S
    for start in range(0, seconds, BATCH_S):
        values = house.values[:, start : start + BATCH_S].tolist()
        lines = [
            f"{name} v={house.text(i, value)} {t}\n"
            for i, name in enumerate(names)
            for t, value in enumerate(values[i], midnight + start)
        ]
        yield "".join(lines).encode()


def _lasting(folder: Path) -> list[Path]:
    return [path for path in folder.iterdir() if path.name != "cache"]


# -- the server --------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Server:
    pid: int
    port: int

    def request(self, method: str, path: str, body: bytes | None = None) -> str:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=120)
        with contextlib.closing(connection):
            connection.request(method, path, body)
            answer = connection.getresponse()
            text = answer.read().decode()
        if answer.status >= 400:
            raise Skipped(f"{PACKAGE} answered {answer.status}: {text.strip()}")
        return text

    def merge(self) -> None:
        """Makes the day one part. A forced merge is void while another runs, so it is asked for until it has worked."""
        end = time.monotonic() + MERGE_LIMIT_S
        while self._metric('vm_parts{type="storage/') > 1 or self._metric("vm_active_merges"):
            if time.monotonic() > end:
                raise Skipped(f"{PACKAGE} did not finish merging in {MERGE_LIMIT_S} s")
            if not self._metric("vm_active_merges"):
                self.request("GET", "/internal/force_merge")
            time.sleep(0.5)

    def samples(self) -> int:
        return int(self._metric('vm_rows{type="storage/'))

    def _metric(self, start: str) -> float:
        lines = self.request("GET", "/metrics").splitlines()
        return sum(float(line.rpartition(" ")[2]) for line in lines if line.startswith(start))


@contextlib.contextmanager
def _server(folder: Path) -> Iterator[_Server]:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = (
        PACKAGE,
        f"-storageDataPath={folder}",
        f"-httpListenAddr=127.0.0.1:{port}",
        "-retentionPeriod=12",  # months
        "-loggerLevel=ERROR",
    )
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        server = _Server(process.pid, port)
        _wait_for(server, process)
        yield server
    finally:
        process.terminate()
        process.wait()


def _wait_for(server: _Server, process: subprocess.Popen[bytes]) -> None:
    for _ in range(100):
        if process.poll() is not None:
            break
        with contextlib.suppress(OSError):
            server.request("GET", "/health")
            return
        time.sleep(0.1)
    raise Skipped(f"{PACKAGE} did not start")
