"""Asks the planner's process: one is started for each question, held to its time, and gone afterwards."""

from __future__ import annotations

import asyncio
import contextlib
import os
import sys
from collections.abc import Sequence
from dataclasses import dataclass

from hub.foresight.frames import Frames, Garbage, frame
from hub.foresight.view import Question

LIMIT_S = 20.0
WORKER = (sys.executable, "-m", "hub.foresight.worker")
_ALONE = {"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1", "MKL_NUM_THREADS": "1"}
"""One thread: the machine has other things to do, and each thread of a matrix library costs memory."""
_FRUGAL = {"MALLOC_MMAP_THRESHOLD_": "262144", "PYTHONOPTIMIZE": "2"}
"""glibc gives larger blocks back when they are freed, instead of keeping them between others (mallopt(3)); docstrings
are not kept.
"""
_SAID = 4096


@dataclass(frozen=True, slots=True)
class Answered:
    """The last and best `answer` that arrived, None without any; `problem` says what went wrong, or is empty."""

    answer: object = None
    problem: str = ""


async def ask(question: Question, limit_s: float = LIMIT_S, command: Sequence[str] = WORKER) -> Answered:
    """Never raises for what the process does; it is dead at the end."""
    try:
        process = await asyncio.create_subprocess_exec(
            *command,
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
            env={**os.environ, **_ALONE, **_FRUGAL},
        )
    except OSError as e:
        return Answered(problem=f"the planner cannot be started: {e.strerror or e}")
    try:
        return await _heard(process, frame(question), limit_s)
    finally:
        with contextlib.suppress(ProcessLookupError):
            process.kill()
        await process.wait()


async def _heard(process: asyncio.subprocess.Process, question: bytes, limit_s: float) -> Answered:
    best: list[object] = []
    said: list[bytes] = []
    problem = ""
    try:
        async with asyncio.timeout(limit_s), asyncio.TaskGroup() as tasks:
            tasks.create_task(_told(process, question))
            tasks.create_task(_overheard(process, said))
            hearing = tasks.create_task(_answers(process, best))
        problem = hearing.result() or _ended(await process.wait(), bool(best), said)
    except TimeoutError:
        problem = f"it took longer than {limit_s:g} s"
    return Answered(best[-1] if best else None, problem)


def _ended(code: int, answered: bool, said: list[bytes]) -> str:
    """What is wrong with how it ended."""
    if not code and answered:
        return ""
    last = b"".join(said).decode(errors="replace").strip().rpartition("\n")[2][-200:]
    how = f"it ended with {code}" if code else "it gave no answer"
    return f"{how}: {last}" if last else how


async def _told(process: asyncio.subprocess.Process, question: bytes) -> None:
    """One that dies while it is asked says so by how it ends."""
    assert process.stdin is not None
    with contextlib.suppress(ConnectionError):
        process.stdin.write(question)
        await process.stdin.drain()
        process.stdin.close()


async def _overheard(process: asyncio.subprocess.Process, said: list[bytes]) -> None:
    """What it complains of; only the end of it is of interest."""
    assert process.stderr is not None
    while some := await process.stderr.read(_SAID):
        said[:] = [b"".join(said)[-_SAID:], some]


async def _answers(process: asyncio.subprocess.Process, best: list[object]) -> str:
    """Keeps the newest in `best`; what is no answer ends the process, and is told."""
    assert process.stdout is not None
    frames = Frames()
    try:
        while some := await process.stdout.read(1 << 16):
            for answer in frames.feed(some):
                best[:] = [answer]
    except Garbage as e:
        process.kill()
        return str(e)
    return "its answer broke off" if frames.begun else ""
