"""Tables of types: what all nodes, or edges, of a type have in common, as space separated text."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from bluecellab.circuit.access import Column, IntArray
from bluecellab.circuit.config.problems import nearest
from bluecellab.errors import CircuitFileError

__all__ = ["MISSING", "TypeColumn", "TypeTable", "read_types"]

MISSING = frozenset(
    "|#N/A|#N/A N/A|#NA|-1.#IND|-1.#QNAN|-NaN|-nan|1.#IND|1.#QNAN|<NA>|N/A|NA".split("|")  # noqa: SIM905
) | {"NONE", "NULL", "NaN", "None", "n/a", "nan", "null"}
"""What stands for nothing."""

_TRUTH = {"True": True, "TRUE": True, "true": True, "False": False, "FALSE": False, "false": False}
_LARGEST = 2**26  # characters; a table of types has one row for many nodes


@dataclass(frozen=True, eq=False)
class TypeColumn:
    """One attribute of all types.

    Parameters
    ----------
    values
        Numbers, truth values or texts, shape (n,); where it is missing: NaN, 0, False or an empty text.
    there
        Where it is not missing, shape (n,).
    """

    values: Column
    there: npt.NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class TypeTable:
    """The types of nodes or edges.

    Parameters
    ----------
    path
        The file; empty if there is none.
    ids
        Theirs, shape (n,), as they stand.
    columns
        Their attributes, in the order of the file.
    """

    path: str
    ids: IntArray
    columns: Mapping[str, TypeColumn]

    def rows(self, ids: IntArray) -> IntArray:
        """Return the row of each id, shape (m,).

        Raises
        ------
        CircuitFileError
            If there is none.
        """
        order = np.argsort(self.ids, kind="stable")
        sorted_ids = self.ids[order]
        places = np.searchsorted(sorted_ids, ids)
        places[places == len(sorted_ids)] = 0
        wrong = sorted_ids[places] != ids if len(sorted_ids) else np.ones(len(ids), np.bool_)
        if wrong.any():
            listed = ", ".join(map(str, self.ids[:24].tolist())) or "none"
            raise CircuitFileError(
                f"{self.path}: has no type {int(ids[wrong][0])}, which {int(wrong.sum())} rows of the HDF5 "
                f"file are of; there are: {listed}",
                self.path,
            )
        return order[places].astype(np.int64)


def read_types(path: str, id_column: str) -> TypeTable:
    """Read a table of types.

    Columns are separated by one space; where that does not give as many values as columns, by any number of
    them. Texts with spaces are in double quotes. What a row lacks at its end is missing.

    Parameters
    ----------
    path
        The file.
    id_column
        ``"node_type_id"`` or ``"edge_type_id"``.

    Raises
    ------
    CircuitFileError
        If it is missing, or no such table.
    """
    header, rows = _lines(path)
    if id_column not in header:
        raise _failure(path, f"has no column {id_column!r}; {nearest(id_column, header, 'columns')}")
    twice = sorted({name for name in header if header.count(name) > 1})
    if twice or "" in header:
        raise _failure(path, f"has two columns {twice[0]!r}" if twice else "has a column without a name")
    texts = {name: [row[place] for row in rows] for place, name in enumerate(header)}
    ids = _ids(path, id_column, texts.pop(id_column))
    return TypeTable(path, ids, {name: _column(values) for name, values in texts.items()})


def _failure(path: str, message: str) -> CircuitFileError:
    return CircuitFileError(f"{path}: {message}", path)


def _lines(path: str) -> tuple[list[str], list[list[str]]]:
    """Return the names of the columns, and all rows."""
    try:
        content = Path(path).read_bytes()
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise _failure(path, f"the table of types cannot be read: {reason}") from error
    if len(content) > _LARGEST:
        raise _failure(path, f"is no table of types: it has {len(content)} bytes")
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise _failure(path, f"is no table of types: {error}") from error
    if "\0" in text:
        raise _failure(path, "is no table of types: it has zero bytes")
    wrong = ""
    for skip in (False, True):
        try:
            reader = csv.reader(
                io.StringIO(text, newline=""), delimiter=" ", skipinitialspace=skip, strict=True
            )
            rows = [row for row in reader if any(each.strip() for each in row)]
        except csv.Error as error:
            raise _failure(path, f"is no table of types: {error}") from error
        if not rows:
            raise _failure(path, "is empty; a table of types begins with a line of names of columns")
        header = [name.strip() for name in rows[0]]
        while header and not header[-1]:
            header.pop()
        if len(rows) > 1 and len(rows[-1]) < len(header) and not text.endswith(("\n", "\r")):
            raise _failure(path, "is cut off: its last line has fewer values than there are columns")
        shaped = [_fitted(row, len(header)) for row in rows[1:]]
        odd = next((number for number, row in enumerate(shaped) if len(row) != len(header)), None)
        if odd is None and "" not in header:
            return header, shaped
        if odd is not None:
            wrong = f"row {odd + 1} has {len(shaped[odd])} values for {len(header)} columns: {shaped[odd]}"
    raise _failure(path, f"{wrong or 'the line of names has empty ones'}. One space separates columns")


def _fitted(row: list[str], length: int) -> list[str]:
    """Return a row without what trailing spaces make of it, filled up with what is missing at its end."""
    while len(row) > length and not row[-1].strip():
        row.pop()
    return [*row, *[""] * (length - len(row))]


def _ids(path: str, name: str, texts: Sequence[str]) -> IntArray:
    found: list[int] = []
    for text in texts:
        try:
            number = float(text) if "." in text else int(text)
            if number != int(number) or not -(2**62) < number < 2**62:
                raise ValueError
        except (ValueError, OverflowError):
            raise _failure(path, f"{name} has {text!r}; whole numbers are needed") from None
        found.append(int(number))
    if len(set(found)) < len(found):
        twice = next(each for each in found if found.count(each) > 1)
        raise _failure(path, f"has the type {twice} twice")
    return np.array(found, np.int64)


def _column(texts: Sequence[str]) -> TypeColumn:
    """Return a column as what all of its values can be: whole numbers, numbers, truth values, texts."""
    there = np.array([text not in MISSING for text in texts], np.bool_)
    given = [text for text in texts if text not in MISSING]
    filled = [text if text not in MISSING else None for text in texts]
    try:
        whole = [0 if text is None else int(_plain(text)) for text in filled]
        if given and all(-(2**63) <= each < 2**63 for each in whole):
            return TypeColumn(np.array(whole, np.int64), there)
    except ValueError:
        pass
    try:
        # A column without any value is one of numbers, none of which is there.
        return TypeColumn(
            np.array([np.nan if text is None else float(_plain(text)) for text in filled]), there
        )
    except ValueError:
        pass
    if all(text in _TRUTH for text in given):
        return TypeColumn(np.array([_TRUTH.get(text or "", False) for text in filled], np.bool_), there)
    return TypeColumn(np.array([text or "" for text in filled], np.str_), there)


def _plain(text: str) -> str:
    """Return the text of a number; Python also takes ``1_000``, which is a name here.

    Raises
    ------
    ValueError
        If it has an underscore.
    """
    if "_" in text or not text.isascii():
        raise ValueError(text)
    return text
