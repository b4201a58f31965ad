"""Start NEURON once and quietly; capture what it prints; turn hoc errors into ours."""

from __future__ import annotations

import importlib
import logging
import os
import sys
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bluecellab.errors import BluecellabError, BusyError, EngineError

if TYPE_CHECKING:
    from types import ModuleType

__all__ = [
    "Capture",
    "guard",
    "is_started",
    "neuron_module",
    "neuron_version",
    "print_through_python",
    "raw_h",
    "refuse_while_running",
    "running",
    "start",
]

log = logging.getLogger(__name__)

_HOC_FOLDER = Path(__file__).parent / "hoc"
_STARTING = threading.RLock()


class _Engine:
    """What there is one of in a process."""

    h: Any = None
    neuron: ModuleType | None = None
    running: str | None = None
    print: object = None


class Capture:
    """What NEURON printed within a :func:`guard`."""

    def __init__(self) -> None:
        self._parts: list[str] = []

    def write(self, text: str) -> None:
        """Append text."""
        self._parts.append(text)

    @property
    def text(self) -> str:
        """Everything so far."""
        return "".join(self._parts)


_captures: list[Capture] = []


def is_started() -> bool:
    """Whether this package has started NEURON in this process."""
    return _Engine.h is not None


def raw_h() -> Any:
    """Return NEURON's own ``h``, starting NEURON if needed."""
    return _Engine.h if _Engine.h is not None else start()


def neuron_module() -> Any:
    """Return NEURON's Python package, starting NEURON if needed."""
    raw_h()
    return _Engine.neuron


def neuron_version() -> str:
    """Return NEURON's version, such as ``"9.0.2"``."""
    raw_h()
    return str(getattr(_Engine.neuron, "__version__", "unknown"))


def start() -> Any:
    """Start NEURON once, quietly, and return its ``h``.

    NEURON loads any ``x86_64`` (or ``arm64``) library that lies in the working directory when it
    is imported. Here it is imported from an empty directory, so that nothing is loaded unasked;
    :mod:`bluecellab.nrn.mechanisms` says so when such a library is there.

    Returns
    -------
    neuron.h
        The raw interpreter.
    """
    with _STARTING:
        if _Engine.h is not None:
            return _Engine.h
        neuron = sys.modules.get("neuron") or _import_quietly()
        h = neuron.h
        _Engine.neuron, _Engine.h = neuron, h
        _take_over_printing(neuron)
        try:
            with guard("starting NEURON"):
                for name in ("stdrun.hoc", "import3d.hoc"):
                    h.load_file(name)
                for path in sorted(_HOC_FOLDER.glob("*.hoc")):
                    if not h.load_file(1, str(path)):
                        raise EngineError(f"NEURON cannot load {path.name}, which is part of bluecellab")
            # late, because these stand on this module
            importlib.import_module("bluecellab.nrn.parallel").join(h)
            importlib.import_module("bluecellab.nrn.geometry").connect_callbacks()
            importlib.import_module("bluecellab.nrn.mechanisms").load_from_environment()
        except BaseException:
            _Engine.h = None  # the next use tries again, and says the same
            raise
        return h


def _import_quietly() -> ModuleType:
    """Import NEURON without its graphics and away from the working directory.

    NEURON asks IPython whether it is in a notebook, and would load all of it to hear that it is not.
    """
    options = os.environ.get("NEURON_MODULE_OPTIONS")
    os.environ["NEURON_MODULE_OPTIONS"] = f"{options or ''} -nogui".strip()
    here = Path.cwd()
    hidden = "IPython" not in sys.modules
    if hidden:
        sys.modules["IPython"] = None  # type: ignore[assignment]  # as Python marks what cannot be imported
    try:
        with tempfile.TemporaryDirectory() as empty:
            os.chdir(empty)
            try:
                neuron = importlib.import_module("neuron")
            finally:
                os.chdir(here)
    finally:
        if hidden:
            del sys.modules["IPython"]
        if options is None:
            del os.environ["NEURON_MODULE_OPTIONS"]
        else:
            os.environ["NEURON_MODULE_OPTIONS"] = options
    return neuron


def _take_over_printing(neuron: ModuleType) -> None:
    """Route what NEURON prints to the innermost guard, or to Python's streams when there is none."""

    def print_for_neuron(stream: int, text: bytes) -> int:
        decoded = text.decode(errors="replace")
        if _captures:
            _captures[-1].write(decoded)
        else:
            (sys.stdout if stream == 1 else sys.stderr).write(decoded)
        return 0

    _Engine.print = neuron.nrnpy_pr_proto(print_for_neuron)  # dies with its Python object
    print_through_python(True)


def print_through_python(wanted: bool) -> None:
    """Have NEURON print through Python, or itself.

    What other threads print must not wait for Python, which waits for them in the middle of a run.
    """
    neuron: Any = _Engine.neuron
    neuron.nrnpy_set_pr_etal(_Engine.print if wanted else neuron.nrnpy_pr_proto(), neuron.nrnpy_pass_callback)


@contextmanager
def guard(doing: str, error: type[EngineError] = EngineError) -> Iterator[Capture]:
    """Capture what NEURON prints; turn a hoc error inside into one of ours.

    Parameters
    ----------
    doing
        What is being done, to begin the message with.
    error
        The class to raise.

    Yields
    ------
    Capture
        What NEURON has printed so far.

    Raises
    ------
    EngineError
        Of the class ``error``, with what NEURON printed, chained to NEURON's own exception.
    """
    capture = Capture()
    _captures.append(capture)
    try:
        yield capture
    except BluecellabError:
        raise
    except RuntimeError as problem:
        raise error(f"{doing}: {_reason(problem)}", capture.text) from problem
    finally:
        _captures.remove(capture)
    if capture.text:
        log.debug("NEURON while %s: %s", doing, capture.text.rstrip())


def _reason(problem: BaseException) -> str:
    """Return NEURON's reason without its boilerplate."""
    text = str(problem).strip()
    for prefix in ("hocobj_call error: ", "hoc_execerror: "):
        text = text.removeprefix(prefix)
    return text or type(problem).__name__


def running() -> bool:
    """Whether a run is in progress in this process."""
    return _Engine.running is not None


def refuse_while_running(doing: str) -> None:
    """Raise when a run is in progress.

    Raises
    ------
    BusyError
        NEURON cannot change its model in the middle of a run.
    """
    if _Engine.running is not None:
        raise BusyError(
            f"{doing} is not possible while {_Engine.running} is running. "
            "Do it before or after the run, or cancel the run first."
        )


@contextmanager
def marked_running(name: str) -> Iterator[None]:
    """Mark the block as a run; only one may be in progress in a process.

    Raises
    ------
    BusyError
        If another run is in progress.
    """
    refuse_while_running(f"running {name}")
    _Engine.running = name
    try:
        yield
    finally:
        _Engine.running = None
