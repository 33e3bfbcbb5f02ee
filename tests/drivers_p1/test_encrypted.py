"""Encrypted P1 streams, sealed by dlms_cosem, and read by dsmr-parser beside us."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from dlms_cosem import security
from dsmr_parser import telegram_specifications
from dsmr_parser.parsers import TelegramParser

from drivers.p1.codec import Parser, decode
from drivers.push.sealed import DEFAULT_AUTH_KEY, Keys
from hub.model.heard import CaptureHints, Heard
from tests.codec_fuzz import SIXTEEN_BITS, run

VECTORS = Path(__file__).parents[3] / "shared" / "vectors" / "dsmr"
KEY, AUTH, TITLE = bytes(range(16)), bytes(range(16, 32)), b"SAG\x10\x20\x30\x40\x50"


def seal(plain: bytes, auth: bytes = DEFAULT_AUTH_KEY, counter: int = 450) -> bytes:
    how = security.SecurityControlField.from_bytes(b"\x30")
    body = b"\x30" + counter.to_bytes(4, "big") + security.encrypt(how, TITLE, counter, KEY, plain, auth)
    return b"\xdb\x08" + TITLE + b"\x82" + len(body).to_bytes(2, "big") + body


def hints(key: bytes = KEY, auth: bytes = b"") -> CaptureHints:
    return CaptureHints(key=key, auth_key=auth)


@pytest.mark.skipif(not VECTORS.exists(), reason=f"no vectors at {VECTORS}")
def test_dsmr_parser_opens_the_same_telegram_to_the_same_values() -> None:
    plain = (VECTORS / "dsmrparser_sagemcom_t210_d_r.txt").read_bytes()
    peer = TelegramParser(telegram_specifications.SAGEMCOM_T210_D_R)
    theirs = peer.parse(seal(plain, AUTH).hex(), KEY.hex(), AUTH.hex())
    ours = decode(seal(plain, AUTH), hints(auth=AUTH)).messages[0]
    assert ours.readings == decode(plain).messages[0].readings
    found = {r.code: r.value for r in ours.readings}
    assert found["1-0:1.7.0"] == theirs.CURRENT_ELECTRICITY_USAGE.value == 286
    assert found["1-0:1.8.0"] == theirs.ELECTRICITY_IMPORTED_TOTAL.value == 6_545_766


@pytest.mark.parametrize("auth", [b"", AUTH], ids=["Luxembourg's", "its own"])
def test_with_the_right_keys(telegram: Callable[..., bytes], auth: bytes) -> None:
    stream = b"\x00" + seal(telegram(-1234), auth or DEFAULT_AUTH_KEY) + b"\r\n" + telegram(7)
    capture = decode(stream, hints(auth=auth))
    assert [m.points["grid.power"] for m in capture.messages] == [-1234, 7] and not capture.rejected
    assert [m.offset for m in capture.messages] == [1, len(stream) - len(telegram(7))]


@pytest.mark.parametrize(
    ("given", "reason"),
    [(hints(b""), "needs the meter's key"), (hints(bytes(16)), "is wrong"), (hints(auth=bytes(16)), "is wrong")],
    ids=["no key", "wrong key", "wrong auth_key"],
)
def test_without_them_a_reason_and_no_value(telegram: Callable[..., bytes], given: CaptureHints, reason: str) -> None:
    capture = decode(seal(telegram(5)), given)
    assert capture.messages == () and reason in capture.rejected[0].reason
    assert all(KEY.hex() not in r.reason for r in capture.rejected)


def test_it_comes_whole_however_it_is_cut(telegram: Callable[..., bytes]) -> None:
    stream = seal(telegram(1)) + seal(telegram(2), counter=451) + telegram(3) + seal(telegram(4))
    for size in (1, 2, 7, 100):
        parser = Parser(Keys(KEY))
        events = [e for n in range(0, len(stream), size) for e in parser.feed(stream[n : n + size])]
        assert [e.points["grid.power"] for e in events if isinstance(e, Heard)] == [1, 2, 3, 4]


def test_one_that_is_cut_off_does_not_hide_the_next(telegram: Callable[..., bytes]) -> None:
    capture = decode(seal(telegram(1))[:200] + seal(telegram(2)), hints())
    assert [m.points["grid.power"] for m in capture.messages] == [2] and capture.rejected


def test_keys_are_never_shown() -> None:
    assert KEY.hex() not in repr(Keys(KEY)) and str(KEY) not in repr(Keys(KEY, AUTH))


def test_no_mutation_raises_or_gives_a_wrong_value(telegram: Callable[..., bytes]) -> None:
    seeds = [seal(telegram(-1234)), seal(telegram(-1234)) + telegram(-1234)]
    truth = decode(seeds[0], hints()).messages[0].points

    def judge(data: bytes, capture: Any) -> None:
        assert all(message.points == truth for message in capture.messages), data.hex()

    assert run(lambda data: decode(data, hints()), seeds, 3000, judge, SIXTEEN_BITS) > 0  # one of them is plain


def test_text_of_hexadecimal_digits_says_the_same(telegram: Callable[..., bytes]) -> None:
    stream = b"\x00" + seal(telegram(-1234)) + b"\r\n" + telegram(7)
    for text in (stream.hex(), stream.hex("\n", 30), f"[D][uart:114]: <<< {stream.hex(':')}"):
        assert decode(text.encode(), hints()) == decode(stream, hints())
