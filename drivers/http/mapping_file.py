"""An owner's own description of an HTTP device: a TOML file with a closed schema. No expressions.

Read by `parse`; every error names the file, the key and what to do. docs/http-devices.md shows one.
"""

from __future__ import annotations

from dataclasses import dataclass

from drivers.http.ask import Ask
from drivers.json.own_file import Figure, Form, Setting
from hub.model.document import Document, Table

_METHODS = ("GET", "POST", "PUT", "PATCH")


@dataclass(frozen=True, slots=True)
class Description:
    """A whole file. `sources`: the requests that are read again and again."""

    vendor: str
    model: str
    period_s: float
    sources: tuple[Ask, ...]
    figures: tuple[Figure, ...]
    settings: tuple[Setting[Ask], ...]

    @property
    def places(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(figure.place.partition("_")[0] for figure in self.figures))


def parse(text: str, where: str) -> Description:
    """Raises ConfigError."""
    return _Parser(where).description(Document.load(text, where))


class _Parser(Form):
    def description(self, t: Table) -> Description:
        self.keys(t, "", ("vendor", "model", "period_s", "requests", "points", "commands"))
        sources = tuple(self.source(name, row) for name, row in self.rows(t, "requests"))
        if not sources:
            raise self.error("requests", "is missing; name at least one, as [requests.status] with its path")
        names = tuple(source.name for source in sources)
        figures = tuple(self.answered(point, row, names) for point, row in self.rows(t, "points"))
        if not figures:
            raise self.error("points", 'is missing; name at least one, as "grid.power" = { at = "data.power" }')
        return Description(
            self.get(t, "vendor", str, ""),
            self.get(t, "model", str, ""),
            self.number(t, "period_s", 1, 0.2, 600),
            sources,
            figures,
            tuple(
                self.setting(point, row, figures, ("path", "method", "body", "content_type"), self.sent, whole=True)
                for point, row in self.rows(t, "commands")
            ),
        )

    def source(self, name: str, t: Table) -> Ask:
        at = f"requests.{name}"
        self.keys(t, at, ("path", "every_s", "optional"))
        every_s, optional = self.number(t, f"{at}.every_s", 0, 0, 86_400), self.get(t, f"{at}.optional", bool, False)
        return Ask(name, self.path(t, f"{at}.path"), every_s=every_s, optional=optional)

    def path(self, t: Table, at: str) -> str:
        path = self.need(t, at)
        if not path.startswith("/") or path.startswith("//") or not path.isprintable() or " " in path:
            raise self.error(at, "must be a path of the device, beginning with one / and without blanks")
        return path

    def answered(self, point: str, t: Table, names: tuple[str, ...]) -> Figure:
        """Where there is one request only, it need not be named."""

        def source(t: Table, at: str) -> str:
            name = t.get("from", names[0] if len(names) == 1 else None)
            if name is None:
                raise self.error(at, f"is missing; one of: {', '.join(names)}")
            return self.one_of(at, name, names)

        figure = self.figure(point, t, "from", source)
        self.need(t, f"points.{point}.at")
        return figure

    def sent(self, t: Table, at: str) -> Ask:
        path = self.template(self.path(t, f"{at}.path"), f"{at}.path")
        body = self.template(self.get(t, f"{at}.body", str, ""), f"{at}.body")
        if "{value}" not in path + body:
            raise self.error(at, "has no {value} in its path or body, so it would always set the same")
        method = self.one_of(f"{at}.method", t.get("method", "GET"), _METHODS)
        content = self.get(t, f"{at}.content_type", str, "application/json" if body else "")
        return Ask("write", path, method, body.encode(), {"Content-Type": content} if content else {})
