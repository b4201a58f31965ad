"""``CircuitSimulation`` with the published flags."""

from __future__ import annotations

import importlib
import os
import warnings
import weakref
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import Any, cast

import numpy as np
import numpy.typing as npt
import pandas as pd

from bluecellab.cell import Cell as RoomCell
from bluecellab.compat._coming import getter
from bluecellab.compat.cell.cell_dict import CellDict
from bluecellab.compat.cell.core import Cell
from bluecellab.compat.cell.point_process import BasePointProcessCell
from bluecellab.compat.circuit.node_id import create_cell_id
from bluecellab.compat.exceptions import ConfigNotFoundError
from bluecellab.compat.reports.utils import prepare_recordings
from bluecellab.compat.rngsettings import RNGSettings
from bluecellab.compat.type_aliases import SiteEntry
from bluecellab.errors import SimulationError
from bluecellab.simulation.circuit.across import missing
from bluecellab.simulation.circuit.core import CircuitSimulation as RoomSimulation
from bluecellab.simulation.circuit.selection import CellsWanted, merge_spike_trains
from bluecellab.spec.base import CellId
from bluecellab.spec.cells import HocCell
from bluecellab.spec.simulation import SimulationConfig

__all__ = ["CircuitSimulation", "SSim"]

AnyCellId = CellId | tuple[str, int] | int
Projections = bool | str | Sequence[str] | None


class _FacesHere(CellDict):
    """The cells of this rank; asking for one of another rank says where it is."""

    of_all: Mapping[CellId, int] = MappingProxyType({})

    def __missing__(self, cell_id: CellId) -> RoomCell:
        raise missing(cell_id, self.of_all)


class CircuitSimulation(RoomSimulation):
    """Cells of a circuit, with the random streams of BlueCelluLab.

    Among several ranks each may pass its own share of the cells to :meth:`instantiate_gids`, as published
    scripts do; or all of them pass all cells, which are then spread. ``cells`` has those of this rank.

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
        self._faces = _FacesHere()
        self._circuit_access: Any = None
        self._simulation_access: Any = None
        self.recording_index: dict[CellId, list[str]] = {}
        self.sites_index: dict[CellId, list[SiteEntry]] = {}
        self.spike_threshold = self.config.run.spike_threshold
        self.spike_location: str = self.config.conditions.spike_location
        self.rng_settings = self._seeded()

    @property
    def config(self) -> SimulationConfig:
        """What is simulated.

        Raises
        ------
        SimulationError
            If it is of a dialect that the published interface never knew.
        """
        config = super().config
        if not isinstance(config, SimulationConfig):
            raise SimulationError(
                f"{config.path} is of the Allen dialect, which the published interface never knew; use "
                "bluecellab.CircuitSimulation, or run_sonata"
            )
        return config

    def _seeded(self) -> RNGSettings:
        """Let what is added to cells by hand have the seeds of the configuration."""
        settings, seeds = RNGSettings.get_instance(), self.config.seeds
        settings.synapse_seed, settings.ionchannel_seed = seeds.synapse, seeds.ionchannel
        settings.stimulus_seed, settings.minis_seed = seeds.stimulus, seeds.minis
        settings.set_seeds("Random123", base_seed=seeds.base)
        return settings

    def instantiate(self, cells: CellsWanted | None = None, **wanted: Any) -> None:
        """Make cells of the circuit; see :meth:`bluecellab.CircuitSimulation.instantiate`."""
        super().instantiate(cells, **wanted)
        self._show()

    def _show(self) -> None:
        """Let cells be seen as published."""
        assembly = self._built()
        self._faces.of_all = self._ranks
        mates: weakref.WeakValueDictionary[CellId, RoomCell] = weakref.WeakValueDictionary()
        for cell_id, cell in assembly.cells.items():
            kind = Cell if cell.artificial is None else BasePointProcessCell
            face = kind.face_of(cell)
            face.post_gid = self.global_gid(*cell_id)
            face.take_synapses(assembly.wiring.groups.get(cell_id, ()), mates)
            mates[cell_id] = self._faces[cell_id] = face
        faces = cast("dict[CellId, Cell]", self._faces)
        self.recording_index, self.sites_index = prepare_recordings(faces, self.config, self.circuit)

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

    def global_gid(self, pop: str, local_id: int) -> int:
        """Return the number of a node over all populations; see :attr:`gids`."""
        return super().global_gid(pop, local_id)

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
        *train_dicts: Mapping[Any, npt.ArrayLike] | None,
    ) -> dict[CellId, npt.NDArray[Any]]:
        """Return all spikes of each cell, sorted; None counts as no spikes."""
        return merge_spike_trains(
            *(
                {create_cell_id(key): np.asarray(train) for key, train in (some or {}).items()}
                for some in train_dicts
            )
        )


class SSim:
    """The name of ``CircuitSimulation`` in old scripts; it does nothing."""


__getattr__ = getter(__name__)
