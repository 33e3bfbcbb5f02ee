"""The planner's process: whatever becomes of it, the hub gets what there is and is told what is wrong."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
from pathlib import Path

import pytest

from hub.foresight.frames import Frames, Garbage, frame
from hub.foresight.process import LIMIT_S, WORKER, Answered, ask
from hub.foresight.view import Rate, Solve, Thought
from tests.foresight.kit import DAY, HOUR, START, car, view

ROOT = Path(__file__).parents[2]
QUESTION = Solve(view(days=3, pv=None, cars=(car(),)), START + HOUR)
WRITE = "import sys; from hub.foresight.frames import frame; sys.stdin.buffer.read(); out = sys.stdout.buffer; "


def asked(code: str = "", limit_s: float = LIMIT_S) -> Answered:
    command = (sys.executable, "-c", code) if code else WORKER
    return asyncio.run(ask(QUESTION, limit_s, command))


@pytest.mark.steady
def test_it_thinks_in_a_process_of_its_own_and_gives_the_best_it_has() -> None:
    found = asked()
    assert found.problem == "" and isinstance(found.answer, Thought) and found.answer.told is not None
    assert found.answer.told["steps"][0]["start"] == START


@pytest.mark.parametrize(("code", "said"), [
    ("raise SystemExit(3)", "it ended with 3"),
    ("import sys; sys.stdin.read(1); raise ValueError('no such thing')", "it ended with 1: ValueError: no such thing"),
    ("import sys; sys.stdin.buffer.read()", "it gave no answer"),
    ("print('hello, I am no answer at all')", "what came back is no answer"),
    (WRITE + "out.write(frame('whole')[:-3])", "its answer broke off"),
    (WRITE + "b = bytearray(frame('whole')); b[-1] ^= 1; out.write(b)", "an answer came back damaged"),
    ("import os, signal; os.kill(os.getpid(), signal.SIGKILL)", "it ended with -9"),
])  # fmt: skip
def test_what_went_wrong_is_named(code: str, said: str) -> None:
    assert asked(code) == Answered(None, said)


def test_one_that_hangs_is_ended_and_what_it_said_before_counts() -> None:
    slow = WRITE + "out.write(frame('quick')); out.flush(); import time; time.sleep(600)"
    assert asked(slow, limit_s=3.0) == Answered("quick", "it took longer than 3 s")


def test_the_last_answer_counts() -> None:
    assert asked(WRITE + "out.write(frame('quick') + frame('better'))") == Answered("better", "")


def test_one_that_says_much_and_reads_nothing_does_not_hold_the_hub() -> None:
    loud = "import sys; sys.stderr.write('x' * 1_000_000 + chr(10) + 'the end'); sys.exit(4)"
    assert asked(loud) == Answered(None, "it ended with 4: the end")


def test_a_program_that_is_not_there_is_named() -> None:
    found = asyncio.run(ask(QUESTION, LIMIT_S, ("/nonexistent/planner",)))
    assert found == Answered(None, "the planner cannot be started: No such file or directory")


def test_a_hub_that_stops_leaves_no_process_behind(tmp_path: Path) -> None:
    told = tmp_path / "pid"
    code = f"import os, time; open({str(told)!r}, 'w').write(f'{{os.getpid()}} '); time.sleep(600)"

    async def main() -> int:
        task = asyncio.create_task(ask(QUESTION, 600.0, (sys.executable, "-c", code)))
        while not (told.exists() and told.read_text().endswith(" ")):
            await asyncio.sleep(0.01)
        child = int(told.read_text())
        os.kill(child, 0)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        return child

    child = asyncio.run(main())
    with pytest.raises(ProcessLookupError):
        os.kill(child, 0)


def test_frames_come_in_any_pieces() -> None:
    sent = frame({"a": 1}) + frame([2, 3])
    for size in (1, 7, len(sent)):
        frames, got = Frames(), []
        for at in range(0, len(sent), size):
            got += list(frames.feed(sent[at : at + size]))
        assert got == [{"a": 1}, [2, 3]] and not frames.begun
    with pytest.raises(Garbage):
        list(Frames().feed(b"PLAN" + b"\xff" * 20))


def test_the_hub_itself_never_loads_the_solver() -> None:
    code = "import hub.app, sys; sys.exit('highspy' in sys.modules or 'hub.plan' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=False).returncode == 0


def test_the_planners_process_loads_nothing_that_it_does_not_need() -> None:
    """A megabyte or more each, on a small box."""
    unneeded = "'numpy.ma', 'asyncio', 'sqlite3', 'aiohttp', 'statistics'"
    code = "import sys; from hub.foresight.worker import main; main(); "
    code += f"sys.exit(not {{{unneeded}}}.isdisjoint(sys.modules))"
    for question in (
        Solve(view(days=40, cars=(car(),)), START + HOUR),
        Rate(view(days=40).load, None, (START // DAY - 1,)),
    ):
        said = asyncio.run(ask(question, LIMIT_S, (sys.executable, "-c", code)))
        assert said.problem == "" and said.answer is not None
