"""Artificial cells: point processes without a section, that take events and send some."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from bluecellab.errors import CellError, TemplateError
from bluecellab.nrn import mechanisms, objects, runtime
from bluecellab.nrn.templates import Template

__all__ = ["disconnect", "is_artificial", "make", "make_wrapped", "net_con", "set_parameters"]

# What a hoc function makes and returns leaks nothing, see bluecellab.nrn.objects.
_CONNECTORS = """
obfunc bluecellab_artificial_netcon() { localobj made
    made = new NetCon($o1, $o2)
    return made
}
obfunc bluecellab_artificial_netcon_to_none() { localobj made, none
    made = new NetCon($o1, none)
    return made
}
"""
_MAKER = """
obfunc {function}() {{ localobj made
    made = new {name}({argument})
    return made
}}
"""
_defined: set[str] = set()


def _define(function: str, text: str) -> Any:
    h = runtime.raw_h()
    if function not in _defined:
        h(text)
        _defined.add(function)
    return getattr(h, function)


def is_artificial(name: str) -> bool:
    """Whether a name is that of an artificial cell."""
    h = runtime.raw_h()
    kinds = h.MechanismType(1)
    found = h.ref("")
    for index in range(int(kinds.count())):
        kinds.select(index)
        kinds.selected(found)
        if str(found[0]) == name:
            return bool(kinds.is_artificial(index))
    return False


def make(name: str) -> Any:
    """Return a new artificial cell.

    Raises
    ------
    MissingMechanismError
        If no mechanism of that name is loaded.
    CellError
        If the mechanism is of another kind.
    """
    function = f"bluecellab_make_{name}"
    if function not in _defined:
        mechanisms.require(name)
        if not is_artificial(name):
            raise CellError(
                f"{name} is no artificial cell: it would need a section to be in. Artificial cells are "
                "those, such as IntFire1, whose .mod file says ARTIFICIAL_CELL"
            )
    with runtime.guard(f"making the artificial cell {name}"):
        return _define(function, _MAKER.format(function=function, name=name, argument=""))()


def make_wrapped(template: Template, number: int) -> tuple[Any, Any]:
    """Make an instance of a hoc template, and the artificial cell that it has as ``pointcell``.

    Parameters
    ----------
    template
        The template.
    number
        Its argument, the cell's id.

    Returns
    -------
    tuple
        The instance and the artificial cell.

    Raises
    ------
    TemplateError
        If it fails, or makes no ``pointcell``.
    """
    doing = f"template {template.original_name} ({template.path}) fails with the argument {number}"
    function = f"bluecellab_make_{template.name}"
    with runtime.guard(doing, TemplateError):
        instance = _define(function, _MAKER.format(function=function, name=template.name, argument="$1"))(
            number
        )
    artificial = getattr(instance, "pointcell", None)
    if artificial is None or str(artificial) == "NULLobject":
        raise TemplateError(
            f"template {template.original_name} ({template.path}) makes no artificial cell; it must have a "
            "'public pointcell', an objref to it"
        )
    return instance, artificial


def set_parameters(artificial: Any, parameters: Mapping[str, float]) -> None:
    """Set parameters of an artificial cell.

    Raises
    ------
    CellError
        If it does not have one of them.
    """
    for name, value in parameters.items():
        if not hasattr(artificial, name):
            kind = str(artificial.hname()).partition("[")[0]
            raise CellError(
                f"the artificial cell {kind} has no parameter {name!r}; leave it out, or correct it"
            )
        setattr(artificial, name, value)


def net_con(artificial: Any, target: Any) -> Any:
    """Return a new NetCon from an artificial cell to a raw point process, or to none."""
    _define("bluecellab_artificial_netcon", _CONNECTORS)
    h = runtime.raw_h()
    if target is None:
        return h.bluecellab_artificial_netcon_to_none(artificial)
    return h.bluecellab_artificial_netcon(artificial, target)


def disconnect(artificial: Any) -> None:
    """Take every NetCon off an artificial cell that is about to be let go."""
    connections = objects.cvode().netconlist("", "", artificial)
    for index in range(int(connections.count())):
        connections.o(index).setpost(None)
