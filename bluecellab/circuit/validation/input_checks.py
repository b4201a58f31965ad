"""What inputs need to know of the cells that they are for."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from bluecellab.circuit.access import CircuitAccess, CompartmentSet, IntArray
from bluecellab.circuit.config.reading import Parts
from bluecellab.spec.circuit_stimuli import AnyCircuitStimulus, SpatiallyUniformField
from bluecellab.spec.simulation import CircuitInput
from bluecellab.spec.stimuli import RelativeOrnsteinUhlenbeck, RelativeShotNoise

__all__ = ["check_inputs"]

_RESISTANCE = "@dynamics:input_resistance"
_POSITION = ("x", "y", "z")
_ORIENTATION = ("orientation_w", "orientation_x", "orientation_y", "orientation_z")
_ANGLES = ("rotation_angle_xaxis", "rotation_angle_yaxis", "rotation_angle_zaxis")


def check_inputs(
    parts: Parts,
    circuit: CircuitAccess,
    node_sets: Mapping[str, Mapping[str, IntArray]],
    compartment_sets: Mapping[str, CompartmentSet],
    nodes: Mapping[str, IntArray],
) -> None:
    """Report inputs that need attributes which the cells that they are for do not have.

    Parameters
    ----------
    parts
        The configuration.
    circuit
        Its circuit.
    node_sets, compartment_sets
        Those that are good, by name.
    nodes
        The nodes that are simulated, by population.
    """
    for key, each in parts.inputs:
        for name in _populations(each, node_sets, compartment_sets):
            if name in nodes:
                missing = _missing(each.stimulus, circuit.node_populations[name].columns)
                if missing:
                    message = f"needs {missing} of the cells, which population {name!r} does not have"
                    parts.problems.add(f"{key}.module", each.stimulus.type, message)


def _populations(
    given: CircuitInput,
    node_sets: Mapping[str, Mapping[str, IntArray]],
    compartment_sets: Mapping[str, CompartmentSet],
) -> Iterator[str]:
    if given.node_set is not None:
        yield from node_sets.get(given.node_set, {})
    elif given.compartment_set is not None and given.compartment_set in compartment_sets:
        yield compartment_sets[given.compartment_set].population


def _missing(stimulus: AnyCircuitStimulus, columns: tuple[str, ...]) -> str:
    """Return the attributes that a stimulus needs and that are not there, in words."""
    if isinstance(stimulus, RelativeShotNoise | RelativeOrnsteinUhlenbeck):
        return _RESISTANCE if stimulus.mode == "conductance" and _RESISTANCE not in columns else ""
    if isinstance(stimulus, SpatiallyUniformField):
        lacking = [name for name in _POSITION if name not in columns]
        turned = all(name in columns for name in _ORIENTATION) or any(name in columns for name in _ANGLES)
        if not turned:
            lacking.append(f"{', '.join(_ORIENTATION)} or {_ANGLES[1]}")
        return " and ".join(lacking)
    return ""
