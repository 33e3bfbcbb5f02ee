"""The hot log: a file of 4 KiB blocks written round and round, one or a few blocks a flush.

The file is written out once when it is made. After that a flush changes one block in place: no size, no extents, no
journal, and so hardly more reaches the card than the block itself. A full disk cannot stop it.
"""

from __future__ import annotations

import errno
import fcntl
import os
import struct
import zlib
from dataclasses import dataclass
from pathlib import Path

BLOCK = 4096
_HEAD = struct.Struct("<IBBHQ")
"""checksum, part, parts, bytes used, sequence"""
_ROOM = BLOCK - _HEAD.size


class Full(Exception):
    """Every block is still needed."""


@dataclass(frozen=True, slots=True)
class Record:
    seq: int
    body: bytes


class HotLog:
    """Owned by the writer thread. `keep_from` is the oldest record that is still needed."""

    def __init__(self, path: Path, file: int, records: list[Record], at: int) -> None:
        self._path = path
        self._file = file
        self._blocks = os.fstat(file).st_size // BLOCK
        self._at = at
        self._used = {r.seq: blocks_of(r.body) for r in records}
        self.found = records
        self.next_seq = records[-1].seq + 1 if records else 1

    @staticmethod
    def open(path: Path) -> HotLog:
        """Opens the file, an empty one if there is none; `found` has its whole records in order of writing.

        `go_on` makes it one that can be appended to. Raises OSError, BlockingIOError when another program has it.
        """
        file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.lockf(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return HotLog(path, file, *_read(file, os.fstat(file).st_size // BLOCK))
        except BaseException:
            os.close(file)
            raise

    @staticmethod
    def look(path: Path) -> list[Record]:
        """The whole records of a log that another program may be writing; none when there is no file."""
        try:
            file = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
        except FileNotFoundError:
            return []
        try:
            return _read(file, os.fstat(file).st_size // BLOCK)[0]
        finally:
            os.close(file)

    @staticmethod
    def write(path: Path, records: list[Record]) -> None:
        """Makes a log of just these records, as short as can be; `go_on` gives it its size. Raises OSError."""
        path.write_bytes(_laid(records))

    @property
    def size(self) -> int:
        """Bytes on disk."""
        return self._blocks * BLOCK

    def go_on(self, seq: int, blocks: int) -> None:
        """No record of a number below `seq` is needed, and none is written: a log that was lost is no old one.

        The file gets its wanted size if it has another one and what is needed fits; it waits for that on a full disk.
        Raises OSError where there is no room for any.
        """
        self.next_seq = max(self.next_seq, seq)
        self.keep_from(seq)
        raw = _laid([r for r in self.found if r.seq >= seq])
        self.found = []
        if self._blocks != blocks and len(raw) <= blocks * BLOCK:
            try:
                self._blocks = self._replaced(raw.ljust(blocks * BLOCK, b"\0"))
            except OSError:
                if not self._blocks:
                    raise
                return
            self._at = len(raw) // BLOCK % self._blocks

    def keep_from(self, seq: int) -> None:
        """Records before `seq` may be overwritten."""
        self._used = {s: n for s, n in self._used.items() if s >= seq}

    def fits(self, body: bytes) -> bool:
        return sum(self._used.values()) + blocks_of(body) <= self._blocks

    def append(self, body: bytes) -> int:
        """Durable when it returns: the record's sequence number. Raises Full, OSError."""
        parts = blocks_of(body)
        if not self.fits(body):
            raise Full
        for part in range(parts):
            os.pwrite(self._file, _block(self.next_seq, part, parts, body), self._place(part) * BLOCK)
        os.fdatasync(self._file)
        self._at = self._place(parts)
        self._used[self.next_seq] = parts
        self.next_seq += 1
        return self.next_seq - 1

    def close(self) -> None:
        os.close(self._file)

    def _replaced(self, raw: bytes) -> int:
        """Another file in the place of this one; its blocks. At every moment one of the two is whole, and has its lock.

        A first one, of which nothing is needed yet, may be as short as the disk asks for.
        """
        fresh = self._path.with_name(f"{self._path.name}.new")
        file = os.open(fresh, os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600)
        try:
            fcntl.lockf(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            blocks = os.pwrite(file, raw, 0) // BLOCK
            if blocks * BLOCK < len(raw) and (self._blocks or not blocks):
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
            os.ftruncate(file, blocks * BLOCK)
            os.fsync(file)
            fresh.replace(self._path)
        except OSError:
            os.close(file)
            fresh.unlink(missing_ok=True)
            raise
        os.close(self._file)
        self._file = file
        _sync_folder(self._path.parent)
        return blocks

    def _place(self, part: int) -> int:
        return (self._at + part) % self._blocks


def blocks_of(body: bytes) -> int:
    """Blocks that a record takes."""
    return max(1, -(-len(body) // _ROOM))


def _block(seq: int, part: int, parts: int, body: bytes) -> bytes:
    piece = body[part * _ROOM : (part + 1) * _ROOM]
    rest = _HEAD.pack(0, part, parts, len(piece), seq)[4:] + piece.ljust(_ROOM, b"\0")
    return struct.pack("<I", zlib.crc32(rest)) + rest


def _laid(records: list[Record]) -> bytes:
    return b"".join(_block(r.seq, p, blocks_of(r.body), r.body) for r in records for p in range(blocks_of(r.body)))


def _read(file: int, blocks: int) -> tuple[list[Record], int]:
    """Whole records in order, and the block after the newest: a torn one behind it is written over.

    A newest record that was written to its end, and is damaged, is told as one without a body.
    """
    pieces: dict[tuple[int, int], dict[int, bytes]] = {}
    damaged: dict[tuple[int, int], set[int]] = {}
    ends: dict[tuple[int, int], int] = {}
    for k in range(blocks):
        raw = os.pread(file, BLOCK, k * BLOCK)
        check, part, parts, used, seq = _HEAD.unpack_from(raw)
        if seq and check == zlib.crc32(memoryview(raw)[4:]):
            pieces.setdefault((seq, parts), {})[part] = raw[_HEAD.size : _HEAD.size + used]
            if part == parts - 1:
                ends[seq, parts] = (k + 1) % blocks
        elif seq and part < parts:
            damaged.setdefault((seq, parts), set()).add(part)
    whole = [key for key in sorted(pieces) if len(pieces[key]) == key[1]]
    records = [Record(seq, b"".join(pieces[seq, parts][p] for p in range(parts))) for seq, parts in whole]
    last = whole[-1][0] + 1 if whole else 1
    if any(seq == last and len(bad | pieces.get((seq, n), {}).keys()) == n for (seq, n), bad in damaged.items()):
        records.append(Record(last, b""))
    return records, ends[whole[-1]] if whole else 0


def _sync_folder(folder: Path) -> None:
    file = os.open(folder, os.O_RDONLY | os.O_CLOEXEC)
    try:
        os.fsync(file)
    finally:
        os.close(file)
