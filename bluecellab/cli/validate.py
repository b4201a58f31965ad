"""``bluecellab validate``: everything that is wrong with a simulation, before anything is started."""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from bluecellab.circuit.config import Problem

__all__ = ["add_parser"]


def add_parser(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the sub-command to the command line."""
    parser = subparsers.add_parser(
        "validate",
        help="find everything that is wrong with a simulation configuration",
        description="Check the configuration of a simulation, of either dialect of SONATA, and all that it "
        "names: keys, values, files, node sets, cells, types. Every mistake is told at once, with its file, "
        "its key, its value, and what would be right. NEURON is not started and nothing else is executed. "
        "The exit code is 1 if anything is wrong.",
    )
    parser.add_argument("config", type=Path, help="the simulation_config.json")
    parser.add_argument(
        "--confine-to", type=Path, metavar="FOLDER", help="refuse paths outside of this folder"
    )
    parser.add_argument(
        "--functions",
        type=Path,
        action="append",
        default=[],
        metavar="FILE.py",
        help="Python file that registers functions which the configuration names; it is executed",
    )
    parser.add_argument("--json", action="store_true", help="print JSON instead of text")
    parser.set_defaults(run=_run)


def _run(arguments: argparse.Namespace) -> int:
    from bluecellab.circuit.validation import validate
    from bluecellab.spec.functions import load_functions

    for path in arguments.functions:
        load_functions(path)
    problems = validate(arguments.config, confine_to=arguments.confine_to)
    if arguments.json:
        print(json.dumps([_plain(problem) for problem in problems], indent=1, default=str))
    elif problems:
        print(_text(problems))
    else:
        print(f"{arguments.config}: nothing is wrong")
    return 1 if problems else 0


def _plain(problem: Problem) -> dict[str, object]:
    return {
        "file": problem.file,
        "key": problem.key,
        "value": problem.value,
        "message": problem.message,
        "outside": problem.outside,
    }


def _text(problems: list[Problem]) -> str:
    """Return the problems, grouped by file; the name of a file is said once."""
    by_file: dict[str, list[Problem]] = {}
    for problem in problems:
        by_file.setdefault(problem.file, []).append(problem)
    lines: list[str] = []
    for file, found in by_file.items():
        lines.append(file)
        for problem in found:
            text = str(problem).removeprefix(file).removeprefix(": ").removeprefix(" = ")
            lines.append(f"  {text}")
    count = "1 problem" if len(problems) == 1 else f"{len(problems)} problems"
    return "\n".join([*lines, count])
