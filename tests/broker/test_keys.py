"""The passwords of the hub's own broker, and where people find theirs."""

from __future__ import annotations

import asyncio
import logging
from pathlib import Path

import pytest

from hub.mqtt.keys import keys


class Meta(dict[str, str]):
    async def get(self, key: str) -> str | None:  # type: ignore[override]
        return super().get(key)

    async def put(self, key: str, value: str) -> None:
        self[key] = value


def test_they_are_made_once_and_written_where_people_find_them(tmp_path: Path) -> None:
    meta, file = Meta(), tmp_path / "data" / "broker" / "accounts"
    first = asyncio.run(keys(meta, file.parent))
    assert [a.user for a in first] == ["hub", "devices", "integration"]
    assert len({a.password for a in first}) == 3
    assert file.read_text() == f"devices {first[1].password}\nintegration {first[2].password}\n"
    assert file.stat().st_mode & 0o777 == 0o600
    file.unlink()
    assert asyncio.run(keys(meta, file.parent)) == first
    assert file.exists()


def test_a_given_password_of_the_devices_is_taken_into_use(tmp_path: Path) -> None:
    meta = Meta()
    asyncio.run(keys(meta, tmp_path))
    assert asyncio.run(keys(meta, tmp_path, "given"))[1].password == "given"
    assert (tmp_path / "accounts").read_text().startswith("devices given\n")
    assert meta["mqtt_devices"] == "given"


def test_a_file_that_cannot_be_written_keeps_nobody_from_starting(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "broker").write_text("in the way")
    with caplog.at_level(logging.WARNING):
        assert len(asyncio.run(keys(Meta(), tmp_path / "broker"))) == 3
    assert "could not be written down" in caplog.text


def test_the_integration_reads_all_and_writes_wishes_and_discovery(tmp_path: Path) -> None:
    account = asyncio.run(keys(Meta(), tmp_path))[2]
    assert (account.reads, account.writes) == (("#",), ("shems/+/+/set", "homeassistant/#"))
