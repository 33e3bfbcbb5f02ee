"""Damage for codecs: mutants of real messages, the same ones on every run, and a runner that judges a `decode`.

`SHEMS_FUZZ=1000000` runs the full count; the suite's own count is what each test names. `SHEMS_GUIDED=1000000` lets
atheris look for so many inputs that reach new code of the drivers (`pip install atheris` beside the hub; see conftest).
"""

from __future__ import annotations

import math
import os
import random
import tempfile
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from hub.model.heard import Capture, Heard, Rejected

GUIDED = int(os.environ.get("SHEMS_GUIDED", "0"))
made = 0
"""mutants, since the process began"""

Decode = Callable[[bytes], Capture]
Judge = Callable[[bytes, Capture], None]

LONGEST = 20_000
"""Bytes of a mutant; growth by insertion and repetition ends here."""


SIXTEEN_BITS = 2.0**-16


def wanted(count: int) -> int:
    """How many mutants to try: `count`, or what the environment says."""
    return int(os.environ.get("SHEMS_FUZZ", "0")) or count


def mutants(seeds: Sequence[bytes], count: int) -> Iterator[bytes]:
    """`count` damaged copies of `seeds`: flipped, lost, doubled, moved and foreign bytes, cuts, joints, odd numbers."""
    global made  # noqa: PLW0603  # a count for the report
    dice = random.Random(len(seeds) * 1009 + sum(map(len, seeds)))
    for n in range(count):
        made += 1
        data = seeds[n % len(seeds)]
        for _ in range(1 if dice.random() < 0.6 else dice.randrange(2, 6)):
            data = _DAMAGES[dice.randrange(len(_DAMAGES))](data or b"\x00", seeds, dice)
        yield data[:LONGEST]


def run(decode: Decode, seeds: Sequence[bytes], count: int, judge: Judge | None = None, luck: float = 0.0) -> int:
    """Decodes every mutant; raises AssertionError for what no codec may do. Returns how many still gave a message.

    `judge`: what else must hold of a mutant and its capture, such as "no value that the seed did not have"; it raises
    AssertionError. `luck`: the share of mutants that may fail it, as by chance a damaged message has a right checksum:
    SIXTEEN_BITS for a checksum of that many; with the suite's small counts that is none.
    """
    if GUIDED:
        return _guided(decode, seeds, judge, luck)
    heard, slips, tried = 0, [], wanted(count)
    for mutant in mutants(seeds, tried):
        try:
            capture = decode(mutant)
        except Exception as error:
            raise AssertionError(f"{type(error).__name__}: {error} for {mutant.hex()}") from error
        check(mutant, capture)
        try:
            if judge:
                judge(mutant, capture)
        except AssertionError as slip:
            slips.append(slip)
            if len(slips) > luck * tried:
                raise
        heard += bool(capture.messages)
    return heard


def _guided(decode: Decode, seeds: Sequence[bytes], judge: Judge | None, luck: float) -> int:
    """In a process of its own, as libFuzzer ends the one that it runs in; what it says is what failed."""
    import atheris

    with tempfile.TemporaryDirectory(prefix="shems-fuzz-") as corpus:
        for n, seed in enumerate(seeds):
            (Path(corpus) / str(n)).write_bytes(seed)
        child = os.fork()
        if not child:

            def one(data: bytes) -> None:
                capture = decode(data)
                check(data, capture)
                if judge and not luck:
                    judge(data, capture)

            most = min(LONGEST, 2 * max(map(len, seeds)))
            atheris.Setup(["fuzz", f"-runs={GUIDED}", f"-max_len={most}", f"-artifact_prefix={corpus}/", corpus], one)
            atheris.Fuzz()
        assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0, "atheris has found something, see above"
        found = [path.read_bytes() for path in Path(corpus).iterdir()]
    return sum(bool(decode(data).messages) for data in found)


def check(data: bytes, capture: Capture) -> None:
    """What every capture keeps, whatever went in."""
    for message in capture.messages:
        assert isinstance(message, Heard) and 0 <= message.offset <= len(data)
        for name, value in message.points.items():
            assert "." in name and not is_no_number(value), f"{name} = {value} for {data.hex()}"
        for reading in message.readings:
            assert reading.code and not is_no_number(reading.value)
    for rejected in capture.rejected:
        assert isinstance(rejected, Rejected) and rejected.reason and 0 <= rejected.offset <= len(data)


def is_no_number(value: object) -> bool:
    return isinstance(value, float) and not math.isfinite(value)


def _flip(data: bytes, seeds: Sequence[bytes], dice: random.Random) -> bytes:
    at = dice.randrange(len(data))
    return data[:at] + bytes([data[at] ^ (1 << dice.randrange(8))]) + data[at + 1 :]


def _replace(data: bytes, seeds: Sequence[bytes], dice: random.Random) -> bytes:
    at, value = dice.randrange(len(data)), dice.choice((0, 1, 0x7F, 0x80, 0xFF, dice.randrange(256)))
    return data[:at] + bytes([value]) + data[at + 1 :]


def _lose(data: bytes, seeds: Sequence[bytes], dice: random.Random) -> bytes:
    at = dice.randrange(len(data))
    return data[:at] + data[at + dice.choice((1, 1, 2, 8, 64)) :]


def _insert(data: bytes, seeds: Sequence[bytes], dice: random.Random) -> bytes:
    at = dice.randrange(len(data) + 1)
    return data[:at] + dice.randbytes(dice.choice((1, 1, 2, 5, 40))) + data[at:]


def _cut(data: bytes, seeds: Sequence[bytes], dice: random.Random) -> bytes:
    at = dice.randrange(len(data) + 1)
    return data[:at] if dice.random() < 0.7 else data[at:]


def _double(data: bytes, seeds: Sequence[bytes], dice: random.Random) -> bytes:
    at = dice.randrange(len(data))
    piece = data[at : at + dice.choice((1, 4, 20, 200))]
    return data[:at] + piece * dice.choice((2, 2, 3, 50)) + data[at + len(piece) :]


def _move(data: bytes, seeds: Sequence[bytes], dice: random.Random) -> bytes:
    at, to = dice.randrange(len(data)), dice.randrange(len(data))
    piece = data[at : at + dice.randrange(1, 17)]
    rest = data[:at] + data[at + len(piece) :]
    return rest[:to] + piece + rest[to:]


def _join(data: bytes, seeds: Sequence[bytes], dice: random.Random) -> bytes:
    other = dice.choice(seeds)
    return data[: dice.randrange(len(data) + 1)] + other[dice.randrange(len(other) + 1) :]


def _digit(data: bytes, seeds: Sequence[bytes], dice: random.Random) -> bytes:
    """A text's digit becomes another, or something that only looks like a number."""
    digits = [at for at, byte in enumerate(data) if 0x30 <= byte <= 0x39]
    if not digits:
        return _flip(data, seeds, dice)
    at = dice.choice(digits)
    odd = (b"9", b"-", b".", b"e9", b"e999", b"NaN", b"null", b"99999999999999999999999999", b'"', b"\xc2\xb2", b" ")
    return data[:at] + dice.choice(odd) + data[at + 1 :]


_DAMAGES = (_flip, _flip, _replace, _replace, _lose, _insert, _cut, _double, _move, _join, _digit)
