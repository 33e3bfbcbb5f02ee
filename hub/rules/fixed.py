"""What an amount comes to whatever is measured, so that what can never be is told when it is written."""

from __future__ import annotations

from hub.model import Moment, Quantity
from hub.rules import scalar, tree

_ANY_TIME = scalar.Now({}, Moment(0, 0, 0, 0), [])


def fixed(node: tree.Amount | None) -> float | None:
    """What an amount comes to at any time; None where that is not known before."""
    return None if node is None or _varies(node) else scalar.amount(node)(_ANY_TIME)


def _varies(node: tree.Amount) -> bool:
    match node:
        case tree.Number():
            return False
        case tree.Negative(of):
            return _varies(of)
        case tree.Sum(_, left, right):
            return _varies(left) or _varies(right)
        case tree.Pick(_, of):
            return any(map(_varies, of))
        case _:
            return True


def between_wholes(value: float | None, q: Quantity) -> str:
    """What is said of a value that a point of whole numbers cannot have; "" of one that it can."""
    if value is None or value.is_integer() or q.unit or q.scale != 1:
        return ""
    return f"a whole number, not {value:g}; write {value // 1:g} or {value // 1 + 1:g}"
