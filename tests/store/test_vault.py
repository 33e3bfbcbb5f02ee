"""Secrets of devices at rest."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from hub.errors import ShemsError
from hub.store.state import State
from hub.store.vault import Vault
from tests.store.house import StillClock

TABLE = {"role": "inverter", "driver": "http", "link": "https://10.0.0.4", "token": "hunter2", "unit": 3}


def test_what_is_kept_has_no_secret_in_it_and_comes_back_whole(tmp_path: Path) -> None:
    async def run() -> None:
        vault = Vault.open(tmp_path / "secret.key")
        state = await State.open(tmp_path / "state.db", StillClock())
        await state.adopted.put("roof", TABLE, vault, "owner", 1)
        assert await state.adopted.all(vault) == {"roof": TABLE}
        await state.close()
        state = await State.open(tmp_path / "state.db", StillClock())
        assert await state.adopted.all(Vault.open(tmp_path / "secret.key")) == {"roof": TABLE}
        await state.adopted.remove("roof")
        assert await state.adopted.all(vault) == {}
        await state.close()

    asyncio.run(run())
    assert not [p for p in tmp_path.iterdir() if b"hunter2" in p.read_bytes()]
    assert (tmp_path / "secret.key").stat().st_mode & 0o077 == 0


def test_a_link_with_a_password_is_a_secret(tmp_path: Path) -> None:
    vault = Vault.open(tmp_path / "key")
    sealed = vault.sealed("bus", {"link": "mqtt://me:hunter2@broker", "driver": "mqtt"})
    assert "hunter2" not in str(sealed) and sealed["driver"] == "mqtt"
    assert vault.unsealed("bus", sealed)["link"] == "mqtt://me:hunter2@broker"


def test_another_key_or_another_name_is_an_error_that_says_what_to_do(tmp_path: Path) -> None:
    vault, other = Vault.open(tmp_path / "one"), Vault.open(tmp_path / "two")
    sealed = vault.seal("roof.token", "hunter2")
    for opener, name in ((other, "roof.token"), (vault, "cellar.token")):
        with pytest.raises(ShemsError, match="enter it again"):
            opener.unseal(name, sealed)


def test_a_key_file_that_is_damaged_is_one_line(tmp_path: Path) -> None:
    (tmp_path / "key").write_bytes(b"short")
    with pytest.raises(ShemsError, match="restore it"):
        Vault.open(tmp_path / "key")
