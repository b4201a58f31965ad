"""Temperature, initial potential and GLOBALs of mechanisms, under the published names.

GLOBALs that are set here stay, as published. Those of a :class:`~bluecellab.simulation.Simulation` or
``CircuitSimulation`` hold while it runs.
"""

from __future__ import annotations

from bluecellab.compat.circuit.config.sections import Conditions, MechanismConditions
from bluecellab.nrn import runtime
from bluecellab.simulation.circuit.globals import mechanism_globals
from bluecellab.simulation.conditions import NeuronGlobalParams, NeuronGlobals, set_neuron_globals
from bluecellab.spec.simulation import CircuitConditions

__all__ = [
    "NeuronGlobalParams",
    "NeuronGlobals",
    "set_global_condition_parameters",
    "set_init_depleted_values",
    "set_minis_single_vesicle_values",
    "set_neuron_globals",
]


def set_global_condition_parameters(condition_parameters: Conditions) -> None:
    """Set the GLOBALs of mechanisms that conditions say, and the calcium of GluSynapse if that is loaded.

    Raises
    ------
    MissingMechanismError
        If a mechanism is not loaded.
    MechanismError
        If it has no such GLOBAL, or a value makes no sense.
    """
    _set(condition_parameters.to_spec())


def set_init_depleted_values(mech_conditions: MechanismConditions) -> None:
    """Set ``init_depleted`` of the synapse models for which it is said; raises as the above."""
    _set_one("init_depleted", mech_conditions)


def set_minis_single_vesicle_values(mech_conditions: MechanismConditions) -> None:
    """Set ``minis_single_vesicle`` of the synapse models for which it is said; raises as the above."""
    _set_one("minis_single_vesicle", mech_conditions)


def _set_one(name: str, mech_conditions: MechanismConditions) -> None:
    said = mech_conditions.to_globals()
    chosen = {mechanism: {name: values[name]} for mechanism, values in said.items() if name in values}
    _set(CircuitConditions(mechanisms=chosen))


def _set(conditions: CircuitConditions) -> None:
    runtime.start()
    runtime.refuse_while_running("setting GLOBALs of mechanisms")
    h = runtime.raw_h()
    for name, value in mechanism_globals(conditions).items():
        setattr(h, name, value)
