"""Every scenario in the folders beside this file: what is given and asked, and what the core must make of it."""

from __future__ import annotations

from pathlib import Path

import orjson
import pytest

from hub.core.keyframe import packed, unpacked
from tests.scenarios.judge import misses
from tests.scenarios.play import play
from tests.scenarios.scenario import ROOM, Scenario, files


def _named(path: Path) -> str:
    return path.relative_to(ROOM).with_suffix("").as_posix()


@pytest.mark.parametrize("path", files(), ids=_named)
def test_scenario(path: Path, request: pytest.FixtureRequest) -> None:
    scenario = Scenario.read(path)
    played = play(scenario)
    state = played[max(played)].result.state
    assert unpacked(orjson.loads(orjson.dumps(packed(state)))) == state, "the core's memory does not survive a restart"
    if scenario.known_defect:
        request.applymarker(pytest.mark.xfail(reason=scenario.known_defect, strict=True))
    missed = misses(scenario, played)
    assert not missed, "\n".join(["", scenario.about, *missed])
