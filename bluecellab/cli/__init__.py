"""The command line: ``bluecellab``."""

from __future__ import annotations

import argparse
import sys
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from importlib.metadata import version

from bluecellab.cli import (
    calibrate,
    demo,
    fi,
    info,
    iv,
    mechanisms,
    plot,
    rheobase,
    run,
    validate,
    validate_cell,
)
from bluecellab.errors import BluecellabError
from bluecellab.nrn.launch import rank_of

__all__ = ["main"]


@contextmanager
def _short_warnings() -> Iterator[None]:
    """Show a warning as a line of its own, without the line of code that it arose in."""

    def show(message: Warning | str, *_others: object, **_more: object) -> None:
        print(f"bluecellab: warning: {message}", file=sys.stderr)

    with warnings.catch_warnings():
        warnings.showwarning = show
        yield


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line.

    Parameters
    ----------
    argv
        Arguments; those of the process when left out.

    Returns
    -------
    int
        0 if all went well, 1 after an error, 2 after wrong usage, 3 if the validation of a cell failed.
    """
    parser = argparse.ArgumentParser(
        prog="bluecellab",
        description="Experiments on NEURON cells and circuits that cannot leak and cannot lie.",
    )
    parser.add_argument("--version", action="version", version=f"bluecellab {version('bluecellab')}")
    subparsers = parser.add_subparsers(title="commands", metavar="COMMAND")
    demo.add_parser(subparsers)
    run.add_parser(subparsers)
    validate.add_parser(subparsers)
    info.add_parser(subparsers)
    for command in (rheobase, iv, fi, validate_cell, plot):
        command.add_parser(subparsers)
    mechanisms.add_parser(subparsers)
    calibrate.add_parser(subparsers)
    arguments = parser.parse_args(argv)
    arguments.argv = list(sys.argv[1:] if argv is None else argv)
    if not hasattr(arguments, "run"):
        parser.print_help()
        return 2
    try:
        with _short_warnings():
            if rank_of() is None:
                return int(arguments.run(arguments))
            from bluecellab.cli.launching import as_rank

            return as_rank(lambda: int(arguments.run(arguments)), shared="ranks" in arguments)
    except BluecellabError as error:
        print(f"bluecellab: {type(error).__name__}: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("bluecellab: interrupted", file=sys.stderr)
        return 130
