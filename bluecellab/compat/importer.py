"""Loading mechanism libraries and hoc files, under the published names."""

from __future__ import annotations

import functools
import logging
import os
import platform
import warnings
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import ParamSpec, TypeVar

from bluecellab.compat import neuron
from bluecellab.errors import MechanismWarning
from bluecellab.nrn import mechanisms, runtime
from bluecellab.nrn.mechanisms.library import compiled_in

__all__ = ["import_hoc", "import_mod_lib", "load_mod_files", "neuron", "print_header"]

log = logging.getLogger(__name__)

P = ParamSpec("P")
R = TypeVar("R")

_VARIABLE = "BLUECELLULAB_MOD_LIBRARY_PATH"


def import_mod_lib(neuron: ModuleType | None = None) -> str:  # noqa: ARG001 - published
    """Load the mechanism library of the environment, or else that of the working directory.

    ``BLUECELLULAB_MOD_LIBRARY_PATH`` names a library, a folder with a compiled one, or a folder of .mod
    files, which are compiled. Where it is not set, a compiled ``x86_64`` (or ``arm64``) folder in the
    working directory is loaded, as NEURON itself does at its start, and a warning says so.

    Parameters
    ----------
    neuron
        Ignored.

    Returns
    -------
    str
        Where the library came from; empty if there is none.

    Raises
    ------
    MechanismError
        If it cannot be loaded, or both are there.

    Warns
    -----
    MechanismWarning
        If the library of the working directory is loaded.
    """
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "(?s).*is not loaded unasked", MechanismWarning)
        runtime.start()  # loads what the environment names
    named = os.environ.get(_VARIABLE)
    if named:
        return named
    known = {library.path for library in mechanisms.loaded()}
    folder = Path.cwd() / platform.machine()
    library = compiled_in(folder) if folder.is_dir() else None
    if library is None:
        return ""
    if library.resolve() not in known:
        mechanisms.load_mechanisms(library)
        warnings.warn(
            f"loaded the mechanism library {folder.name} of the working directory, as NEURON by itself "
            f"does. Name it in {_VARIABLE} to load it wherever you are.",
            MechanismWarning,
            stacklevel=2,
        )
    return str(folder)


def import_hoc(neuron: ModuleType | None = None) -> None:  # noqa: ARG001 - published
    """Load the hoc files that cells need; starting NEURON has done that."""
    runtime.start()


def print_header(neuron: ModuleType | None, mod_lib_path: str) -> None:  # noqa: ARG001 - published
    """Log what is loaded."""
    log.info("NEURON %s; mechanism library: %s", runtime.neuron_version(), mod_lib_path or "none")


def load_mod_files(func: Callable[P, R]) -> Callable[P, R]:
    """Decorate a function to load mechanisms, see :func:`import_mod_lib`, before it is called first."""

    @functools.wraps(func)
    def loading(*args: P.args, **kwargs: P.kwargs) -> R:
        load_once()
        return func(*args, **kwargs)

    return loading


@functools.cache
def load_once() -> None:
    """Do :func:`import_mod_lib` the first time in this process."""
    print_header(None, import_mod_lib())
