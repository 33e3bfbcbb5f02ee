"""A ring in a folder of its own, and a clock that stands still unless it is moved."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from hub.store.ring import Ring
from tests.store.house import StillClock


@pytest.fixture
def clock() -> StillClock:
    return StillClock()


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "history.db"


@pytest.fixture
def ring(path: Path, clock: StillClock) -> Iterator[Ring]:
    ring = Ring.open(path, clock)
    ring.start()
    yield ring
    ring.close()
