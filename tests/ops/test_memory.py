"""What stays is not looked through again, until the house begins anew."""

from __future__ import annotations

import gc

from hub.ops.memory import astir, settled


def test_what_has_settled_is_left_alone_until_it_may_go() -> None:
    settled()
    try:
        assert gc.get_freeze_count() > 10_000
    finally:
        astir()
    assert gc.get_freeze_count() == 0
