"""What the commands of experiments print and write: tables, JSON, files that are whole or not there."""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from bluecellab.errors import OutputError

__all__ = [
    "add_output_options",
    "as_csv",
    "as_json",
    "check_output",
    "document",
    "figure",
    "plain",
    "write",
]


def add_output_options(
    parser: argparse.ArgumentParser, suffixes: Sequence[str], *, needed: bool = False
) -> None:
    """Add the options that say where results go.

    Parameters
    ----------
    parser
        Of the command.
    suffixes
        Kinds of files that it writes.
    needed
        Whether it only writes.
    """
    parser.add_argument(
        "--output",
        type=Path,
        required=needed,
        metavar="FILE",
        help=f"file to write to, of kind {', '.join(suffixes)}; never overwritten without --force",
    )
    parser.add_argument("--force", action="store_true", help="replace the file of --output")
    parser.set_defaults(suffixes=tuple(suffixes))
    if not needed:
        parser.add_argument("--json", action="store_true", help="print JSON instead of a table")


def check_output(arguments: argparse.Namespace) -> None:
    """Refuse a file that could not be written, before hours go into what should be in it.

    Raises
    ------
    OutputError
        If it is there already, or cannot be written.
    """
    path: Path | None = arguments.output
    if path is None:
        if arguments.force:
            arguments.refuse("--force needs --output")
        return
    if path.suffix.lower() not in arguments.suffixes:
        arguments.refuse(
            f"--output {path}: the name of the file must end in {' or '.join(arguments.suffixes)}"
        )
    _check(path, arguments.force)


def _check(path: Path, force: bool) -> None:
    if path.is_dir():
        raise OutputError(f"{path} is a folder; the name of a file is needed")
    if os.path.lexists(path) and not force:
        raise OutputError(f"{path} is there already; use --force to replace it, or another name")
    if not path.absolute().parent.is_dir():
        raise OutputError(f"there is no folder {path.absolute().parent}; make it first")
    if not os.access(path.absolute().parent, os.W_OK):
        raise OutputError(f"the folder {path.absolute().parent} is not writable")


def write(path: Path, fill: bytes | str | Callable[[Path], object], *, force: bool = False) -> None:
    """Write a file, whole or not at all.

    Parameters
    ----------
    path
        The file.
    fill
        What is in it; or what writes it to the path that it is called with.
    force
        Whether it may replace one.

    Raises
    ------
    OutputError
        If it cannot be written, or is there already.
    """
    import tempfile

    _check(path, force)
    partial: Path | None = None
    try:
        # In the same folder, so that giving it its name is one step.
        handle, name = tempfile.mkstemp(
            prefix=f".{path.stem}.", suffix=path.suffix, dir=path.absolute().parent
        )
        partial = Path(name)
        with os.fdopen(handle, "wb") as stream:
            if not callable(fill):
                stream.write(fill.encode() if isinstance(fill, str) else fill)
        if callable(fill):
            fill(partial)
        partial.chmod(0o666 & ~_umask())
        if force:
            partial.replace(path)
        else:
            _name(partial, path)
    except FileExistsError as error:
        raise OutputError(f"{path} is there already; use --force to replace it, or another name") from error
    except OSError as error:
        raise OutputError(f"{path} cannot be written: {error.strerror or error}") from error
    finally:
        if partial is not None:
            partial.unlink(missing_ok=True)


def _name(partial: Path, path: Path) -> None:
    """Give a finished file its name, unlike a renaming never to replace what came in the meantime."""
    try:
        os.link(partial, path)
    except FileExistsError:
        raise
    except OSError:  # a file system without links
        _check(path, force=False)
        partial.replace(path)


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask


def plain(value: object) -> object:
    """Return numbers, arrays and tuples as JSON has them; what is not a number becomes null."""
    if isinstance(value, Mapping):
        return {str(key): plain(each) for key, each in value.items()}
    if hasattr(value, "tolist"):  # arrays and numbers of numpy
        value = value.tolist()
    if isinstance(value, (list, tuple)):
        return [plain(each) for each in value]
    if isinstance(value, float) and not abs(value) < float("inf"):
        return None
    return value


def document(
    arguments: argparse.Namespace,
    results: Sequence[Mapping[str, object]],
    units: Mapping[str, str],
    **more: object,
) -> dict[str, object]:
    """Return results with what is needed to understand them in a year, JSON-ready.

    Parameters
    ----------
    arguments
        Of the command line.
    results
        One for each cell.
    units
        Of their fields.
    more
        Further facts, such as conditions.
    """
    import platform
    from datetime import datetime, timezone
    from importlib import metadata

    versions = {name: metadata.version(name) for name in ("bluecellab", "neuron", "numpy")}
    versions["python"] = platform.python_version()
    return {
        "command": arguments.command,
        "units": dict(units),
        **{key: plain(value) for key, value in more.items()},
        "results": [plain(result) for result in results],
        "provenance": {
            "written": datetime.now(timezone.utc).isoformat(timespec="seconds"),
            "versions": versions,
            "platform": platform.platform(),
            "arguments": sys.argv[1:],
        },
    }


def as_json(data: object) -> str:
    """Return JSON text."""
    return json.dumps(data, indent=1, allow_nan=False) + "\n"


def as_csv(rows: Sequence[Sequence[object]]) -> str:
    """Return rows, the heading first, as comma-separated values."""
    import csv
    import io

    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows(rows)
    return text.getvalue()


def figure(number: object, digits: int = 4) -> str:
    """Return a number as tables show it; a dash for one that is not there.

    Examples
    --------
    >>> figure(0.123456), figure(None), figure(float("nan")), figure(-73.25159, 2)
    ('0.1235', '-', '-', '-73.25')
    """
    if not isinstance(number, (int, float)) or number != number:
        return "-"
    return f"{number:.{digits}f}"
