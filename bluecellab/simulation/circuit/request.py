"""What is asked of a circuit simulation, whatever its dialect."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from bluecellab.circuit.access import EdgePopulation
from bluecellab.spec.allen import AllenConfig, AllenInput, AnyAllenReport
from bluecellab.spec.base import CellId
from bluecellab.spec.simulation import CircuitInput, Report, SimulationConfig

__all__ = ["AnyConfig", "AnyInput", "AnyReport", "Request"]

AnyConfig = SimulationConfig | AllenConfig
AnyInput = CircuitInput | AllenInput
AnyReport = Report | AnyAllenReport


@dataclass(frozen=True)
class Request:
    """What is to be built.

    Parameters
    ----------
    cells
        Which cells are built by this rank.
    ranks
        The rank of every cell that any rank builds, in the order in which one rank would build them.
    edges
        Populations of edges whose synapses they get.
    inputs
        Names of the blocks of inputs.
    trains
        Spike times in ms of cells that are not built.
    minis
        Whether synapses release spontaneously; None: where rates are known.
    connect
        Whether cells that are built are connected with each other.
    sources
        Only synapses from these cells; all if None.
    record_dt
        Interval of recordings in ms.
    merge_synapses
        Whether equal linear synapses of a segment become one.
    """

    cells: Sequence[CellId]
    ranks: Mapping[CellId, int]
    edges: Sequence[EdgePopulation] = field(default_factory=list)
    inputs: frozenset[str] = frozenset()
    trains: Mapping[CellId, npt.NDArray[np.float64]] = field(default_factory=dict)
    minis: bool | None = None
    connect: bool = True
    sources: frozenset[CellId] | None = None
    record_dt: float | None = None
    merge_synapses: bool = False
