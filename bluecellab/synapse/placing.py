"""Synapses that are placed one by one, by hand."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from bluecellab.circuit.access import EdgePopulation, Edges
from bluecellab.errors import SynapseError
from bluecellab.spec.base import CellId
from bluecellab.spec.synapses import AnySynapse
from bluecellab.synapse import gids
from bluecellab.synapse.build import build_synapses
from bluecellab.synapse.conditions import Receiver, SynapseConditions
from bluecellab.synapse.handle import Connection, Synapse
from bluecellab.synapse.replay import SpikeSource
from bluecellab.synapse.resolved import ResolvedOverrides

__all__ = ["drive", "place_edge", "place_synapse"]

_NO_COLUMNS = {"type", "number", "source"}


def place_synapse(
    spec: AnySynapse,
    receiver: Receiver,
    section: Any,
    x: float,
    conditions: SynapseConditions | None = None,
) -> Synapse:
    """Place a synapse.

    Parameters
    ----------
    spec
        The synapse.
    receiver
        The cell; it will own it.
    section
        A raw section of the cell.
    x
        Position along it, 0 to 1.
    conditions
        What it is made for; by default, no calcium and seeds of 0.

    Raises
    ------
    MissingMechanismError
        If its mechanism is not loaded.
    BusyError
        If a run is in progress.
    """
    fields = spec.model_dump(exclude=_NO_COLUMNS, exclude_none=True)
    description = {**fields, "afferent_section_id": 0, "afferent_section_pos": x}
    return place_edge(
        description,
        dataclasses.replace(receiver, sections={0: section}),
        conditions or SynapseConditions(),
        source=spec.source,
        number=spec.number,
        model=spec.type,
    )


def place_edge(
    description: Mapping[str, float],
    receiver: Receiver,
    conditions: SynapseConditions,
    *,
    source: CellId,
    number: int,
    model: str | None = None,
    population: str = "placed",
    weight: float = 1.0,
) -> Synapse:
    """Place the synapse of one edge.

    Parameters
    ----------
    description
        Attributes of the edge, by SONATA's names.
    receiver
        The cell; it will own the synapse.
    conditions
        What it is made for.
    source
        Where the edge comes from.
    number
        Its number among those that arrive at the cell.
    model
        Synapse model; None: by its type.
    population
        Name of the population of edges.
    weight
        Factor on its conductance.

    Raises
    ------
    ColumnError, SynapseError
        If attributes are missing or make no sense, or the cell does not have the section.
    """
    kind = EdgePopulation(
        population,
        "chemical" if "u_syn" in description or "syn_type_id" in description else "Exp2Syn_synapse",
        source.population_name,
        receiver.cell_id.population_name,
        1,
        tuple(description),
    )
    columns = {name: np.array([value]) for name, value in description.items()}
    edges = Edges(kind, receiver.cell_id.id, np.array([number]), np.array([source.id]), columns)
    plain = ResolvedOverrides.none(1)
    resolved = dataclasses.replace(plain, weight=np.array([weight]), models=(model,))
    group = build_synapses(edges, receiver, conditions, resolved)
    if not group.placed[0]:
        group.close()
        raise SynapseError(
            f"{receiver.label} has no section {description.get('afferent_section_id')} to place a synapse on"
        )
    return group.synapse(0)


def drive(synapse: Synapse, times: npt.ArrayLike, delay: float | None = None) -> Connection:
    """Let a synapse receive spikes at given times.

    Parameters
    ----------
    synapse
        The synapse; it owns what is made.
    times
        Times of the spikes of its source in ms, shape (n,).
    delay
        In ms, instead of its own.

    Raises
    ------
    SynapseError
        If a time is negative or not a number.
    BusyError
        If a run is in progress.
    """
    group = synapse.group
    source = SpikeSource(group.scope, f"spikes for {synapse!r}")
    gid = gids.allocate(source.scope, 1)
    source.add_trains({gid: times})
    delays = np.array([synapse.delay if delay is None else max(delay, group.conditions.dt)])
    group.wire("replay", np.array([synapse.index]), np.array([gid]), delays)
    source.play()
    return group.connections_of(synapse.index)[-1]
