"""Cells of the Allen dialect that cannot be built: files, templates, processors that are not there."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import Path

import numpy as np

from bluecellab.circuit.access import CircuitAccess, IntArray
from bluecellab.circuit.config.places import is_file
from bluecellab.circuit.config.problems import Problems, nearest
from bluecellab.circuit.config.text import read_object
from bluecellab.circuit.validation.where import Where, report_error
from bluecellab.errors import BluecellabError
from bluecellab.spec.base import CellId
from bluecellab.spec.cells import AllenCell
from bluecellab.spec.functions import CELL_MODELS, CELL_PROCESSORS

__all__ = ["CTDB", "HOC", "PROCESSORS", "SCHEMES", "check_cell_models"]

PROCESSORS = (
    "aibs_perisomatic",
    "aibs_allactive",
    "aibs_perisomatic_directed",
    "aibs_allactive_directed",
    "extracellular",
    "set_extracellular",
)
"""Processors that are always there."""

SCHEMES = ("ctdb", "nml", "hoc", "nrn")
"""Schemes of templates that are always there."""

CTDB = ("Biophys1", "Biophys1.hoc")
"""Templates of the scheme ``ctdb``."""

HOC = ("Biophys1", "BioAxonStub")
"""Templates of the scheme ``hoc`` that need no file."""

_KINDS = ("node_type_id", "model_type", "model_template", "model_processing", "morphology", "dynamics_params")
_MANY = 20
_DEFINED = re.compile(r"^\s*begintemplate\s+(\w+)", re.MULTILINE)


def check_cell_models(circuit: CircuitAccess, nodes: Mapping[str, IntArray], where: Where) -> None:
    """Report simulated cells that cannot be built; of each kind of cell one is looked at.

    Parameters
    ----------
    circuit
        The circuit.
    nodes
        The cells that are simulated, by population.
    where
        Where to report to.
    """
    failed: dict[str, tuple[BluecellabError, list[CellId]]] = {}
    wrong: dict[str, list[CellId]] = {}
    for name, ids in nodes.items():
        for node in _different(circuit, name, ids):
            cell_id = CellId(name, int(node))
            try:
                cell = circuit.cell(cell_id)
            except BluecellabError as error:
                failed.setdefault(str(error), (error, []))[1].append(cell_id)
                continue
            for message in _wrong(cell) if isinstance(cell, AllenCell) else ():
                wrong.setdefault(message, []).append(cell_id)
    for failure, cells in list(failed.values())[:_MANY]:
        report_error(where, failure, _listed(cells))
    for message, cells in list(wrong.items())[:_MANY]:
        where.problems.add("", _listed(cells), message, file=where.network or where.path)
    more = max(0, len(failed) - _MANY) + max(0, len(wrong) - _MANY)
    if more:
        where.problems.add("", None, f"{more} more kinds of cells cannot be built", file=where.network or "")


def _different(circuit: CircuitAccess, population: str, ids: IntArray) -> IntArray:
    """Return one node for each different kind of cell."""
    columns = [name for name in _KINDS if name in circuit.node_populations[population].columns]
    if not columns:
        return ids[:1]
    values = circuit.nodes(population, ids, columns)
    rows = np.array([np.asarray(values[name]).astype(str) for name in columns])
    _, first = np.unique(rows, axis=1, return_index=True)
    return ids[np.sort(first)]


def _listed(cells: list[CellId]) -> str:
    more = f" and {len(cells) - 3} more" if len(cells) > 3 else ""
    return ", ".join(map(str, cells[:3])) + more


def _wrong_template(cell: AllenCell) -> str:
    """Return what is wrong with a template that no registered loader is for."""
    scheme, _, name = cell.template.partition(":")
    keys = [f"{scheme}|{cell.model_type}", scheme, f"{cell.template}|{cell.model_type}", cell.template]
    if any(key in CELL_MODELS for key in keys):
        return ""
    if scheme not in SCHEMES:
        known = nearest(scheme, [*SCHEMES, *CELL_MODELS], "schemes")
        return f"nothing builds the template {cell.template!r}; {known}; cell_model registers a loader"
    if scheme == "ctdb" and name not in CTDB:
        return f"there is no template {cell.template!r}; {nearest(name, CTDB, 'templates of ctdb')}"
    if scheme != "hoc" or name in HOC:
        return ""
    defined: list[str] = []
    for path in cell.template_files:
        try:
            defined += _DEFINED.findall(Path(path).read_text(encoding="latin-1"))
        except OSError as error:
            return f"the file of templates {path} cannot be read: {error.strerror}"
    if name in defined:
        return ""
    return f"no file of components.templates_dir defines {name!r}; {nearest(name, defined, 'templates')}"


def _wrong(cell: AllenCell) -> Iterator[str]:
    template = _wrong_template(cell)
    if template:
        yield template
    for name in cell.processing:
        if name not in PROCESSORS and name not in CELL_PROCESSORS:
            known = nearest(name, [*PROCESSORS, *CELL_PROCESSORS], "processors")
            yield f"no model_processing {name!r}; {known}; model_processing registers one"
    for what, path in (("morphology", cell.morphology_path), ("dynamics_params", cell.dynamics_file)):
        if path is not None and not is_file(path):
            yield f"its {what} is not there: {path}"
    if cell.dynamics_file is not None and is_file(cell.dynamics_file):
        problems = Problems(cell.dynamics_file)
        read_object(cell.dynamics_file, problems)
        yield from (str(problem) for problem in problems)
