"""Spike trains of virtual cells from units that probes recorded.

What may be said of them, as BioNet's documentation has it: ``mapping`` (``"units_map"``, ``"sample"``,
``"sample_without_replacement"`` or ``"sample_with_replacement"``), ``units`` (conditions, or the table of the
map), ``interval`` (two times in ms, or conditions on a table of intervals), ``interval_offset`` and
``missing_ids`` (``"fail"``, ``"warn"`` or ``"ignore"``).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import numpy.typing as npt

from bluecellab.errors import CircuitFileError, CircuitWarning, ReportError, warn
from bluecellab.files.columns import read_columns
from bluecellab.results.sonata.files import opened
from bluecellab.results.spike_trains.nwb import Units, chosen_by, read_intervals
from bluecellab.results.spike_trains.trains import FloatArray, Trains, checked_times, few
from bluecellab.spec.allen import ProbeTrains

if TYPE_CHECKING:
    import h5py

__all__ = ["read_probe_trains"]

Window = tuple[float, float]
_SAMPLES = {"sample": False, "sample_without_replacement": False, "sample_with_replacement": True}
_MAPPINGS = ("units_map", *_SAMPLES)
_OPTIONS = ("mapping", "units", "interval", "interval_offset", "simulation_offset", "missing_ids")
_UNHEARD = ("cache_spikes", "save_map")  # of BioNet's own files
_MISSING = ("fail", "warn", "ignore")
_RANGE = 2
_SPECIAL = ("interval_name", "interval_index")


class _Given(NamedTuple):
    """Which unit a node has, and when it is listened to; None: as long as it was recorded."""

    file: int
    row: int
    window: Window | None = None


class _Missing:
    """Does what is wanted when a node has no unit."""

    def __init__(self, how: object, what: str) -> None:
        if how not in _MISSING:
            raise ReportError(f"{what}: missing_ids is one of {', '.join(_MISSING)}, not {how!r}")
        self._how, self._what = how, what

    def __call__(self, message: str) -> None:
        if self._how == "fail":
            raise ReportError(
                f"{self._what}: {message}. missing_ids 'warn' or 'ignore' leaves such nodes silent."
            )
        if self._how == "warn":
            warn(f"{self._what}: {message}; they are silent", CircuitWarning)


def read_probe_trains(
    spec: ProbeTrains, nodes: npt.ArrayLike, population: str, random: np.random.Generator
) -> Trains:
    """Read the spike trains of some nodes from the units of a probe.

    Times are those within the interval, both ends included, from its beginning on, moved by
    ``interval_offset``. Where a table of intervals has several that meet the conditions, it is from the first
    one's beginning to the last one's end, unless ``interval_index`` says which one.

    Parameters
    ----------
    spec
        The files, and what is taken of them.
    nodes
        Ids of the nodes that are to spike, shape (n,).
    population
        Theirs.
    random
        Draws units for nodes, in the order of ids, and intervals.

    Returns
    -------
    dict
        Sorted times in ms by node; nodes without spikes are left out.

    Raises
    ------
    ReportNotFoundError
        If there is no such file.
    ReportError
        If it is damaged or of another form, has no such column, unit or interval, or something is said that
        makes no sense; if spikes come before 0 ms; or if a node has no unit, and ``missing_ids`` is "fail".

    Warns
    -----
    CircuitWarning
        If a node has no unit, and ``missing_ids`` is "warn".
    """
    options = spec.options
    others = [name for name in options if name not in (*_OPTIONS, *_UNHEARD)]
    if others:
        raise ReportError(
            f"{spec.input_file}: there is no {', '.join(others)} here; there is {', '.join(_OPTIONS)}"
        )
    wanted = np.unique(np.asarray(nodes, dtype=np.int64)).tolist()
    files = (spec.input_file, *spec.more_files)
    missing = _Missing(options.get("missing_ids", "fail"), spec.input_file)
    with ExitStack() as stack:
        roots = [stack.enter_context(opened(path, "/")) for path in files]
        tables = [Units(root, path) for root, path in zip(roots, files, strict=True)]
        windows = [
            None if said is None else _window(said, root, path, random)
            for said, root, path in zip(_intervals(options.get("interval"), files), roots, files, strict=True)
        ]
        given = _mapped(options, tables, wanted, population, random, missing)
        offset = options.get("interval_offset", options.get("simulation_offset", 0.0))
        if isinstance(offset, bool) or not isinstance(offset, (int, float)):
            raise ReportError(f"{spec.input_file}: interval_offset is a time in ms, not {offset!r}")
        trains: Trains = {}
        for node, (file, row, own) in given.items():
            window = own or windows[file]
            times = _within(tables[file].times(row), window, float(offset))
            times = np.sort(checked_times(times, f"{files[file]}: unit {tables[file].ids[row]}"))
            if len(times):
                trains[node] = times
        return trains


def _within(times: FloatArray, window: Window | None, offset: float) -> FloatArray:
    if window is None:
        return times + offset
    begin, end = window
    kept: FloatArray = times[(times >= begin) & (times <= end)] - begin + offset
    return kept


def _intervals(said: object, files: Sequence[str]) -> Sequence[object]:
    """Return what is said of the interval of each file: one for all, or a list with one for each."""
    listed = isinstance(said, (list, tuple)) and any(
        isinstance(each, (list, tuple, Mapping)) for each in said
    )
    if not listed:
        return [said] * len(files)
    assert isinstance(said, (list, tuple))
    if len(said) != len(files):
        raise ReportError(
            f"{len(said)} intervals are given for {len(files)} files; give one for each, or one"
        )
    return said


def _window(said: object, root: h5py.Group, path: str, random: np.random.Generator) -> Window:
    if isinstance(said, Mapping):
        return _window_of_table(said, root, path, random)
    if (
        not isinstance(said, (list, tuple))
        or len(said) != _RANGE
        or not all(isinstance(time, (int, float)) and not isinstance(time, bool) for time in said)
        or said[0] >= said[1]
    ):
        raise ReportError(
            f"{path}: interval is [begin, end] in ms, or conditions with an interval_name, not {said!r}"
        )
    return float(said[0]), float(said[1])


def _window_of_table(
    said: Mapping[str, object], root: h5py.Group, path: str, random: np.random.Generator
) -> Window:
    name = said.get("interval_name", said.get("stimulus_name"))
    if not isinstance(name, str):
        raise ReportError(
            f"{path}: conditions on intervals need an interval_name, such as 'drifting_gratings'"
        )
    left_out = _SPECIAL if "interval_name" in said else (*_SPECIAL, "stimulus_name")
    conditions = {key: value for key, value in said.items() if key not in left_out}
    found = read_intervals(root, path, name, conditions)
    index = said.get("interval_index", "full_range")
    if index == "full_range":
        return min(begin for begin, _ in found), max(end for _, end in found)
    if index == "random":
        return found[int(random.integers(len(found)))]
    numbers = {"first": 0, "last": len(found) - 1}
    number = numbers.get(index, -1) if isinstance(index, str) else index
    if isinstance(number, bool) or not isinstance(number, int) or not 0 <= number < len(found):
        raise ReportError(
            f"{path}: {len(found)} intervals meet the conditions, so interval_index is 0 to "
            f"{len(found) - 1}, 'first', 'last', 'random' or 'full_range', not {index!r}"
        )
    return found[number]


def _mapped(
    options: Mapping[str, object],
    tables: Sequence[Units],
    nodes: Sequence[int],
    population: str,
    random: np.random.Generator,
    missing: _Missing,
) -> dict[int, _Given]:
    """Return which unit each node has."""
    mapping = str(options.get("mapping", "")).lower()
    if mapping not in _MAPPINGS:
        raise ReportError(f"mapping is one of {', '.join(_MAPPINGS)}, not {options.get('mapping')!r}")
    said = options.get("units")
    if mapping == "units_map":
        if not isinstance(said, str):
            raise ReportError(f"with mapping 'units_map' units is the path of a table, not {said!r}")
        return _listed(said, tables, nodes, population, missing)
    if said is not None and not isinstance(said, Mapping):
        raise ReportError(
            f"with mapping {mapping!r} units are conditions, such as {{'location': 'LGd'}}, not {said!r}"
        )
    units = [
        _Given(file, int(row))
        for file, table in enumerate(tables)
        for row in chosen_by(table.columns, said or {}, f"{table.path}: the table of units")
    ]
    if not units:
        missing(f"no unit meets {dict(said or {})}, so {len(nodes)} nodes have none")
        return {}
    count = len(nodes)
    if not _SAMPLES[mapping] and len(units) < count:
        missing(
            f"{len(units)} units are not enough for {count} nodes, each of which is to have one of its own"
        )
        count = len(units)
    drawn = random.choice(len(units), size=count, replace=_SAMPLES[mapping])
    return {node: units[int(place)] for node, place in zip(nodes, drawn, strict=False)}


def _listed(
    path: str, tables: Sequence[Units], nodes: Sequence[int], population: str, missing: _Missing
) -> dict[int, _Given]:
    """Return the units that a table gives to nodes, and their own intervals where it has such columns."""
    names = ("population", "node_ids", "unit_ids", "start_times", "stop_times")
    try:
        table = read_columns(path, names, optional=("population", *names[3:]))
    except CircuitFileError as error:
        raise ReportError(str(error)) from error
    places = {
        int(unit): _Given(file, row)
        for file, units in enumerate(tables)
        for row, unit in enumerate(units.ids)
    }
    own = table.get("population", [population] * len(table["node_ids"]))
    timed = "start_times" in table and "stop_times" in table
    wanted, found, unknown = set(nodes), {}, []
    try:
        for row, (name, node, unit) in enumerate(zip(own, table["node_ids"], table["unit_ids"], strict=True)):
            if name != population or int(node) not in wanted:
                continue
            if int(unit) not in places:
                unknown.append(unit)
                continue
            window = (float(table["start_times"][row]), float(table["stop_times"][row])) if timed else None
            found[int(node)] = places[int(unit)]._replace(window=window)
    except ValueError as error:
        raise ReportError(f"{path}: ids are whole numbers, and times numbers in ms: {error}") from error
    if unknown:
        missing(f"there are no units {few(unknown)}, which {path} gives to nodes")
    left = sorted(wanted - set(found)) if not unknown else []
    if left:
        missing(f"{path} gives no units to nodes {few(left)} of {population!r}")
    return found
