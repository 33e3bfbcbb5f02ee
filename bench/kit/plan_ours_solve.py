"""Our planner on problems of a file, in a process that holds nothing else: the counterpart of `plan_emhass_solve`.

`python -m bench.kit.plan_ours_solve PROBLEMS.json [at-once]`: for each line of stdin, the number of a problem, it is
read and planned anew, or `at-once`. Answers with a line of JSON.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from hub.errors import ShemsError
from hub.plan import Planned, Problem, at_once, plan, read_problem


def main(problems: list[dict[str, Any]], make: Callable[[Problem], Planned]) -> None:
    for line in sys.stdin:
        print(json.dumps(answer(problems[int(line)], make)), flush=True)


def answer(problem: dict[str, Any], make: Callable[[Problem], Planned]) -> dict[str, Any]:
    began, cpu = time.perf_counter(), time.process_time()
    try:
        planned = make(read_problem(problem))
    except ShemsError as e:
        return {"failed": str(e)}
    took = {"s": time.perf_counter() - began, "cpu_s": time.process_time() - cpu}
    return {**took, "objective": planned.costs.total, "bound": planned.bound, "peak_rss_bytes": _peak_rss_bytes()}


def _peak_rss_bytes() -> int:
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmHWM:")) * 1024


if __name__ == "__main__":
    main(json.loads(Path(sys.argv[1]).read_text()), at_once if "at-once" in sys.argv else plan)
