"""Run a function in a fresh process."""

from __future__ import annotations

import inspect
import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields
from pathlib import Path
from typing import TYPE_CHECKING, Concatenate, ParamSpec, TypeVar, cast, overload

from bluecellab.errors import InvalidSpecError
from bluecellab.simulation.isolation import verdict
from bluecellab.simulation.isolation.client import Setup
from bluecellab.simulation.isolation.files import library_of
from bluecellab.simulation.isolation.flight import Limits
from bluecellab.simulation.isolation.job import Job
from bluecellab.simulation.isolation.nurseries import Resident
from bluecellab.simulation.isolation.payload import Call, dump_job, named_libraries
from bluecellab.simulation.isolation.posix import kernel_limits_memory
from bluecellab.simulation.isolation.server import PRELOADED
from bluecellab.spec.cells import AnyCell

if TYPE_CHECKING:
    from bluecellab.cell import Cell

__all__ = ["Isolation", "Prepared", "run_isolated"]

P = ParamSpec("P")
R = TypeVar("R")


@dataclass(frozen=True)
class Isolation:
    """How jobs run in processes of their own.

    Each job has a process of its own, forked from a server that has loaded NEURON, bluecellab and
    what is named here, but none of what this process has made: no cells, no settings, no imports.

    Parameters
    ----------
    time_limit
        Seconds that a job may take from when it begins; then its process is killed.
    memory_limit
        Bytes that a job may take on top of what its process has at the start. On Linux the kernel
        refuses more; elsewhere a process that holds more is killed.
    mechanisms
        Libraries of mechanisms that are loaded beforehand, compiled if needed: all that
        :func:`bluecellab.load_mechanisms` takes.
    modules
        Python modules that are imported beforehand, because importing them takes long.
    cell
        A cell that every job works on: functions get it, live, before their own arguments. It is built
        once, with the mechanisms that it names, by a process which is then forked for every job; so
        each job finds the cell as it was built, whatever others have done to theirs.

    Raises
    ------
    InvalidSpecError
        If a limit is not a positive number.

    Notes
    -----
    Building the cell, or waiting for another job's building of it, counts towards the limits of the
    job; if it fails, the next job tries again. The cell is built again when a file that it is made
    from has changed: those that its specification names, and modules that its factory imports (also
    when folder, search path or environment have changed, if there is such a factory). A few idle
    cells are kept; :func:`stop_servers` ends them.

    No process is a rank of an MPI program, even if whoever asks for it is one.

    Examples
    --------
    >>> Isolation(time_limit=60.0).run(divmod, 17, 5)
    (3, 2)
    >>> from bluecellab import BallStickCell
    >>> Isolation(cell=BallStickCell()).run(lambda cell, x: cell.soma(x).v, 0.5)
    -65.0
    """

    time_limit: float | None = None
    memory_limit: int | None = None
    mechanisms: Sequence[str | os.PathLike[str]] = ()
    modules: Sequence[str] = ()
    cell: AnyCell | None = None

    def __post_init__(self) -> None:
        for name, unit in (("time_limit", "s"), ("memory_limit", "bytes")):
            value = getattr(self, name)
            number = isinstance(value, (int, float)) and not isinstance(value, bool)
            if value is not None and not (number and 0 < value < float("inf")):
                raise InvalidSpecError(
                    f"{name} must be a positive number ({unit}), or None for no limit; got {value!r}"
                )
        for name in ("mechanisms", "modules"):
            if isinstance(getattr(self, name), (str, bytes, os.PathLike)):
                raise InvalidSpecError(f"{name} must be a list; got {getattr(self, name)!r}")
        object.__setattr__(self, "mechanisms", tuple(str(Path(path).resolve()) for path in self.mechanisms))
        object.__setattr__(self, "modules", tuple(self.modules))

    @overload
    def run(self, function: Callable[P, R], /, *args: P.args, **kwargs: P.kwargs) -> R: ...

    @overload
    def run(self, function: Callable[Concatenate[Cell, P], R], /, *args: P.args, **kwargs: P.kwargs) -> R: ...

    def run(self, function: Callable[..., R], /, *args: object, **kwargs: object) -> R:
        """Call a function in a fresh process and return what it returns.

        Parameters
        ----------
        function
            Any function, also one that is defined in a notebook or a script. If there is a cell, it
            gets that first.
        *args, **kwargs
            Its arguments: values and specifications, no live objects.

        Returns
        -------
        object
            The function's result.

        Raises
        ------
        NotPicklableError
            If an argument cannot go to another process.
        BluecellabError
            What the function raised, if it was an error of bluecellab.
        RemoteError
            If the function raised anything else; it derives from the same builtin exception.
        WorkerTimeoutError, WorkerMemoryError
            If the job overran a limit.
        WorkerCrashedError
            If the process ended otherwise before the function returned.
        """
        prepared = Prepared(self, Call(function, args, kwargs))
        return cast("R", prepared.run())


class Prepared:
    """A job that is ready to be sent to a worker.

    Parameters
    ----------
    isolation
        How it runs.
    call
        What it runs.
    cell
        What it works on, if not what the isolation has.
    copy
        Whether arrays among the arguments are copied now, because the job may have to wait.
    """

    def __init__(
        self, isolation: Isolation, call: Call, *, cell: AnyCell | None = None, copy: bool = False
    ) -> None:
        self._name = call.name
        memory = None if isolation.memory_limit is None else int(isolation.memory_limit)
        self._limits = Limits(
            time=isolation.time_limit,
            memory=memory,
            watch_memory=memory is not None and not kernel_limits_memory(),
        )
        cell = isolation.cell if cell is None else cell
        folder = getattr(cell, "mechanisms", None)
        libraries = [library_of(path) for path in isolation.mechanisms]
        if folder is not None:
            library = library_of(folder)
            libraries += [] if library in libraries else [library]
        setup = Setup(
            mechanisms=tuple(str(library.path) for library in libraries),
            contents=tuple(library.key for library in libraries),
            environment=tuple(named_libraries().items()),
            modules=tuple(module for module in isolation.modules if module not in PRELOADED),
        )
        resident = None if cell is None else Resident.of(cell, memory)
        self._job = Job(dump_job(call, memory, copy=copy), setup, self._limits, resident)

    def run(self) -> object:
        """Run it and return its result; raises as :meth:`Isolation.run`."""
        return verdict.value_of(self._job.run(), self._name, self._limits)

    def kill(self) -> None:
        """End it, from any thread, whether it has begun or not."""
        self._job.kill()


_OPTIONS = frozenset(field.name for field in fields(Isolation))
_DEFAULT = Isolation()


def run_isolated(function: Callable[P, R], /, *args: P.args, **kwargs: P.kwargs) -> R:
    """Call a function in a fresh process, without limits, and return what it returns.

    For limits and libraries that are loaded beforehand, see :class:`Isolation`, which also says
    what is raised.

    Examples
    --------
    >>> run_isolated(sorted, [3, 1, 2], reverse=True)
    [3, 2, 1]
    """
    meant = _OPTIONS.intersection(kwargs)
    if meant and not meant <= _keywords(function):
        name = min(meant)
        raise TypeError(
            f"{name} is not an argument of the function, but of its isolation: "
            f"Isolation({name}={kwargs[name]!r}).run(function, ...)"
        )
    return _DEFAULT.run(function, *args, **kwargs)


def _keywords(function: Callable[..., object]) -> frozenset[str]:
    """Return which of our options a function takes as keywords of its own."""
    try:
        parameters = inspect.signature(function).parameters.values()
    except (TypeError, ValueError):  # some builtins have none
        return _OPTIONS
    if any(parameter.kind is parameter.VAR_KEYWORD for parameter in parameters):
        return _OPTIONS
    return frozenset(parameter.name for parameter in parameters)
