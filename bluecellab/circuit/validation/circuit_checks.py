"""What a configuration asks of its circuit: node sets, compartment sets, cells, rates of minis."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import numpy as np

from bluecellab.circuit.access import CircuitAccess, CompartmentSet, IntArray
from bluecellab.circuit.config.problems import join, nearest
from bluecellab.circuit.config.reading import Parts
from bluecellab.circuit.helpers import find_helper, helper_folders
from bluecellab.circuit.validation.consistency import compartment_set_uses
from bluecellab.circuit.validation.where import Where, report_error
from bluecellab.errors import BluecellabError
from bluecellab.spec.base import CellId
from bluecellab.spec.synapses import MODELS

__all__ = [
    "check_cells",
    "check_compartment_sets",
    "check_edges",
    "check_models",
    "check_node_sets",
    "report_error",
    "simulated",
]

NodeSet = Mapping[str, IntArray]
_MINIS = ("exc_mini_frequency", "exc-mini_frequency", "inh_mini_frequency", "inh-mini_frequency")
_MANY = 20
_KINDS_OF_CELLS = ("model_template", "morphology", "model_type")


def _uses(parts: Parts) -> Iterator[tuple[str, str]]:
    """Give every use of a node set: its place, and the name."""
    if parts.node_set is not None:
        yield "node_set", parts.node_set
    for key, each in parts.inputs:
        if each.node_set is not None:
            yield join(key, "node_set"), each.node_set
    for key, report in parts.reports:
        if report.cells is not None:
            yield join(key, "cells"), report.cells
    for key, modification in parts.modifications:
        name = getattr(modification, "node_set", None)
        if name is not None:
            yield join(key, "node_set"), name
    for key, override in parts.connection_overrides:
        yield join(key, "source"), override.source
        yield join(key, "target"), override.target


def check_node_sets(parts: Parts, circuit: CircuitAccess) -> dict[str, NodeSet]:
    """Report node sets that do not exist, are empty or wrong; return the others by name."""
    good: dict[str, NodeSet] = {}
    bad: dict[str, str] = {}
    names = circuit.node_set_names
    for key, name in _uses(parts):
        if name not in good and name not in bad:
            if name not in names:
                bad[name] = f"no such node set; {nearest(name, names, 'node sets')}"
            else:
                try:
                    found = circuit.node_set(name)
                except BluecellabError as error:
                    bad[name] = str(error)
                else:
                    if any(len(ids) for ids in found.values()):
                        good[name] = found
                    else:
                        bad[name] = "the node set is empty"
        if name in bad:
            parts.problems.add(key, name, bad[name])
    return good


def simulated(parts: Parts, circuit: CircuitAccess, node_sets: Mapping[str, NodeSet]) -> dict[str, IntArray]:
    """Return the nodes that are simulated, by population; report a problem if there are none."""
    populations = circuit.node_populations
    if parts.node_set is None:
        nodes = {name: np.arange(each.size, dtype=np.int64) for name, each in populations.items()}
    elif parts.node_set in node_sets:
        nodes = dict(node_sets[parts.node_set])
    else:
        return {}
    found = {name: ids for name, ids in nodes.items() if len(ids) and not populations[name].virtual}
    if not found:
        given = "node set" if parts.node_set else "circuit"
        parts.problems.add("node_set", parts.node_set, f"the {given} has no cells, only virtual nodes")
    return found


def check_compartment_sets(parts: Parts, circuit: CircuitAccess, sets: Mapping[str, CompartmentSet]) -> None:
    """Report compartment sets that do not exist, are empty, or do not belong to the circuit."""
    for key, name in compartment_set_uses(parts):
        if name not in sets:
            message = f"no such compartment set; {nearest(name, sets, 'compartment sets')}"
        else:
            message = _wrong_set(sets[name], circuit)
        if message:
            parts.problems.add(join(key, "compartment_set"), name, message)


def _wrong_set(chosen: CompartmentSet, circuit: CircuitAccess) -> str:
    population = circuit.node_populations.get(chosen.population)
    if population is None:
        known = nearest(chosen.population, circuit.node_populations, "populations")
        return f"its population {chosen.population!r} is not in the circuit; {known}"
    if not len(chosen):
        return "the compartment set is empty"
    largest = int(chosen.nodes.max())
    if largest >= population.size or int(chosen.nodes.min()) < 0:
        return f"has node {largest}, but those of {population.name!r} are 0 to {population.size - 1}"
    return ""


def check_cells(where: Where, circuit: CircuitAccess, nodes: Mapping[str, IntArray]) -> None:
    """Report simulated cells that cannot be built: attributes, templates, morphologies, rates of minis."""
    failed: dict[str, tuple[BluecellabError, list[CellId]]] = {}
    for name, ids in nodes.items():
        try:
            different = _different(circuit, name, ids)
            _check_minis(where, circuit, name, ids)
        except BluecellabError as error:
            report_error(where, error)
            continue
        for node in different:
            cell_id = CellId(name, int(node))
            try:
                circuit.cell(cell_id)
            except BluecellabError as error:
                failed.setdefault(str(error), (error, []))[1].append(cell_id)
    for failure, cells in list(failed.values())[:_MANY]:
        report_error(where, failure, _listed(cells))
    if len(failed) > _MANY:
        more = f"{len(failed) - _MANY} more kinds of cells cannot be built"
        where.problems.add("", None, more, file=where.network or "")


def _different(circuit: CircuitAccess, population: str, ids: IntArray) -> IntArray:
    """Return one node for each different pair of template and morphology."""
    columns = [name for name in _KINDS_OF_CELLS if name in circuit.node_populations[population].columns]
    if not columns:
        return ids[:1]
    values = circuit.nodes(population, ids, columns)
    rows = np.array([np.asarray(values[name]).astype(str) for name in columns])
    _, first = np.unique(rows, axis=1, return_index=True)
    return ids[np.sort(first)]


def _listed(cells: list[CellId]) -> str:
    more = f" and {len(cells) - 3} more" if len(cells) > 3 else ""
    return ", ".join(map(str, cells[:3])) + more


def _check_minis(where: Where, circuit: CircuitAccess, population: str, ids: IntArray) -> None:
    """Report rates of minis that are none, or that differ between the two spellings in use."""
    there = [name for name in _MINIS if name in circuit.node_populations[population].columns]
    rates = circuit.nodes(population, ids, there) if there else {}
    file = where.network or ""
    for name, values in rates.items():
        if values.dtype.kind not in "fiu":
            where.problems.add(
                "", name, f"of population {population!r} is not a column of numbers", file=file
            )
            continue
        bad = ~(np.isfinite(values.astype(float)) & (values.astype(float) >= 0))
        if bad.any():
            cells = [CellId(population, int(node)) for node in ids[bad]]
            message = f"of {_listed(cells)}: a rate in Hz, 0 or more, is needed"
            where.problems.add("", name, message, file=file)
    for one, other in (_MINIS[::2], _MINIS[1::2]):
        if (one in rates) != (other in rates):
            have, lack = (one, other) if one in rates else (other, one)
            message = f"of population {population!r} is without its counterpart {lack}"
            where.problems.add("", have, message, file=file)
    for one, other in (_MINIS[:2], _MINIS[2:]):
        if one in rates and other in rates and not np.array_equal(rates[one], rates[other]):
            message = f"of population {population!r} differs from {other}, which means the same"
            where.problems.add("", one, message, file=file)


def check_populations(where: Where, circuit: CircuitAccess) -> bool:
    """Report populations that cannot be opened; return whether all those of nodes can."""
    good = True
    for name in circuit.node_populations:
        try:
            circuit.node_populations[name]
        except BluecellabError as error:
            report_error(where, error, name)
            good = False
    return good


def check_edges(where: Where, circuit: CircuitAccess, nodes: Mapping[str, IntArray]) -> None:
    """Report populations of edges that lack their nodes, or whose index is missing or stale."""
    for name in circuit.edge_populations:
        try:
            edges = circuit.edge_populations[name]
            for role in ("source", "target"):
                population = getattr(edges, role)
                if population not in circuit.node_populations:
                    known = nearest(population, circuit.node_populations, "populations")
                    message = f"the {role} of population {name!r} is not in the circuit; {known}"
                    where.problems.add("", population, message, file=where.network or "")
            if edges.target in nodes:
                circuit.edges(name, int(nodes[edges.target][0]), ())
        except BluecellabError as error:
            report_error(where, error, name)


def check_models(parts: Parts, circuit: CircuitAccess) -> None:
    """Report overrides that ask for a synapse model that is neither known nor helped by a file."""
    folders = (*circuit.mechanism_folders, *circuit.helper_folders)
    for key, override in parts.connection_overrides:
        name = override.modoverride
        if name is not None and name not in MODELS and find_helper(name, folders) is None:
            where = ", ".join(str(folder.absolute()) for folder in helper_folders(folders))
            known = nearest(name, MODELS, "models")
            message = f"no such synapse model; {known}, or a file {name}Helper.hoc in one of {where}"
            parts.problems.add(join(key, "modoverride"), name, message)
