"""Tables of NWB 2 files, read without pynwb: units, electrodes and intervals."""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from bluecellab.errors import ReportError
from bluecellab.results.spike_trains.trains import FloatArray, IntArray, few

if TYPE_CHECKING:
    import h5py

__all__ = ["Column", "Condition", "Table", "Units", "chosen_by", "read_intervals"]

Column = npt.NDArray[np.float64] | npt.NDArray[np.int64] | npt.NDArray[np.str_]
Condition = object
"""A value, a list of values, or ``{"column": ..., "operation": "<=", "value": ...}``."""

_UNITS = "units"
_ELECTRODES = "general/extracellular_ephys/electrodes"
_OPERATIONS: Mapping[str, Callable[..., object]] = {
    "==": operator.eq,
    "!=": operator.ne,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}
_MILLISECONDS = 1000.0  # in 1 s
_INTERVALS = "intervals"
_SUFFIX = "_presentations"


class Table(Mapping[str, Column]):
    """A table: its columns that have one number or text in each row, read when they are asked for.

    Parameters
    ----------
    group
        Of the open file.
    """

    def __init__(self, group: h5py.Group) -> None:
        import h5py

        numbers = group.get("id")
        if not isinstance(numbers, h5py.Dataset) or numbers.ndim != 1 or numbers.dtype.kind not in "iu":
            raise ReportError(f"{group.name} is no table: it has no column of ids")
        count = len(numbers)
        others = [
            str(name) for name, data in group.items() if name != "id" and _is_column(name, data, group, count)
        ]
        self._group = group
        self._names = ("id", *others)
        self._read: dict[str, Column] = {}

    def __getitem__(self, name: str) -> Column:
        import h5py

        if name not in self._names:
            raise KeyError(name)
        if name not in self._read:
            data = self._group[name]
            values = data.asstr(errors="replace")[()] if h5py.check_string_dtype(data.dtype) else data[()]
            self._read[name] = np.asarray(values, dtype=np.str_ if values.dtype.kind in "OSU" else None)
        return self._read[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._names)

    def __len__(self) -> int:
        return len(self._names)


def _is_column(name: str, data: object, group: h5py.Group, count: int) -> bool:
    import h5py

    if not isinstance(data, h5py.Dataset) or data.shape != (count,):
        return False
    if name.endswith("_index") or f"{name}_index" in group:
        return False
    return data.dtype.kind in "fiubSU" or h5py.check_string_dtype(data.dtype) is not None


class _Joined(Mapping[str, Column]):
    """The columns of units, and those of their electrodes."""

    def __init__(self, units: Table, electrodes: Table | None, rows: IntArray) -> None:
        self._units, self._electrodes, self._rows = units, electrodes, rows
        further = [] if electrodes is None else ["channel_id", *(name for name in electrodes if name != "id")]
        self._names = tuple(dict.fromkeys([*units, "unit_id", *further]))

    def __getitem__(self, name: str) -> Column:
        if name in self._units:
            return self._units[name]
        if name == "unit_id":
            return self._units["id"]
        if self._electrodes is None:
            raise KeyError(name)
        return self._electrodes["id" if name == "channel_id" else name][self._rows]

    def __iter__(self) -> Iterator[str]:
        return iter(self._names)

    def __len__(self) -> int:
        return len(self._names)


def chosen_by(columns: Mapping[str, Column], conditions: Mapping[str, Condition], what: str) -> IntArray:
    """Return which rows of a table meet all conditions.

    Parameters
    ----------
    columns
        The table.
    conditions
        By column; or by any name, if the column is named within.
    what
        The table, for messages.

    Raises
    ------
    ReportError
        If there is no such column or operation.

    Examples
    --------
    >>> columns = {"rate": np.array([1.0, 5.0, 9.0]), "quality": np.array(["good", "noise", "good"])}
    >>> chosen_by(columns, {"quality": "good", "fast": {"column": "rate", "operation": ">", "value": 2}}, "")
    array([2])
    """
    met = np.ones(len(next(iter(columns.values()), ())), dtype=bool)
    for key, condition in conditions.items():
        name, operation, value = key, "==", condition
        if isinstance(condition, Mapping):
            name = str(condition.get("column", key))
            operation = str(condition.get("operation", "=="))
            value = condition.get("value")
        if name not in columns:
            raise ReportError(f"{what} has no column {name!r}; it has {', '.join(columns)}")
        if operation not in _OPERATIONS:
            raise ReportError(
                f"{key!r}: there is no operation {operation!r}; there is {', '.join(_OPERATIONS)}"
            )
        met &= _compared(columns[name], operation, value)
    return np.flatnonzero(met)


def _compared(column: Column, operation: str, value: object) -> npt.NDArray[np.bool_]:
    if isinstance(value, (list, tuple)):
        if operation not in ("==", "!="):
            raise ReportError(f"operation {operation!r} compares with one value, not with {value!r}")
        any_of = np.zeros(len(column), dtype=bool)
        for each in value:
            any_of |= _compared(column, "==", each)
        return any_of if operation == "==" else ~any_of
    compared = column
    if column.dtype.kind == "U" and isinstance(value, (int, float)):
        compared = np.array([_number(text) for text in column.tolist()])
    elif column.dtype.kind != "U" and isinstance(value, str):
        compared = column.astype(np.str_)
    return np.asarray(_OPERATIONS[operation](compared, value), dtype=bool)


def _number(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        return float("nan")


class Units:
    """The units of a file.

    Parameters
    ----------
    root
        Of the open file.
    path
        Its name, for messages.

    Raises
    ------
    ReportError
        If it has no units with times of spikes.
    """

    def __init__(self, root: h5py.Group, path: str) -> None:
        table = _group(root, _UNITS)
        if table is None or any(name not in table for name in ("id", "spike_times", "spike_times_index")):
            raise ReportError(f"{path} has no units with times of spikes, as NWB 2 has them")
        self.path = path
        self._times = table["spike_times"]
        ends = table["spike_times_index"][()].astype(np.int64)
        self._borders = np.concatenate([[0], ends])
        units = Table(table)
        self.ids: IntArray = np.asarray(units["id"], dtype=np.int64)
        if (
            ends.shape != self.ids.shape
            or (np.diff(self._borders) < 0).any()
            or (len(ends) and ends[-1] > len(self._times))
        ):
            raise ReportError(f"{path}: the index of the times of spikes does not fit them")
        group = _group(root, _ELECTRODES)
        electrodes = None if group is None else Table(group)
        rows = None if electrodes is None else _rows_of_electrodes(table, units, electrodes)
        if rows is None:
            electrodes, rows = None, np.empty(0, np.int64)
        self.columns: Mapping[str, Column] = _Joined(units, electrodes, rows)

    def times(self, row: int) -> FloatArray:
        """Return the times of a unit's spikes in ms."""
        first, end = self._borders[row], self._borders[row + 1]
        times: FloatArray = np.asarray(self._times[first:end], dtype=np.float64) * _MILLISECONDS
        return times


def _group(root: h5py.Group, path: str) -> h5py.Group | None:
    import h5py

    found = root.get(path)
    return found if isinstance(found, h5py.Group) else None


def _rows_of_electrodes(table: h5py.Group, units: Table, electrodes: Table) -> IntArray | None:
    """Return the row of the electrode of each unit: of its peak channel, or else of its first one."""
    ids = np.asarray(electrodes["id"], dtype=np.int64)
    if not len(ids):
        return None
    if "peak_channel_id" in units:
        order = np.argsort(ids, kind="stable")
        wanted = np.asarray(units["peak_channel_id"]).astype(np.int64)
        rows = order[np.searchsorted(ids, wanted, sorter=order).clip(0, len(ids) - 1)]
        return rows if (ids[rows] == wanted).all() else None
    if "electrodes" not in table or "electrodes_index" not in table:
        return None
    ends = table["electrodes_index"][()].astype(np.int64)
    begins = np.concatenate([[0], ends[:-1]])
    if ends.shape != units["id"].shape or (ends <= begins).any():  # some units have none
        return None
    first: IntArray = table["electrodes"][()].astype(np.int64)[begins]
    return first if ((first >= 0) & (first < len(ids))).all() else None


def read_intervals(
    root: h5py.Group, path: str, name: str, conditions: Mapping[str, Condition]
) -> Sequence[tuple[float, float]]:
    """Return the intervals of a table that meet conditions, in ms, in the order of the table.

    Parameters
    ----------
    root
        Of the open file.
    path
        Its name, for messages.
    name
        Of the table, with or without ``_presentations``.
    conditions
        See :func:`chosen_by`.

    Raises
    ------
    ReportError
        If there is no such table, or no interval that meets them.
    """
    tables = _group(root, _INTERVALS)
    names = (name, f"{name}{_SUFFIX}")
    found = (
        None if tables is None else next((each for each in names if _group(tables, each) is not None), None)
    )
    if tables is None or found is None:
        raise ReportError(f"{path} has no intervals {name!r}; it has {few(tables or ())}")
    columns = Table(tables[found])
    if "start_time" not in columns or "stop_time" not in columns:
        raise ReportError(f"{path}: intervals {name!r} have no start_time and stop_time")
    rows = chosen_by(columns, conditions, f"{path}: intervals {name!r}")
    if not len(rows):
        raise ReportError(f"{path}: none of the intervals {name!r} meets {dict(conditions)}")
    begins, ends = (
        np.asarray(columns[each][rows], np.float64) * _MILLISECONDS for each in ("start_time", "stop_time")
    )
    return list(zip(begins.tolist(), ends.tolist(), strict=True))
