"""Circuits and cells that tests of synapses of the Allen dialect are made on; built-in mechanisms only."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from bluecellab import Cell, create_ball_stick
from bluecellab.circuit.access import Column, EdgePopulation, Edges, NodePopulation
from bluecellab.errors import CircuitFileError, ColumnError
from bluecellab.nrn import artificial, synapses
from bluecellab.nrn.scope import Scope
from bluecellab.spec.base import CellId
from bluecellab.synapse import Receiver, SpikeSource, SynapseConditions, gids
from bluecellab.synapse.allen import AllenSynapses

IntArray = np.ndarray[Any, np.dtype[np.int64]]
EXCITATORY = {"tau1": 1.0, "tau2": 3.0, "erev": 0.0}
INHIBITORY = {"tau1": 2.7, "tau2": 15.0, "erev": -70.0}
#: What every edge has unless a test says otherwise.
PLAIN = {
    "edge_type_id": 100,
    "model_template": "Exp2Syn",
    "dynamics_params": "exc.json",
    "syn_weight": 2e-3,
    "delay": 2.0,
    "nsyns": 3,
    "target_sections": "['basal', 'apical']",
    "distance_range": "[0.0, 1e+20]",
}


@dataclass
class Circuit:
    """A circuit of three cells (``cells``) and four virtual ones (``fibres``), in memory."""

    folder: Path
    sizes: Mapping[str, int] = field(default_factory=lambda: {"fibres": 4, "cells": 3})
    virtual: Mapping[str, Sequence[int]] = field(default_factory=lambda: {"fibres": range(4)})
    attributes: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    tables: dict[str, tuple[str, str, dict[str, np.ndarray]]] = field(default_factory=dict)
    gaps: Any = None

    def connect(self, name: str, ends: tuple[str, str], pairs: Any, **columns: Any) -> None:
        """Add a population of edges: pairs of nodes, (n, 2), and attributes of edges instead of the plain ones."""
        pairs = np.asarray(pairs, dtype=np.int64).reshape(-1, 2)
        known = {**PLAIN, **columns}
        table = {
            key: np.broadcast_to(np.asarray(values), len(pairs)).copy()
            for key, values in known.items()
            if values is not None
        }
        order = np.argsort(pairs[:, 1], kind="stable")
        table = {key: values[order] for key, values in table.items()}
        self.tables[name] = (*ends, {"source": pairs[order, 0], "target": pairs[order, 1], **table})

    @property
    def node_populations(self) -> Mapping[str, NodePopulation]:
        """Populations of nodes."""
        return {
            name: NodePopulation(name, "virtual" if name == "fibres" else "biophysical", size)
            for name, size in self.sizes.items()
        }

    @property
    def edge_populations(self) -> Mapping[str, EdgePopulation]:
        """Populations of edges."""
        return {
            name: EdgePopulation(name, "chemical", source, target, len(table["source"]), tuple(table))
            for name, (source, target, table) in self.tables.items()
        }

    @property
    def offsets(self) -> Mapping[str, int]:
        """Global ids of nodes 0."""
        before = np.cumsum([0, *self.sizes.values()]).tolist()
        return dict(zip(self.sizes, before, strict=False))

    def nodes(
        self, population: str, ids: IntArray | None = None, columns: Sequence[str] | None = None
    ) -> Mapping[str, Column]:
        """Attributes of nodes."""
        known = self.attributes.get(population, {})
        for name in columns or ():
            if name not in known:
                raise ColumnError(f"no {name}", name)
        return {name: np.asarray(values) for name, values in known.items()}

    def node(self, population: str, node: int) -> Mapping[str, object]:
        """Attributes of a node."""
        return {name: values[node] for name, values in self.attributes.get(population, {}).items()}

    def virtual_nodes(self, population: str) -> IntArray:
        """Virtual nodes."""
        return np.array(self.virtual.get(population, ()), dtype=np.int64)

    def edges(self, population: str, target: int) -> Edges:
        """Edges that arrive at a node."""
        _, _, table = self.tables[population]
        here = np.flatnonzero(table["target"] == target)
        columns = {name: values[here] for name, values in table.items() if name not in ("source", "target")}
        kind = self.edge_populations[population]
        return Edges(kind, target, np.arange(len(here)), table["source"][here], columns)

    def gap_junctions(self, population: str) -> Any:
        """Gap junctions."""
        return self.gaps

    def component_file(self, component: str, name: str, what: str) -> str:
        """A file of a component."""
        path = self.folder / name
        if not path.is_file():
            raise CircuitFileError(f"{what}: no {name} in {component}", str(path))
        return str(path)


def circuit_in(folder: Path, **options: Any) -> Circuit:
    """A circuit without edges, and files of parameters for them."""
    for name, values in {
        "exc.json": EXCITATORY,
        "inh.json": INHIBITORY,
        "plus.json": {"sign": 1},
        "minus.json": {"sign": -1},
    }.items():
        (folder / name).write_text(json.dumps(values))
    return Circuit(folder, **options)


@dataclass
class World:
    """Cells, and the synapses on them."""

    cells: dict[CellId, Cell]
    receivers: dict[CellId, Receiver]
    scope: Scope
    source: SpikeSource
    circuit: Circuit
    real: dict[CellId, int]
    dt: float = 0.1

    def synapses(self, **options: Any) -> AllenSynapses:
        """The synapses, none of which is made yet."""
        conditions = SynapseConditions(dt=self.dt)
        return AllenSynapses(self.scope, self.circuit, self.receivers, conditions, self.source, **options)


@contextmanager
def world(circuit: Circuit, nodes: Sequence[int] = (0, 1, 2), points: Sequence[int] = ()) -> Iterator[World]:
    """Balls and sticks for some cells of a circuit; some of them are IntFire1 instead."""
    with ExitStack() as stack:
        cells, receivers = {}, {}
        for node in nodes:
            cell_id = CellId("cells", node)
            gid = circuit.offsets["cells"] + node
            if node in points:
                owner = Scope(f"point cell {node}")
                stack.callback(owner.close)
                process = owner.own(artificial.make("IntFire1"), artificial.disconnect)
                receivers[cell_id] = Receiver(owner, f"point cell {node}", cell_id, gid, {}, process=process)
                continue
            cell = stack.enter_context(create_ball_stick())
            sections = list(cell.raw_sections())
            sections[1].nseg = 9
            cells[cell_id] = cell
            receivers[cell_id] = Receiver(cell.scope, cell.label, cell_id, gid, dict(enumerate(sections)))
        scope = Scope("synapses")
        stack.callback(scope.close)
        real = {}
        first = gids.allocate(scope, max(1, len(cells)))
        for gid, (cell_id, cell) in enumerate(cells.items(), first):
            detector = scope.own(cell.create_netcon_spikedetector(None, "soma", -20.0))
            synapses.register(gid, detector)
            real[cell_id] = gid
        yield World(cells, receivers, scope, SpikeSource(scope), circuit, real)
