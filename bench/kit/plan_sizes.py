"""Bytes that pip put on the disk, told by the Python that they were installed for.

Without pip itself, and without compiled files: those depend on how it was installed, not on what it is.
"""

from __future__ import annotations

import subprocess
from pathlib import Path

_COUNT = """
import importlib.metadata, re, sys
from pathlib import Path

def plain(name):
    return re.sub("[-_.]+", "-", name).lower()

total, names = 0, set(map(plain, sys.argv[1:]))
for distribution in importlib.metadata.distributions():
    name = plain(distribution.metadata["Name"])
    if name in names or not names and name not in ("pip", "setuptools"):
        files = [Path(str(distribution.locate_file(f))) for f in distribution.files or ()]
        total += sum(f.stat().st_size for f in files if f.suffix != ".pyc" and f.is_file())
print(total)
"""


def installed_bytes(python: Path, *names: str) -> int:
    """Of the named distributions, or of all."""
    done = subprocess.run((python, "-I", "-c", _COUNT, *names), capture_output=True, text=True, check=True)
    return int(done.stdout)
