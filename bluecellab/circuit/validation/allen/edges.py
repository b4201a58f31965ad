"""Types of edges of the Allen dialect: what their synapses need to be made."""

from __future__ import annotations

import ast
import math
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from bluecellab.circuit.access import CircuitAccess, EdgePopulation
from bluecellab.circuit.allen.types import TypeTable, read_types
from bluecellab.circuit.config.places import is_file
from bluecellab.circuit.config.problems import Problems, nearest
from bluecellab.circuit.config.text import read_object
from bluecellab.circuit.hdf5 import Hdf5File
from bluecellab.circuit.validation.where import Where, report_error
from bluecellab.errors import BluecellabError
from bluecellab.files.distinct import distinct
from bluecellab.spec.allen import AllenLayout, EdgesFile
from bluecellab.spec.functions import SYNAPSE_MODELS, WEIGHT_FUNCTIONS

__all__ = ["SYNAPSES", "TARGETS", "WEIGHTS", "check_edge_types"]

SYNAPSES = ("Exp2Syn", "exp2syn", "expsyn", "stp2syn", "stp5syn")
"""Models of synapses that are always there."""

WEIGHTS = ("wmax", "default_weight_fnc", "set_syn_weight", "gaussianLL")
"""Weight functions that are always there."""

TARGETS = ("soma", "somatic", "axon", "axonal", "dend", "basal", "apic", "apical")
"""Names that ``target_sections`` may have."""

_CHUNK = 2**22
TextArray = npt.NDArray[np.str_]


@dataclass(frozen=True)
class _Population:
    """Edges of one population, as their file has them.

    Parameters
    ----------
    name
        Its name.
    own
        Attributes that every edge has by itself, whatever its type says.
    types
        The types of cells that edges of each type arrive at, by the types that are used.
    """

    name: str
    own: frozenset[str]
    types: Mapping[int, frozenset[str]]


def check_edge_types(
    layout: AllenLayout, circuit: CircuitAccess, where: Where, confine_to: str | None
) -> None:
    """Report types of edges, of those that are used, of which no synapses can be made.

    Parameters
    ----------
    layout
        Their files, and folders of models.
    circuit
        Theirs.
    where
        Where to report to.
    confine_to
        When given, nothing in the files may lead out of this folder.
    """
    folders = layout.components.get("synaptic_models_dir", ())
    for files in layout.edges:
        try:
            _check_file(files, circuit, folders, where.problems, confine_to)
        except BluecellabError as error:
            report_error(where, error)


def _check_file(
    files: EdgesFile,
    circuit: CircuitAccess,
    folders: tuple[str, ...],
    problems: Problems,
    confine_to: str | None,
) -> None:
    types = {} if files.edge_types_file is None else _rows(read_types(files.edge_types_file, "edge_type_id"))
    table = files.edge_types_file or files.edges_file
    file = Hdf5File(files.edges_file, confine_to=confine_to)
    try:
        populations = [_population(file, name, circuit) for name in file.names("edges")]
    finally:
        file.close()
    for population in populations:
        for number, receivers in sorted(population.types.items()):
            if number not in types and files.edge_types_file is not None:
                message = f"is used by population {population.name!r}, and is not in the table"
                problems.add("", f"edge_type_id {number}", message, file=table)
                continue
            row = {name: each for name, each in types.get(number, {}).items() if name not in population.own}
            for name, value, message in _wrong(row, population, receivers, folders):
                key = f"edge_type_id {number}: {name}"
                problems.add(key, value, message, file=table)


def _rows(table: TypeTable) -> dict[int, dict[str, object]]:
    """Return what each type says, without what is missing."""
    return {
        int(number): {
            name: column.values[row].item() for name, column in table.columns.items() if column.there[row]
        }
        for row, number in enumerate(table.ids)
    }


def _population(file: Hdf5File, name: str, circuit: CircuitAccess) -> _Population:
    path = f"edges/{name}"
    groups = [each for each in file.names(path) if each.isdigit()]
    own = [frozenset(file.names(f"{path}/{group}")) for group in groups]
    edges: EdgePopulation | None = circuit.edge_populations.get(name)
    kinds = _kinds(circuit, "" if edges is None else edges.target)
    shared = frozenset.intersection(*own) if own else frozenset()
    return _Population(name, shared, _receivers(file, path, kinds))


def _receivers(file: Hdf5File, path: str, kinds: TextArray) -> dict[int, frozenset[str]]:
    """Return the types of cells that edges arrive at, by types of edges; ``kinds`` are those of the nodes."""
    ids, targets = (file.dataset(f"{path}/{name}") for name in ("edge_type_id", "target_node_id"))
    found: dict[int, set[str]] = {}
    if ids is None or targets is None or ids.dtype.kind not in "iu" or targets.dtype.kind not in "iu":
        return {}
    names, numbers = np.unique(kinds, return_inverse=True)
    with file.reading(path):
        for start in range(0, min(len(ids), len(targets)), _CHUNK):
            some, ends = ids[start : start + _CHUNK], targets[start : start + _CHUNK]
            count = min(len(some), len(ends))
            some, ends = some[:count], np.asarray(ends[:count], np.uint64)
            known = ends < len(numbers)
            for number in distinct(some).tolist():
                arrive = distinct(numbers[ends[known & (some == number)].astype(np.int64)])
                found.setdefault(int(number), set()).update(names[arrive].tolist())
    return {number: frozenset(each) for number, each in found.items()}


def _kinds(circuit: CircuitAccess, population: str) -> TextArray:
    """Return the type of each cell of a population, by its id."""
    found = circuit.node_populations.get(population)
    if found is None or "model_type" not in found.columns:
        return np.empty(0, np.str_)
    return circuit.nodes(population, None, ("model_type",))["model_type"].astype(str)


def _wrong(
    given: Mapping[str, object],
    population: _Population,
    receivers: frozenset[str],
    folders: tuple[str, ...],
) -> Iterator[tuple[str, object, str]]:
    """Give what is wrong with a type: the column, the value, and the remedy."""
    there = {*given, *population.own}
    if not there & {"syn_weight", "weight_function"}:
        yield "syn_weight", None, "is missing, and there is no weight_function either"
    gap = str(given.get("is_gap_junction", "")).lower() in ("true", "1")
    if "delay" not in there and not gap:
        yield "delay", None, "is missing; a delay in ms is needed"
    for name in ("syn_weight", "delay", "nsyns", "weight_sigma"):
        if name in given:
            number = given[name]
            fine = isinstance(number, int | float) and math.isfinite(number)
            if not fine or (name in ("delay", "nsyns") and number < 0):  # type: ignore[operator]
                yield (
                    name,
                    given[name],
                    f"a number{'' if name.endswith('weight') else ', 0 or more,'} is needed",
                )
    function = str(given.get("weight_function", WEIGHTS[0]))
    if function not in WEIGHTS and function not in WEIGHT_FUNCTIONS:
        known = nearest(function, [*WEIGHTS, *WEIGHT_FUNCTIONS], "weight functions")
        yield "weight_function", function, f"no such weight function; {known}; synaptic_weight registers one"
    if "biophysical" in receivers and not gap:
        yield from _wrong_synapse(given, population.own, folders)


def _wrong_synapse(
    given: Mapping[str, object], own: frozenset[str], folders: tuple[str, ...]
) -> Iterator[tuple[str, object, str]]:
    template = str(given.get("model_template", ""))
    if not template and "model_template" not in own:
        yield "model_template", None, f"is missing; one of {', '.join(SYNAPSES)} is needed"
    elif template and template not in SYNAPSES and template not in SYNAPSE_MODELS:
        known = nearest(template, [*SYNAPSES, *SYNAPSE_MODELS], "models of synapses")
        yield "model_template", template, f"no such model of synapses; {known}; synapse_model registers one"
    params = given.get("dynamics_params")
    if params is not None:
        paths = [os.path.join(each, str(params)) for each in folders]  # noqa: PTH118
        found = next(filter(is_file, paths), None)
        if found is None:
            listed = ", ".join(folders) or "components.synaptic_models_dir, which is missing"
            yield "dynamics_params", params, f"no such file in {listed}"
        else:
            problems = Problems(found)
            read_object(found, problems)
            yield from (("dynamics_params", params, str(problem)) for problem in problems)
    sections = given.get("target_sections")
    if sections is not None:
        listed_sections = [sections] if sections in TARGETS else _literal(str(sections))
        fine = isinstance(listed_sections, list | tuple) and all(each in TARGETS for each in listed_sections)
        if not fine:
            yield "target_sections", sections, f"a list of {', '.join(TARGETS)} is needed"
    distances = given.get("distance_range")
    if distances is not None and not _is_range(_literal(str(distances))):
        yield "distance_range", distances, "two distances from the soma in um are needed, as [0.0, 150.0]"


def _literal(text: str) -> object:
    try:
        return ast.literal_eval(text)
    except (ValueError, SyntaxError, MemoryError, RecursionError, TypeError):
        return None


def _is_range(value: object) -> bool:
    """Return whether a value is a range of distances; one number is the end of a range from 0."""
    listed = [0.0, value] if isinstance(value, int | float) else value
    if not isinstance(listed, list | tuple) or len(listed) != 2:
        return False
    return all(isinstance(each, int | float) and each == each for each in listed) and listed[0] <= listed[1]
