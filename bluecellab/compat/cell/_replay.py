"""Minis, replayed files and delayed weights of single synapses of published cells."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from bluecellab.compat.connection import Connection
from bluecellab.compat.synapse.synapse_types import Synapse
from bluecellab.errors import CellError, NotRecordedError
from bluecellab.simulation.circuit.replays import trains_of_file
from bluecellab.spec.base import CellId
from bluecellab.synapse import Minis, SpikeSource, change_weights

if TYPE_CHECKING:
    from bluecellab.compat.cell.core import Cell

__all__ = ["add_minis", "delay_weight", "replay_file"]

Rates = tuple[float | None, float | None]


def add_minis(cell: Cell, synapse: Synapse, modifiers: Mapping[str, Any], frequencies: Rates) -> None:
    """Let a synapse release spontaneously."""
    rate = modifiers.get("SpontMinis")
    if rate is None:
        excitatory, inhibitory = frequencies
        rate = inhibitory if synapse.is_inhibitory else excitatory
    if not rate:
        return
    group = synapse.group
    rates = np.zeros(len(group))
    rates[synapse.index] = float(rate)
    before = len(group.bundles)
    source = SpikeSource(group.scope, f"minis of {synapse!r}")
    source.add_minis(Minis(group, rates))
    cell._sources[:] = [one for one in cell._sources if not one.closed]
    cell._sources.append(source)
    for bundle in group.bundles[before:]:
        cell.syn_mini_netcons[synapse.syn_id] = bundle.connections.o(0)


def delay_weight(cell: Cell, sid: Any, delay: float, weight: float) -> None:
    """Let the connection of a synapse have a weight from a time on."""
    synapse = cell.synapses.get(sid)
    if synapse is None:
        raise NotRecordedError(f"{cell.label} has no synapse {sid!r} to delay a weight of")
    mask = np.zeros(len(synapse.group), dtype=bool)
    mask[synapse.index] = True
    factor = weight / synapse.conductance if synapse.conductance else 0.0
    change_weights(synapse.group, [(mask, float(delay), factor)])
    cell.delayed_weights.put((float(delay), (sid, weight)))


def replay_file(cell: Cell, stimulus: Any, threshold: float, location: str) -> None:
    """Let synapses receive the spikes of a file."""
    if cell.sonata_proxy is None:
        raise CellError(f"{cell.label} belongs to no circuit; connect_to_circuit() it first")
    start, end = float(stimulus.delay), float(stimulus.delay) + float(stimulus.duration)
    trains = {
        source: times[(times >= start) & (times <= end)]
        for source, times in trains_of_file(str(stimulus.spike_file)).items()
    }
    for key, synapse in cell.synapses.items():
        train = trains.get(CellId(*synapse.pre_cell_id))
        if train is None:
            continue
        old = cell.connections.get(key)
        if old is not None:
            old.set_netcon_weight(0.0)
        cell.connections[key] = Connection(
            synapse, pre_spiketrain=train, spike_threshold=threshold, spike_location=location
        )
