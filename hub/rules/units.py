"""Units of the language: what may be compared with what, and what comes of calculating with it."""

from __future__ import annotations

ANY = ""
"""The unit of a plain number: it takes that of what it stands beside."""
TIME = "time of day"
PRICE = "1e-5/kWh"
PLAIN = "a plain number"
"""The unit of what has none: a count, a ratio. Unlike a number that is only written, it stays so."""
MIXED = "a mix of units"
"""What a product of two units is in: it may be compared with written numbers only."""
_PRODUCTS = {("V", "*", "A"): "W", ("A", "*", "V"): "W", ("W", "/", "V"): "A", ("W", "/", "A"): "V"}


def same(left: str, right: str) -> str | None:
    """The unit of both, where they may be added and compared; None where they may not."""
    if right in (left, ANY):
        return left
    return right if left == ANY else None


def added(sign: str, left: str, right: str) -> str | None:
    """The unit of a sum or a difference. A time of day may be moved by minutes; two of them are minutes apart."""
    if left == TIME and right == TIME:
        return "min" if sign == "-" else None
    if left == TIME or (right == TIME and sign == "+"):
        return TIME if same(right if left == TIME else left, "min") else None
    return same(left, right)


def multiplied(sign: str, left: str, right: str) -> str | None:
    if TIME in (left, right):
        return None
    if right in (ANY, PLAIN):
        return left or right
    if sign == "/" and left == right:
        return PLAIN
    return right if left in (ANY, PLAIN) and sign == "*" else _PRODUCTS.get((left, sign, right), MIXED)


def bare(beside: str, value: float | None, moved: bool = False) -> str:
    """What is said of a bare number beside a price, or a time of day (that may be `moved` by it), as nobody can tell
    in what it is meant; "" where it goes without saying. `value` None: too large for any number.
    """
    if beside == TIME and moved:
        v = 30.0 if value is None else value
        return f"a time of day is moved by minutes or hours; write {v:g} min or {v:g} h"
    if beside == TIME:
        minutes = round(value * 60) if value is not None and 0 <= value < 24 else 420
        return f"a bare number is no time of day; write it like {minutes // 60 % 24:02}:{minutes % 60:02}"
    if beside != PRICE or value == 0:
        return ""
    ct = _cents(25.0 if value is None else value)
    return f"a bare number is no price; write {ct / 100:g} EUR/kWh or {ct:g} ct/kWh"


def _cents(value: float) -> float:
    """As it was probably meant: small ones in EUR, large ones as prices are kept."""
    return value * 100 if abs(value) < 1 else value if abs(value) < 1000 else value / 1000
