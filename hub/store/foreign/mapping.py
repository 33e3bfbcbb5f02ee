"""Which foreign name is which of our points: from a TOML file, or from columns that are called like our points."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from hub.errors import UserError
from hub.model.document import Document, Table
from hub.model.site import Site
from hub.store.foreign.points import point_of
from hub.store.foreign.source import Foreign, Wish
from hub.store.ring.types import SeriesInfo


@dataclass(frozen=True, slots=True)
class Entry:
    """A line of the map. `sign` and `scale` multiply; `unit` instead of what the other system says.

    `values`, `read`: see Wish.
    """

    name: str
    point: str
    sign: float = 1.0
    scale: float = 1.0
    unit: str = ""
    values: Mapping[str, str] = field(default_factory=dict)
    read: str = ""


def entries(path: Path | None, columns: Sequence[Foreign]) -> list[Entry]:
    """The map in `path`; without one, each column that is called like a point is that point. Raises UserError."""
    if path is None:
        return [Entry(c.name, c.name) for c in columns if _like_a_point(c.name)]
    try:
        text = path.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as e:
        reason = e.strerror if isinstance(e, OSError) else "it is not UTF-8"
        raise UserError(f"{path}: cannot be read: {reason}; make one with --suggest-map") from None
    return _Map(str(path)).entries(Document.load(text, str(path)))


def wishes(found: Iterable[Entry], columns: Sequence[Foreign], site: Site, where: str) -> list[Wish]:
    """Each entry as a point of this house; raises UserError naming the entry, with a suggestion."""
    names = [c.name for c in columns]
    counting = {c.name for c in columns if c.counts}
    taken: dict[str, str] = {}
    out = []
    for e in found:
        if e.name not in names:
            near = difflib.get_close_matches(e.name, names, 1)
            raise UserError(
                f"{where}: {e.name!r} is not in the file" + (f"; did you mean {near[0]!r}?" if near else "")
            )
        try:
            point = point_of(site, e.point)
        except UserError as error:
            raise UserError(f"{where}: {e.name!r}: {error}") from None
        if e.read and e.name not in counting:
            raise UserError(f"{where}: {e.name!r}: `read` is for what Home Assistant sums; leave it out")
        if e.point in taken:
            raise UserError(f"{where}: {e.name!r} and {taken[e.point]!r} are both {e.point}; keep one")
        taken[e.point] = e.name
        out.append(Wish(e.name, point, SeriesInfo.of(point), e.sign, e.scale, e.unit, e.values, e.read))
    return out


class _Map(Document):
    """Keys are foreign names, which have dots of their own: they are told quoted."""

    def entries(self, table: Table) -> list[Entry]:
        return [self.entry(name, value) for name, value in table.items()]

    def entry(self, name: str, value: object) -> Entry:
        at = f'"{name}"'
        if isinstance(value, str):
            return Entry(name, value)
        if not isinstance(value, dict) or "point" not in value:
            raise self.error(at, 'must be a point like "grid.power", or a table with one: { point = "grid.power" }')
        self.keys(value, at, ("point", "sign", "scale", "unit", "values", "read"))
        sign = self.number(value, f"{at}.sign", 1, -1, 1)
        if sign not in (-1, 1):
            raise self.error(f"{at}.sign", f"is 1 or -1, not {sign:g}")
        read = self.get(value, f"{at}.read", str, "")
        if read:
            self.one_of(f"{at}.read", read, ("state", "sum"))
        words = self.table(value, f"{at}.values")
        if not all(isinstance(w, str) for w in words.values()):
            raise self.error(f"{at}.values", 'is a table of texts, e.g. { heat = "heating" }')
        return Entry(
            name,
            self.need(value, f"{at}.point"),
            sign,
            self.number(value, f"{at}.scale", 1, -1e9, 1e9),
            self.get(value, f"{at}.unit", str, ""),
            words,
            read,
        )


def _like_a_point(name: str) -> bool:
    device, dot, quantity = name.partition(".")
    return bool(dot and device.isidentifier() and quantity.isidentifier())
