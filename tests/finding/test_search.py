"""One search over all finders: what is told once, who goes first, and that no failure ends the others' search."""

from __future__ import annotations

import asyncio
import importlib
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from hub.cli.main import main
from hub.drivers import DRIVERS
from hub.errors import LinkError, NoConnection, UserError
from hub.finding import finders, search
from hub.finding.finders import FINDERS, LANES, Lane
from hub.finding.search import Seen
from hub.model import Role
from hub.model.found import Found, Where
from tests.finding.kit import VECTORS, Talker

METER = Found("sunspec", "tcp://h:502", (Role.INVERTER, Role.GRID), "SolarEdge", serial="7E01", options={"unit": 1})


def told(*found: Found) -> list[Found]:
    seen: list[Found] = []
    board = Seen(seen.append)
    for one in found:
        board.take(one)
    return seen


def test_the_same_device_is_told_once() -> None:
    other_way = replace(METER, driver="modbus", roles=(Role.INVERTER,), options={"map": "solaredge/inverter"})
    assert told(METER, METER, other_way) == [METER]
    hybrid = replace(other_way, roles=(Role.INVERTER, Role.BATTERY))
    assert told(METER, hybrid) == [METER, hybrid], "what another driver can do besides is news"
    assert told(METER, replace(METER, serial="7E02")) == [METER, replace(METER, serial="7E02")]


def test_an_unsure_word_counts_only_where_nobody_is_sure() -> None:
    unsure = Found("modbus", METER.link, (), options={"unit": 1}, certain=False, needs=("map",))
    assert told(METER, unsure) == [METER]
    assert told(unsure, replace(unsure, options={"unit": 2})) == [unsure, replace(unsure, options={"unit": 2})]


class Finder:
    """A finder that notes where it looks, finds `found`, and then raises `fault`."""

    def __init__(self, name: str, log: list[str], found: Found | None = None, fault: Exception | None = None) -> None:
        self.name, self._log, self._found, self._fault = name, log, found, fault

    async def find(self, where: Where, found: Callable[[Found], None]) -> None:
        self._log.append(f"{self.name} {where.hosts}{where.ports}")
        if self._found:
            found(self._found)
        if self._fault:
            raise self._fault

    async def probe(self, link: str) -> Sequence[Found]:
        if self._fault:
            raise self._fault
        return [self._found] if self._found else []

    async def record(self, link: str, seconds: float) -> bytes:
        raise self._fault or LinkError("nothing")


@pytest.fixture
def table(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    def these(*lanes: Lane, **made: Finder) -> None:
        monkeypatch.setattr(search, "LANES", lanes)
        monkeypatch.setattr(search, "finder", made.__getitem__)
        monkeypatch.setattr(search, "for_link", lambda link: list(made.values()))

    return these


def test_a_finder_that_fails_ends_nobody_elses_search(table: Callable[..., None]) -> None:
    log: list[str] = []
    table(
        Lane("hosts", ("bad", "good")),
        Lane("ports", ("good",)),
        bad=Finder("bad", log, fault=OSError("no network")),
        good=Finder("good", log, METER),
    )
    seen: list[Found] = []
    asyncio.run(search.search(Where(("h",), ("/dev/x",)), seen.append))
    assert seen == [METER] and sorted(log) == ["bad ('h',)()", "good ('h',)()", "good ()('/dev/x',)"]


def test_a_bug_is_no_failure(table: Callable[..., None]) -> None:
    table(Lane("hosts", ("bad",)), bad=Finder("bad", [], fault=ZeroDivisionError()))
    with pytest.raises(ExceptionGroup):
        asyncio.run(search.search(Where(("h",)), lambda _: None))


class Endless(Finder):
    async def find(self, where: Where, found: Callable[[Found], None]) -> None:
        await super().find(where, found)
        await asyncio.Event().wait()


def test_what_takes_too_long_is_ended_and_the_others_go_on(
    table: Callable[..., None], caplog: pytest.LogCaptureFixture
) -> None:
    log: list[str] = []
    table(
        *(Lane("hosts", ("endless", "never"), 0.01), Lane("ports", ("good",))),
        **{"endless": Endless("endless", log, METER), "never": Finder("never", log), "good": Finder("good", log)},
    )
    seen: list[Found] = []
    asyncio.run(search.search(Where(("h",), ("/dev/x",)), seen.append))
    assert seen == [METER] and sorted(log) == ["endless ('h',)()", "good ()('/dev/x',)"]
    assert "endless never has ended after 0.01 s" in caplog.text


def test_what_is_looked_at_still_is_told_until_it_ends(table: Callable[..., None]) -> None:
    hosts, ports, brokers = Lane("hosts", ("good",)), Lane("ports", ("endless",), 0.01), Lane("brokers", ("good",))
    under_way: list[Lane] = []

    async def go() -> list[Lane]:
        task = asyncio.create_task(search.search(Where(("h",), ("/dev/x",)), lambda _: None, (), under_way))
        await asyncio.sleep(0)
        begun = list(under_way)
        await task
        return begun

    table(hosts, ports, brokers, good=Finder("good", []), endless=Endless("endless", []))
    assert asyncio.run(go()) == [hosts, ports], "there is no broker to look at"
    assert not under_way


def test_a_port_where_somebody_was_found_is_not_asked_again(table: Callable[..., None]) -> None:
    log: list[str] = []
    meter = replace(METER, link="serial:///dev/a?baud=9600")
    table(Lane("ports", ("one", "two")), one=Finder("one", log, meter), two=Finder("two", log))
    asyncio.run(search.search(Where(ports=("/dev/a", "/dev/b")), lambda _: None))
    assert log == ["one ()('/dev/a', '/dev/b')", "two ()('/dev/b',)"]


def test_a_probe_takes_the_surest_word(table: Callable[..., None]) -> None:
    unsure = replace(METER, certain=False)
    table(a=Finder("a", [], fault=LinkError("silent")), b=Finder("b", [], unsure), c=Finder("c", [], METER))
    assert asyncio.run(search.probe("tcp://h")) == [METER]
    table(a=Finder("a", [], fault=LinkError("silent")), b=Finder("b", [], unsure))
    assert asyncio.run(search.probe("tcp://h")) == [unsure]
    table(a=Finder("a", [], fault=LinkError("silent")))
    with pytest.raises(LinkError, match="silent"):
        asyncio.run(search.probe("tcp://h"))


def test_every_finder_is_one_and_looks_somewhere() -> None:
    for name, module in FINDERS.items():
        made = importlib.import_module(module)
        assert all(asyncio.iscoroutinefunction(getattr(made, verb)) for verb in ("find", "probe", "record")), name
    assert {name for lane in LANES for name in lane.finders} == set(FINDERS)
    assert {name for names in finders._BY_SCHEME.values() for name in names} == set(FINDERS)
    assert set(FINDERS) - {"push"} <= set(DRIVERS), "push finds p1, sml, d0 and dlms"


def test_an_address_of_nothing_is_said() -> None:
    with pytest.raises(UserError, match="did you mean 'serial'"):
        finders.for_link("seriel:///dev/x")


@pytest.mark.skipif(not VECTORS.is_dir(), reason="the captures are not beside the checkout")
@pytest.mark.parametrize("address", ["999.1.1.1", "192.168.1", "no-such-host.invalid"])
def test_an_address_that_cannot_be_is_one_line_and_exit_2(address: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["scan", address]) == 2
    said = capsys.readouterr().err
    assert said.count("\n") == 1 and repr(address) in said


def test_who_could_not_connect_knows_more_than_who_found_nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    class Asked:
        def __init__(self, fault: Exception) -> None:
            self._fault = fault

        async def probe(self, link: str) -> Sequence[Found]:
            raise self._fault

        async def record(self, link: str, seconds: float) -> bytes:
            raise self._fault

    faults = (LinkError("no inverter"), NoConnection("cannot connect"), LinkError("no smart meter"))
    monkeypatch.setattr(search, "for_link", lambda _: [Asked(fault) for fault in faults])
    for asked in (search.probe("tcp://h:1"), search.record("tcp://h:1", 1.0)):
        with pytest.raises(NoConnection):
            asyncio.run(asked)


def test_scan_finds_and_record_keeps(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The commands, with a meter that talks."""

    async def go() -> tuple[int, int]:
        async with Talker((VECTORS / "sml" / "ISKRA_MT175_eHZ.bin").read_bytes()) as talker:
            scanned = await asyncio.to_thread(main, ["scan", talker.path])
            out = str(tmp_path / "meter.bin")
            link = f"serial://{talker.path}"
            return scanned, await asyncio.to_thread(main, ["record", link, out, "--seconds", "0.3"])

    assert asyncio.run(go()) == (0, 0)
    said = capsys.readouterr()
    assert "driver=sml" in said.out and "1 found" in said.err
    assert main(["decode", "sml", str(tmp_path / "meter.bin")]) == 0
