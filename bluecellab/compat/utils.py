"""Small helpers, under the published names."""

from __future__ import annotations

import functools
import io
import json
from collections.abc import Callable, Iterable, Mapping
from contextlib import AbstractContextManager, redirect_stdout
from types import TracebackType
from typing import ParamSpec, TypeVar

import numpy as np

from bluecellab.analysis.features import Setting
from bluecellab.analysis.features import efel_settings as set_efel
from bluecellab.compat._coming import getter
from bluecellab.compat.simulation.parallel import IsolatedProcess

__all__ = ["CaptureOutput", "NestedPool", "NumpyEncoder", "efel_settings", "run_once"]

P = ParamSpec("P")
R = TypeVar("R")

__getattr__ = getter(__name__)
__path__: list[str] = []  # lets `from ... import name` say why an absent name is absent


def efel_settings(settings: Mapping[str, Setting] | None = None) -> AbstractContextManager[None]:
    """Change settings of eFEL's for a block; see :func:`bluecellab.analysis.features.efel_settings`.

    Parameters
    ----------
    settings
        Values by name; None changes nothing, and puts back what the block changes.
    """
    return set_efel(settings or {})


def run_once(func: Callable[P, R]) -> Callable[P, R | None]:
    """Decorate a function to do its work in the first call only; later calls return None."""

    @functools.wraps(func)
    def once(*args: P.args, **kwargs: P.kwargs) -> R | None:
        if once.has_run:  # type: ignore[attr-defined]  # published attribute
            return None
        once.has_run = True  # type: ignore[attr-defined]
        return func(*args, **kwargs)

    once.has_run = False  # type: ignore[attr-defined]
    return once


class CaptureOutput(list[str]):
    """A context manager, and the list of lines that were printed in its block."""

    def __enter__(self) -> CaptureOutput:
        self._text = io.StringIO()
        self._redirection = redirect_stdout(self._text)
        self._redirection.__enter__()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._redirection.__exit__(kind, error, trace)
        self.extend(self._text.getvalue().splitlines())


class NumpyEncoder(json.JSONEncoder):
    """Writes numpy's numbers, booleans and arrays as JSON."""

    def default(self, o: object) -> object:
        """Return an object of numpy's as Python's."""
        if isinstance(o, np.ndarray | np.generic):
            return o.tolist()
        return super().default(o)


class NestedPool(IsolatedProcess):
    """A pool whose tasks may have pools of their own.

    Every task runs in a fresh process, which is more than was published: there, a worker that NEURON
    took down was waited for without end.

    Parameters
    ----------
    processes
        How many tasks at once; None for all processors but one.
    initializer, initargs
        A function that is called in every process before its task, and its arguments.
    maxtasksperchild, context
        Ignored.
    """

    def __init__(
        self,
        processes: int | None = None,
        initializer: Callable[..., object] | None = None,
        initargs: Iterable[object] = (),
        maxtasksperchild: int | None = None,  # noqa: ARG002 - published
        context: object = None,  # noqa: ARG002
    ) -> None:
        super().__init__(processes, initializer=initializer, initargs=initargs)
