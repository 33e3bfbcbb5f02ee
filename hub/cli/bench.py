"""`shems bench [NAME...]`: the measurements of `bench/`, each figure beside its rival, its limit and its goal."""

from __future__ import annotations

import argparse
import importlib
import json
import platform
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, cast

from hub.errors import UserError

ROOT = Path(__file__).parents[2]


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("names", nargs="*", metavar="NAME", help="which ones (default: all); store.reads: one part")
    parser.add_argument("--quick", action="store_true", help="within 60 s a bench, same columns")
    parser.add_argument("--json", action="store_true")


def run(args: argparse.Namespace) -> int:
    sys.path.insert(0, str(ROOT))
    known = sorted(p.stem for p in (ROOT / "bench").glob("[a-z]*.py"))
    for name in (n.partition(".")[0] for n in args.names):
        if name not in known:
            raise UserError(f"there is no bench {name!r}; known: {', '.join(known)}")
    results: list[dict[str, Any]] = []
    for name in args.names or known:
        for row in _rows(name, args.quick):
            results.append({"bench": name, **row})
            if not args.json:
                print(_line(results[-1]), flush=True)
    if args.json:
        print(json.dumps({"machine": f"{platform.machine()} {platform.python_version()}", "results": results}))
    return 0


def _rows(name: str, quick: bool) -> Iterator[Mapping[str, Any]]:
    """Of a bench, or of one part of it: `store.reads`. Raises UserError for a part that it has not."""
    bench, _, part = name.partition(".")
    module = importlib.import_module(f"bench.{bench}")
    if not part:
        return cast(Iterator[Mapping[str, Any]], module.run(quick))
    parts = getattr(module, "PARTS", ())
    if part not in parts:
        raise UserError(f"bench {bench!r} has no part {part!r}; it has {', '.join(parts) or 'none'}")
    return cast(Iterator[Mapping[str, Any]], module.run(quick, (part,)))


def _line(r: dict[str, Any]) -> str:
    rival = f"  {r['rival']}: {r['rival_value']} (ratio {r['ratio']})" if r.get("rival") else ""
    mark = "" if r["met"] is None else ("met" if r["met"] else "MISSED")
    return f"{r['bench']:6} {r['name']:54} {r['value']:>9} {r['unit']:5} goal {r['goal'] or '-':10} {mark}{rival}"
