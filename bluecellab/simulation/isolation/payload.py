"""What travels: a job to the worker, its result or its failure back.

Functions and classes that the worker cannot import (defined in ``__main__``, in a notebook, inside
a function, lambdas) travel by value. NEURON's ``h`` travels as what it is, the door to the
worker's own NEURON; live objects do not travel at all.
"""

from __future__ import annotations

import io
import os
import pickle
import re
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import cast

import cloudpickle

from bluecellab.errors import NotPicklableError
from bluecellab.nrn import runtime
from bluecellab.nrn.mechanisms.loading import OWN_VARIABLE, PUBLISHED_VARIABLE
from bluecellab.simulation.isolation import cpus
from bluecellab.simulation.isolation.transport import Frames, out_of_band

__all__ = [
    "Call",
    "Failure",
    "Request",
    "Success",
    "dump",
    "dump_job",
    "frames_of",
    "load",
    "load_answer",
    "named_libraries",
    "result_refusal",
    "search_path",
    "server_environment",
    "surroundings",
    "worker_environment",
]

_PROTOCOL = 5
_THREADS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")
_LIBRARIES = (OWN_VARIABLE, PUBLISHED_VARIABLE)
KEPT_VARIABLES = frozenset({cpus.DEPTH_VARIABLE, *_THREADS})
"""Environment variables that a worker has from its server, not from whoever asks."""

_OF_A_LAUNCHER = re.compile(
    r"(PMI|PMI2|PMIX|OMPI|PRTE|PALS|HYD|HYDI|HYDRA|I_MPI)_|MPI_LOCAL|NEURON_INIT_MPI$"
)
"""Environment variables that tell a process which rank of an MPI program it is, or to become one.

A worker is none, whoever asked for it: if it believed so, it would talk to the launcher of the others,
and MPI would end it.
"""

_NEURON_MODULES = frozenset({"hoc", "nrn"})
_LIVE_CLASSES = (
    ("bluecellab.nrn.scope", "Live"),
    ("bluecellab.nrn.scope", "Scope"),
    ("bluecellab.nrn.handles", "Section"),
    ("bluecellab.nrn.handles", "Segment"),
)


@dataclass(frozen=True)
class Call:
    """A function and its arguments."""

    function: Callable[..., object]
    args: tuple[object, ...] = ()
    kwargs: Mapping[str, object] = field(default_factory=dict)
    initializer: Callable[..., object] | None = None
    initargs: tuple[object, ...] = ()

    @property
    def name(self) -> str:
        """The function's name, for messages."""
        return str(getattr(self.function, "__qualname__", None) or repr(self.function)[:80])

    def run(self, *residents: object) -> object:
        """Call it, with what the process has for it before its arguments."""
        if self.initializer is not None:
            self.initializer(*self.initargs)
        return self.function(*residents, *self.args, **self.kwargs)

    def parts(self) -> list[tuple[str, object]]:
        """Return what it is made of, named as a reader of an error would."""
        return [
            (f"function {self.name}", self.function),
            *((f"argument {place}", value) for place, value in enumerate(self.args, 1)),
            *((f"argument {name!r}", value) for name, value in self.kwargs.items()),
            ("initializer", self.initializer),
            *((f"initializer argument {n}", value) for n, value in enumerate(self.initargs, 1)),
        ]


@dataclass(frozen=True)
class Request:
    """A job as the worker receives it, before anything of the user's is unpickled."""

    call: bytes
    folder: str | None
    path: list[str]
    argv: list[str]
    environment: dict[str, str]
    memory_limit: int | None
    stays: bool = False


@dataclass(frozen=True)
class Success:
    """The job returned; its value is pickled on its own."""

    value: bytes


@dataclass(frozen=True)
class Failure:
    """The job did not return a value that can travel.

    Parameters
    ----------
    summary
        ``"ValueError: no such section"``.
    traceback
        The worker's traceback, as text.
    error
        The exception pickled, or nothing if it does not pickle.
    builtin
        The name of the builtin exception it derives from.
    out_of_memory
        Whether it was for want of memory.
    """

    summary: str
    traceback: str
    error: bytes = b""
    builtin: str = "Exception"
    out_of_memory: bool = False


class _LiveObjectError(Exception):
    """Something live was found among what should travel."""


class _Pickler(cloudpickle.Pickler):  # type: ignore[misc]  # it has no types
    def reducer_override(self, obj: object) -> object:
        kind = type(obj)
        if isinstance(obj, io.IOBase) and _is_foreign_file(obj):
            # cloudpickle would send a copy of what the file holds
            raise TypeError(f"cannot pickle an open file: {_shown(obj)}")
        if kind.__module__ in _NEURON_MODULES or _is_live(obj):
            opener = _opener(obj)
            if opener is None:
                raise _LiveObjectError(_shown(obj))
            return opener, ()
        return super().reducer_override(obj)


def _is_foreign_file(obj: io.IOBase) -> bool:
    in_memory = isinstance(obj, (io.StringIO, io.BytesIO))
    return not in_memory and obj not in (sys.stdout, sys.stderr)


def _is_live(obj: object) -> bool:
    for module_name, class_name in _LIVE_CLASSES:
        module = sys.modules.get(module_name)  # never imported: nothing of it can be here
        if module is not None and isinstance(obj, getattr(module, class_name)):
            return True
    return False


def _opener(obj: object) -> Callable[[], object] | None:
    """Return what gives the worker its own ``h``, if that is what the object is."""
    neuron = sys.modules.get("neuron")
    return runtime.raw_h if neuron is not None and obj is neuron.h else None


def _shown(obj: object) -> str:
    try:
        return repr(obj)[:120]
    except Exception:  # noqa: BLE001 - a closed or broken object may refuse even this
        return f"a {type(obj).__name__}"


def dump(value: object, buffers: list[memoryview], *, copy: bool = False) -> bytes:
    """Pickle, putting large buffers aside into ``buffers``."""
    stream = io.BytesIO()
    pickler = _Pickler(stream, protocol=_PROTOCOL, buffer_callback=out_of_band(buffers, copy=copy))
    pickler.dump(value)
    return stream.getvalue()


def load(pickled: bytes | memoryview, buffers: Frames = ()) -> object:
    """Unpickle what :func:`dump` made."""
    return pickle.loads(pickled, buffers=buffers)  # noqa: S301 - from a process of our own


def dump_job(
    call: Call, memory_limit: int | None, *, copy: bool = False, stays: bool = False
) -> list[memoryview]:
    """Return a job as the frames of a packet.

    Parameters
    ----------
    call
        What to run.
    memory_limit
        Bytes that the job may take.
    copy
        Whether arrays among the arguments are copied now, because the job is sent later.
    stays
        Whether the process stays, to fork others that go on from where the call ended.

    Raises
    ------
    NotPicklableError
        If the function or an argument cannot travel; the message says which.
    """
    buffers: list[memoryview] = []
    try:
        pickled = dump(call, buffers, copy=copy)
    except Exception as error:  # whatever a foreign __reduce__ raises
        raise _refusal(call, error) from error
    request = Request(
        call=pickled,
        folder=_working_directory(),
        path=search_path(),
        argv=list(getattr(sys, "argv", [])),
        environment=dict(os.environ),
        memory_limit=memory_limit,
        stays=stays,
    )
    return [memoryview(pickle.dumps(request, _PROTOCOL)), *buffers]


def _refusal(call: Call, error: Exception) -> NotPicklableError:
    """Say which part of a call cannot travel, and what to do."""
    found = ((label, _problem(part)) for label, part in call.parts())
    name, reason = next(
        ((label, problem) for label, problem in found if problem is not None),
        (f"function {call.name}", error),
    )
    if isinstance(reason, _LiveObjectError):
        message = (
            f"{name} of the isolated job {call.name} is or holds the live object {reason}. "
            "Live objects belong to the process that made them: pass a specification (a CellSpec, "
            "paths, numbers) and make the cell inside the job, or have it made for many jobs by "
            "Isolation(cell=...)."
        )
    else:
        message = (
            f"{name} of the isolated job {call.name} cannot be sent to another process "
            f"({type(reason).__name__}: {reason}). Pass plain values, arrays and specifications."
        )
    return NotPicklableError(message)


def _problem(part: object) -> Exception | None:
    """Return what keeps something from travelling."""
    try:
        dump(part, [])
    except Exception as problem:  # noqa: BLE001 - whatever a foreign __reduce__ raises
        return problem
    return None


def result_refusal(error: BaseException) -> str:
    """Return why a result cannot travel back."""
    if isinstance(error, _LiveObjectError):
        return (
            f"the result is or holds the live object {error}, which ends with its process; "
            "return plain values, arrays, Traces or Spikes"
        )
    return f"the result cannot be pickled ({type(error).__name__}: {error}); return plain values"


def search_path() -> list[str]:
    """Return where Python looks for modules, wherever one stands."""
    here = Path(_working_directory() or "")
    return [str(here / entry) for entry in sys.path if (here / entry).is_absolute()]


def surroundings() -> tuple[str, ...]:
    """Return the folder that one stands in, where Python looks for modules, and the environment."""
    environment = (f"{name}={value}" for name, value in sorted(os.environ.items()))
    return (_working_directory() or "", *search_path(), *environment)


def _working_directory() -> str | None:
    try:
        return str(Path.cwd())
    except FileNotFoundError:  # it was deleted under us
        return None


def worker_environment(environment: Mapping[str, str]) -> dict[str, str]:
    """Return the environment a worker gets: the asker's, but for what the server decides and its rank."""
    kept = {name: os.environ[name] for name in KEPT_VARIABLES if name in os.environ}
    asked = {name: value for name, value in environment.items() if name not in KEPT_VARIABLES}
    return {**_of_no_rank(asked), **kept}


def _of_no_rank(environment: Mapping[str, str]) -> dict[str, str]:
    return {name: value for name, value in environment.items() if not _OF_A_LAUNCHER.match(name)}


def named_libraries() -> dict[str, str]:
    """Return the environment variables that name mechanism libraries, wherever one stands."""
    here = _working_directory() or ""
    return {
        name: os.pathsep.join(str(Path(here, part)) for part in os.environ[name].split(os.pathsep) if part)
        for name in _LIBRARIES
        if os.environ.get(name)
    }


def server_environment() -> dict[str, str]:
    """Return the environment that a fork server starts with."""
    return {
        **_of_no_rank(os.environ),
        **named_libraries(),  # the server works in another folder
        **dict.fromkeys(_THREADS, "1"),  # a process with threads cannot be forked safely
        cpus.DEPTH_VARIABLE: str(cpus.depth() + 1),
    }


def load_answer(frame: memoryview) -> Success | Failure:
    """Unpickle the first frame of an answer."""
    return cast("Success | Failure", load(frame))


def frames_of(value: Success | Failure, buffers: Sequence[memoryview]) -> list[memoryview]:
    """Return an answer as the frames of a packet."""
    return [memoryview(pickle.dumps(value, _PROTOCOL)), *buffers]
