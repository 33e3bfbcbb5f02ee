"""Figures that tests show: each says its own by `record_property`, and the suite need not be told to believe them."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path
from xml.etree import ElementTree as Xml

ROOT = Path(__file__).parents[2]


@dataclass(frozen=True, slots=True)
class Shown:
    """What some tests said, by name, in their order; how many ran, and how many did not hold: one, where none ran."""

    figures: dict[str, list[float]]
    ran: int
    failed: int

    def one(self, name: str) -> float:
        """NaN when no test has said it."""
        return self.figures[name][0] if name in self.figures else float("nan")


def shown(*tests: str, **environment: object) -> Shown:
    """Runs `tests` (as pytest is told them, options too) in a process of their own."""
    with tempfile.TemporaryDirectory() as room:
        report = Path(room) / "report.xml"
        command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", f"--junitxml={report}", *tests]
        told = {**os.environ, **{name: str(value) for name, value in environment.items()}}
        subprocess.run(command, cwd=ROOT, env=told, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=False)
        suite = Xml.parse(report).getroot()[0]  # our own file
    figures = defaultdict[str, list[float]](list)
    for said in suite.iter("property"):
        figures[said.attrib["name"]].append(float(said.attrib["value"]))
    ran, failed = int(suite.attrib["tests"]), sum(int(suite.attrib[kind]) for kind in ("failures", "errors"))
    return Shown(dict(figures), ran, failed if ran else 1)
