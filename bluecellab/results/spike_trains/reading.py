"""Spike trains from files: SONATA, its older form, tables, and NWB."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from bluecellab.errors import CircuitFileError, CircuitWarning, ReportError, ReportNotFoundError, warn
from bluecellab.files.columns import header_of, read_columns
from bluecellab.results.sonata.files import opened
from bluecellab.results.spike_trains.trains import FloatArray, Trains, few, trains_of
from bluecellab.spec.allen import SpikeTrains

if TYPE_CHECKING:
    import h5py

__all__ = ["read_trains"]

_SECONDS = frozenset({"s", "sec", "second", "seconds"})
_MILLISECONDS = frozenset({"", "ms", "msec", "millisecond", "milliseconds"})


def read_trains(spec: SpikeTrains, nodes: npt.ArrayLike, population: str = "") -> Trains:
    """Read the spike trains of some nodes.

    Which population of the file is read: the one that ``spec`` names; else the only one, whatever its name;
    else that of the nodes; else the first one, with a warning. BioNet takes the first one of an HDF5 file,
    and all at once of a table.

    Parameters
    ----------
    spec
        The file.
    nodes
        Ids of the nodes that are to spike, shape (n,).
    population
        Theirs.

    Returns
    -------
    dict
        Sorted times in ms by node; nodes without spikes are left out.

    Raises
    ------
    ReportNotFoundError
        If there is no such file.
    ReportError
        If it is damaged or of another form, has no such population or trial, or a time of such a node is
        negative.

    Warns
    -----
    CircuitWarning
        If none of the spikes is of one of the nodes, or several populations could be meant.
    """
    if spec.format == "csv":
        return _from_table(spec, nodes, population)
    if spec.format == "nwb":
        return _from_nwb(spec, nodes)
    return _from_sonata(spec, nodes, population)


def _chosen(spec: SpikeTrains, there: Sequence[str], population: str) -> str:
    """Return which population is read."""
    if spec.population is not None:
        if spec.population not in there:
            raise ReportError(
                f"no spikes of population {spec.population!r} in {spec.input_file}; it has those of "
                f"{few(map(repr, there))}"
            )
        return spec.population
    if len(there) > 1 and population in there:
        return population
    if len(there) > 1:
        warn(
            f"{spec.input_file} has spikes of {few(map(repr, there))}; those of the first one are played to "
            f"{population!r}. Say which ones are meant by population.",
            CircuitWarning,
        )
    return there[0]


def _from_sonata(spec: SpikeTrains, nodes: npt.ArrayLike, population: str) -> Trains:
    import h5py

    with opened(spec.input_file, "spikes") as root:
        if isinstance(root.get("timestamps"), h5py.Dataset):  # an older form, without populations
            group, key = root, "gids" if "gids" in root else "node_ids"
        elif not len(root):  # as there are when nothing has spiked
            if spec.population is not None:
                _chosen(spec, [], population)
            return {}
        else:
            group, key = root[_chosen(spec, [str(name) for name in root], population)], "node_ids"
        what = f"{spec.input_file}: {group.name}"
        times, ids = (_column(group, name, what) for name in ("timestamps", key))
        return trains_of(times * _factor(group["timestamps"], what), ids, nodes, what)


def _column(group: h5py.Group, name: str, what: str) -> FloatArray:
    import h5py

    column = group.get(name) if isinstance(group, h5py.Group) else None
    if not isinstance(column, h5py.Dataset) or column.ndim != 1 or column.dtype.kind not in "fiu":
        raise ReportError(f"{what} has no column of numbers {name!r}")
    values: FloatArray = column[()]
    return values


def _factor(column: h5py.Dataset, what: str) -> float:
    """Return how many ms the unit of a column is."""
    unit = column.attrs.get("units", "")
    text = unit.decode() if isinstance(unit, bytes) else str(unit)
    if text.strip().lower() in _SECONDS:
        return 1000.0
    if text.strip().lower() not in _MILLISECONDS:
        raise ReportError(f"{what}: times are in {text!r}; ms or s are known")
    return 1.0


def _from_table(spec: SpikeTrains, nodes: npt.ArrayLike, population: str) -> Trains:
    path = spec.input_file
    names = ("timestamps", "population", "node_ids")
    try:
        separator = next((each for each in (" ", ",") if "timestamps" in header_of(path, each)), " ")
        table = read_columns(path, names, separator, optional=("population",))
    except FileNotFoundError as error:
        raise ReportNotFoundError(str(error)) from error
    except CircuitFileError as error:
        if isinstance(error.__cause__, FileNotFoundError):
            raise ReportNotFoundError(str(error)) from error
        raise ReportError(str(error)) from error
    times, ids = (_numbers(table[name], name, path) for name in ("timestamps", "node_ids"))
    if (ids != np.floor(ids)).any():
        raise ReportError(f"{path}: node_ids are whole numbers")
    whole = ids.astype(np.int64)
    if table.get("population"):
        name = _chosen(spec, list(dict.fromkeys(table["population"])), population)
        own = np.array([each == name for each in table["population"]])
        times, whole = times[own], whole[own]
    elif spec.population is not None and len(times):
        raise ReportError(
            f"{path} says nothing of populations, so there is none of {spec.population!r} in it"
        )
    return trains_of(times, whole, nodes, path)


def _numbers(texts: Sequence[str], name: str, path: str) -> FloatArray:
    try:
        values = np.array(texts, dtype=np.float64)
    except ValueError as error:
        raise ReportError(f"{path}: something in {name!r} is no number: {error}") from error
    if not np.isfinite(values).all():
        raise ReportError(f"{path}: something in {name!r} is NaN or infinite")
    return values


def _from_nwb(spec: SpikeTrains, nodes: npt.ArrayLike) -> Trains:
    """Read ``/processing/<trial>/spike_train/<node>/data`` of an NWB 1 file; in ms."""
    import h5py

    with opened(spec.input_file, "processing") as root:
        trials = [str(name) for name in root if isinstance(root.get(f"{name}/spike_train"), h5py.Group)]
        if spec.trial is None and len(trials) != 1:
            raise ReportError(
                f"{spec.input_file} has the trials {few(trials)}; say which one by trial"
                if trials
                else f"{spec.input_file} has no trials of spike trains"
            )
        trial = trials[0] if spec.trial is None else spec.trial
        if trial not in trials:
            raise ReportError(
                f"{spec.input_file} has no trial {trial!r} of spike trains; it has {few(trials)}"
            )
        group = root[trial]["spike_train"]
        trains = [(name, np.asarray(group[name]["data"][()], np.float64)) for name in group if name.isdigit()]
        ids = np.repeat([int(name) for name, _ in trains], [len(times) for _, times in trains])
        times = np.concatenate([times for _, times in trains]) if trains else np.empty(0)
        return trains_of(times, ids.astype(np.int64), nodes, f"{spec.input_file}: {trial}")
