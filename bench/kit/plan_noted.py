"""The planner's process and a note of its cost: `python -m bench.kit.plan_noted OUT.json`. It loads nothing else."""

from __future__ import annotations

import sys
import time

from hub.foresight.worker import main

if __name__ == "__main__":
    main()
    with open("/proc/self/status") as status:
        peak = next(int(line.split()[1]) for line in status if line.startswith("VmHWM:")) * 1024
    with open(sys.argv[1], "w") as out:
        out.write(f'{{"rss_bytes": {peak}, "cpu_s": {time.process_time()}}}')
