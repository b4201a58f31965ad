"""Files of spikes that are replayed, checked."""

from __future__ import annotations

from collections.abc import Mapping

from bluecellab.circuit.access import NodePopulation
from bluecellab.circuit.config.problems import Problems, nearest
from bluecellab.circuit.validation.circuit_file import check_file

__all__ = ["check_spikes"]

_CHUNK = 2**20


def check_spikes(
    path: str, key: str, problems: Problems, populations: Mapping[str, NodePopulation] | None
) -> None:
    """Report what is wrong with a SONATA file of spikes.

    Parameters
    ----------
    path
        The file.
    key
        Where the configuration names it.
    problems
        Where to report to.
    populations
        Those of nodes in the circuit, if that could be opened.
    """
    if not check_file(path, key, problems, hdf5=True):
        return
    import h5py

    try:
        with h5py.File(path, "r") as file:
            group = file.get("spikes")
            if not isinstance(group, h5py.Group):
                problems.add(key, path, "has no group /spikes; it is no SONATA file of spikes")
                return
            for name in group:
                population = None if populations is None else populations.get(name)
                if populations is not None and population is None:
                    known = nearest(name, populations, "populations")
                    message = f"has spikes of population {name!r}, which the circuit does not have; {known}"
                    problems.add(key, path, message)
                else:
                    message = _wrong(group[name], population)
                    if message:
                        problems.add(key, path, f"population {name!r}: {message}")
    except (OSError, RuntimeError, KeyError, ValueError, TypeError) as error:
        problems.add(key, path, f"damaged: {str(error).splitlines()[0] if str(error) else error!r}")


def _wrong(group: object, population: NodePopulation | None) -> str:
    """Return what is wrong with the spikes of a population."""
    import h5py
    import numpy as np

    if not isinstance(group, h5py.Group):
        return "a group with timestamps and node_ids is needed"
    times, ids = group.get("timestamps"), group.get("node_ids")
    for name, column, kinds in (("timestamps", times, "fiu"), ("node_ids", ids, "iu")):
        if not isinstance(column, h5py.Dataset):
            return f"{name} is missing"
        if column.dtype.kind not in kinds or column.ndim != 1:
            return f"{name} is {column.dtype} of shape {column.shape}; a column of numbers is needed"
    if len(times) != len(ids):
        return f"{len(times)} timestamps but {len(ids)} node_ids"
    for start in range(0, len(times), _CHUNK):
        if not np.isfinite(times[start : start + _CHUNK]).all():
            return "some timestamps are NaN or infinite"
        if population is not None:
            largest = int(ids[start : start + _CHUNK].max())
            if largest >= population.size:
                return f"node {largest}, but its nodes are 0 to {population.size - 1}"
    return ""
