"""Edges and cells that tests of synapses are made on; built-in mechanisms only."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np

from bluecellab import Cell, create_ball_stick
from bluecellab.circuit.access import EdgePopulation, Edges
from bluecellab.nrn import clock, objects, runtime
from bluecellab.recording import RunPlan
from bluecellab.spec.base import CellId
from bluecellab.synapse import Receiver, SpikeSource


def edges(kind: str = "Exp2Syn_synapse", **columns: Any) -> Edges:
    """Edges from NodeA to node 3 of NodeB; columns that are left out are those of Exp2Syn."""
    count = max(np.size(values) for values in columns.values()) if columns else 6
    known = {
        "afferent_section_id": np.arange(count) % 2,
        "afferent_section_pos": np.linspace(0.1, 0.9, count),
        "conductance": np.linspace(0.0005, 0.001, count),
        "delay": np.linspace(0.5, 1.5, count),
        "tau1": np.full(count, 0.2),
        "tau2": np.full(count, 2.0),
        "erev": np.zeros(count),
    }
    known |= {name: np.broadcast_to(values, count).copy() for name, values in columns.items()}
    population = EdgePopulation("A_to_B", kind, "NodeA", "NodeB", count, tuple(known))
    return Edges(population, 3, np.arange(count), np.arange(count) % 4, known)


def without(made: Edges, *names: str) -> Edges:
    """The same edges, lacking attributes."""
    columns = {name: values for name, values in made.columns.items() if name not in names}
    return Edges(made.population, made.target, made.numbers, made.sources, columns)


def chemical(count: int, sections: int, seed: int = 0) -> Edges:
    """Edges of chemical synapses of both kinds, drawn at random."""
    draw = np.random.default_rng(seed)
    ratio = np.where(draw.random(count) < 0.5, -1.0, draw.random(count))
    return edges(
        "chemical",
        delay=draw.random(count) * 3 + 0.05,
        conductance=draw.random(count) * 2,
        u_syn=draw.random(count),
        depression_time=draw.random(count) * 500,
        facilitation_time=draw.random(count) * 50,
        decay_time=draw.random(count) * 5 + 1,
        syn_type_id=np.where(draw.random(count) < 0.7, 120, 5),
        n_rrp_vesicles=draw.integers(1, 4, count),
        u_hill_coefficient=draw.random(count) * 3 + 0.5,
        conductance_scale_factor=ratio,
        afferent_section_id=draw.integers(0, sections, count),
        afferent_section_pos=draw.random(count),
    )


def receiver_of(cell: Cell, gid: int = 1003) -> Receiver:
    """The cell as a receiver of synapses."""
    raw = dict(enumerate(cell.raw_sections()))
    return Receiver(cell.scope, cell.label, CellId("NodeB", 3), gid, raw)


@contextmanager
def ball() -> Iterator[tuple[Cell, Receiver]]:
    """A ball and stick, with section ids 0 and 1."""
    with create_ball_stick() as cell:
        yield cell, receiver_of(cell)


def soma_trace(cell: Cell, t_stop: float, source: SpikeSource | None = None) -> np.ndarray:
    """Run by hand, without a Simulation, and return the potential of the soma at every step."""
    soma = next(iter(cell.raw_sections()))
    trace = objects.vector()
    trace.record(soma(0.5)._ref_v)
    if source is not None:
        source.prepare(RunPlan(True, 0.025, 0.0, t_stop))
    runtime.raw_h().dt = 0.025
    clock.initialise(-65.0)
    if source is not None:
        source.extend(t_stop)
    objects.parallel_context().psolve(t_stop)
    return objects.values_of(trace)
