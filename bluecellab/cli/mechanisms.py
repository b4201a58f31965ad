"""``bluecellab mechanisms``: compile mechanism libraries, list them, clear the cache."""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING

from bluecellab.cli.tables import table

if TYPE_CHECKING:
    from bluecellab.nrn.mechanisms import CacheEntry

__all__ = ["add_parser"]


def add_parser(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the sub-command to the command line."""
    parser = subparsers.add_parser(
        "mechanisms",
        help="compile, list and clear mechanism libraries",
        description="Mechanism libraries are compiled from .mod files into a cache, once for each "
        "content, version of NEURON and compiler. BLUECELLAB_CACHE_DIR moves the cache.",
    )
    commands = parser.add_subparsers(title="commands", metavar="COMMAND", required=True)
    build = commands.add_parser("build", help="compile the .mod files of a folder, unless cached")
    build.add_argument("folder", nargs="+", help="folder of .mod files, or .mod files")
    build.add_argument(
        "--native",
        action="store_true",
        default=None,
        help="optimise for the processor of this machine (-O3 -march=native), as BLUECELLAB_NATIVE=1 does",
    )
    build.add_argument("--coreneuron", action="store_true", help="compile them for CoreNEURON, too")
    build.set_defaults(run=_build)
    listing = commands.add_parser("list", help="list the libraries in the cache")
    listing.set_defaults(run=_list)
    clear = commands.add_parser("clear", help="remove libraries that no process uses")
    clear.add_argument(
        "--older-than", type=_days, metavar="DAYS", help="only those compiled longer ago than this"
    )
    clear.set_defaults(run=_clear)
    for command in (build, listing, clear):
        command.add_argument("--json", action="store_true", help="print JSON instead of a table")


def _days(text: str) -> float:
    days = float(text)
    if not 0 <= days < float("inf"):
        raise argparse.ArgumentTypeError(f"{text} is not a number of days, zero or more")
    return days


def _build(arguments: argparse.Namespace) -> int:
    from bluecellab.nrn.mechanisms import build, build_for_coreneuron, load_mechanisms

    began = time.perf_counter()
    given: list[str] = arguments.folder
    what = given[0] if len(given) == 1 else given
    library = build(what, native=arguments.native)
    other = None
    if arguments.coreneuron:
        load_mechanisms(what, native=arguments.native)
        other = build_for_coreneuron(arguments.native)
    seconds = time.perf_counter() - began
    if arguments.json:
        told = {**asdict(library), "path": str(library.path), "seconds": round(seconds, 3)}
        if other is not None:
            told["coreneuron"] = {**asdict(other), "path": str(other.path)}
        _print_json(told)
        return 0
    print(f"{library.path}")
    count = _counted(len(library.names), "mechanism", "mechanisms")
    print(f"{count} in {seconds:.1f} s: {', '.join(library.names)}")
    _print_changes(library.changes)
    if other is not None:
        print(f"{other.path}")
        _print_changes(other.changes)
        for name, reason in other.left_out.items():
            print(f"CoreNEURON cannot have {name}: {' '.join(reason.split())}")
    return 0


def _print_changes(changes: Sequence[str]) -> None:
    for change in changes:
        print(f"changed: {change}")


def _list(arguments: argparse.Namespace) -> int:
    from bluecellab.nrn.mechanisms import cache_folder, list_cache

    entries = list_cache()
    if arguments.json:
        _print_json([_plain(entry) for entry in entries])
    elif entries:
        print(_table(entries))
    else:
        print(f"no mechanism libraries in {cache_folder()}")
    return 0


def _clear(arguments: argparse.Namespace) -> int:
    from bluecellab.nrn.mechanisms import clear_cache

    cleared = clear_cache(older_than=arguments.older_than)
    if arguments.json:
        _print_json(
            {
                "removed": [_plain(entry) for entry in cleared.removed],
                "kept": [{**_plain(entry), "reason": reason} for entry, reason in cleared.kept],
            }
        )
    else:
        freed = sum(entry.size for entry in cleared.removed) / 1e6
        count = _counted(len(cleared.removed), "library", "libraries")
        print(f"removed {count} ({freed:.1f} MB)")
        for entry, reason in cleared.kept:
            print(f"kept {entry.key}: {reason}")
    return 1 if cleared.kept else 0


def _counted(number: int, one: str, many: str) -> str:
    return f"{number} {one if number == 1 else many}"


def _plain(entry: CacheEntry) -> dict[str, object]:
    return {**asdict(entry), "path": str(entry.path)}


def _table(entries: Sequence[CacheEntry]) -> str:
    rows = [("KEY", "MECHANISMS", "MB", "COMPILED", "NEURON", "ENGINE", "FLAGS", "STATE", "FROM")]
    for entry in entries:
        compiled = time.strftime("%Y-%m-%d %H:%M", time.localtime(entry.created))
        size = f"{entry.size / 1e6:.1f}"
        count = str(len(entry.names))
        engine = "CoreNEURON" if entry.engine == "coreneuron" else "NEURON"
        kind = (entry.neuron, engine, " ".join(entry.flags) or "-", entry.state)
        rows.append((entry.key, count, size, compiled, *kind, entry.source))
    return table(rows)


def _print_json(data: object) -> None:
    print(json.dumps(data, indent=1))
