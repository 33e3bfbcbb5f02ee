"""How a CSV file is written: packed or plain, its separator, its header, its decimal sign."""

from __future__ import annotations

import gzip
import lzma
import re
from dataclasses import dataclass
from io import BufferedReader
from pathlib import Path

from hub.errors import UserError
from hub.store.foreign.source import Foreign

_TIMES = ("time", "timestamp", "datetime", "date", "utc", "zeit", "zeitstempel", "datum", "last_changed")
_UNIT = re.compile(r"^(?P<name>.*\S)\s*[\[(](?P<unit>[^\])]+)[\])]$")
_THOUSANDS = re.compile(r"^[+-]?\d{1,3}(\.\d{3})+$")


PACKED = (".gz", ".xz")


@dataclass(frozen=True, slots=True)
class Header:
    """`time`: the index of the column with the times; `columns`: the others, by index."""

    separator: str
    width: int
    time: int
    columns: dict[int, Foreign]


def opened(path: Path) -> gzip.GzipFile | lzma.LZMAFile | BufferedReader:
    """Raises UserError."""
    try:
        if path.suffix == ".gz":
            return gzip.open(path)
        return lzma.open(path) if path.suffix == ".xz" else path.open("rb")
    except OSError as e:
        raise UserError(f"{path}: cannot be read: {e.strerror}; name a readable file") from None


def header(path: Path, line: str) -> Header:
    """From a file's first line. Raises UserError."""
    if "\ufffd" in line:
        raise UserError(f"{path}: line 1: not UTF-8; convert it, e.g. with iconv -f LATIN1 -t UTF-8")
    separator = max((",", ";", "\t"), key=line.count)
    names = [n.strip().strip('"') for n in line.rstrip("\r\n").split(separator)]
    if len(names) < 2 or any(re.fullmatch(r"[\d.,:+ TZ-]*", n) for n in names[1:]):
        raise UserError(f"{path}: line 1: must be a header like `time,grid.power,pv_roof.power`; add one")
    time = next((k for k, n in enumerate(names) if n.lower() in _TIMES), 0)
    columns = {k: _foreign(n) for k, n in enumerate(names) if k != time}
    seen: set[str] = set()
    for c in columns.values():
        if c.name in seen:
            raise UserError(f"{path}: line 1: there are two columns {c.name!r}; rename one")
        seen.add(c.name)
    return Header(separator, len(names), time, columns)


class Decimals:
    """Numbers with a decimal point, or with a comma where the comma is not the separator. It is one in a whole file.

    `sign`: "," or "." when it is known, "" to find out.
    """

    def __init__(self, separator: str, sign: str = "") -> None:
        self._separator = separator
        self._sign = "." if separator == "," and not sign else sign

    def plain(self, cell: str) -> str:
        """The number with a decimal point; raises ValueError when both signs are used."""
        comma, point = cell.rfind(","), cell.rfind(".")
        if comma < 0 and point < 0:
            return cell
        if comma >= 0 and point >= 0:
            sign = "," if comma > point else "."
            cell = cell.replace("." if sign == "," else ",", "")
        elif comma < 0 and self._sign == "," and _THOUSANDS.match(cell):
            return cell.replace(".", "")
        else:
            sign = "," if comma >= 0 else "."
        if not self._sign:
            self._sign = sign
        if sign != self._sign:
            raise ValueError(f"{cell!r} has a decimal {sign!r}, other lines have {self._sign!r}; say which: --decimal")
        return cell.replace(",", ".")


def _foreign(name: str) -> Foreign:
    found = _UNIT.match(name)
    return Foreign(found["name"], found["unit"]) if found else Foreign(name)
