"""What synapses are made for: the cell that receives them, and the conditions of the simulation."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from bluecellab.circuit.access import Edges, population_number
from bluecellab.nrn.scope import Scope
from bluecellab.spec.base import CellId
from bluecellab.spec.simulation import Seeds

__all__ = ["Receiver", "SynapseConditions"]


@dataclass(frozen=True, eq=False)
class Receiver:
    """The cell that synapses are made on.

    Parameters
    ----------
    owner
        What will own the synapses: the scope of the cell.
    label
        The cell's name for messages, ``"Cell S1/12"``.
    cell_id
        Its population and id.
    gid
        Its global id, which is part of the random streams.
    sections
        Raw sections by SONATA section id.
    populations
        Numbers of the populations of nodes that edges come from and arrive at, which are part of the random
        streams; None: those of their names.
    process
        The point process that a point cell consists of: edges end there, and no synapses are made.
    """

    owner: Scope
    label: str
    cell_id: CellId
    gid: int
    sections: Mapping[int, Any] = field(default_factory=dict)
    populations: tuple[int, int] | None = None
    process: Any = None

    def numbers_of(self, edges: Edges) -> tuple[int, int]:
        """Return the numbers of the populations that edges come from and arrive at."""
        population = edges.population
        return self.populations or (
            population_number(population.source),
            population_number(population.target),
        )


@dataclass(frozen=True)
class SynapseConditions:
    """The conditions under which synapses are made.

    Parameters
    ----------
    dt
        Time step in ms: delays are whole multiples of it.
    seeds
        Of release, of rise times and of minis.
    extracellular_calcium
        In mM; scales the release probability. None: not scaled.
    randomize_gaba_rise_time
        Whether every GABA-A synapse draws a rise time.
    helper_folders
        Folders of the circuit in which hoc helpers of synapse models may lie.
    """

    dt: float = 0.025
    seeds: Seeds = field(default_factory=Seeds)
    extracellular_calcium: float | None = None
    randomize_gaba_rise_time: bool = False
    helper_folders: tuple[Path, ...] = ()
