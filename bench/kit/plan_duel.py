"""Two planners in turn on the same problems, each in a process of its own, so that neither meets a busier machine."""

from __future__ import annotations

import contextlib
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

from bench.kit.plan_emhass import NAME, emhass_python
from bench.kit.plan_problem import Reference, as_ours
from bench.kit.store_disk import Skipped

ROOT = Path(__file__).parents[2]
_EMHASS = Path(__file__).with_name("plan_emhass_solve.py")
Answer = dict[str, Any]


class Failed(Exception):
    """A planner had no plan, and what it said."""


@dataclass(frozen=True)
class Planner:
    """How one is started, and the file of problems in its words."""

    name: str
    command: tuple[str, ...]

    def cold(self, problem: int) -> Answer:
        """One problem in a new process; `s` is from its start until the answer is read."""
        began = time.perf_counter()
        with running(self) as process:
            answer = process.asked(problem)
            return {**answer, "s": time.perf_counter() - began}


class Running:
    def __init__(self, name: str, process: subprocess.Popen[str]) -> None:
        self._name, self._process = name, process

    def ask(self, problem: int) -> Answer:
        """Raises Skipped when the planner dies of it."""
        assert self._process.stdin and self._process.stdout
        with contextlib.suppress(BrokenPipeError):
            self._process.stdin.write(f"{problem}\n")
            self._process.stdin.flush()
        line = self._process.stdout.readline()
        if not line:
            raise Skipped(f"{self._name} gave no answer")
        answer: Answer = json.loads(line)
        return answer

    def asked(self, problem: int) -> Answer:
        """Raises Failed when it has no plan."""
        answer = self.ask(problem)
        if "failed" in answer:
            raise Failed(f"{self._name}, problem {problem}: {answer['failed']}")
        return answer


@contextlib.contextmanager
def running(planner: Planner) -> Iterator[Running]:
    process = subprocess.Popen(
        planner.command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    )
    try:
        yield Running(planner.name, process)
    finally:
        process.kill()
        process.communicate()


def at_once(problems: Sequence[dict[str, Any]], n: int) -> list[Answer]:
    """Our first plan of each problem, the quickest of `n` times; those that fail say `failed`."""
    with tempfile.TemporaryDirectory(prefix="shems-bench-") as room:
        file = _written(Path(room) / "ours.json", list(problems))
        command = (sys.executable, "-m", "bench.kit.plan_ours_solve", str(file), "at-once")
        with running(Planner("ours", command)) as process:
            process.ask(0)
            rounds = [[process.ask(problem) for problem in range(len(problems))] for _ in range(n)]
    return [min(answers, key=lambda a: float(a.get("s", 0))) for answers in zip(*rounds, strict=True)]


class Duel:
    """Ours and EMHASS with the same problems; `theirs` is None where EMHASS cannot be had, and `why` says it."""

    def __init__(self, room: Path, references: Sequence[Reference]) -> None:
        self._references = references
        ours = _written(room / "ours.json", [as_ours(r) for r in references])
        self.ours = Planner("ours", (sys.executable, "-m", "bench.kit.plan_ours_solve", str(ours)))
        self.theirs: Planner | None = None
        self.why = ""
        try:
            file = _written(room / "theirs.json", list(references))
            self.theirs = Planner(NAME, (str(emhass_python()), str(_EMHASS), str(file)))
        except Skipped as why:
            self.why = str(why)

    @classmethod
    @contextlib.contextmanager
    def of(cls, references: Sequence[Reference]) -> Iterator[Self]:
        with tempfile.TemporaryDirectory(prefix="shems-bench-") as room:
            yield cls(Path(room), references)

    def resident(self, n: int) -> tuple[list[Answer], list[Answer]]:
        """The quickest of `n` answers to each problem, by turns, in warm processes; theirs empty without them."""
        with contextlib.ExitStack() as stack:
            both = [stack.enter_context(running(p)) for p in (self.ours, self.theirs) if p]
            for process in both:
                process.asked(0)  # the first one pays for imports
            best: list[list[Answer]] = [[] for _ in both]
            for problem in range(len(self._references)):
                rounds = [[process.asked(problem) for process in both] for _ in range(n)]
                for mine, answers in zip(best, zip(*rounds, strict=True), strict=True):
                    mine.append(min(answers, key=lambda a: float(a["s"])))
        return best[0], best[1] if self.theirs else []

    def cold(self, n: int) -> tuple[Answer, Answer | None]:
        """The quickest of `n` new processes on the first problem, by turns, after one of each for the page cache."""
        both = [p for p in (self.ours, self.theirs) if p]
        rounds = [[p.cold(0) for p in both] for _ in range(1 + n)][1:]
        best = [min(answers, key=lambda a: float(a["s"])) for answers in zip(*rounds, strict=True)]
        return best[0], best[1] if self.theirs else None


def _written(path: Path, problems: list[Any]) -> Path:
    path.write_text(json.dumps(problems))
    return path
