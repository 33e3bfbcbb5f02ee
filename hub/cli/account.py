"""`shems account add|list|reset|token`: who may sign in. Works on state.db, whether or not the hub runs."""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from hub.auth import Doorman, hash_password, new_password
from hub.errors import UserError
from hub.model import SystemClock
from hub.model.document import hint
from hub.ops.private import keep_private
from hub.store.accounts import ROLES, Account, Accounts
from hub.store.database import Database

LONGEST_NAME = 64
ABOUT = """\
add NAME     makes an account and prints its password, once
list         accounts, their roles, how many browsers are signed in, and the notes of their tokens
reset NAME   prints a new password, once; every browser and program that used the account has to sign in anew
token NAME   prints a bearer token for a program, once: `Authorization: Bearer TOKEN`. It holds until `reset`
"""
EPILOG = "Roles are kept and shown; so far everybody who is signed in may do everything."


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.description, parser.epilog = f"{parser.description}\n\n{ABOUT}", EPILOG
    common = argparse.ArgumentParser(add_help=False)
    state = Path(os.environ.get("STATE_DIRECTORY", "data"))
    common.add_argument("--data", type=Path, default=state, metavar="DIR", help="where the hub keeps its state.db")
    common.add_argument("--json", action="store_true", help="answer as one line of JSON")
    actions = parser.add_subparsers(dest="action", required=True, metavar="add|list|reset|token")
    made = {name: actions.add_parser(name, parents=[common], epilog=EPILOG) for name in ACTIONS}
    for name in ("add", "reset", "token"):
        made[name].add_argument("name", metavar="NAME")
    made["add"].add_argument("--role", choices=ROLES, default="resident", help="resident when left out")
    made["token"].add_argument("--note", default="", metavar="TEXT", help="what it is for, shown by `list`")


def run(args: argparse.Namespace) -> int:
    keep_private()
    asyncio.run(_run(args))
    return 0


async def _run(args: argparse.Namespace) -> None:
    async with _accounts(args.data) as accounts:
        answer, text, said = await ACTIONS[args.action](accounts, args)
    print(json.dumps(answer) if args.json else text)
    if said:
        print(said, file=sys.stderr)


@asynccontextmanager
async def _accounts(data: Path) -> AsyncIterator[Accounts]:
    """A hub that is just writing is waited for (some seconds, by SQLite itself)."""
    path = data / "state.db"
    if not path.is_file():
        raise UserError(f"{path}: there is no such file; name the hub's folder with --data, or start the hub once")
    db = await Database.open(path)
    try:
        yield Accounts(db, SystemClock())
    finally:
        await db.close()


# -- actions: what `--json` answers, what is printed without it, what is said beside it --------------------------------

Answer = tuple[object, str, str]


async def _add(accounts: Accounts, args: argparse.Namespace) -> Answer:
    name, role, password = _checked(args.name), args.role, new_password()
    if not await accounts.add(Account(name, role, hash_password(password))):
        raise UserError(f"there is an account {name!r} already; `shems account reset` gives it a new password")
    return (
        {"name": name, "role": role, "password": password},
        password,
        f"{name} ({role}) may sign in with this password; it is not shown again",
    )


async def _reset(accounts: Accounts, args: argparse.Namespace) -> Answer:
    account, password = await _known(accounts, args.name), new_password()
    await accounts.reset(account.name, hash_password(password))
    return (
        {"name": account.name, "role": account.role, "password": password},
        password,
        f"{account.name} signs in with this password from now on; all sessions and tokens of {account.name} have ended",
    )


async def _token(accounts: Accounts, args: argparse.Namespace) -> Answer:
    account = await _known(accounts, args.name)
    token = await Doorman(accounts, SystemClock()).issue_bearer(account.name, args.note)
    return (
        {"name": account.name, "token": token, "note": args.note},
        token,
        f"a program may act as {account.name} with this token; it is not shown again",
    )


async def _list(accounts: Accounts, _args: argparse.Namespace) -> Answer:
    tokens = await accounts.tokens()
    rows: list[dict[str, Any]] = [
        {
            "name": a.name,
            "role": a.role,
            "sessions": sum(t.account == a.name and t.kind == "session" for t in tokens),
            "tokens": [t.note for t in tokens if t.account == a.name and t.kind == "bearer"],
        }
        for a in await accounts.all()
    ]
    return {"accounts": rows}, "\n".join(map(_line, rows)), "" if rows else "there are no accounts yet"


def _line(row: Mapping[str, Any]) -> str:
    tokens = f"; tokens: {', '.join(note or 'without a note' for note in row['tokens'])}" if row["tokens"] else ""
    return f"{row['name']}\t{row['role']}\tsigned in {row['sessions']}x{tokens}"


def _checked(name: str) -> str:
    if not name or len(name) > LONGEST_NAME or name != name.strip() or not name.isprintable():
        raise UserError(f"{name!r} is no name: 1 to {LONGEST_NAME} printable characters without spaces around them")
    return name


async def _known(accounts: Accounts, name: str) -> Account:
    account = await accounts.account(name)
    if account is None:
        raise UserError(f"there is no account {name!r}{hint(name, [a.name for a in await accounts.all()])}")
    return account


ACTIONS: Mapping[str, Callable[[Accounts, argparse.Namespace], Awaitable[Answer]]] = {
    "add": _add,
    "list": _list,
    "reset": _reset,
    "token": _token,
}
