"""How a rank ends: with all others, or by ending them, too, so that none waits for ever.

A process that leaves an MPI job without a word has launchers end the others, in the middle of their work and
with exit code 0; one that leaves by an exception may have them wait for ever.
"""

from __future__ import annotations

import atexit
import ctypes
import os
import sys
import time
from pathlib import Path
from types import TracebackType
from typing import NoReturn

from bluecellab.errors import RankError
from bluecellab.nrn import voices
from bluecellab.nrn.ranks import Ranks

__all__ = ["abort", "abort_with", "at_exit"]

_MAPS = Path("/proc/self/maps")
_PATIENCE = 1.0  # s


class _Process:
    """What there is one of."""

    ranks: Ranks | None = None
    owner = 0  # forked children are no ranks
    show = staticmethod(sys.excepthook)  # what shows an error that nobody has caught


def at_exit(ranks: Ranks) -> None:
    """Have this process end with the other ranks: after an uncaught error at once, else when all are done."""
    if _Process.ranks is not None:
        return
    _Process.ranks, _Process.owner = ranks, os.getpid()
    _Process.show = staticmethod(sys.excepthook)

    def hook(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
        if os.getpid() != _Process.owner:
            _Process.show(kind, error, trace)
            return
        abort_with(error.with_traceback(trace))

    sys.excepthook = hook
    atexit.register(_leave)


def abort_with(error: BaseException) -> NoReturn:
    """Show an error of this rank, as Python would, and end the whole job.

    The exit code is 1; after an interrupt, 130.
    """
    ranks = _Process.ranks
    who = "" if ranks is None else f"rank {ranks.id}: "
    elsewhere = error if isinstance(error, RankError) and error.traceback else None
    if elsewhere is not None:
        time.sleep(_PATIENCE)  # the rank that failed is about to end the job, and says why
    sys.stdout.flush()
    voices.speak()
    sys.stderr.write(who)
    _Process.show(type(error), error, error.__traceback__)
    if elsewhere is not None:
        sys.stderr.write(f"\nThe traceback of rank {elsewhere.rank}:\n{elsewhere.traceback}")
    abort(130 if isinstance(error, KeyboardInterrupt) else 1)


def abort(code: int) -> NoReturn:
    """End this process and, by the launcher, all other ranks; nothing is cleaned up.

    Launchers end a job when a process leaves it without a word; they add words of their own when MPI's way to
    abort is taken.
    """
    for stream in (sys.stdout, sys.stderr):
        if stream is not None:
            stream.flush()
    os._exit(code)


def _leave() -> None:
    """Wait for all ranks to end, so that none is ended by the launcher; tell those that do not, and go."""
    ranks = _Process.ranks
    if ranks is None or os.getpid() != _Process.owner:
        return
    sys.stdout.flush()
    sys.stderr.flush()
    ranks.farewell()
    _finalize()  # also if others go on, so that they can


def _finalize() -> None:
    """Leave MPI in its own way, once: launchers then do not mind that this process ends."""
    library = _library()
    if library is None:
        return
    done = ctypes.c_int(0)
    library.MPI_Finalized(ctypes.byref(done))
    if not done.value:
        library.MPI_Finalize()


def _library() -> ctypes.CDLL | None:
    """Return the MPI library that NEURON has loaded."""
    if not _MAPS.is_file():
        named = os.environ.get("MPI_LIB_NRN_PATH")
        return None if named is None else ctypes.CDLL(named)
    loaded = {
        line.split(maxsplit=5)[-1].strip() for line in _MAPS.read_text().splitlines() if "/libmpi" in line
    }
    for path in sorted(loaded):
        if Path(path).name.startswith(("libmpi.", "libmpich.")):
            return ctypes.CDLL(path)
    return None
