"""What is written to the card: by the ring, by its own count, and by everything on it, by the kernel's."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from pathlib import Path

from hub.store.ring.levels import DAY

SECTOR = 512
_KEPT_DAYS = 31
_OURS_S, _DEVICE_S = 600, DAY
"""Rates are told when so long has been measured: what a machine writes beside the ring differs by the hour."""


def device_written(path: Path, sysfs: Path = Path("/sys/dev/block")) -> int | None:
    """Bytes that have reached the device below `path` since it was found; None where the kernel does not tell.

    The count of a process would not do: the kernel charges it whole folios for a block that is changed in one.
    """
    try:
        device = path.stat().st_dev
        fields = (sysfs / f"{os.major(device)}:{os.minor(device)}" / "stat").read_text("ascii").split()
        return int(fields[6]) * SECTOR
    except (OSError, IndexError, ValueError):
        return None


def card_years(card_bytes: int, a_day: int, cycles: int = 1000) -> float:
    """How long a card lasts that spreads its wear over all of itself and may be written over `cycles` times.

    Inside the card a small write counts several times; for that reason 1,000 is taken for a card that promises more.
    """
    return card_bytes * cycles / max(a_day, 1) / 365.25


@dataclass(slots=True)
class Wear:
    """Bytes by UTC day: `ours` has been asked for by the ring, `device` is what everything has written to the card."""

    path: Path
    ours: dict[int, int] = field(default_factory=dict)
    device: dict[int, int] = field(default_factory=dict)
    seconds: dict[int, int] = field(default_factory=dict)
    """how much of the day has been measured"""
    _seen: int | None = None
    _at: int = 0

    def wrote(self, now_s: int, size: int) -> None:
        """The ring has written `size` bytes at `now_s` (s UTC); what the card says is noted with it."""
        day = now_s // DAY
        self.ours[day] = self.ours.get(day, 0) + size
        total = device_written(self.path)
        lasted = now_s - self._at
        if self._at and 0 < lasted < DAY:
            self.seconds[day] = self.seconds.get(day, 0) + lasted
            if total is not None and self._seen is not None and total >= self._seen:
                self.device[day] = self.device.get(day, 0) + total - self._seen
        self._seen, self._at = total, now_s
        for counts in (self.ours, self.device, self.seconds):
            for old in sorted(counts)[:-_KEPT_DAYS]:
                del counts[old]

    @property
    def ours_a_day(self) -> int | None:
        """Bytes a day that the ring writes; None when too little has been measured to tell."""
        return self._rate(self.ours, _OURS_S)

    @property
    def device_a_day(self) -> int | None:
        """Bytes a day that everything writes to the card; None when too little has been measured to tell."""
        return self._rate(self.device, _DEVICE_S)

    def _rate(self, counts: dict[int, int], least_s: int) -> int | None:
        lasted = sum(self.seconds.get(day, 0) for day in counts)
        return round(sum(counts.values()) * DAY / lasted) if lasted >= least_s else None

    def kept(self) -> dict[str, dict[str, int]]:
        """For the file."""
        return {n: {str(d): v for d, v in getattr(self, n).items()} for n in ("ours", "device", "seconds")}

    def restore(self, kept: dict[str, dict[str, int]]) -> None:
        for name, counts in kept.items():
            if name in ("ours", "device", "seconds"):
                setattr(self, name, {int(d): int(v) for d, v in counts.items()})
