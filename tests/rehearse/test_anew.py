"""The step of a past moment is made again only of inputs that are all there, and not against what was kept of it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from hub.errors import ShemsError
from hub.rehearse.anew import decided
from tests.rehearse.test_replay_command import CAR, T0, WISH, change, folder, lived

__all__ = ["folder", "lived"]
WISHED = T0 + 50_000
END = T0 + 150_000


def told(folder: Path, t: int, whole_until: int = 0) -> object:
    made = decided(folder, t, whole_until=whole_until)
    return next(c.value for c in made.step.commands if c.point == CAR) if made else None


def test_each_moment_has_the_step_that_was_in_force(folder: Path) -> None:
    moments = (WISHED - 1_500, WISHED - 1, WISHED, WISHED + 199, WISHED + 201, WISHED + 1_500)
    assert [told(folder, t) for t in moments] == [8.0, 8.0, 9.0, 9.0, 9.0, 9.0]
    assert told(folder, T0 - 100_000) is None, "before the first"


def test_what_may_have_been_lost_with_the_power_is_not_known(folder: Path) -> None:
    """The columns go on; of the notes the last ones were not written, the wish among them. Then the hub starts anew."""
    start = f"SELECT {END + 60_000}, kind, json_set(json, '$.start', json('true'), '$.second', {END + 59_000})"
    change(
        folder,
        f"DELETE FROM input WHERE t >= {WISHED}",
        f"INSERT INTO input (t, kind, json) {start} FROM input WHERE kind = 'frame' ORDER BY id DESC LIMIT 1",
    )
    assert told(folder, WISHED - 30_000) == 8.0, "a later note tells that all is there"
    assert told(folder, WISHED + 1_500) is None
    assert told(folder, WISHED + 1_500, whole_until=END + 120_000) is None, "not by the hub of the next life either"


def test_the_hub_that_asks_knows_that_nothing_is_missing(folder: Path) -> None:
    change(folder, f"DELETE FROM input WHERE t > {WISHED}")
    assert told(folder, WISHED + 5_500) is None
    assert told(folder, WISHED + 5_500, whole_until=WISHED + 6_000) == 9.0


@pytest.mark.parametrize("moment", [WISHED - 20_000, WISHED + 1_500])
def test_what_the_next_digest_contradicts_is_not_told(folder: Path, moment: int) -> None:
    change(folder, f"UPDATE input SET json = json_set(json, '$.requests[0].value', 10) WHERE {WISH}")
    assert told(folder, moment) is None
    assert told(folder, T0 + 10_000) == 8.0


def test_a_moment_after_the_last_step_is_not_known(folder: Path) -> None:
    assert [told(folder, END + ms, whole_until=END + 60_000) for ms in (2_900, 3_300, 9_900)] == [9.0, None, None]


def damage(folder: Path) -> None:
    (folder / "state.db").write_bytes((folder / "state.db").read_bytes()[:20_000])


def garbage(folder: Path) -> None:
    change(folder, f"UPDATE input SET json = '{{' WHERE {WISH}")


@pytest.mark.parametrize("breaks", [damage, garbage])
def test_a_damaged_file_is_no_fault_of_who_asks(folder: Path, breaks: Callable[[Path], None]) -> None:
    breaks(folder)
    with pytest.raises(ShemsError) as error:
        decided(folder, WISHED + 1_500)
    assert error.type is ShemsError and "state.db" in str(error.value)
