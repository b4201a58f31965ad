"""Functions of the user's, by name: loaders of cells, processors, synapses, weights, spikes, modules.

A registered function is found again by its name, from a configuration that knows nothing of Python.
Registering another one of the same name replaces it, so a cell of a notebook can be run twice.
"""

from __future__ import annotations

import hashlib
import os
import sys
import types
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, TypeVar, overload

from bluecellab.errors import SimulationError

__all__ = [
    "CELL_MODELS",
    "CELL_PROCESSORS",
    "MODULES",
    "SPIKE_GENERATORS",
    "SYNAPSE_MODELS",
    "WEIGHT_FUNCTIONS",
    "Registry",
    "add_cell_model",
    "add_cell_processor",
    "add_module",
    "add_spikes_generator",
    "add_synapse_model",
    "add_weight_function",
    "cell_model",
    "load_functions",
    "model_processing",
    "spikes_generator",
    "synapse_model",
    "synaptic_weight",
]

Function = Callable[..., Any]
F = TypeVar("F", bound=Function)


class Registry(Mapping[str, Function]):
    """Functions by name.

    Parameters
    ----------
    what
        What they are, for messages: ``"weight function"``.
    """

    def __init__(self, what: str) -> None:
        self.what = what
        self._functions: dict[str, Function] = {}

    def add(self, function: Function, name: str | None = None, *, overwrite: bool = True) -> None:
        """Register a function.

        Parameters
        ----------
        function
            What is called.
        name
            Its own name when left out.
        overwrite
            Whether it replaces one of the same name.

        Raises
        ------
        SimulationError
            If it cannot be called, has no name, or there is one of that name that may not be replaced.
        """
        if not callable(function):
            raise SimulationError(f"a {self.what} must be callable, unlike {function!r}")
        key = name or getattr(function, "__name__", "")
        if not key:
            raise SimulationError(f"{function!r} has no name of its own; give name=...")
        if key in self._functions and not overwrite:
            raise SimulationError(f"there is a {self.what} {key!r} already; overwrite=True replaces it")
        self._functions[key] = function

    def remove(self, name: str) -> None:
        """Forget a function; nothing happens if there is none of that name."""
        self._functions.pop(name, None)

    def __getitem__(self, name: str) -> Function:
        try:
            return self._functions[name]
        except KeyError:
            known = ", ".join(sorted(self._functions)) or "none"
            raise KeyError(f"no {self.what} {name!r} is registered; there is {known}") from None

    def __iter__(self) -> Iterator[str]:
        return iter(self._functions)

    def __len__(self) -> int:
        return len(self._functions)

    def __repr__(self) -> str:
        return f"<Registry of {self.what}s: {', '.join(sorted(self._functions)) or 'none'}>"


CELL_MODELS = Registry("cell model")
"""``f(cell, template_name, dynamics_params)`` -> object with sections; the name is ``scheme`` or
``scheme:name``, followed by ``|model_type`` where it is for one type alone."""

CELL_PROCESSORS = Registry("cell processor")
"""``f(hobj, cell, dynamics_params)`` -> hobj."""

SYNAPSE_MODELS = Registry("synapse model")
"""``f(dynamics_params, x, section)`` -> point process."""

WEIGHT_FUNCTIONS = Registry("weight function")
"""``f(edge, source, target)`` -> weight, or None for ``syn_weight``."""

SPIKE_GENERATORS = Registry("spikes generator")
"""``f(node, simulation)`` -> times in ms."""

MODULES = Registry("module")
"""``f(**options)`` -> object with ``initialize``, ``step``, ``block`` and ``finalize``, some of them."""


def _key(directive: str, model_type: str | None) -> str:
    return directive if model_type is None else f"{directive}|{model_type}"


def add_cell_model(
    function: Function, directive: str, model_type: str | None = None, *, overwrite: bool = True
) -> None:
    """Register a loader of cells for a template, or for all templates of a scheme.

    Parameters
    ----------
    function
        ``f(cell, template_name, dynamics_params)`` -> object with sections.
    directive
        ``"hoc:L5PCtemplate"``, or ``"python"`` for every ``python:...``.
    model_type
        Only for nodes of this type.
    overwrite
        Whether it replaces one that is there.
    """
    CELL_MODELS.add(function, _key(directive, model_type), overwrite=overwrite)


def cell_model(directive: str, model_type: str | None = None) -> Callable[[F], F]:
    """Register a loader of cells; see :func:`add_cell_model`.

    Examples
    --------
    >>> @cell_model(directive="python:ball_and_stick", model_type="biophysical")
    ... def load(cell, template_name, dynamics_params): ...
    >>> "python:ball_and_stick|biophysical" in CELL_MODELS
    True
    >>> CELL_MODELS.remove("python:ball_and_stick|biophysical")
    """

    def register(function: F) -> F:
        add_cell_model(function, directive, model_type)
        return function

    return register


def _adder(registry: Registry) -> Callable[..., None]:
    def add(function: Function, name: str | None = None, overwrite: bool = True) -> None:
        registry.add(function, name, overwrite=overwrite)

    add.__doc__ = f"Register a {registry.what}; see :meth:`Registry.add`."
    return add


class _Decorator:
    """Registers what it decorates, bare or with ``name=``."""

    def __init__(self, registry: Registry) -> None:
        self._registry = registry
        self.__doc__ = f"Register a {registry.what}, bare or with a name of its own."

    @overload
    def __call__(self, function: F) -> F: ...

    @overload
    def __call__(self, function: None = None, *, name: str | None = None) -> Callable[[F], F]: ...

    def __call__(self, function: F | None = None, *, name: str | None = None) -> F | Callable[[F], F]:
        def register(made: F) -> F:
            self._registry.add(made, name)
            return made

        return register if function is None else register(function)


add_cell_processor = _adder(CELL_PROCESSORS)
add_synapse_model = _adder(SYNAPSE_MODELS)
add_weight_function = _adder(WEIGHT_FUNCTIONS)
add_spikes_generator = _adder(SPIKE_GENERATORS)
add_module = _adder(MODULES)

model_processing = _Decorator(CELL_PROCESSORS)
synapse_model = _Decorator(SYNAPSE_MODELS)
synaptic_weight = _Decorator(WEIGHT_FUNCTIONS)
spikes_generator = _Decorator(SPIKE_GENERATORS)


def load_functions(path: str | os.PathLike[str]) -> None:
    """Run a Python file that registers functions; each time anew.

    Parameters
    ----------
    path
        The file. It is code, and may do whatever its author wants.

    Raises
    ------
    SimulationError
        If it does not exist, or raises.
    """
    file = Path(path).absolute()
    name = f"bluecellab_functions_{hashlib.sha256(os.fsencode(file)).hexdigest()[:12]}"
    try:
        text = file.read_bytes()
    except OSError as error:
        raise SimulationError(
            f"functions are registered by a Python file, and {file} cannot be read: {error.strerror}"
        ) from error
    module = types.ModuleType(name)
    module.__file__ = str(file)
    sys.modules[name] = module  # so that what it defines can be pickled
    try:
        exec(compile(text, str(file), "exec"), module.__dict__)  # noqa: S102 - it is the user's own
    except Exception as error:
        sys.modules.pop(name, None)
        raise SimulationError(f"{file} cannot be run: {type(error).__name__}: {error}") from error
