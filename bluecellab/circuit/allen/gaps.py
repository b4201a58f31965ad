"""Files of gap junctions: which two of their halves belong together."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from bluecellab.circuit.access import IntArray
from bluecellab.circuit.columns import as_integers
from bluecellab.circuit.hdf5 import Hdf5File

__all__ = ["GapJunctions", "population_of_gaps", "read_gaps"]

_SUFFIX = "_gap_juncs.h5"
_NAMES = ("source_ids", "target_ids", "src_gap_ids", "trg_gap_ids")


@dataclass(frozen=True, eq=False)
class GapJunctions:
    """The gap junctions of a population of nodes.

    Parameters
    ----------
    population
        Its name.
    sources, targets
        Ids of the nodes at both ends, shape (n,).
    source_gaps, target_gaps
        Numbers of the halves at both ends, unique in the population, shape (n,).
    """

    population: str
    sources: IntArray
    targets: IntArray
    source_gaps: IntArray
    target_gaps: IntArray

    def __len__(self) -> int:
        return len(self.sources)


def population_of_gaps(path: str) -> str:
    """Return the population that a file of gap junctions is of, by its name.

    Examples
    --------
    >>> population_of_gaps("/network/cortex_gap_juncs.h5")
    'cortex'
    """
    name = Path(path).name
    return name.removesuffix(_SUFFIX) if name.endswith(_SUFFIX) else Path(path).stem


def read_gaps(file: Hdf5File) -> GapJunctions:
    """Read a file of gap junctions.

    Raises
    ------
    CircuitFileError
        If it is missing or damaged, or has not as many of each.
    """
    found: list[IntArray] = []
    for name in _NAMES:
        dataset = file.dataset(name)
        if dataset is None:
            raise file.failure(f"has no {name}; a file of gap junctions has {', '.join(_NAMES)}")
        with file.reading(name):
            values = as_integers(dataset[:])
        if len(values) and values.min() < 0:
            raise file.failure(f"{name} has {int(values.min())}; ids are 0 or more. The file is damaged")
        values.flags.writeable = False
        found.append(values)
    lengths = [len(values) for values in found]
    if len(set(lengths)) > 1:
        listed = ", ".join(f"{name} {length}" for name, length in zip(_NAMES, lengths, strict=True))
        raise file.failure(f"has not as many of each: {listed}. It was not written to its end")
    return GapJunctions(population_of_gaps(file.path), *found)
