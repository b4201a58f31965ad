"""Tables of the Allen dialect, looked at: text with a line of names of columns."""

from __future__ import annotations

import csv
import math
from collections.abc import Iterator, Sequence

from bluecellab.circuit.config.problems import Problems, nearest

__all__ = ["check_columns", "check_trains_table", "header_of"]

_MOST = 2**20


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
