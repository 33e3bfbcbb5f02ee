"""A serial port for others to open: a pseudo terminal behind a symlink, closed and reopened with the drop fault."""

import array
import asyncio
import fcntl
import os
import termios
import tty
from collections.abc import Callable
from pathlib import Path

LOOK_S = 0.05
_BAUDS = {
    getattr(termios, f"B{baud}"): baud for baud in (300, 600, 1200, 2400, 4800, 9600, 19_200, 38_400, 57_600, 115_200)
}
"""by the number that the system has for each"""


class PtyPort:
    """`line`: how its reader should set it, `baud=300&...`, where that is not what such readers do by themselves. A
    pseudo terminal has 8 bits without parity, whatever is asked for."""

    def __init__(
        self, path: Path, received: Callable[[bytes], None], dropped: Callable[[], bool], line: str = ""
    ) -> None:
        self._path = path
        self._line = f"?{line}" if line else ""
        self._received = received
        self._dropped = dropped
        self._ends: tuple[int, int] | None = None

    @property
    def link(self) -> str:
        return f"serial://{self._path}{self._line}"

    def open(self) -> None:
        ours, theirs = os.openpty()
        tty.setraw(theirs)
        os.set_blocking(ours, False)
        self._path.unlink(missing_ok=True)
        self._path.symlink_to(os.ttyname(theirs))
        asyncio.get_running_loop().add_reader(ours, self._read)
        self._ends = ours, theirs

    def close(self) -> None:
        if self._ends is None:
            return
        ours, theirs = self._ends
        self._ends = None
        asyncio.get_running_loop().remove_reader(ours)
        os.close(ours)
        os.close(theirs)
        self._path.unlink(missing_ok=True)

    def write(self, data: bytes) -> None:
        """Send, as a wire does: what nobody picks up is lost."""
        if self._ends is None:
            return
        try:
            os.write(self._ends[0], data)
        except BlockingIOError:
            self.forget()

    def forget(self) -> None:
        """Throw away what was sent and never read."""
        if self._ends is not None and self.unread():
            termios.tcflush(self._ends[1], termios.TCIFLUSH)

    def unread(self) -> int:
        if self._ends is None:
            return 0
        size = array.array("i", [0])
        fcntl.ioctl(self._ends[1], termios.FIONREAD, size)
        return size[0]

    @property
    def baud(self) -> int:
        """Bits per second that whoever has opened it has set; 0 for none of the usual."""
        return _BAUDS.get(termios.tcgetattr(self._ends[1])[4], 0) if self._ends is not None else 0

    async def run(self) -> None:
        """Follow the fault until cancelled."""
        try:
            while True:
                if self._dropped():
                    self.close()
                elif self._ends is None:
                    self.open()
                await asyncio.sleep(LOOK_S)
        finally:
            self.close()

    def _read(self) -> None:
        if self._ends is None:
            return
        try:
            data = os.read(self._ends[0], 4096)
        except OSError:
            return  # nothing there after all
        if data:
            self._received(data)
