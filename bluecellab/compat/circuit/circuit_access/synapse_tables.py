"""Synapses of a cell as a table with the published columns."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

import numpy as np

from bluecellab.circuit.access import (
    CircuitAccess,
    Column,
    EdgePopulation,
    Edges,
    population_number,
)
from bluecellab.compat.circuit.circuit_access.definition import Projections
from bluecellab.compat.circuit.synapse_properties import (
    SynapseProperties,
    SynapseProperty,
    properties_from_snap,
    properties_to_snap,
)
from bluecellab.errors import CircuitWarning, ColumnError, PopulationNotFoundError, warn

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["chosen_populations", "synapse_table"]

LEVELS = ["edge_name", "synapse_id"]
_SOURCE = "@source_node"
_NAMED = {
    "chemical": (*properties_to_snap(SynapseProperties.common), *SynapseProperties.plasticity),
    "Exp2Syn_synapse": SynapseProperties.allen_chemical,
    "point_process": SynapseProperties.allen_point,
}
_WHOLE = ("syn_type_id", "n_rrp_vesicles", "afferent_section_id", "afferent_segment_id")


def chosen_populations(
    circuit: CircuitAccess, target: str, projections: Projections, warned: set[str]
) -> list[EdgePopulation]:
    """Return the populations of edges that bring synapses to cells of a population: from cells first.

    Parameters
    ----------
    circuit
        The circuit.
    target
        The population of cells.
    projections
        Which of those from virtual nodes are among them.
    warned
        Populations that have been warned of.

    Raises
    ------
    PopulationNotFoundError
        A ValueError, if there is no population of edges of that name.

    Warns
    -----
    CircuitWarning
        Once of a population whose edges are no synapses.
    """
    named = {projections} if isinstance(projections, str) else set()
    if not isinstance(projections, (str, bool)) and projections is not None:
        named = set(projections)
    everything = sorted(circuit.edge_populations.items())
    for name in sorted(named):
        if name not in circuit.edge_populations:
            raise PopulationNotFoundError(
                f"Unknown projection {name!r}. Expected an edge population name. Available edge populations: "
                f"{[known for known, _ in everything]}",
                name,
            )
    chosen = []
    for name, population in everything:
        virtual = circuit.node_populations[population.source].virtual
        if population.target != target or (virtual and projections is not True and name not in named):
            continue
        if population.kind in _NAMED:
            chosen.append(population)
        elif name not in warned:
            warned.add(name)
            warn(
                f"edges of {name}, of type {population.kind}, are no synapses and are left out",
                CircuitWarning,
            )
    return sorted(chosen, key=lambda one: circuit.node_populations[one.source].virtual)


def synapse_table(
    circuit: CircuitAccess, node: int, populations: Iterable[EdgePopulation], dt: float, everything: bool
) -> pd.DataFrame:
    """Return the synapses of a node: a row for each edge, by population and number.

    Parameters
    ----------
    circuit
        The circuit.
    node
        Id of the node that they arrive at.
    populations
        Of edges.
    dt
        Delays are cut to whole multiples of it, in ms.
    everything
        Whether all attributes of the edges are columns, or those that have published names.

    Raises
    ------
    ColumnError
        If edges that are chemical synapses have no ``u_syn``.
    """
    import pandas as pd

    frames = [_frame(circuit, node, population, dt, everything) for population in populations]
    filled = [frame for frame in frames if len(frame)]
    if len(filled) == 1:
        return filled[0]
    if filled:
        return pd.concat(filled)
    if frames:
        return frames[0]
    return pd.DataFrame(index=pd.MultiIndex.from_arrays([[], []], names=LEVELS))


def _frame(
    circuit: CircuitAccess, node: int, population: EdgePopulation, dt: float, everything: bool
) -> pd.DataFrame:
    import pandas as pd

    named = _NAMED[population.kind]
    if population.kind == "chemical" and "u_syn" not in population.columns:
        raise ColumnError(
            f"edge population {population.name!r} is of type 'chemical' and has no 'u_syn'; synapses of two "
            "exponentials are of type 'Exp2Syn_synapse'",
            "u_syn",
        )
    there = {_SOURCE, *population.columns}
    if not there.issuperset(SynapseProperties.plasticity):
        there.difference_update(SynapseProperties.plasticity)  # all of them make a plastic synapse, or none
    wanted = [name for name in named if name in there]
    if everything:
        wanted += [name for name in population.columns if name not in wanted]
    edges = circuit.edges(population.name, node, [name for name in wanted if name != _SOURCE])
    numbers = (population_number(population.source), population_number(population.target))
    columns: dict[SynapseProperty | str, object] = {
        name: _values(edges, snap, dt)
        for name, snap in zip(properties_from_snap(wanted), wanted, strict=True)
    }
    columns["source_population_name"] = np.full(len(edges), population.source, dtype=object)
    columns["source_popid"], columns["target_popid"] = (np.full(len(edges), number) for number in numbers)
    index = pd.MultiIndex.from_arrays([[population.name] * len(edges), edges.numbers], names=LEVELS)
    return pd.DataFrame(columns, index=index)


def _values(edges: Edges, name: str, dt: float) -> Column | Sequence[float]:
    """Return an attribute as the published table has it."""
    if name == _SOURCE:
        return edges.sources
    values = edges.columns[name]
    if name == "delay":
        steps: Column = np.floor(np.asarray(values, dtype=np.float64) / dt + 1e-5) * dt
        return steps
    if name in _WHOLE and np.isfinite(values := np.asarray(values, dtype=np.float64)).all():
        whole = values.astype(np.int64)
        # a number of vesicles that is not whole is for check_nrrp_value to refuse
        return whole if (whole == values).all() else values
    return values
