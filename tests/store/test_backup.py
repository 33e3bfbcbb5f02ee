"""Safety copies: made while the hub writes, verified, put back; nothing that was there is deleted."""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
import threading
from collections.abc import Mapping
from pathlib import Path

import pytest

from hub.cli.main import main
from hub.errors import ShemsError, UserError
from hub.store.accounts import Account
from hub.store.ring import Ring
from hub.store.ring.backup import LIST, backup, restore
from hub.store.ring.care import check
from hub.store.ring.levels import DAY
from hub.store.state import State
from hub.store.vault import Vault
from tests.store.house import T0, StillClock
from tests.store.truth import BUDGET, Read, compare, feed, lived, read

NOW = T0 * 1000
SECONDS = DAY + 2 * 3600 + 600
DAYS = 2
ROOT = Path(__file__).parents[2]


def _state(path: Path, name: str) -> None:
    async def made() -> None:
        state = await State.open(path, StillClock())
        await state.accounts.add(Account(name, "owner", "x"))
        await state.close()

    asyncio.run(made())


@pytest.fixture
def data(tmp_path: Path) -> Path:
    folder = tmp_path / "data"
    folder.mkdir()
    _state(folder / "state.db", "anna")
    return folder


def _read(folder: Path) -> Read:
    ring = Ring.open(folder / "history.db", StillClock(), budget=BUDGET)
    assert ring.problems == []
    got = read(ring, DAYS)
    ring.close()
    return got


def test_a_copy_made_while_the_hub_writes_is_whole_and_can_be_put_back(data: Path, tmp_path: Path) -> None:
    ring = lived(data / "history.db", SECONDS)
    before, done = read(ring, DAYS), threading.Event()

    def write() -> None:
        for k in range(SECONDS, SECONDS + 3 * 3600, 10):
            feed(ring, k, k + 10)
            assert ring.flush()
            if done.is_set():
                return

    writer = threading.Thread(target=write)
    writer.start()
    report = backup(data, tmp_path / "copies", NOW)
    done.set()
    writer.join()
    assert ring.close() and ring.problems == []
    assert report.folder == tmp_path / "copies" / "shems-20231114-000000" and report.damaged == []
    assert set(report.files) == {"history.db", "history.hot", "state.db"} and report.rows["raw"] == 8
    assert [p.name for p in (tmp_path / "copies").iterdir()] == [report.folder.name]

    back = restore(tmp_path / "copies", tmp_path / "new", NOW)
    assert back.folder == report.folder and back.moved == []
    wrong, lost = compare(before, _later_left_out(before, _read(tmp_path / "new")))
    assert wrong == [] and lost == set()
    assert asyncio.run(_names(tmp_path / "new" / "state.db")) == ["anna"]


def _later_left_out(before: Read, got: Read) -> Read:
    for key, n in before.known.items():
        more = got.known[key] > n
        got.known[key][more], got.values[key][:, more] = n[more], before.values[key][:, more]
        if key[0] == "energy":
            got.values[key] = before.values[key]
    return got


async def _names(path: Path) -> list[str]:
    state = await State.open(path, StillClock())
    names = [a.name for a in await state.accounts.all()]
    await state.close()
    return names


def test_what_was_there_is_moved_aside(data: Path, tmp_path: Path) -> None:
    lived(data / "history.db", 3600).close()
    first = _read(data)
    backup(data, tmp_path / "copies", NOW)
    _state(data / "state.db", "ben")
    lived(data / "other.db", 7200).close()
    (data / "other.db").replace(data / "history.db")
    report = restore(tmp_path / "copies", data, NOW + 5)
    assert set(report.moved) >= {f"{n}.before-{NOW + 5}" for n in ("history.db", "history.hot", "state.db")}
    assert all((data / name).exists() for name in report.moved)
    assert compare(first, _read(data)) == ([], set())
    assert asyncio.run(_names(data / "state.db")) == ["anna"]
    assert asyncio.run(_names(data / f"state.db.before-{NOW + 5}")) == ["anna", "ben"]


def test_a_hub_that_runs_is_not_disturbed(data: Path, tmp_path: Path) -> None:
    lived(data / "history.db", 600).close()
    backup(data, tmp_path / "copies", NOW)
    code = "import sys; from pathlib import Path; from hub.store.ring.file import open_history\n"
    code += "h = open_history(Path(sys.argv[1]), 0, 1 << 26); print(); sys.stdin.read()"
    command = [sys.executable, "-c", code, str(data / "history.db")]
    with subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as hub:
        assert hub.stdout and hub.stdin
        hub.stdout.readline()
        with pytest.raises(UserError, match="running; stop it first"):
            restore(tmp_path / "copies", data, NOW)
        hub.stdin.close()
    restore(tmp_path / "copies", data, NOW)


@pytest.mark.parametrize("name", ["history.db", "history.hot", "state.db"])
def test_a_copy_that_has_changed_is_not_put_back(data: Path, tmp_path: Path, name: str) -> None:
    lived(data / "history.db", 600).close()
    folder = backup(data, tmp_path / "copies", NOW).folder
    raw = bytearray((folder / name).read_bytes())
    raw[len(raw) // 2] ^= 1
    (folder / name).write_bytes(raw)
    before = (data / name).read_bytes()
    with pytest.raises(UserError, match="use another copy"):
        restore(folder, data, NOW)
    assert (data / name).read_bytes() == before and not list(data.glob("*.before-*"))


def test_a_block_that_was_damaged_before_does_not_keep_the_rest_from_being_copied(data: Path, tmp_path: Path) -> None:
    ring = lived(data / "history.db", DAY + 3600)
    assert ring._writer._files
    with ring._writer._files.connection as db:
        id_, blob = db.execute("SELECT id, b FROM raw LIMIT 1").fetchone()
        db.execute("UPDATE raw SET b = ? WHERE id = ?", (blob[:-1] + bytes([blob[-1] ^ 1]), id_))
    ring.close()
    report = backup(data, tmp_path / "copies", NOW)
    assert len(report.damaged) == 1 and "checksum" in report.damaged[0]
    assert restore(report.folder, tmp_path / "new", NOW).damaged == report.damaged


def test_a_history_that_sqlite_cannot_read_is_not_copied(data: Path, tmp_path: Path) -> None:
    lived(data / "history.db", DAY + 3600).close()
    raw = bytearray((data / "history.db").read_bytes())
    for at in range(4096, len(raw), 4096):
        raw[at : at + 12] = b"\xff" * 12
    (data / "history.db").write_bytes(raw)
    with pytest.raises(ShemsError, match=r"history\.db: cannot be copied"):
        backup(data, tmp_path / "copies", NOW)
    assert list((tmp_path / "copies").iterdir()) == []


def test_a_missing_folder_or_copy_is_explained(data: Path, tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"neither history\.db nor state\.db"):
        backup(tmp_path / "gone", tmp_path / "copies", NOW)
    with pytest.raises(UserError, match="no copy here"):
        restore(tmp_path, data, NOW)
    backup(data, tmp_path / "copies", NOW)
    with pytest.raises(UserError, match="such a copy already"):
        backup(data, tmp_path / "copies", NOW)


def test_a_new_box_can_read_the_passwords_of_its_devices(
    data: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    table = {"driver": "http", "link": "http://10.0.0.2", "password": "hunter2"}

    async def kept(folder: Path, put: bool) -> Mapping[str, object]:
        state = await State.open(folder / "state.db", StillClock())
        try:
            vault = Vault.open(folder / "secret.key")
            if put:
                await state.adopted.put("roof", table, vault, "anna", 1)
            return await state.adopted.all(vault)
        finally:
            await state.close()

    asyncio.run(kept(data, put=True))
    copies, new = tmp_path / "copies", tmp_path / "new"
    old = os.umask(0o022)
    try:
        assert main(["backup", str(copies), "--data", str(data)]) == 0
        said = capsys.readouterr().out
        assert said.count("\n") == 1 and "holds the key of the devices' passwords (secret.key): keep it safe" in said
        Vault.open(tmp_path / "other.key")
        new.mkdir()
        (tmp_path / "other.key").rename(new / "secret.key")
        assert main(["restore", str(copies), "--data", str(new)]) == 0
    finally:
        os.umask(old)
    said = capsys.readouterr().out
    assert "enter" not in said and "secret.key.before-" in said and len([*new.glob("secret.key.before-*")]) == 1
    assert asyncio.run(kept(new, put=False)) == {"roof": table}
    [copy] = copies.iterdir()
    assert all((folder / "secret.key").stat().st_mode & 0o777 == 0o600 for folder in (copy, new))


def test_a_copy_without_the_key_says_what_has_to_be_entered_again(
    data: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    backup(data, tmp_path / "copies", NOW)
    assert main(["restore", str(tmp_path / "copies"), "--data", str(tmp_path / "new")]) == 0
    said = capsys.readouterr().out
    assert said.count("\n") == 1 and "no secret.key: on another box, enter the passwords of devices" in said


def test_the_commands_say_what_they_have_done_in_one_line(
    data: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    lived(data / "history.db", DAY + 3600).close()
    copies, new = str(tmp_path / "copies"), str(tmp_path / "new")
    assert main(["backup", copies, "--data", str(data)]) == 0
    said = capsys.readouterr().out
    assert said.count("\n") == 1 and "copied and verified: history.db" in said and "rows of history" in said
    assert main(["restore", copies, "--data", new, "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert set(told["files"]) == {"history.db", "history.hot", "state.db"} and told["moved"] == []
    assert (Path(told["folder"]) / LIST).is_file() and check(tmp_path / "new" / "history.db", deep=True).sound
    assert main(["restore", copies, "--data", new]) == 0
    said = capsys.readouterr().out
    assert said.count("\n") == 1 and "what was there is now history.db.before-" in said
    assert (Path(new) / "history.db").stat().st_mode & 0o77 == 0
