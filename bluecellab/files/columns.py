"""Tables in text files, read in columns without pandas, which takes half a second to load."""

from __future__ import annotations

import csv
import os
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt

from bluecellab.errors import CircuitFileError

__all__ = ["header_of", "read_columns", "read_numbers"]

FloatArray = npt.NDArray[np.float64]
PathLike = str | os.PathLike[str]

_FEW = 100  # lines that are not worth a second way
_MISSING = frozenset({"", "na", "nan", "null", "none"})


def _text_of(path: PathLike) -> str:
    try:
        return Path(path).read_text(encoding="utf-8-sig")
    except FileNotFoundError as error:
        raise CircuitFileError(f"there is no file {path}", str(path)) from error
    except (OSError, UnicodeDecodeError) as error:
        reason = os.strerror(error.errno) if isinstance(error, OSError) and error.errno else "it is no text"
        raise CircuitFileError(f"{path} cannot be read: {reason}", str(path)) from error


def _split(line: str, separator: str) -> list[str]:
    """Return the fields of a line; several blanks count as one, and quotes hold blanks together."""
    blank = not separator.strip()
    fields = next(csv.reader([line], delimiter=" " if blank else separator, skipinitialspace=True), [])
    return [field for field in fields if field] if blank else [field.strip() for field in fields]


def _lines(text: str) -> list[str]:
    return [line for line in text.splitlines() if line.strip()]


def header_of(path: PathLike, separator: str = " ") -> list[str]:
    """Return the names of the columns of a table.

    Raises
    ------
    CircuitFileError
        If there is no such file, or nothing in it.
    """
    lines = _lines(_text_of(path))
    if not lines:
        raise CircuitFileError(f"{path} is empty", str(path))
    return _split(_blanks(lines[0], separator), separator)


def _blanks(line: str, separator: str) -> str:
    return line.replace("\t", " ") if not separator.strip() else line


def read_columns(
    path: PathLike, columns: Sequence[str], separator: str = " ", *, optional: Collection[str] = ()
) -> dict[str, list[str]]:
    """Return columns of a table as text.

    Parameters
    ----------
    path
        The file; its first line names the columns.
    columns
        Which.
    separator
        Between fields; a blank stands for any number of them.
    optional
        Those that may be missing; they are then not in what is returned.

    Raises
    ------
    CircuitFileError
        If there is no such file or column, or a line has another number of fields.
    """
    lines = _lines(_text_of(path))
    if not lines:
        raise CircuitFileError(f"{path} is empty; it needs columns {', '.join(columns)}", str(path))
    names, *rows = (_split(_blanks(line, separator), separator) for line in lines)
    found = [name for name in columns if name in names or name not in optional]
    missing = [name for name in found if name not in names]
    if missing:
        raise CircuitFileError(
            f"{path} has no column {', '.join(map(repr, missing))}; separated by {separator!r} its columns "
            f"are {', '.join(map(repr, names))}",
            str(path),
        )
    for number, row in enumerate(rows, 1):
        if len(row) != len(names):
            raise CircuitFileError(
                f"{path}: row {number} has {len(row)} fields, and there are {len(names)} columns", str(path)
            )
    places = {name: names.index(name) for name in found}
    return {name: [row[place] for row in rows] for name, place in places.items()}


def read_numbers(
    path: PathLike,
    columns: Sequence[str],
    separator: str = " ",
    *,
    optional: Mapping[str, float] | None = None,
) -> dict[str, FloatArray]:
    """Return columns of a table as numbers, each of shape (n,).

    Parameters
    ----------
    path
        The file; its first line names the columns.
    columns
        Which.
    separator
        Between fields; a blank stands for any number of them.
    optional
        Those that may be missing, and the number that then stands for each row.

    Raises
    ------
    CircuitFileError
        If there is no such file or column, or something in it is no finite number.
    """
    instead = dict(optional or {})
    quick = _all_numbers(path, separator)
    if quick is not None and all(name in quick or name in instead for name in columns):
        count = len(next(iter(quick.values())))
        return {name: quick[name] if name in quick else np.full(count, instead[name]) for name in columns}
    table = read_columns(path, columns, separator, optional=instead)
    count = len(next(iter(table.values()), ()))
    return {
        name: _numbers(path, name, table[name]) if name in table else np.full(count, instead[name])
        for name in columns
    }


def _all_numbers(path: PathLike, separator: str) -> dict[str, FloatArray] | None:
    """Return a table of numbers alone, ten times as fast; None if it is another one, or wrong."""
    lines = _lines(_text_of(path))
    if len(lines) <= _FEW:
        return None
    names = _split(_blanks(lines[0], separator), separator)
    try:
        rows = np.loadtxt(
            lines[1:], delimiter=separator if separator.strip() else None, comments=None, ndmin=2
        )
    except ValueError:
        return None
    if rows.shape[1] != len(names) or not np.isfinite(rows).all():
        return None
    return dict(zip(names, np.ascontiguousarray(rows.T), strict=True))


def _numbers(path: PathLike, name: str, texts: Sequence[str]) -> FloatArray:
    try:
        values = np.array(texts, dtype=np.float64)
        fine = bool(np.isfinite(values).all())
    except ValueError:
        fine = False
    if not fine:
        wrong = next(index for index, text in enumerate(texts) if not _is_number(text))
        raise CircuitFileError(
            f"{path}: {name!r} in row {wrong + 1} is {texts[wrong]!r}; a number is needed", str(path)
        )
    return values


def _is_number(text: str) -> bool:
    if text.lower() in _MISSING:
        return False
    try:
        return bool(np.isfinite(float(text)))
    except ValueError:
        return False
