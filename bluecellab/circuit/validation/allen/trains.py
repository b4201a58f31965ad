"""Files of spikes that virtual cells send, checked: SONATA, and the layout before it."""

from __future__ import annotations

from bluecellab.circuit.config.problems import Problems, nearest
from bluecellab.circuit.hdf5 import Hdf5File
from bluecellab.errors import CircuitError, ConfinementError

__all__ = ["check_trains"]

_CHUNK = 2**20


def check_trains(
    path: str, key: str, problems: Problems, *, population: str | None, confine_to: str | None = None
) -> None:
    """Report what is wrong with a file of spikes.

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
    confine_to
        When given, nothing in the file may lead to another file.
    """
    file = Hdf5File(path, confine_to=confine_to)
    try:
        message = _wrong_file(file, population)
        if message:
            problems.add(key, path, message)
    except CircuitError as error:
        problems.add(key, path, str(error).removeprefix(f"{path}: "))
    except ConfinementError as error:
        problems.add(key, path, str(error), outside=True)
    finally:
        file.close()


def _wrong_file(file: Hdf5File, population: str | None) -> str:
    if file.group("spikes") is None:
        return "has no group /spikes; it is no SONATA file of spikes"
    names = file.names("spikes")
    if "timestamps" in names:  # before there were populations
        return _wrong_trains(file, "spikes", "gids" if "gids" in names else "node_ids")
    if population is not None and population not in names:
        return f"has no spikes of population {population!r}; {nearest(population, names, 'populations')}"
    if not names:
        return ""  # nothing has spiked
    return _wrong_trains(file, f"spikes/{population or names[0]}", "node_ids")


def _wrong_trains(file: Hdf5File, path: str, ids_name: str) -> str:
    """Return what is wrong with the spikes of a population."""
    import numpy as np

    times, ids = file.dataset(f"{path}/timestamps"), file.dataset(f"{path}/{ids_name}")
    if times is None or ids is None:
        return f"{path}/{'timestamps' if times is None else ids_name} is missing"
    for name, column, kinds in (("timestamps", times, "fiu"), (ids_name, ids, "iu")):
        if column.dtype.kind not in kinds:
            return f"{path}/{name} is of the type {column.dtype}; numbers are needed"
    if len(times) != len(ids):
        return f"{path} has {len(times)} timestamps but {len(ids)} {ids_name}"
    with file.reading(path):
        for start in range(0, len(times), _CHUNK):
            some = np.asarray(times[start : start + _CHUNK])
            if not np.isfinite(some).all():
                return f"{path}: some timestamps are NaN or infinite"
            if (some < 0).any():
                return f"{path}: the time {some.min():g} ms is before the beginning; 0 or later is needed"
            if (np.asarray(ids[start : start + _CHUNK]).astype(np.int64) < 0).any():
                return f"{path}: some ids of nodes are negative"
    return ""
