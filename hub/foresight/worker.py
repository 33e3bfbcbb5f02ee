"""The planner's process: one question by standard input, its answers on standard output, then it is gone.

`python -m hub.foresight.worker`, started by hub.foresight.process alone. It is the only one that loads the solver.
"""

from __future__ import annotations

import os
import resource
import sys

from hub.foresight.frames import Frames, frame

NICE = 10
CPU_S = 120
"""Whatever becomes of the hub that asked, this process ends."""


def main() -> None:
    os.nice(NICE)
    resource.setrlimit(resource.RLIMIT_CPU, (CPU_S, CPU_S))
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # whatever else is printed, by the solver too, is no answer
    from hub.foresight.think import answered

    for question in Frames().feed(sys.stdin.buffer.read()):
        for answer in answered(question):
            answers.write(frame(answer))
            answers.flush()


if __name__ == "__main__":
    main()
