"""GLOBALs of mechanisms that the ``conditions`` of a circuit simulation set."""

from __future__ import annotations

import difflib
from collections.abc import Mapping

from bluecellab.errors import MechanismError
from bluecellab.nrn import mechanisms
from bluecellab.nrn.mechanisms.variables import global_names, range_names
from bluecellab.spec.simulation import CircuitConditions

__all__ = ["mechanism_globals"]

_SWITCHES = ("minis_single_vesicle", "init_depleted")
_CALCIUM = ("GluSynapse", "cao_CR")


def mechanism_globals(conditions: CircuitConditions) -> dict[str, float]:
    """Return the GLOBALs that conditions set, under NEURON's names, after looking whether they exist.

    ``conditions.mechanisms``, and the extracellular calcium as ``cao_CR_GluSynapse`` if that mechanism is
    loaded, unless ``conditions.mechanisms`` sets that itself. Nothing is changed here: a
    :class:`~bluecellab.simulation.Simulation` applies its ``globals`` while it runs, and puts them back.

    Parameters
    ----------
    conditions
        Of the simulation; their mechanisms must be loaded.

    Returns
    -------
    dict
        Values by ``<variable>_<MECHANISM>``.

    Raises
    ------
    MissingMechanismError
        If a mechanism is not loaded.
    MechanismError
        If a mechanism has no such GLOBAL, or a value makes no sense.
    """
    chosen: dict[str, float] = {}
    for mechanism, values in conditions.mechanisms.items():
        mechanisms.require(mechanism)
        there = global_names(mechanism)
        for variable, value in values.items():
            name = f"{variable}_{mechanism}"
            if name not in there:
                raise MechanismError(_explain(mechanism, variable, there))
            if variable in _SWITCHES and value not in (0, 1):
                raise MechanismError(f"conditions.mechanisms sets {name} to {value:g}; it is 0 or 1")
            chosen[name] = float(value)
    return {**_calcium(conditions), **chosen}


def _calcium(conditions: CircuitConditions) -> Mapping[str, float]:
    mechanism, variable = _CALCIUM
    loaded = any(mechanism in library.names for library in mechanisms.loaded())
    if conditions.extracellular_calcium is None or not loaded:
        return {}
    name = f"{variable}_{mechanism}"
    return {name: conditions.extracellular_calcium} if name in global_names(mechanism) else {}


def _explain(mechanism: str, variable: str, there: tuple[str, ...]) -> str:
    """Say why a variable cannot be set for all of a mechanism."""
    short = [name.removesuffix(f"_{mechanism}") for name in there]
    message = f"conditions.mechanisms sets {variable} of {mechanism}, which has no such GLOBAL; "
    message += f"it has {', '.join(short)}." if short else "it has none."
    ranges = range_names(mechanism)
    if variable in ranges or f"{variable}_{mechanism}" in ranges:
        synaptic = variable in ranges
        way = "a connection_override with synapse_configure" if synaptic else "a modification"
        return f"{message} {variable} is a RANGE variable, of which every place has its own: set it by {way}."
    alike = difflib.get_close_matches(variable, short, n=1)
    return f"{message} Is {alike[0]!r} meant?" if alike else message
