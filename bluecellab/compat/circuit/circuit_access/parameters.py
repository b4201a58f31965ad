"""What connection overrides say of one connection, under the published names."""

from __future__ import annotations

from collections import defaultdict
from typing import Any

import numpy as np

from bluecellab.circuit.access import EdgePopulation, Edges, IntArray
from bluecellab.compat.circuit.circuit_access.definition import CircuitAccess
from bluecellab.compat.circuit.circuit_access.sonata_circuit_access import SonataCircuitAccess
from bluecellab.spec.base import CellId
from bluecellab.synapse.overrides import resolve

__all__ = ["get_synapse_connection_parameters"]


def get_synapse_connection_parameters(
    circuit_access: CircuitAccess, pre_cell: CellId, post_cell: CellId
) -> dict[str, Any]:
    """Return what connection overrides say of the synapses of two cells.

    Blocks are read in order: one without ``delay`` replaces what earlier ones said of the fields that it
    gives, and one with ``delay`` only sets the weight at that time.

    Parameters
    ----------
    circuit_access
        The circuit and its configuration.
    pre_cell, post_cell
        The cells, or a virtual node and a cell.

    Returns
    -------
    dict
        ``add_synapse``: True. ``Weight``, ``SpontMinis`` (Hz), ``ModOverride``: if anything is said.
        ``SynapseConfigure``: assignments. ``DelayWeights``: pairs of time in ms and weight.
        ``HelperDirs``: folders of the circuit, if there is a ``ModOverride``.

    Raises
    ------
    NodeSetError
        A KeyError, if an override is about a node set that does not exist.
    """
    source, target = CellId(*pre_cell), CellId(*post_cell)
    population = EdgePopulation("", "chemical", source.population_name, target.population_name, 1)
    edge = Edges(population, target.id, np.zeros(1, np.int64), np.array([source.id], np.int64), {})

    def member(node_set: str, population: str) -> IntArray:
        if isinstance(circuit_access, SonataCircuitAccess):
            return circuit_access.members(node_set, population)
        found = circuit_access.get_target_cell_ids(node_set)
        return np.array(sorted(node for name, node in found if name == population), dtype=np.int64)

    overrides = circuit_access.config.to_spec().connection_overrides
    said = resolve(overrides, edge, member)
    parameters: dict[str, Any] = defaultdict(list, add_synapse=True)
    if said.weight[0] != 1:
        parameters["Weight"] = float(said.weight[0])
    if not np.isnan(said.spont_minis[0]):
        parameters["SpontMinis"] = float(said.spont_minis[0])
    model = said.models[said.model[0]]
    if said.configure:
        texts = [assignment.text for _, assignments in said.configure for assignment in assignments]
        parameters["SynapseConfigure"] = texts
    if model is not None:
        parameters["ModOverride"] = model
        if isinstance(circuit_access, SonataCircuitAccess):
            parameters["HelperDirs"] = tuple(map(str, circuit_access.circuit.helper_folders))
    if said.delayed:
        parameters["DelayWeights"] = [(time, weight) for _, time, weight in said.delayed]
    return parameters
