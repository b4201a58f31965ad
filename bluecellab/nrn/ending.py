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
import traceback
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


def at_exit(ranks: Ranks) -> None:
    """Have this process end with the other ranks: after an uncaught error at once, else when all are done."""
    if _Process.ranks is not None:
        return
    _Process.ranks, _Process.owner = ranks, os.getpid()
    before = sys.excepthook

    def hook(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
        if os.getpid() != _Process.owner:
            before(kind, error, trace)
            return
        abort_with(error.with_traceback(trace))

    sys.excepthook = hook
    atexit.register(_leave)


def abort_with(error: BaseException) -> NoReturn:
    """Print an error of this rank and end the whole job.

    The exit code is 1; after an interrupt, 130.
    """
    ranks = _Process.ranks
    who = "" if ranks is None else f"rank {ranks.id}: "
    text = "".join(traceback.format_exception(error))
    if isinstance(error, RankError) and error.traceback:
        time.sleep(_PATIENCE)  # the rank that failed is about to end the job, and says why
        text += f"\nThe traceback of rank {error.rank}:\n{error.traceback}"
    sys.stdout.flush()
    voices.speak()
    sys.stderr.write(f"{who}{text}")
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
    if ranks.farewell():
        _finalize()


def _finalize() -> None:
    """Leave MPI in its own way, once; the launcher then waits for this process to end by itself."""
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
        return None
    loaded = {
        line.split(maxsplit=5)[-1].strip() for line in _MAPS.read_text().splitlines() if "/libmpi" in line
    }
    for path in sorted(loaded):
        if Path(path).name.startswith(("libmpi.", "libmpich.")):
            return ctypes.CDLL(path)
    return None
