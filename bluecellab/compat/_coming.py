"""What the published tree has and this one does not, and what to say to who asks for it."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec
from types import ModuleType

from bluecellab.errors import BluecellabError

__all__ = ["AbsentError", "attribute_error", "explain", "getter", "watch_imports"]

_PACKAGE = "bluecellab.compat"
_BLUEPY = "belongs to bluepy's BlueConfig circuits, which are not read; use SONATA"

#: Published names, relative to the package; what is below a module shares its fate.
_ABSENT: dict[str, str] = {
    **dict.fromkeys(
        (
            "circuit.BluepyCircuitAccess",
            "circuit.BluepySimulationAccess",
            "circuit.circuit_access.BluepyCircuitAccess",
            "circuit.config.BluepySimulationConfig",
            "circuit.simulation_access.BluepySimulationAccess",
            "circuit.circuit_access.bluepy_circuit_access",
            "circuit.iotools",
        ),
        _BLUEPY,
    ),
    "cell.core.Cell.addAxialCurrentRecordings": (
        "never worked as published; record the potentials of both sections, and divide by the resistance"
    ),
    "cell.core.Cell.getAxialCurrentRecording": "never worked as published",
    "cell.core.Cell.somatic_branches": "never worked as published; use cell.get_childrensections(cell.soma)",
    "simulation.report": "was empty as published; use reports.manager",
    "synapse.synapse_helpers.build_helper_params": (
        "was a step of making synapses; GenericSpikeSynapse and modoverride do all of them"
    ),
    "utils.NoDaemonProcess": (
        "was a class of multiprocessing's, which makes copies of a process that has NEURON in it; use "
        "NestedPool or simulation.parallel.IsolatedProcess, whose tasks may have pools of their own"
    ),
}


class AbsentError(BluecellabError, ModuleNotFoundError):
    """A published name that is not here."""


def explain(name: str) -> str | None:
    """Return what to say about a published name that is not here, or None if there is nothing to say.

    Parameters
    ----------
    name
        Relative to the package: ``"circuit.config.sections"``.
    """
    parts = name.split(".")
    for count in range(len(parts), 0, -1):
        reason = _ABSENT.get(".".join(parts[:count]))
        if reason is not None:
            return f"bluecellab.compat has no {name}: it {reason}."
    return None


def _relative(module: str) -> str:
    return module.removeprefix(_PACKAGE).removeprefix(".")


def attribute_error(module: str, name: str) -> AttributeError:
    """Return the error for an attribute that a module of this package does not have."""
    dotted = f"{_relative(module)}.{name}".removeprefix(".")
    return AttributeError(explain(dotted) or f"module {module!r} has no attribute {name!r}")


def getter(module: str) -> Callable[[str], object]:
    """Return a ``__getattr__`` for a module of this package, which has no attributes but its own."""

    def __getattr__(name: str) -> object:  # noqa: N807 - the name that Python looks for
        raise attribute_error(module, name)

    return __getattr__


class _AbsentFinder(MetaPathFinder):
    """Is asked, after everybody else, for modules, and by ``from package import name`` for names."""

    def find_spec(
        self,
        fullname: str,
        path: Sequence[str] | None = None,  # noqa: ARG002 - the protocol's
        target: ModuleType | None = None,  # noqa: ARG002
    ) -> ModuleSpec | None:
        if fullname.startswith(f"{_PACKAGE}."):
            reason = explain(_relative(fullname))
            if reason is not None:
                # Python hides an import error that bears the name it asked for
                raise AbsentError(reason, name=f"bluecellulab.{_relative(fullname)}")
        return None


def watch_imports() -> None:
    """Let imports of absent names from this package fail with a reason."""
    if not any(isinstance(finder, _AbsentFinder) for finder in sys.meta_path):
        sys.meta_path.append(_AbsentFinder())
