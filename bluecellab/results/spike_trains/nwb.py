"""Tables of NWB 2 files, read without pynwb: units, electrodes and intervals."""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from bluecellab.errors import ReportError
from bluecellab.results.spike_trains.trains import FloatArray, IntArray, few

if TYPE_CHECKING:
    import h5py

__all__ = ["Column", "Condition", "Units", "chosen_by", "read_intervals"]

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


def _columns(table: h5py.Group) -> dict[str, Column]:
    """Return the columns of a table that have one number or text in each row."""
    import h5py

    count = len(table["id"]) if "id" in table else 0
    found: dict[str, Column] = {}
    for name, data in table.items():
        if not isinstance(data, h5py.Dataset) or data.shape != (count,) or f"{name}_index" in table:
            continue
        if name.endswith("_index") or isinstance(h5py.check_ref_dtype(data.dtype), type):
            continue
        values = data.asstr(errors="replace")[()] if h5py.check_string_dtype(data.dtype) else data[()]
        found[str(name)] = np.asarray(values, dtype=np.str_ if values.dtype.kind in "OSU" else None)
    return found


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
        table = root.get(_UNITS)
        if table is None or any(name not in table for name in ("id", "spike_times", "spike_times_index")):
            raise ReportError(f"{path} has no units with times of spikes, as NWB 2 has them")
        self.path = path
        self._times = table["spike_times"]
        ends = table["spike_times_index"][()].astype(np.int64)
        self._borders = np.concatenate([[0], ends])
        self.columns = _columns(table)
        self.ids: IntArray = np.asarray(self.columns["id"], dtype=np.int64)
        if (
            len(ends) != len(self.ids)
            or (np.diff(self._borders) < 0).any()
            or (len(ends) and ends[-1] > len(self._times))
        ):
            raise ReportError(f"{path}: the index of the times of spikes does not fit them")
        self._add_electrodes(root, table)
        self.columns.setdefault("unit_id", self.ids)

    def _add_electrodes(self, root: h5py.Group, table: h5py.Group) -> None:
        """Add what is known of the electrode of each unit: its peak channel, or else its first one."""
        if _ELECTRODES not in root:
            return
        electrodes = _columns(root[_ELECTRODES])
        ids = np.asarray(electrodes["id"], dtype=np.int64)
        if "peak_channel_id" in self.columns:
            order = np.argsort(ids, kind="stable")
            wanted = np.asarray(self.columns["peak_channel_id"]).astype(np.int64)
            rows = order[np.searchsorted(ids, wanted, sorter=order).clip(0, len(ids) - 1)]
            if (ids[rows] != wanted).any():
                return
        elif "electrodes" in table and "electrodes_index" in table:
            ends = table["electrodes_index"][()].astype(np.int64)
            begins = np.concatenate([[0], ends[:-1]])
            if (ends <= begins).any():  # some units have none
                return
            rows = table["electrodes"][()].astype(np.int64)[begins]
        else:
            return
        for name, values in {**electrodes, "channel_id": ids}.items():
            if name != "id":
                self.columns.setdefault(name, values[rows])

    def times(self, row: int) -> FloatArray:
        """Return the times of a unit's spikes in ms."""
        first, end = self._borders[row], self._borders[row + 1]
        times: FloatArray = np.asarray(self._times[first:end], dtype=np.float64) * _MILLISECONDS
        return times


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
    tables = root.get(_INTERVALS, {})
    found = next((tables[each] for each in (name, f"{name}{_SUFFIX}") if each in tables), None)
    if found is None:
        raise ReportError(f"{path} has no intervals {name!r}; it has {few(tables)}")
    columns = _columns(found)
    if "start_time" not in columns or "stop_time" not in columns:
        raise ReportError(f"{path}: intervals {name!r} have no start_time and stop_time")
    rows = chosen_by(columns, conditions, f"{path}: intervals {name!r}")
    if not len(rows):
        raise ReportError(f"{path}: none of the intervals {name!r} meets {dict(conditions)}")
    begins, ends = (
        np.asarray(columns[each][rows], np.float64) * _MILLISECONDS for each in ("start_time", "stop_time")
    )
    return list(zip(begins.tolist(), ends.tolist(), strict=True))
