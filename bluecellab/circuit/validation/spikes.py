"""Files of spikes that are replayed, checked."""

from __future__ import annotations

from collections.abc import Mapping

from bluecellab.circuit.access import NodePopulation
from bluecellab.circuit.config.problems import Problems, nearest
from bluecellab.circuit.hdf5 import Hdf5File
from bluecellab.circuit.validation.circuit_file import check_file
from bluecellab.errors import CircuitError, ConfinementError

__all__ = ["check_spikes"]

_CHUNK = 2**20


def check_spikes(
    path: str,
    key: str,
    problems: Problems,
    populations: Mapping[str, NodePopulation] | None,
    *,
    confine_to: str | None = None,
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
    confine_to
        When given, nothing in the file may lead to another file.
    """
    if not check_file(path, key, problems, hdf5=True):
        return
    file = Hdf5File(path, confine_to=confine_to)
    try:
        if file.group("spikes") is None:
            problems.add(key, path, "has no group /spikes; it is no SONATA file of spikes")
        for name in file.names("spikes"):
            population = None if populations is None else populations.get(name)
            if populations is not None and population is None:
                known = nearest(name, populations, "populations")
                message = f"has spikes of population {name!r}, which the circuit does not have; {known}"
            else:
                message = _wrong(file, f"spikes/{name}", population)
            if message:
                problems.add(key, path, message)
    except CircuitError as error:
        problems.add(key, path, str(error).removeprefix(f"{path}: "))
    except ConfinementError as error:
        problems.add(key, path, str(error), outside=True)
    finally:
        file.close()


def _wrong(file: Hdf5File, path: str, population: NodePopulation | None) -> str:
    """Return what is wrong with the spikes of a population."""
    import numpy as np

    times, ids = file.dataset(f"{path}/timestamps"), file.dataset(f"{path}/node_ids")
    if times is None or ids is None:
        return f"{path}/{'timestamps' if times is None else 'node_ids'} is missing"
    for name, column, kinds in (("timestamps", times, "fiu"), ("node_ids", ids, "iu")):
        if column.dtype.kind not in kinds:
            return f"{path}/{name} is of the type {column.dtype}; numbers are needed"
    if len(times) != len(ids):
        return f"{path} has {len(times)} timestamps but {len(ids)} node_ids"
    with file.reading(path):
        for start in range(0, len(times), _CHUNK):
            if not np.isfinite(times[start : start + _CHUNK]).all():
                return f"{path}: some timestamps are NaN or infinite"
            largest = int(ids[start : start + _CHUNK].max())
            if population is not None and largest >= population.size:
                return f"{path} has node {largest}, but its nodes are 0 to {population.size - 1}"
    return ""
