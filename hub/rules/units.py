"""Units of the language: what may be compared with what, and what comes of calculating with it."""

from __future__ import annotations

ANY = ""
"""The unit of a plain number: it takes that of what it stands beside."""
TIME = "time of day"
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
