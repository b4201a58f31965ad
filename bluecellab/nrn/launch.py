"""What launchers of MPI jobs say of this process, known before anything else is loaded."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from dataclasses import dataclass

__all__ = ["OFF", "Launch", "launched", "rank_of"]

#: Variables that launchers set: rank and number of ranks.
_LAUNCHERS = (
    ("mpich", "PMI_RANK", "PMI_SIZE"),
    ("openmpi", "OMPI_COMM_WORLD_RANK", "OMPI_COMM_WORLD_SIZE"),
    ("mvapich", "MV2_COMM_WORLD_RANK", "MV2_COMM_WORLD_SIZE"),
)
OFF = "BLUECELLAB_MPI"
"""Environment variable; set it to 0 to have every rank work by itself."""


@dataclass(frozen=True)
class Launch:
    """What the launcher says of this process.

    Parameters
    ----------
    launcher
        Which one.
    rank, size
        Which process this is, of how many.
    """

    launcher: str
    rank: int
    size: int


def launched(environment: Mapping[str, str] | None = None) -> Launch | None:
    """Return what a launcher of MPI jobs says of this process; None if there was none.

    Examples
    --------
    >>> launched({"PMI_RANK": "1", "PMI_SIZE": "4"})
    Launch(launcher='mpich', rank=1, size=4)
    """
    found = os.environ if environment is None else environment
    for launcher, rank, size in _LAUNCHERS:
        if found.get(rank, "").isdigit() and found.get(size, "").isdigit():
            return Launch(launcher, int(found[rank]), int(found[size]))
    return None


def rank_of(environment: Mapping[str, str] | None = None) -> Launch | None:
    """Return which rank of a job of several this process is; None if it is one that works by itself.

    Workers of ``mpi4py.futures`` do, as does every rank with ``BLUECELLAB_MPI=0``.

    Examples
    --------
    >>> rank_of({"PMI_RANK": "1", "PMI_SIZE": "4", "BLUECELLAB_MPI": "0"}) is None
    True
    """
    found = os.environ if environment is None else environment
    launch = launched(found)
    if launch is None or launch.size == 1 or found.get(OFF) == "0" or "mpi4py.futures" in sys.modules:
        return None
    return launch
