"""The planner's process and a note of its cost: `python -m bench.kit.plan_noted OUT.json`. It loads nothing else."""

from __future__ import annotations

import sys
import time

from hub.foresight.worker import main

if __name__ == "__main__":
    main()
    with open("/proc/self/status") as status:
        told = {line.split(":")[0]: line.split()[1:2] for line in status}
    peak, own = (int(told[name][0]) * 1024 for name in ("VmHWM", "RssAnon"))
    with open(sys.argv[1], "w") as out:
        out.write(f'{{"rss_bytes": {peak}, "own_bytes": {own}, "cpu_s": {time.process_time()}}}')
