"""Everything that is wrong with a simulation of the Allen dialect."""

from __future__ import annotations

import os
import warnings
from collections.abc import Mapping
from dataclasses import dataclass

from bluecellab.circuit.access import IntArray
from bluecellab.circuit.allen import AllenCircuit
from bluecellab.circuit.allen.gaps import population_of_gaps
from bluecellab.circuit.config.allen.reading import AllenParts, read_allen_parts
from bluecellab.circuit.config.allen.words import parts_of_allen
from bluecellab.circuit.config.places import is_file, is_folder, is_within
from bluecellab.circuit.config.problems import Problem, Problems, nearest, raise_problems
from bluecellab.circuit.validation.allen.cells import check_cell_models
from bluecellab.circuit.validation.allen.consistency import check_consistency
from bluecellab.circuit.validation.allen.edges import check_edge_types
from bluecellab.circuit.validation.allen.named import check_named
from bluecellab.circuit.validation.allen.sets import check_sets, check_targets
from bluecellab.circuit.validation.circuit_checks import check_edges, check_populations
from bluecellab.circuit.validation.circuit_file import check_file
from bluecellab.circuit.validation.where import report_error
from bluecellab.errors import BluecellabError, CircuitWarning
from bluecellab.spec.allen import AllenConfig, EdgeReplay

__all__ = ["check_allen", "validate_allen"]

_OF_CIRCUIT = ("networks", "components", "node_sets", "network", "gid_mapping_file")


@dataclass(frozen=True)
class _Where:
    """The circuit of a simulation, as what is checked."""

    path: str
    network: str | None
    problems: Problems


def validate_allen(
    path: str | os.PathLike[str], *, confine_to: str | os.PathLike[str] | None = None
) -> list[Problem]:
    """Return everything that is wrong with a simulation; NEURON is not started.

    Parameters
    ----------
    path
        Its configuration.
    confine_to
        A folder that no path may leave, also not through links or ``..``.
    """
    return _checked(read_allen_parts(path, confine_to=confine_to))


def check_allen(config: AllenConfig, *, confine_to: str | os.PathLike[str] | None = None) -> None:
    """Make sure that nothing is wrong with a simulation that has been read; see :func:`validate_allen`.

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
    raise_problems(_checked(parts_of_allen(config, confine_to=confine_to)))


def _checked(parts: AllenParts) -> list[Problem]:
    if not parts.sources.readable:
        return parts.sources.found()
    check_consistency(parts)
    check_named(parts)
    where = _Where(parts.sources.path, parts.laid.path, parts.sources.problems[0])
    files = {problems.file for problems in parts.sources.problems}
    fine = not any(_is_of_circuit(problem, files) for problem in parts.sources.found())
    if _files_are_there(parts) and fine and parts.laid.nodes:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", CircuitWarning)  # they come again when the circuit is used
            _check_circuits(parts, where)
    return parts.sources.found()


def _check_circuits(parts: AllenParts, where: _Where) -> None:
    """Check the circuit; and, where all is well, the same one with the edges of each replay."""
    layout, folder = parts.laid.layout(parts.inline), parts.sources.confine_to
    nodes: Mapping[str, IntArray] = {}
    try:
        with AllenCircuit(layout, confine_to=folder) as circuit:
            if check_populations(where, circuit):
                nodes = _check_circuit(parts, circuit, where)
                check_edge_types(layout, circuit, where, folder)
        for each in parts.inputs:
            stimulus = each.item.stimulus
            if nodes and isinstance(stimulus, EdgeReplay) and is_file(stimulus.edges.edges_file):
                replayed = layout.model_copy(update={"edges": (stimulus.edges,)})
                with AllenCircuit(replayed, confine_to=folder) as circuit:
                    check_edges(where, circuit, nodes)
                    check_edge_types(replayed, circuit, where, folder)
    except BluecellabError as error:
        report_error(where, error)


def _is_of_circuit(problem: Problem, files: set[str]) -> bool:
    """Return whether, with this problem, the circuit cannot be opened."""
    if not problem.key:
        return problem.file in files
    return problem.key.split(".")[0].split("[")[0] in _OF_CIRCUIT


def _files_are_there(parts: AllenParts) -> bool:
    """Return whether all files of the circuit are; folders are needed when something in them is."""
    good, folder = True, parts.sources.confine_to
    for named in parts.laid.files:
        if folder is not None and not is_within(named.path, folder):
            message = f"leaves the folder {folder!r} that this configuration is confined to"
            named.problems.add(named.key, named.path, message, outside=True)
            good = False
        elif named.kind != "component":
            hdf5 = not named.kind.endswith("_types")
            good &= check_file(named.path, named.key, named.problems, hdf5=hdf5)
        elif is_file(named.path) and not named.key.endswith("templates_dir"):
            named.problems.add(named.key, named.path, "is a file; the path of a folder is needed")
            good = False
        elif not is_folder(named.path) and named.key.endswith("mechanisms_dir"):
            named.problems.add(named.key, named.path, "no such folder")
    return good


def _check_circuit(parts: AllenParts, circuit: AllenCircuit, where: _Where) -> dict[str, IntArray]:
    sets = check_sets(parts, circuit)
    nodes = check_targets(parts, circuit, sets)
    check_edges(where, circuit, nodes)
    check_cell_models(circuit, nodes, where)
    _check_gaps(parts, circuit, where)
    return nodes


def _check_gaps(parts: AllenParts, circuit: AllenCircuit, where: _Where) -> None:
    """Report files of gap junctions that are damaged, or of no population."""
    for named in parts.laid.files:
        if named.kind != "gap_junctions":
            continue
        population = population_of_gaps(named.path)
        try:
            if population in circuit.node_populations:
                circuit.gap_junctions(population)
            else:
                known = nearest(population, circuit.node_populations, "populations")
                message = f"no population {population!r}, as the name of the file says; {known}"
                named.problems.add(named.key, named.path, message)
        except BluecellabError as error:
            report_error(where, error)
