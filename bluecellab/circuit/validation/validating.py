"""Everything that is wrong with a simulation of the Blue Brain / Open Brain dialect."""

from __future__ import annotations

import os
import warnings
from collections.abc import Mapping

from bluecellab.circuit.access import CircuitAccess, CompartmentSet, NodePopulation
from bluecellab.circuit.compartments import read_compartment_sets
from bluecellab.circuit.config.problems import Problem, raise_problems
from bluecellab.circuit.config.reading import Parts, parts_of, read_parts
from bluecellab.circuit.obi import ObiCircuit
from bluecellab.circuit.validation.circuit_checks import (
    check_cells,
    check_compartment_sets,
    check_edges,
    check_models,
    check_node_sets,
    check_populations,
    simulated,
)
from bluecellab.circuit.validation.circuit_file import check_circuit_file, check_file
from bluecellab.circuit.validation.consistency import check_consistency
from bluecellab.circuit.validation.input_checks import check_inputs
from bluecellab.circuit.validation.spikes import check_spikes
from bluecellab.circuit.validation.where import report_error
from bluecellab.circuit.validation.writings import check_writings
from bluecellab.errors import BluecellabError, CircuitWarning
from bluecellab.spec.circuit_stimuli import SynapseReplay
from bluecellab.spec.simulation import SimulationConfig

__all__ = ["check_obi", "validate_obi"]


def validate_obi(
    path: str | os.PathLike[str], *, confine_to: str | os.PathLike[str] | None = None
) -> list[Problem]:
    """Return everything that is wrong with a simulation; NEURON is not started.

    Beyond what :func:`~bluecellab.circuit.config.read_obi_config` sees: files and folders are there and
    are what they should be; node sets and compartment sets exist, are not empty, and belong to the
    circuit; reports fit the clock; texts of assignments can be read; templates and morphologies of
    the simulated cells are there; spikes to replay come from populations of the circuit.

    Parameters
    ----------
    path
        A ``simulation_config.json``.
    confine_to
        A folder that no path may leave, also not through links or ``..``.

    Returns
    -------
    list of Problem
        Empty if all is well. Those of the configuration first, then those of its circuit.
    """
    return _checked(read_parts(path, confine_to=confine_to))


def check_obi(config: SimulationConfig, *, confine_to: str | os.PathLike[str] | None = None) -> None:
    """Make sure that nothing is wrong with a simulation that has been read; see :func:`validate_obi`.

    Parameters
    ----------
    config
        The simulation.
    confine_to
        A folder that no path may leave.

    Raises
    ------
    ConfigError
        If anything is wrong; ``.problems`` has everything that is.
    ConfinementError
        If one of the problems is a path that leaves the folder.
    """
    raise_problems(_checked(parts_of(config, confine_to=confine_to)))


def _checked(parts: Parts) -> list[Problem]:
    check_consistency(parts)
    check_writings(parts)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", CircuitWarning)  # they come again when the circuit is used
        circuit = _open(parts)
        try:
            good = circuit is not None and check_populations(parts, circuit)
            _check_replays(parts, circuit.node_populations if circuit is not None and good else None)
            if circuit is not None and good:
                _check_circuit(parts, circuit)
        except BluecellabError as error:
            report_error(parts, error)
        finally:
            if circuit is not None:
                circuit.close()
    return list(parts.problems)


def _open(parts: Parts) -> CircuitAccess | None:
    """Return the circuit; None, and problems, if it cannot be opened."""
    good = True
    for name in ("node_sets_file", "compartment_sets_file"):
        path = getattr(parts, name)
        if path is not None:
            good &= check_file(path, name, parts.problems)
    if parts.network is None or not check_file(parts.network, "network", parts.problems):
        return None
    found = check_circuit_file(parts.network, confine_to=parts.confine_to)
    parts.problems.extend(found)
    if found or not good:
        return None
    try:
        return ObiCircuit(parts.network, node_sets_file=parts.node_sets_file, confine_to=parts.confine_to)
    except BluecellabError as error:
        report_error(parts, error)
        return None


def _check_replays(parts: Parts, populations: Mapping[str, NodePopulation] | None) -> None:
    for key, each in parts.inputs:
        if isinstance(each.stimulus, SynapseReplay):
            file, place = each.stimulus.spike_file, f"{key}.spike_file"
            check_spikes(file, place, parts.problems, populations, confine_to=parts.confine_to)


def _check_circuit(parts: Parts, circuit: CircuitAccess) -> None:
    node_sets = check_node_sets(parts, circuit)
    sets: Mapping[str, CompartmentSet] = {}
    if parts.compartment_sets_file is not None:
        try:
            sets = read_compartment_sets(parts.compartment_sets_file)
        except BluecellabError as error:
            report_error(parts, error)
        else:
            check_compartment_sets(parts, circuit, sets)
    nodes = simulated(parts, circuit, node_sets)
    check_inputs(parts, circuit, node_sets, sets, nodes)
    check_cells(parts, circuit, nodes)
    check_edges(parts, circuit, nodes)
    check_models(parts, circuit)
