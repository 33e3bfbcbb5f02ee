"""The past as a Parquet file, where the package pyarrow is installed: `time`, and a column for each point and field."""

from __future__ import annotations

import importlib
import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO

from hub.errors import UserError

Put = Callable[[Sequence[int], Mapping[str, Sequence[Any]]], None]
"""Adds a row group: times (UTC ms), and the values of each column; None and NaN where nothing is known."""


class NoPackage(UserError):
    """pyarrow is not installed."""


@contextmanager
def written(out: Path | BinaryIO, columns: Mapping[str, bool]) -> Iterator[Put]:
    """`columns`: their names, and whether they hold texts. Raises NoPackage, OSError."""
    pa, pq = needed()
    kinds = {name: pa.string() if texts else pa.float64() for name, texts in columns.items()}
    schema = pa.schema([("time", pa.timestamp("ms", "UTC")), *kinds.items()])
    with pq.ParquetWriter(out, schema) as writer:

        def put(times: Sequence[int], values: Mapping[str, Sequence[Any]]) -> None:
            plain = {name: [_cell(v, columns[name]) for v in values[name]] for name in columns}
            writer.write_table(pa.table({"time": times, **plain}, schema=schema))

        yield put


def needed() -> tuple[Any, Any]:
    """pyarrow and its part for Parquet; raises NoPackage."""
    try:
        return importlib.import_module("pyarrow"), importlib.import_module("pyarrow.parquet")
    except ImportError:
        raise NoPackage("Parquet needs the package pyarrow: pip install 'shems[parquet]', or pyarrow") from None


def _cell(value: Any, text: bool) -> str | float | None:
    if value is None or (isinstance(value, float) and math.isnan(value)):
        return None
    return str(value) if text else float(value)
