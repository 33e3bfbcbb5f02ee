"""The Modbus link against a device that lies: this answer goes in, this must come out.

After every wrong answer a second read, of another register, must be right: nothing of the first may be left over.
"""

from __future__ import annotations

import asyncio
import struct
from typing import Any

import pytest

from drivers.modbus import link as link_module
from drivers.modbus.link import READ_HOLDING, READ_INPUT, WRITE_MANY, WRITE_ONE, WRITE_S, DeviceException, Illegal
from hub.errors import LinkError, NoAnswer, Refused, ShemsError
from tests.drivers_modbus.kit import Script, contents, now, right, silence
from tests.drivers_modbus.scripts import (
    CARRIERS,
    after,
    exception,
    fails,
    hangs_up,
    hangs_up_midway,
    other_talk,
    pieces,
    says,
    words,
)

pytestmark = pytest.mark.steady

OTHER = b"\x2b\x0e\x01\x00"
"""of a function that nobody asked for"""

ANYWHERE: list[tuple[str, Script, Any]] = [
    ("the right answer", right, "right"),
    ("byte by byte", pieces(*[1] * 12), "right"),
    ("in two pieces", pieces(4), "right"),
    ("silence", silence, NoAnswer),
    ("another unit", says(lambda c: c.frame(unit=c.unit + 1)), NoAnswer),
    ("another unit, then the right one", says(lambda c: c.frame(unit=c.unit + 1) + c.frame()), "right"),
    ("input for holding registers", says(lambda c: words(c, c.count, READ_INPUT)), NoAnswer),
    ("a write's answer", says(lambda c: c.frame(struct.pack(">BHH", WRITE_MANY, c.address, c.count))), NoAnswer),
    ("one register too few", says(lambda c: words(c, c.count - 1)), NoAnswer),
    ("no register", says(lambda c: words(c, 0)), NoAnswer),
    ("one register too many", says(lambda c: words(c, c.count + 1)), NoAnswer),
    ("many registers too many", says(lambda c: words(c, 120)), NoAnswer),
    ("too few, then the right one", says(lambda c: words(c, c.count - 1) + c.frame()), "right"),
    ("an unknown function", says(lambda c: c.frame(b"\x55\x01\x02")), NoAnswer),
    ("a function that decodes otherwise", says(lambda c: c.frame(OTHER)), NoAnswer),
    ("an exception of another function", says(lambda c: c.frame(bytes([0x90, 2]))), NoAnswer),
    ("cut off, then silence", says(lambda c: c.frame()[:-3]), NoAnswer),
    ("exception 1", exception(1), Illegal),
    ("exception 2", exception(2), Illegal),
    ("exception 3", exception(3), Illegal),
    ("exception 4", exception(4), "right"),
    ("exception 5", exception(5), "right"),
    ("exception 6", exception(6), "right"),
    ("exception 10", exception(10), NoAnswer),
    ("exception 11", exception(11), NoAnswer),
    ("exception 255", exception(255), DeviceException),
]

ON_TCP: list[tuple[str, Script, Any]] = [
    ("unit 0", says(lambda c: c.frame(unit=0)), "right"),
    ("unit 255", says(lambda c: c.frame(unit=255)), "right"),
    ("an exception of unit 255", says(lambda c: c.frame(bytes([c.function | 0x80, 2]), unit=255)), Illegal),
    ("unit 0 of the last transaction", says(lambda c: c.frame(unit=0, tid=c.tid - 1)), NoAnswer),
    ("unit 0 and no transaction", says(lambda c: c.frame(unit=0, tid=0)), NoAnswer),
    ("unit 0 and one register too few", says(lambda c: c.frame(words(c, c.count - 1)[7:], unit=0)), NoAnswer),
    ("unit 0 and another function", says(lambda c: c.frame(words(c, c.count, READ_INPUT)[7:], unit=0)), NoAnswer),
    ("transaction 0", says(lambda c: c.frame(tid=0)), NoAnswer),
    ("the next transaction", says(lambda c: c.frame(tid=c.tid + 1)), NoAnswer),
    ("the last transaction", says(lambda c: c.frame(tid=c.tid - 1)), NoAnswer),
    ("an old answer, then the right one", says(lambda c: c.frame(tid=c.tid - 1) + c.frame()), "right"),
    ("the right one twice", says(lambda c: 2 * c.frame()), "right"),
    ("another protocol", says(lambda c: c.frame()[:2] + b"\0\1" + c.frame()[4:]), NoAnswer),
    ("noise", says(lambda c: b"\xde\xad\xbe\xef" * 5), NoAnswer),
    ("noise before it", says(lambda c: b"\xde\xad\xbe\xef" * 5 + c.frame()), NoAnswer),
    ("hangs up", hangs_up, LinkError),
    ("hangs up in mid-answer", hangs_up_midway, LinkError),
]

ON_RTU: list[tuple[str, Script, Any]] = [
    ("unit 0", says(lambda c: c.frame(unit=0)), NoAnswer),
    ("unit 255", says(lambda c: c.frame(unit=255)), NoAnswer),
    ("a wrong checksum", says(lambda c: c.frame()[:-1] + bytes([c.frame()[-1] ^ 1])), NoAnswer),
    ("a wrong checksum, then the right one", says(lambda c: c.frame()[:-2] + b"\0\0" + c.frame()), "right"),
    ("a bit turned over", says(lambda c: c.frame()[:3] + bytes([c.frame()[3] ^ 8]) + c.frame()[4:]), NoAnswer),
    ("a zero before it", says(lambda c: b"\0" + c.frame()), "right"),
    ("noise before it", says(lambda c: b"\x00\xff\x01\x03" + c.frame()), "right"),
    ("half an answer before it", says(lambda c: c.frame()[3:] + c.frame()), "right"),
    ("noise after it", says(lambda c: c.frame() + b"\xff\x00"), "right"),
    ("the request, then the answer", says(lambda c: c.raw + c.frame()), "right"),
    ("the talk of another master", says(lambda c: other_talk(c) + c.frame()), "right"),
    ("noise", says(lambda c: b"\xde\xad\xbe\xef" * 5), NoAnswer),
    ("zeros", says(lambda c: bytes(40)), NoAnswer),
]

TABLE = {(c, name): row for c in CARRIERS for name, *row in ANYWHERE + (ON_TCP if c == "tcp" else ON_RTU)}


async def test_answers(stage: Any) -> None:
    """All rows at the same time, each with a device of its own."""
    found = await asyncio.gather(*(outcome(stage, carrier, script) for (carrier, _), (script, _) in TABLE.items()))
    assert dict(zip(TABLE, found, strict=True)) == {case: wanted for case, (_, wanted) in TABLE.items()}


async def outcome(stage: Any, carrier: str, script: Script) -> Any:
    """What comes out of a read that is answered so; the request after it must be right."""
    async with stage(carrier) as (peer, link):
        peer.plan.append(script)
        found = await result(link.read(7, READ_HOLDING, 100, 5), contents(7, 100, 5))
        begin = now()
        if (then := await result(link.read(7, READ_HOLDING, 300, 5), contents(7, 300, 5))) != "right":
            return f"{found}, but then {then}"
        if found is not NoAnswer and now() - begin > 0.8:
            return f"{found}, but then late"
        return found if peer.overlaps == 0 else "did not wait"


async def result(asked: Any, wanted: tuple[int, ...]) -> Any:
    try:
        return "right" if await asked == wanted else "wrong"
    except ShemsError as error:
        return type(error)


WRITES: dict[str, Script] = {
    "silence": silence,
    "another address": says(lambda c: c.frame(c.pdu[:1] + b"\0\1" + c.pdu[3:])),
    "another value or count": says(lambda c: c.frame(c.pdu[:3] + b"\xab\xcd")),
    "another unit": says(lambda c: c.frame(unit=c.unit + 1)),
    "cut off": says(lambda c: c.frame()[:-2]),
    "hangs up": hangs_up,
}


async def test_a_write_that_is_not_confirmed_is_written_again(stage: Any) -> None:
    cases = [(c, name, function) for c in CARRIERS for name in WRITES for function in (WRITE_ONE, WRITE_MANY)]
    cases = [case for case in cases if case[:2] != ("serial", "hangs up")]
    found = await asyncio.gather(*(written(stage, carrier, WRITES[name], f) for carrier, name, f in cases))
    assert dict(zip(cases, found, strict=True)) == dict.fromkeys(cases, "in time")


async def written(stage: Any, carrier: str, script: Script, function: int) -> str:
    values = (4711,) if function == WRITE_ONE else (1, 2, 3)
    async with stage(carrier) as (peer, link):
        peer.plan.append(script)
        begin = now()
        await link.write(7, function, 100, values)
        took = now() - begin
        assert peer.asked() == 2 * [(7, function, 100)]
        assert await link.read(7, READ_HOLDING, 100, len(values)) == values
        return "in time" if took < WRITE_S else f"after {took:.2f} s"


@pytest.mark.parametrize(("code", "times"), [(4, 2), (5, 3), (6, 3), (8, 1), (2, 1)])
async def test_a_read_that_met_a_busy_device_is_asked_again_but_not_for_ever(
    stage: Any, code: int, times: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(link_module, "_BUSY_S", (0.0, 0.0))
    async with stage("tcp") as (peer, link):
        peer.script = exception(code)
        error, _ = await fails(link.read(7, READ_HOLDING, 100, 1))
        assert error is (Illegal if code == 2 else DeviceException)
        assert peer.asked() == times * [(7, READ_HOLDING, 100)]
        peer.script = right
        assert await link.read(7, READ_HOLDING, 100, 1) == contents(7, 100, 1)


@pytest.mark.parametrize("carrier", CARRIERS)
async def test_a_refused_write_is_refused_at_once_and_not_repeated(stage: Any, carrier: str) -> None:
    async with stage(carrier) as (peer, link):
        peer.script = exception(4)
        error, took = await fails(link.write(7, WRITE_ONE, 100, (1,)))
        assert error is DeviceException and took < 0.2
        assert len(peer.calls) == 1


@pytest.mark.parametrize("carrier", CARRIERS)
async def test_what_is_refused_says_where_and_why(stage: Any, carrier: str) -> None:
    async with stage(carrier) as (peer, link):
        peer.script = exception(2)
        with pytest.raises(Refused, match=r"unit 7: function 3 at 100: exception 2 \(illegal address\)"):
            await link.read(7, READ_HOLDING, 100, 1)


@pytest.mark.parametrize("carrier", CARRIERS)
@pytest.mark.parametrize(
    "function, count", [(READ_HOLDING, 1), (READ_INPUT, 2), (READ_HOLDING, 100), (READ_INPUT, 125)]
)
async def test_reads_of_every_size(stage: Any, carrier: str, function: int, count: int) -> None:
    async with stage(carrier) as (peer, link):
        assert await link.read(3, function, 1000, count) == contents(3, 1000, count)
        assert peer.asked() == [(3, function, 1000)]


@pytest.mark.usefixtures("quick")
async def test_an_old_answer_of_full_size_does_not_hide_the_new_one(stage: Any) -> None:
    async with stage("tcp") as (peer, link):
        peer.plan.append(says(lambda c: c.frame(tid=c.tid - 1) + c.frame()))
        assert await link.read(3, READ_INPUT, 0, 100) == contents(3, 0, 100)


@pytest.mark.usefixtures("quick")
async def test_a_line_that_echoes(stage: Any) -> None:
    """RS-485 adapters that hear themselves: the request comes back, and then the answer."""
    async with stage("serial", echo=True) as (peer, link):
        for address in (1, 5, 9):
            peer.plan.append(after(0.03))
            assert await link.read(7, READ_HOLDING, address, 4) == contents(7, address, 4)
        await link.write(7, WRITE_MANY, 50, (3, 4))
        assert await link.read(7, READ_HOLDING, 50, 2) == (3, 4)
