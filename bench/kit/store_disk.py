"""What a store costs the machine: bytes at the device, CPU, resident memory; and how to make a read cold.

Device bytes count on an ext4 of one's own (`private_disk`), where nobody else writes; its journal is included.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

SECTOR = 512
CACHE = Path(os.environ.get("SHEMS_BENCH_CACHE") or Path.home() / ".cache" / "shems-bench")


class Skipped(Exception):
    """Why a figure cannot be had on this machine, for a person to read."""


@dataclass(frozen=True)
class Disk:
    folder: Path

    def written(self) -> int:
        """Bytes that reached the device so far; what is still dirty is written out first."""
        sync(self.folder)
        device = self.folder.stat().st_dev
        stat = Path(f"/sys/dev/block/{os.major(device)}:{os.minor(device)}/stat").read_text()
        return int(stat.split()[6]) * SECTOR


@contextlib.contextmanager
def private_disk(megabytes: int = 4096) -> Iterator[Disk]:
    """An empty ext4 in a sparse file on a loop device, its tables written beforehand; gone afterwards."""
    if os.geteuid() != 0:
        raise Skipped("needs root, to mount a disk of its own")
    if missing := [tool for tool in ("mkfs.ext4", "mount", "umount") if shutil.which(tool) is None]:
        raise Skipped(f"needs {', '.join(missing)}")
    with tempfile.TemporaryDirectory(prefix="shems-bench-") as room:
        image, folder = Path(room) / "disk.img", Path(room) / "disk"
        with image.open("wb") as file:
            file.truncate(megabytes << 20)
        folder.mkdir()
        _tool("mkfs.ext4", "-q", "-F", "-E", "lazy_itable_init=0,lazy_journal_init=0", str(image))
        _tool("mount", "-o", "loop,noatime", str(image), str(folder))
        try:
            yield Disk(folder)
        finally:
            if subprocess.run(("umount", str(folder)), capture_output=True, check=False).returncode:
                _tool("umount", "--lazy", str(folder))


def _tool(*command: str) -> None:
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise Skipped(f"{command[0]} failed: {done.stderr.strip()}")


def sync(folder: Path) -> None:
    """Writes out everything dirty on the file system that holds `folder`."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        if ctypes.CDLL(None, use_errno=True).syncfs(handle):
            raise OSError(ctypes.get_errno(), "syncfs")
    finally:
        os.close(handle)


def chill(*files: Path) -> bool:
    """Makes the next read of `files` come from the device; true if the whole page cache could be dropped.

    Without the right to that, only the pages of the files themselves go: an image below a loop device stays warm.
    A connection keeps pages of its own: open it anew.
    """
    for file in files:
        handle = os.open(file, os.O_RDONLY)
        os.fsync(handle)
        os.posix_fadvise(handle, 0, 0, os.POSIX_FADV_DONTNEED)
        os.close(handle)
    try:
        Path("/proc/sys/vm/drop_caches").write_text("3")
    except OSError:
        return False
    return True


def file_bytes(*paths: Path) -> int:
    """Lengths of files and of all files below folders; what is missing counts nothing."""
    files = [file for path in paths for file in ([path] if path.is_file() else path.rglob("*"))]
    return sum(file.lstat().st_size for file in files if file.is_file())


def cpu_s(pid: int) -> float:
    """User and system time of a process and its threads so far, s; the kernel counts in steps of about 10 ms."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def rss_bytes(pid: int) -> int:
    return _status(pid, "VmRSS")


def peak_rss_bytes(pid: int) -> int:
    """The most that was resident since the process started."""
    return _status(pid, "VmHWM")


def _status(pid: int, key: str) -> int:
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith(key + ":")) * 1024
