"""Which variables a loaded mechanism has."""

from __future__ import annotations

from typing import Any

from bluecellab.nrn import objects, runtime
from bluecellab.nrn.mechanisms.loading import require

__all__ = ["global_names", "is_range_variable", "is_section_property", "range_names"]

_SECTION_PROPERTY = 8  # what NEURON's name_declared says

_LIST = """
obfunc bluecellab_variables() { local i localobj standard, names, name
    names = new List()
    name = new String()
    standard = new MechanismStandard($s1, $2)
    for i = 0, standard.count() - 1 {
        standard.name(name.s, i)
        names.append(new String(name.s))
    }
    return names
}
"""


class _Written:
    ready = False


def _names(mechanism: str, kind: int) -> tuple[str, ...]:
    require(mechanism)
    h: Any = runtime.raw_h()
    if not _Written.ready:
        h(_LIST)
        _Written.ready = True
    with runtime.guard(f"asking for the variables of {mechanism}"):
        found = h.bluecellab_variables(mechanism, kind)
        return tuple(str(found.o(index).s) for index in range(int(found.count())))


def global_names(mechanism: str) -> tuple[str, ...]:
    """Return the names of a mechanism's GLOBALs, as NEURON has them: ``"usetable_hh"``.

    Raises
    ------
    MissingMechanismError
        If it is not loaded.
    """
    return _names(mechanism, -1)


def range_names(mechanism: str) -> tuple[str, ...]:
    """Return the names of a mechanism's RANGE variables: ``"gnabar_hh"``; of a point process, ``"tau"``.

    Raises
    ------
    MissingMechanismError
        If it is not loaded.
    """
    return _names(mechanism, 0)


def is_range_variable(name: str) -> bool:
    """Whether segments can have a variable of that name: one of NEURON's own, or of a loaded mechanism."""
    try:
        getattr(runtime.raw_h(), name)
    except TypeError as error:
        return "range variable" in str(error)  # NEURON tells it apart from its keywords by nothing else
    except AttributeError:
        return False
    return False


def is_section_property(name: str) -> bool:
    """Whether sections as a whole have a property of that name: ``"L"``, ``"Ra"``, ``"nseg"``."""
    return bool(runtime.raw_h().name_declared(name, 2) == _SECTION_PROPERTY)


def source_text(mechanism: str) -> str:
    """Return the NMODL text that a mechanism was made of; empty where the library does not have it.

    Raises
    ------
    MissingMechanismError
        If it is not loaded.
    """
    require(mechanism)
    h: Any = runtime.raw_h()
    name = h.ref("")
    for kind in (0, 1):
        kinds = objects.mechanism_types(kind)
        kinds.select(mechanism)  # leaves another one selected if it is none of this kind
        kinds.selected(name)
        if name[0] == mechanism:
            return str(kinds.code() or "")
    return ""
