"""Node sets that a configuration of the Allen dialect names, and what must be in them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import numpy as np

from bluecellab.circuit.access import CircuitAccess, IntArray
from bluecellab.circuit.config.allen.reading import AllenParts
from bluecellab.circuit.config.problems import Problems, join, nearest
from bluecellab.errors import BluecellabError
from bluecellab.files.distinct import without
from bluecellab.spec.allen import (
    CurrentClamp,
    CurrentFile,
    EdgeReplay,
    FunctionTrains,
    ProbeTrains,
    SaveSynapses,
    SpikeTrains,
    SynapticActivity,
    VoltageClamp,
)

__all__ = ["check_sets", "check_targets"]

NodeSet = Mapping[str, IntArray]
_CLAMPS = (CurrentClamp, CurrentFile, VoltageClamp)
_TRAINS = (SpikeTrains, FunctionTrains, ProbeTrains)


def _uses(parts: AllenParts) -> Iterator[tuple[str, str, Problems]]:
    """Give every use of a node set: its place, the name, and the problems of the file."""
    for each in parts.inputs:
        named: list[tuple[str, str | None]] = []
        stimulus = each.item.stimulus
        if not isinstance(stimulus, EdgeReplay):  # has node sets of its own, and does not look at this one
            named.append(("node_set", each.item.node_set))
        if isinstance(stimulus, SynapticActivity):
            named += [(key, getattr(stimulus, key)) for key in ("precell_filter", "postcell_filter")]
        if isinstance(stimulus, EdgeReplay):
            named += [(key, getattr(stimulus, key)) for key in ("source_node_set", "target_node_set")]
        for key, name in named:
            if name is not None:
                yield join(each.key, key), name, each.problems
    for report in parts.reports:
        cells = None if isinstance(report.item, SaveSynapses) else report.item.cells
        if cells is not None:
            yield join(report.key, "cells"), cells, report.problems


def check_sets(parts: AllenParts, circuit: CircuitAccess) -> dict[str, NodeSet]:
    """Report node sets that do not exist, are empty or wrong; return the others by name.

    Parameters
    ----------
    parts
        The configuration.
    circuit
        Its circuit.
    """
    good: dict[str, NodeSet] = {}
    bad: dict[str, str] = {}
    names = circuit.node_set_names
    for key, name, problems in _uses(parts):
        if name not in good and name not in bad:
            found: NodeSet = {}
            try:
                if name in names:
                    found = circuit.node_set(name)
                else:
                    bad[name] = f"no such node set; {nearest(name, names, 'node sets')}"
            except BluecellabError as error:
                bad[name] = str(error)
            if any(len(ids) for ids in found.values()):
                good[name] = found
            else:
                bad.setdefault(name, "the node set is empty")
        if name in bad:
            # A set that stands in its place is called by that; the rule says more than its name again.
            value = parts.inline.rules.get(name, parts.laid.node_sets.get(name)) if name == key else name
            problems.add(key, value, bad[name])
    return good


def check_targets(
    parts: AllenParts, circuit: CircuitAccess, sets: Mapping[str, NodeSet]
) -> dict[str, IntArray]:
    """Report clamps of nodes that are no cells, and spikes of cells that are not virtual.

    Parameters
    ----------
    parts
        The configuration.
    circuit
        Its circuit.
    sets
        Node sets that are good, by name.

    Returns
    -------
    dict
        The cells that are simulated, by population; a problem is reported if there are none.
    """
    virtual, artificial = _found(circuit, "virtual"), _found(circuit, "point_neuron")
    cells = {
        name: without(np.arange(each.size, dtype=np.int64), virtual.get(name, ()))
        for name, each in circuit.node_populations.items()
    }
    cells = {name: ids for name, ids in cells.items() if len(ids)}
    if not cells:
        parts.sources.at("networks").problems.add(
            "networks.nodes", None, "the circuit has no cells, only virtual nodes"
        )
    for each in parts.inputs:
        name, stimulus = each.item.node_set, each.item.stimulus
        if name is None or name not in sets:
            continue
        if isinstance(stimulus, _TRAINS) and not _overlap(sets[name], virtual):
            message = "has no virtual nodes; spikes of files are sent by those alone"
            each.problems.add(join(each.key, "node_set"), name, message)
        if isinstance(stimulus, _CLAMPS):
            message = _wrong_for_clamps(sets[name], cells, artificial)
            if message:
                each.problems.add(join(each.key, "node_set"), name, message)
    return cells


def _wrong_for_clamps(chosen: NodeSet, cells: NodeSet, artificial: NodeSet) -> str:
    if not _overlap(chosen, cells):
        return "has only virtual nodes; a clamp needs cells"
    for name, ids in chosen.items():
        some = ids[np.isin(ids, artificial[name])] if name in artificial else ids[:0]
        if len(some):
            return f"has artificial cells, such as {name}/{some[0]}, which have no membrane to clamp"
    return ""


def _found(circuit: CircuitAccess, name: str) -> NodeSet:
    return circuit.node_set(name) if name in circuit.node_set_names else {}


def _overlap(one: NodeSet, other: NodeSet) -> bool:
    return any(np.isin(ids, other[name]).any() for name, ids in one.items() if name in other)
