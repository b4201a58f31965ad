"""Cells for runs by CoreNEURON: two that excite each other, with NEURON's own mechanisms."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np

from bluecellab import Simulation, create_ball_stick
from bluecellab.nrn import coreneuron, objects, runtime
from bluecellab.simulation.request import Engine
from bluecellab.spec.base import CellId


class Pair:
    """Two cells in a simulation; the first has a current, and excites the second."""

    def __init__(self) -> None:
        self.cells = [create_ball_stick(CellId("A", index)) for index in range(2)]
        self.simulation = Simulation()
        for cell in self.cells:
            self.simulation.add_cell(cell)
            cell.start_recording_spikes(None, "soma", -20.0)
        sender, receiver = self.cells
        sender.add_step(5.0, 60.0, 0.4)
        self.synapse: Any = objects.point_process("ExpSyn", receiver.soma(0.5).raw)
        self.synapse.tau = 2.0
        self.connection: Any = objects.net_con(sender.soma(0.5).raw, self.synapse)
        self.connection.threshold = -20.0
        self.connection.delay, self.connection.weight[0] = 1.0, 0.02

    def run(self, engine: Engine, t_stop: float = 60.0, **options: Any) -> dict[str, np.ndarray]:
        """Run, and return everything that was recorded."""
        self.simulation.run(t_stop, cvode=False, engine=engine, **options)
        found = {"t": self.cells[0].get_time(), "spikes": self.spikes()}
        for index, cell in enumerate(self.cells):
            found |= {f"{index} {name}": trace.values for name, trace in cell.traces().items()}
        return found

    def spikes(self) -> np.ndarray:
        return np.concatenate([cell.get_recorded_spikes("soma", -20.0) for cell in self.cells])

    def close(self) -> None:
        self.connection = self.synapse = None
        self.simulation.close()
        for cell in self.cells:
            cell.close()


@contextmanager
def pair() -> Iterator[Pair]:
    """Yield two cells."""
    made = Pair()
    try:
        yield made
    finally:
        made.close()


def equal(found: dict[str, np.ndarray], wanted: dict[str, np.ndarray]) -> None:
    """Fail unless spikes and times are the same, and the rest within rounding."""
    assert found.keys() == wanted.keys()
    assert len(wanted["t"]) > 100
    for name, values in wanted.items():
        assert len(found[name]) == len(values), name
        if name in ("t", "spikes"):
            assert np.array_equal(found[name], values), name
        else:
            assert np.abs(found[name] - values).max() < 1e-8 * max(1.0, np.abs(values).max()), name


def has_library() -> bool:
    """Whether NEURON brings CoreNEURON along."""
    runtime.start()
    return coreneuron.own_library() is not None
