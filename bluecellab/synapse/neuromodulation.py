"""Neuromodulation: edges that change how the synapses near their ends work, instead of making their own.

Each edge is attached to the nearest synapse on its section, if that is closer than 0.05 of the section's
length. Events that arrive carry a strength and a decay time; what they do is up to the synapse's mechanism,
which is told that their kind is 10.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

import numpy as np
import numpy.typing as npt

from bluecellab.circuit.access import Edges
from bluecellab.errors import CircuitWarning, SynapseError, warn
from bluecellab.nrn import runtime, synapses
from bluecellab.nrn.mechanisms.variables import source_text
from bluecellab.synapse.columns import EdgeColumns
from bluecellab.synapse.group import SynapseGroup
from bluecellab.synapse.resolved import ResolvedOverrides

__all__ = ["modulate"]

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]

_NEAR = 0.05
_STRENGTH, _DECAY = 1, 2  # where in a NetCon's weights they are
#: How the text of a mechanism shows that it knows events of this kind.
_KNOWS = re.compile(r"neuro_?mod|nc_type\s*==\s*10\b|==\s*NC_NEURO", re.IGNORECASE)


def modulate(
    edges: Edges,
    groups: Sequence[SynapseGroup],
    gids: Mapping[int, int],
    resolved: ResolvedOverrides | None = None,
) -> int:
    """Attach neuromodulatory edges of a cell to its synapses.

    Parameters
    ----------
    edges
        The edges, with ``delay`` in ms, ``neuromod_strength``, ``neuromod_dtc`` in ms,
        ``afferent_section_id`` and ``afferent_section_pos``.
    groups
        The synapses of the cell; they own what is made here.
    gids
        NEURON's number of a source by the id of its node; edges of other sources are left alone.
    resolved
        What connection overrides say of each edge: strength and decay time instead of those of the edges,
        delay, and a weight of 0, which switches them off.

    Returns
    -------
    int
        How many were attached.

    Raises
    ------
    ColumnError, SynapseError
        If an attribute is missing or makes no sense, or the mechanism of a synapse knows no
        neuromodulation: it would take the events for spikes.
    BusyError
        If a run is in progress.

    Warns
    -----
    CircuitWarning
        If some edges have no synapse near their end, with their count.
    """
    runtime.refuse_while_running("connecting neuromodulation")
    if edges.population.kind != "neuromodulatory":
        raise SynapseError(
            f"edge population {edges.population.name!r} is of type {edges.population.kind!r}, which does not "
            "modulate synapses; neuromodulatory does"
        )
    driven = np.isin(edges.sources, np.array(sorted(gids), dtype=np.int64))
    resolved = resolved or ResolvedOverrides.none(len(edges))
    columns = EdgeColumns(edges, "neuromodulation")
    strength = _given(resolved.strength, columns.needed("neuromod_strength"))
    decay = _given(resolved.decay, columns.not_negative("neuromod_dtc"))
    delays = _given(resolved.delay, columns.not_negative("delay"))
    group_of, synapse_of = _nearest(columns, groups)
    attached = driven & (group_of >= 0)
    if alone := int(np.count_nonzero(driven & (group_of < 0))):
        warn(
            f"{alone} of {len(edges)} edges of {edges.population.name} to node {edges.target} modulate "
            f"nothing: there is no synapse closer than {_NEAR:g} of the section's length to their ends",
            CircuitWarning,
        )
    for number, group in enumerate(groups):
        step = group.conditions.dt
        for kind, known in enumerate(group.made.mechanisms):
            here = np.flatnonzero(attached & (group_of == number))
            here = here[group.made.mechanism[synapse_of[here]] == kind]
            if not len(here):
                continue
            _refuse_ignorant(known, edges)
            numbers = np.array([gids[node] for node in edges.sources[here].tolist()], dtype=np.int64)
            whole_steps = np.maximum(np.floor(delays[here] / step + 1e-5) * step, step)
            group.wire("neuromodulator", synapse_of[here], numbers, whole_steps)
            made, slots = group.bundles[-1].connections, np.arange(len(here))
            synapses.set_weights(made, slots, np.where(resolved.weight[here] > 0, 1.0, 0.0))
            synapses.set_weights(made, slots, strength[here], _STRENGTH)
            synapses.set_weights(made, slots, decay[here], _DECAY)
    return int(np.count_nonzero(attached))


def _given(overridden: FloatArray | None, own: FloatArray) -> FloatArray:
    return own if overridden is None else np.where(np.isnan(overridden), own, overridden)


def _refuse_ignorant(known: synapses.PointMechanism, edges: Edges) -> None:
    if known.kind_index <= _DECAY or _KNOWS.search(source_text(known.name)) is None:
        raise SynapseError(
            f"edges of {edges.population.name!r} modulate synapses of {known.name}, but that mechanism knows "
            "no neuromodulation and would take the events for spikes. Load one that does, or leave these "
            "edges out."
        )


def _nearest(columns: EdgeColumns, groups: Sequence[SynapseGroup]) -> tuple[IntArray, IntArray]:
    """Return the group of the nearest synapse to each edge, and its position there; -1 for none near."""
    sections = columns.needed("afferent_section_id").astype(np.int64)
    positions = columns.needed("afferent_section_pos")
    nearest = np.full((2, len(columns)), -1, dtype=np.int64)
    distance = np.full(len(columns), _NEAR)
    for number, group in enumerate(groups):
        index = np.flatnonzero(group.placed)
        if not len(index) or "afferent_section_id" not in group.columns:
            continue
        own = np.asarray(group.columns["afferent_section_id"]).astype(np.int64)[index]
        for section in np.intersect1d(own, sections).tolist():
            there, here = index[own == section], np.flatnonzero(sections == section)
            apart = np.abs(positions[here][:, None] - group.made.positions[there][None, :])
            best = apart.argmin(axis=1)
            closer = apart[np.arange(len(here)), best] < distance[here]
            chosen = here[closer]
            distance[chosen] = apart[np.arange(len(here)), best][closer]
            nearest[0, chosen] = number
            nearest[1, chosen] = there[best[closer]]
    return nearest[0], nearest[1]
