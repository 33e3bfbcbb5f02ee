"""A hub that knows no device yet, and a simulated house whose hybrid inverter it can find in the network."""

from __future__ import annotations

import json
import selectors
import signal
import socket
import subprocess
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from tests.house.demo_kit import ROOT, Demo, eventually

HOST = "127.0.0.2"
"""the simulated inverter's own address: its port must be the one that a search looks at"""
PORT = 1502
_DOCUMENT = """\
[site]
name = "New house"
timezone = "Europe/Berlin"

[network]
bind = "127.0.0.1"
port = 0
announce = false

[mqtt]
engine = "off"
"""


@contextmanager
def bare(folder: Path, more: str = "") -> Iterator[Demo]:
    """`shems run` with an empty site document and `more`, and its owner signed in by a token."""
    document, data = folder / "config.toml", folder / "data"
    document.write_text(_DOCUMENT + more, encoding="utf-8")
    command = [str(ROOT / "shems"), "run", "--config", str(document), "--data", str(data)]
    with (folder / "log").open("w+") as log:
        process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=log, text=True)
        try:
            assert process.stdout is not None
            url = process.stdout.readline().removeprefix("ready ").strip()
            assert url, (folder / "log").read_text()
            eventually(lambda: "password " in (folder / "log").read_text(), 5, "the first password is told")
            password = (folder / "log").read_text().rpartition("password ")[2].split()[0]
            token = account(data, "token", "owner")["token"]
            yield Demo(process, {"ready": url, "sim": "", "password": password, "token": token})
        finally:
            process.send_signal(signal.SIGINT)
            process.wait(10)


def account(data: Path, *args: str) -> dict[str, str]:
    """What `shems account` answers."""
    command = [str(ROOT / "shems"), "account", *args, "--data", str(data), "--json"]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    answer: dict[str, str] = json.loads(done.stdout)
    return answer


@contextmanager
def at_a_known_place(target: int) -> Iterator[str]:
    """Whoever connects to HOST:PORT reaches `target` (a port of this machine)."""
    with closing(socket.create_server((HOST, PORT))) as door:
        threading.Thread(target=_serve, args=(door, target), daemon=True).start()
        yield f"tcp://{HOST}:{PORT}"


def _serve(door: socket.socket, target: int) -> None:
    while True:
        try:
            caller, _ = door.accept()
        except OSError:
            return
        threading.Thread(target=_relay, args=(caller, target), daemon=True).start()


def _relay(caller: socket.socket, target: int) -> None:
    with caller, socket.create_connection(("127.0.0.1", target)) as device, selectors.DefaultSelector() as ready:
        ready.register(caller, selectors.EVENT_READ, device)
        ready.register(device, selectors.EVENT_READ, caller)
        try:
            while True:
                for key, _ in ready.select():
                    source, other = key.fileobj, key.data
                    assert isinstance(source, socket.socket)
                    if not (heard := source.recv(4096)):
                        return
                    other.sendall(heard)
        except OSError:
            return
