"""Any device that answers JSON, described by a TOML file of its owner: paths, JSON paths, scales, and what is sent."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from urllib.parse import quote

from drivers.http.ask import Ask
from drivers.http.digest import Digest
from drivers.http.login import Login, basic, bearer
from drivers.http.mapping_file import Description, parse
from drivers.json.in_force import InForce
from drivers.json.options import Options
from drivers.json.told import Told, as_json, leaves
from hub.errors import Refused
from hub.model import CommandSpec, Value
from hub.model.heard import Heard


def make(options: Options) -> Described:
    """Options `map` (the file), `login` (basic or digest) with `user` and `password`, or `token`."""
    return Described(InForce(options, parse), _login(options))


def _login(options: Options) -> Login:
    user, password = options.text("user"), options.text("password")
    way = options.choice("login", ("basic", "digest"), "basic")
    token = options.text("token")
    if token:
        return bearer(token)
    return Digest(user, password) if way == "digest" else basic(user, password)


class Described:
    """Knows only what its file says, and remembers nothing of the device."""

    also: Mapping[str, tuple[str, ...]] = {}

    def __init__(self, file: InForce[Description], login: Login) -> None:
        self._in_force = file
        self._login = login

    @property
    def _file(self) -> Description:
        return self._in_force.file

    @property
    def places(self) -> tuple[str, ...]:
        return self._file.places

    @property
    def period_s(self) -> float:
        return self._file.period_s

    def look(self, roles: Iterable[str]) -> bool:
        return self._in_force.look(roles)

    def login(self) -> Login:
        return self._login

    def expected(self, place: str) -> tuple[str, ...]:
        return tuple(figure.quantity for figure in self._file.figures if figure.place == place)

    def asks(self) -> tuple[Ask, ...]:
        return self._file.sources

    def read(self, name: str, body: bytes) -> Heard:
        found, told = as_json(body), Told()
        if not isinstance(found, dict | list):
            told.problem("the answer is no JSON object or list")
            return told.heard()
        for path, _, value in leaves(found):
            told.reading(path, value)
        told.fact("vendor", self._file.vendor)
        told.fact("model", self._file.model)
        for figure in self._file.figures:
            if figure.source == name and figure.at is not None:
                raw = figure.at.of(found)
                figure.tell(told, raw)
                if raw is None:
                    told.problem(f"{figure.point}: there is nothing at {figure.at.text}")
        return told.heard()

    def commands(self, device: str, place: str) -> tuple[CommandSpec, ...]:
        return tuple(setting.spec(device) for setting in self._file.settings if setting.place == place)

    def write(self, place: str, quantity: str, value: Value) -> Ask:
        setting = next((s for s in self._file.settings if (s.place, s.quantity) == (place, quantity)), None)
        if setting is None:
            raise Refused(f"its file has no command for {place}.{quantity}")
        wired, sent = setting.wire(value), setting.sent
        path = sent.path.replace("{value}", quote(wired, safe=""))
        return replace(sent, path=path, body=sent.body.replace(b"{value}", wired.encode()))

    def taken(self, ask: Ask, body: bytes) -> None:
        """Only its own reading afterwards tells, for no answer of an unknown device can be understood."""
