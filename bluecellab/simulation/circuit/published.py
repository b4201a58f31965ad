"""Making cells as the published flags say."""

from __future__ import annotations

import os
from abc import abstractmethod
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy.typing as npt

from bluecellab.circuit.access import CircuitAccess
from bluecellab.errors import SimulationError
from bluecellab.simulation.circuit.flags import edges_of, sources_of, stimuli_of, trains_of
from bluecellab.simulation.circuit.reading import ReadingMixin
from bluecellab.simulation.circuit.replays import GivenAndFinished, trains_of_file
from bluecellab.simulation.circuit.selection import CellsWanted, Names, Trains
from bluecellab.spec.base import CellId

__all__ = ["PublishedMixin", "Replay"]

Projections = bool | str | Sequence[str] | None
Replay = str | os.PathLike[str] | Trains | GivenAndFinished | None
"""Spikes that cells which are not loaded send: those of the finished simulation, of a file, or given."""


class PublishedMixin(ReadingMixin):
    """Makes cells as the published flags say."""

    circuit: CircuitAccess
    projections: list[str]
    gids_instantiated: bool

    @abstractmethod
    def instantiate(
        self,
        cells: CellsWanted | None = None,
        *,
        synapses: Names = "all",
        stimuli: Names = "all",
        replay: Replay = None,
        minis: bool | None = None,
        connect: bool = True,
        sources: Iterable[CellId | tuple[str, int]] | None = None,
    ) -> None:
        """Make cells of the circuit."""

    def instantiate_gids(
        self,
        cells: CellsWanted,
        add_replay: bool = False,
        add_stimuli: bool = False,
        add_synapses: bool = False,
        add_minis: bool = False,
        add_noise_stimuli: bool = False,
        add_hyperpolarizing_stimuli: bool = False,
        add_relativelinear_stimuli: bool = False,
        add_pulse_stimuli: bool = False,
        add_projections: Projections = False,
        intersect_pre_gids: Iterable[CellId | tuple[str, int] | int] | None = None,
        interconnect_cells: bool = True,
        pre_spike_trains: Mapping[Any, npt.ArrayLike] | None = None,
        add_shotnoise_stimuli: bool = False,
        add_ornstein_uhlenbeck_stimuli: bool = False,
        add_sinusoidal_stimuli: bool = False,
        add_linear_stimuli: bool = False,
        add_seclamp_stimuli: bool = False,
        add_subthreshold_stimuli: bool = False,
    ) -> None:
        """Make cells, with what the flags say; see :meth:`instantiate` for the same in words.

        Parameters
        ----------
        cells
            A cell or several; of a circuit with one population of cells integers do. Among several ranks
            either all cells, the same on every rank, which are then spread; or on each rank its own share,
            as published, which may be none.
        add_replay
            Whether the spikes of the finished simulation arrive from cells that are not made.
        add_stimuli
            Whether all inputs play; the further flags are for inputs of some types. With any of them inputs
            that replay spikes do, too.
        add_synapses
            Whether there are synapses: those between cells.
        add_minis
            Whether they release spontaneously.
        add_projections
            Whether there are those of virtual sources, too; or of which populations of edges.
        intersect_pre_gids
            Only synapses from these cells.
        interconnect_cells
            Whether cells that are made are connected with each other.
        pre_spike_trains
            Times in ms by the cell that sends.

        Raises
        ------
        SimulationError
            If there are cells already, or spikes are to be replayed without synapses.
        """
        if self.gids_instantiated:
            raise SimulationError("instantiate_gids() can be called once; make another CircuitSimulation")
        if (add_replay or pre_spike_trains) and not add_synapses:
            raise SimulationError("add_replay and pre_spike_trains need add_synapses=True")
        flags = {
            "noise": add_noise_stimuli,
            "hyperpolarizing": add_hyperpolarizing_stimuli,
            "relativelinear": add_relativelinear_stimuli,
            "pulse": add_pulse_stimuli,
            "shotnoise": add_shotnoise_stimuli,
            "ornstein_uhlenbeck": add_ornstein_uhlenbeck_stimuli,
            "sinusoidal": add_sinusoidal_stimuli,
            "linear": add_linear_stimuli,
            "seclamp": add_seclamp_stimuli,
            "subthreshold": add_subthreshold_stimuli,
        }
        edges = edges_of(add_projections, self.circuit)
        nodes, known = self.circuit.node_populations, self.circuit.edge_populations
        named = known if edges == "all" else edges
        self.projections = sorted(name for name in named if nodes[known[name].source].virtual)
        finished = trains_of_file(str(self.spikes_path)) if add_replay else {}
        self.instantiate(
            cells,
            synapses=edges if add_synapses else "none",
            stimuli=stimuli_of(add_stimuli, flags, self.config),
            replay=GivenAndFinished(trains_of(pre_spike_trains, self.circuit), finished),
            minis=bool(add_minis),
            connect=interconnect_cells,
            sources=sources_of(intersect_pre_gids, self.circuit),
        )
