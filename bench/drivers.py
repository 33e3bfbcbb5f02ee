"""What talks to devices: a slow bus and its dead unit, many sockets, a whole hub, set-points, decoders, the catalogue,
the self-test, and damaged messages.

`./shems bench drivers [--quick]`; `./shems bench drivers.damage` is one part of it, of an hour. The meters are
processes of their own that pymodbus has no part in; its plain use is the rival, in the same run. Counts and shares of a
wire or a core hardly depend on what else the machine does; rows that do are called noisy.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

from bench.kit import drivers_decode
from bench.kit.drivers_hub import hub_of
from bench.kit.drivers_slave import ROOT
from bench.kit.rows import Row, percentile, row, skipped
from bench.kit.shown import shown

UNITS, METERS = 16, 50
LIVE = UNITS - 1
Seen = dict[str, Any]


PARTS = ("wires", "hub", "decoders", "self_test", "set_points", "chargers", "damage")


def run(quick: bool, parts: Sequence[str] = PARTS) -> Iterator[Row]:
    """`quick`: shorter windows and fewer codecs, same rows."""
    made: dict[str, Callable[[], Iterator[Row]]] = {
        "wires": lambda: wires(*((8, 20) if quick else (60, 200))),
        "hub": lambda: hub(20 if quick else 60),
        "decoders": lambda: decoders(0.25 if quick else 2.0),
        "self_test": lambda: self_test("" if quick else "all"),
        "set_points": lambda: set_points(10 if quick else 30),
        "chargers": chargers,
        "damage": lambda: damage(("sml", "sunspec")) if quick else damage(_codecs(), 1_000_000),
    }
    for part in parts:
        yield from made[part]()


def wires(window: int, commands: int) -> Iterator[Row]:
    """`window`: s that each is watched."""
    with ThreadPoolExecutor() as pool:
        runs = _Runs(pool, window, commands)
        yield from bus(runs)
        yield from bus_set_points(runs)
        yield from sockets(runs, window)
        yield from socket_set_points(runs)


def decoders(seconds: float) -> Iterator[Row]:
    yield from drivers_decode.speeds(seconds)
    yield from drivers_decode.catalogue()


class _Runs:
    """All scenarios at once, each with meters of its own: they wait for their wires nearly all the time."""

    def __init__(self, pool: ThreadPoolExecutor, window: int, commands: int) -> None:
        def start(module: str, *arguments: object) -> Future[Seen]:
            return pool.submit(_scenario, module, *arguments)

        self.line = start("ours", "line", UNITS, 0, window, commands)
        self.line_with_dead = start("ours", "line", UNITS, 1, window, 0)
        self.plain_values = start("plain", "line", "value", UNITS, 0, window)
        self.plain_blocks = start("plain", "line", "block", UNITS, 0, window)
        self.plain_with_dead = start("plain", "line", "block", UNITS, 1, window // 2)
        self.tcp = start("ours", "tcp", METERS, 0, window, 4 * commands)
        self.tcp_values = start("plain", "tcp", "value", METERS, 0, window)
        self.tcp_blocks = start("plain", "tcp", "block", METERS, 0, window)


def _scenario(module: str, *arguments: object) -> Seen:
    command = [sys.executable, "-m", f"bench.kit.drivers_{module}", *map(str, arguments)]
    done = subprocess.run(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, check=True)
    seen: Seen = json.loads(done.stdout)
    return seen


# -- the bus -----------------------------------------------------------------------------------------------------------


def bus(runs: _Runs) -> Iterator[Row]:
    """16 units at 9,600 baud, asked for more than the wire carries."""
    ours, dead = runs.line.result(), runs.line_with_dead.result()
    what = f"{UNITS} units, 9600 baud"
    yield row(
        f"{what}: blocks read",
        ours["answered"] / ours["seconds"],
        "1/s",
        None,
        ("what the wire carries of the same frames", ours["answered"] / ours["busy_s"]),
    )
    yield row(f"{what}: the wire's time that is not used (noisy)", 100 * (1 - ours["busy_s"] / ours["seconds"]), "%")
    for how, theirs in (("a read for each value", runs.plain_values), ("a block a unit", runs.plain_blocks)):
        seen, plainly = theirs.result(), f"pymodbus, {how}"
        values, every_s = seen["points"] / seen["seconds"], seen["seconds"] / seen["rounds"]
        yield row(
            f"{what}: values read, beside {how}", ours["points"] / ours["seconds"], "1/s", None, (plainly, values)
        )
        yield row(
            f"{what}: a unit's power is read every, beside {how}", 1 / _passes(ours), "s", None, (plainly, every_s)
        )
    yield row(f"{what}: processor time", 100 * ours["cpu_s"] / ours["seconds"], "%")
    plain, plain_dead = runs.plain_blocks.result(), runs.plain_with_dead.result()
    slower = (plain["rounds"] / plain["seconds"]) / (plain_dead["rounds"] / plain_dead["seconds"])
    name = "one of them dead: how much slower the live ones are read"
    rival = "pymodbus, a block a unit, its own time-outs and retries", slower
    yield row(name, _passes(ours) / _passes(dead), "x", 1.5, rival)
    yield row(
        "one of them dead: longest time that a live one waits",
        dead["gap_s"],
        "s",
        None,
        ("with none dead", ours["gap_s"]),
    )


def _passes(seen: Seen) -> float:
    """A second, of the units that live in both runs."""
    return float(sum(seen["passes"][:LIVE]) / LIVE / seen["seconds"])


def bus_set_points(runs: _Runs) -> Iterator[Row]:
    yield from _set_points(runs.line.result(), f"set-point confirmed on the polled bus of {UNITS}")


def socket_set_points(runs: _Runs) -> Iterator[Row]:
    yield from _set_points(runs.tcp.result(), f"set-point confirmed over TCP beside {METERS} polled meters")


def _set_points(seen: Seen, name: str) -> Iterator[Row]:
    times = seen["command_ms"]
    yield row(f"{name}, p50 of {len(times)}", percentile(times, 50), "ms")
    yield row(f"{name}, p99 (noisy)", percentile(times, 99), "ms")
    yield row(f"{name}, not confirmed", seen["failed"], "", 0)


# -- many sockets ------------------------------------------------------------------------------------------------------


def sockets(runs: _Runs, window: int) -> Iterator[Row]:
    """50 meters at 1 Hz: the driver alone in a process."""
    ours = runs.tcp.result()
    name = f"{METERS} meters over TCP at 1 Hz"
    missed = sum(max(0, window - passes) for passes in ours["passes"])
    yield row(f"{name}: readings missed of {METERS * window}", missed, "", 0)
    yield row(f"{name}: after the whole second, p99 (noisy)", ours["late_ms"], "ms")
    for how, theirs in (("a read for each value", runs.tcp_values), ("a block a meter", runs.tcp_blocks)):
        rival = f"pymodbus, {how}", _cpu_of_one(theirs.result())
        yield row(f"{name}: processor time a meter, beside {how}", _cpu_of_one(ours), "%", None, rival, 4)
    rival = "pymodbus", runs.tcp_values.result()["rss"] / 1e6
    yield row(f"{name}: resident memory", ours["rss"] / 1e6, "MB", None, rival)


def _cpu_of_one(seen: Seen) -> float:
    """% of a core."""
    return float(100 * seen["cpu_s"] / seen["seconds"] / METERS)


def hub(seconds: int) -> Iterator[Row]:
    """All of it: core, history, journal, page; nobody looks at the page."""
    seen = hub_of(METERS, seconds)
    name = f"a hub with {METERS} meters at 1 Hz"
    if not seen["answers"]:
        yield skipped(name, "it does not answer")
        return
    yield row(f"{name}: processor time over {seconds} s", 100 * seen["cpu"], "%", 8.0)
    yield row(f"{name}: resident memory", seen["rss"] / 1e6, "MB")
    yield row(f"{name}: blocks read", seen["reads"], "1/s")


# -- what tests show ---------------------------------------------------------------------------------------------------

DAMAGED = "mutation or mutant or damage"
"""What the tests are called that give damaged messages to a codec."""


def self_test(mistakes: str) -> Iterator[Row]:
    """On the physics alone, and of hubs before simulated houses: with `mistakes` "all" of all, else of two."""
    seen = shown("tests/commission/test_judge.py", SHEMS_HOUSES=8)
    tried = seen.one("mistakes")
    yield row(
        f"self-test: mistakes of wiring and set-up not named, of {tried:.0f}", seen.one("missed"), "", 0.05 * tried
    )
    yield row(f"self-test: healthy houses blamed, of {seen.one('healthy'):.0f}", seen.one("blamed"), "", 0)
    seen = shown("tests/house/test_self_test.py", SHEMS_MISTAKES=mistakes)
    tried, named = (sum(seen.figures.get(figure, [])) for figure in ("tried", "named"))
    name = "self-test through real sockets"
    missed = tried - named if tried else float("nan")
    yield row(f"{name}: mistakes not named of {tried:.0f}", missed, "", 0.05 * tried)
    yield row(f"{name}: healthy house blamed", seen.one("blamed"), "", 0)


def set_points(days: int) -> Iterator[Row]:
    """Those that a device keeps in flash, those that it forgets, and what devices do when the hub has gone."""
    seen = shown("tests/control/test_wear.py", SHEMS_WEAR_DAYS=days)
    name = f"set-point in flash, {seen.one('days'):.0f} days of a nervous optimiser, {seen.one('starts'):.0f} starts"
    yield row(f"{name}: most writes in 24 hours", seen.one("most"), "", seen.one("budget"))
    yield row(f"{name}: writes", seen.one("writes"), "")
    guarded = seen.figures.get("watchdog_s", [])
    late = [gap / dog for gap, dog in zip(seen.figures.get("longest_s", []), guarded, strict=True)]
    name = f"set-points of the catalogue that a device forgets, {len(guarded)}"
    yield row(f"{name}: longest until renewed, share of the watchdog", max(late, default=float("nan")), "x", 0.55)
    yield row(f"{name}: forgotten while they are wished", sum(seen.figures.get("let_go", [])), "", 0)
    seen = shown("tests/house/test_setpoints.py", "-k", "killed")
    watchdog = seen.one("fallback_watchdog_s")
    name = f"hub killed, watchdogs of {watchdog:.0f} s: all devices at their own safe values after"
    yield row(name, seen.one("fell_back_s"), "s", watchdog + 1)


def chargers() -> Iterator[Row]:
    """OCPP central system: each charger told its own limit, and a hub that starts anew while one charges."""
    seen = shown("tests/drivers_ocpp", "-k", "twenty or restarted_hub or cable")
    yield row(
        f"OCPP, {seen.one('stations'):.0f} chargers at once: did not hold of {seen.ran} tests", seen.failed, "", 0
    )
    off_wh = abs(seen.one("restart_off_wh"))
    yield row("OCPP, a hub that starts anew in a transaction: energy lost or counted twice", off_wh, "Wh", 0)


def _codecs() -> tuple[str, ...]:
    return tuple(sorted(p.name.removeprefix("drivers_") for p in (ROOT / "tests").glob("drivers_*")))


def damage(codecs: Sequence[str], count: int = 0) -> Iterator[Row]:
    """`count` damaged messages for each test of a codec, or as many as the suite gives it."""
    tried = failed = 0
    for name in codecs:
        seen = shown(f"tests/drivers_{name}", "-k", DAMAGED, SHEMS_FUZZ=count)
        mutants = seen.figures.get("mutants", [])
        if mutants:
            yield row(f"{name}: damaged messages, {len(mutants)} tests", sum(mutants), "", digits=0)
        tried += round(sum(mutants))
        failed += seen.failed
    yield row(f"of {tried} damaged messages: tests in which one harmed a codec or gave a wrong value", failed, "", 0)
