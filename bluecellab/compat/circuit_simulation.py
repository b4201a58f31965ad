"""``CircuitSimulation`` with the published flags."""

from __future__ import annotations

import importlib
import os
import warnings
import weakref
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, cast

import numpy as np
import numpy.typing as npt
import pandas as pd

from bluecellab.cell import Cell as RoomCell
from bluecellab.compat._coming import getter
from bluecellab.compat._flags import edges_of, sources_of, stimuli_of, trains_of
from bluecellab.compat.cell.cell_dict import CellDict
from bluecellab.compat.cell.core import Cell
from bluecellab.compat.cell.point_process import BasePointProcessCell
from bluecellab.compat.circuit.node_id import create_cell_id
from bluecellab.compat.exceptions import ConfigNotFoundError
from bluecellab.compat.reports.utils import prepare_recordings
from bluecellab.compat.rngsettings import RNGSettings
from bluecellab.compat.type_aliases import SiteEntry
from bluecellab.errors import SimulationError
from bluecellab.simulation.circuit.core import CircuitSimulation as RoomSimulation
from bluecellab.simulation.circuit.replays import trains_of_file
from bluecellab.simulation.circuit.selection import cells_of, merge_spike_trains
from bluecellab.spec.base import CellId
from bluecellab.spec.cells import HocCell
from bluecellab.spec.simulation import SimulationConfig

__all__ = ["CircuitSimulation", "SSim"]

AnyCellId = CellId | tuple[str, int] | int
Projections = bool | str | Sequence[str] | None


class CircuitSimulation(RoomSimulation):
    """Cells of a circuit, with the random streams of BlueCelluLab.

    Parameters
    ----------
    simulation_config
        Path of a SONATA simulation configuration, or a ``SonataSimulationConfig``.
    dt
        Fixed step in ms, instead of that of the configuration.
    record_dt
        Interval of recordings in ms.
    base_seed
        Instead of ``run.random_seed``.
    rng_mode
        ``"Random123"`` is all there is.
    print_cellstate, save_time
        Without effect.
    parallel_context
        Kept as ``pc`` if it has several hosts.

    Raises
    ------
    ConfigError, CircuitError
        If the configuration or the circuit cannot be read.
    """

    def __init__(
        self,
        simulation_config: str | os.PathLike[str] | SimulationConfig | Any,
        dt: float | None = None,
        record_dt: float | None = None,
        base_seed: int | None = None,
        rng_mode: str | None = None,
        print_cellstate: bool = False,
        parallel_context: Any = None,
        save_time: float | None = None,
    ) -> None:
        config = simulation_config
        if hasattr(config, "to_spec"):
            config = config.to_spec()
        elif not isinstance(config, SimulationConfig) and not Path(config).is_file():
            raise ConfigNotFoundError(f"there is no simulation configuration {os.fspath(config)!r}")
        several = parallel_context is not None and int(parallel_context.nhost()) > 1
        kept = parallel_context if several or print_cellstate else None
        super().__init__(
            config, dt, record_dt, base_seed, rng_mode, print_cellstate, kept, save_time, seeds="bluecellulab"
        )
        self._given = simulation_config
        self._faces = CellDict()
        self._circuit_access: Any = None
        self._simulation_access: Any = None
        self.projections: list[str] = []
        self.gids_instantiated = False
        self.recording_index: dict[CellId, list[str]] = {}
        self.sites_index: dict[CellId, list[SiteEntry]] = {}
        self.spike_threshold = self.config.run.spike_threshold
        self.spike_location: str = self.config.conditions.spike_location
        self.rng_settings = self._seeded()

    def _seeded(self) -> RNGSettings:
        """Let what is added to cells by hand have the seeds of the configuration."""
        settings, seeds = RNGSettings.get_instance(), self.config.seeds
        settings.synapse_seed, settings.ionchannel_seed = seeds.synapse, seeds.ionchannel
        settings.stimulus_seed, settings.minis_seed = seeds.stimulus, seeds.minis
        settings.set_seeds("Random123", base_seed=seeds.base)
        return settings

    def instantiate_gids(
        self,
        cells: AnyCellId | Iterable[AnyCellId],
        add_replay: bool = False,
        add_stimuli: bool = False,
        add_synapses: bool = False,
        add_minis: bool = False,
        add_noise_stimuli: bool = False,
        add_hyperpolarizing_stimuli: bool = False,
        add_relativelinear_stimuli: bool = False,
        add_pulse_stimuli: bool = False,
        add_projections: Projections = False,
        intersect_pre_gids: Iterable[AnyCellId] | None = None,
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
            A cell or several; of a circuit with one population of cells integers do.
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
        chosen = cells_of(cells, self.config, self.circuit)
        replayed = trains_of_file(str(self.spikes_path)) if add_replay else {}
        if interconnect_cells:
            replayed = {source: times for source, times in replayed.items() if source not in set(chosen)}
        given = trains_of(pre_spike_trains, self.circuit)
        self.instantiate(
            chosen,
            synapses=edges if add_synapses else "none",
            stimuli=stimuli_of(add_stimuli, flags, self.config),
            replay=merge_spike_trains(given, replayed) or None,
            minis=bool(add_minis),
            connect=interconnect_cells,
            sources=sources_of(intersect_pre_gids, self.circuit),
        )
        self._show()

    def _show(self) -> None:
        """Let cells be seen as published."""
        assembly = self._built()
        mates: weakref.WeakValueDictionary[CellId, RoomCell] = weakref.WeakValueDictionary()
        for cell_id, cell in assembly.cells.items():
            kind = Cell if cell.artificial is None else BasePointProcessCell
            face = kind.face_of(cell)
            face.post_gid = self.global_gid(*cell_id)
            face.take_synapses(assembly.wiring.groups.get(cell_id, ()), mates)
            mates[cell_id] = self._faces[cell_id] = face
        faces = cast("dict[CellId, Cell]", self._faces)
        self.recording_index, self.sites_index = prepare_recordings(faces, self.config, self.circuit)
        self.gids_instantiated = True

    @property
    def cells(self) -> CellDict:
        """The cells, by their ids; none before :meth:`instantiate_gids`."""
        self._scope.check()
        return self._faces

    @property
    def gids(self) -> Any:
        """Global numbers of nodes: ``gids.global_gid(population, id)``."""
        from bluecellab.compat.circuit.gid_resolver import GidNamespace

        self._built()
        return None if self.global_ids is None else GidNamespace(self.global_ids.offsets)

    def run(
        self,
        t_stop: float | None = None,
        v_init: float | None = None,
        celsius: float | None = None,
        dt: float | None = None,
        forward_skip: bool = True,
        forward_skip_value: float | None = None,
        cvode: bool = False,
        show_progress: bool = False,
        **options: Any,
    ) -> None:
        """Run the cells; see :meth:`bluecellab.CircuitSimulation.run`. ``dt`` is ignored, as published."""
        if dt is not None and dt != self.dt:
            warnings.warn(
                f"run(dt={dt:g}) is ignored: the step is {self.dt:g} ms since the simulation was made. "
                f"Pass CircuitSimulation(..., dt={dt:g}).",
                DeprecationWarning,
                stacklevel=2,
            )
        super().run(
            t_stop, v_init, celsius, None, forward_skip, forward_skip_value, cvode, show_progress, **options
        )

    def get_syn_descriptions(self, cell_id: AnyCellId) -> pd.DataFrame:
        """Return the edges that arrive at a cell, of the chosen projections, indexed by synapse id."""
        wanted = create_cell_id(cell_id)
        access = self.circuit_access
        table: pd.DataFrame = access.extract_synapses(wanted, projections=self.projections or None)
        return table

    def fetch_cell_kwargs(self, cell_id: AnyCellId) -> dict[str, Any]:
        """Return the arguments that make a cell of the circuit.

        Raises
        ------
        SimulationError
            If it is not made of a hoc template.
        """
        wanted = create_cell_id(cell_id)
        spec = self.circuit.cell(wanted)
        if not isinstance(spec, HocCell):
            raise SimulationError(f"cell {wanted} is not made of a hoc template, but of {spec!r}")
        return {
            "template_path": spec.template_path,
            "morphology_path": spec.morphology_path,
            "cell_id": wanted,
            "record_dt": self.record_dt,
            "template_format": spec.template_format,
            "emodel_properties": spec.emodel_properties,
        }

    def create_cell_from_circuit(self, cell_id: AnyCellId) -> Cell:
        """Return a new cell of the circuit, alone; close it."""
        return Cell(**self.fetch_cell_kwargs(cell_id))

    @property
    def circuit_access(self) -> Any:
        """The circuit, as published."""
        self._scope.check()
        if self._circuit_access is None:
            module = importlib.import_module("bluecellab.compat.circuit.circuit_access")
            self._circuit_access = module.SonataCircuitAccess(self._given, circuit=self.circuit)
        return self._circuit_access

    @property
    def simulation_access(self) -> Any:
        """Results of the finished simulation, as published."""
        self._scope.check()
        if self._simulation_access is None:
            module = importlib.import_module("bluecellab.compat.circuit.simulation_access")
            self._simulation_access = module.SonataSimulationAccess(self._given)
        return self._simulation_access

    @staticmethod
    def merge_pre_spike_trains(
        *dicts: Mapping[Any, npt.ArrayLike] | None,
    ) -> dict[CellId, npt.NDArray[Any]]:
        """Return all spikes of each cell, sorted; None counts as no spikes."""
        return merge_spike_trains(
            *(
                {create_cell_id(key): np.asarray(train) for key, train in (some or {}).items()}
                for some in dicts
            )
        )


class SSim:
    """The name of ``CircuitSimulation`` in old scripts; it does nothing."""


__getattr__ = getter(__name__)
