"""What the ranks of an MPI job agree on before, in and after a run."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import fields

from bluecellab.errors import CancelledError, ParallelError, RankError, TimeLimitError
from bluecellab.nrn import clock
from bluecellab.nrn.launch import rank_of
from bluecellab.nrn.parallel import ranks
from bluecellab.simulation.request import RunRequest

__all__ = ["all_running", "refuse_isolation"]


@contextmanager
def all_running(request: RunRequest, *, fresh: bool) -> Iterator[None]:
    """Have all ranks run alike, and end alike.

    Parameters
    ----------
    request
        What this rank has been asked for.
    fresh
        Whether the run starts anew.

    Raises
    ------
    ParallelError
        If other ranks have been asked for something else.
    RankError
        If another rank has failed.
    CancelledError, TimeLimitError, KeyboardInterrupt
        If another rank has been stopped.
    """
    everybody = ranks()
    if everybody.alone:
        yield
        return
    everybody.same(_asked(request, fresh=fresh), "a run")
    try:
        with everybody.agreed("running a simulation"):
            yield
    except RankError as error:
        _stop_alike(error)
        raise


def refuse_isolation() -> None:
    """Raise if this process is a rank: in a process of its own each would do the work of all.

    Raises
    ------
    ParallelError
        If it is.
    """
    own = rank_of()
    if own is not None:
        raise ParallelError(
            f"a rank of an MPI job of {own.size} cannot run in a process of its own, where it would do "
            "the work of all. Leave out isolation and limits of time and memory."
        )


def _asked(request: RunRequest, *, fresh: bool) -> dict[str, object]:
    """Return what ranks must be asked for alike, which is all but how long to wait."""
    asked = {item.name: getattr(request, item.name) for item in fields(request) if item.name != "time_limit"}
    return asked if fresh else {"from": clock.now(), **asked}


def _stop_alike(error: RankError) -> None:
    """Raise what stopped another rank, if that was no error of its own."""
    text = f"on rank {error.rank}: {error.reason}"
    if error.kind == "KeyboardInterrupt":
        raise KeyboardInterrupt(text) from error
    if error.kind == "CancelledError":
        raise CancelledError(text, time=clock.now()) from error
    if error.kind == "TimeLimitError":
        raise TimeLimitError(text, time=clock.now()) from error
