"""Tables of the Allen dialect, looked at: text with a line of names of columns."""

from __future__ import annotations

import csv
import math
from collections.abc import Iterator, Sequence

from bluecellab.circuit.config.problems import Problems, nearest

__all__ = ["check_columns", "check_trains_table", "header_of", "types_of"]

_MOST = 2**20
#: What stands for nothing in a table.
_MISSING = (
    "",
    "NULL",
    "null",
    "NaN",
    "nan",
    "NA",
    "N/A",
    "n/a",
    "<NA>",
    "#N/A",
    "None",
    "NONE",
    "-NaN",
    "-nan",
)


def _rows(path: str, separator: str) -> Iterator[list[str]]:
    """Give the rows of a table; with a blank as separator, any number of blanks and tabs is one."""
    with open(path, encoding="utf-8-sig", errors="replace", newline="") as file:  # noqa: PTH123
        if separator.isspace():
            yield from csv.reader((" ".join(line.split()) for line in file if line.strip()), delimiter=" ")
        else:
            yield from csv.reader((line for line in file if line.strip()), delimiter=separator)


def header_of(path: str, separator: str = " ") -> list[str]:
    """Return the names of the columns of a table; none if it is empty, or no table.

    Parameters
    ----------
    path
        The file.
    separator
        Between columns.
    """
    try:
        return [name.strip() for name in next(_rows(path, separator), [])]
    except (csv.Error, TypeError, OSError):
        return []


def check_columns(
    path: str, key: str, problems: Problems, needed: Sequence[str], *, separator: str = " "
) -> bool:
    """Return whether a table has columns; report those that are missing.

    Parameters
    ----------
    path
        The file.
    key
        Where the configuration names it.
    problems
        Where to report to.
    needed
        Names of columns.
    separator
        Between columns.
    """
    there = header_of(path, separator)
    for name in needed:
        if name not in there:
            message = f"has no column {name!r}; {nearest(name, there, 'columns')}"
            problems.add(key, path, f"{message} (separated by {separator!r})")
            return False
    return True


def check_trains_table(path: str, key: str, problems: Problems, *, population: str | None) -> None:
    """Report what is wrong with a table of spikes, ``timestamps population node_ids``.

    Parameters
    ----------
    path
        The file.
    key
        Where the configuration names it.
    problems
        Where to report to.
    population
        Whose spikes are wanted; those of the first that is there when left out.
    """
    if not check_columns(path, key, problems, ("timestamps", "node_ids")):
        return
    header = header_of(path)
    time, node = header.index("timestamps"), header.index("node_ids")
    group = header.index("population") if "population" in header else None
    seen: set[str] = set()
    try:
        for number, row in enumerate(_rows(path, " ")):
            if number == 0 or number > _MOST:
                continue
            wrong = _wrong_row(row, time, node, len(header))
            if wrong:
                problems.add(key, path, f"line {number + 1}: {wrong}")
                return
            if group is not None:
                seen.add(row[group])
    except csv.Error as error:
        problems.add(key, path, f"is no table: {error}")
        return
    if population is not None and group is not None and population not in seen:
        known = nearest(population, sorted(seen), "populations")
        problems.add(key, path, f"has no spikes of population {population!r}; {known}")


def _wrong_row(row: Sequence[str], time: int, node: int, width: int) -> str:
    if len(row) < width:
        return f"has {len(row)} values for {width} columns"
    try:
        when, who = float(row[time]), int(float(row[node]))
    except (ValueError, OverflowError):
        return "a time in ms and the id of a node are needed"
    if not math.isfinite(when) or when < 0:
        return f"the time {row[time]} is no time of a spike; 0 ms or later is needed"
    return "" if who >= 0 else f"the id {row[node]} is negative"


def types_of(path: str, id_column: str, problems: Problems) -> dict[int, dict[str, str | None]] | None:
    """Return the rows of a table of types by id, texts as they stand; None, and problems, if it is none.

    Parameters
    ----------
    path
        The file.
    id_column
        ``"edge_type_id"`` or ``"node_type_id"``.
    problems
        Where to report to.
    """
    made: dict[int, dict[str, str | None]] = {}
    header: list[str] = []
    try:
        for number, row in enumerate(_rows(path, " ")):
            if not header:
                header = row
                if id_column not in header:
                    hint = nearest(id_column, header, "columns")
                    problems.add("", None, f"has no column {id_column!r}; {hint}", file=path)
                    return None
                continue
            values = {
                name: None if text in _MISSING else text for name, text in zip(header, row, strict=False)
            }
            given = values.get(id_column)
            if given is None or not given.lstrip("-").isdigit() or len(row) != len(header):
                wanted = f"{len(header)} values are needed, and a whole number for {id_column}"
                problems.add("", None, f"line {number + 1}: {wanted}", file=path)
                return None
            made[int(given)] = values
    except (csv.Error, OSError) as error:
        problems.add("", None, f"is no table: {error}", file=path)
        return None
    return made
