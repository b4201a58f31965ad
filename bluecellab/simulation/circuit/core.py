"""``CircuitSimulation``: cells of a circuit with their synapses, inputs and replayed spikes, run as one."""

from __future__ import annotations

import os
import time
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt

from bluecellab.circuit.access import CircuitAccess
from bluecellab.circuit.config import read_config
from bluecellab.errors import SimulationError
from bluecellab.nrn import mechanisms, runtime
from bluecellab.nrn.loads import busy_seconds
from bluecellab.nrn.parallel import ranks
from bluecellab.simulation.circuit.across import built_everywhere, ran_everywhere
from bluecellab.simulation.circuit.assembly import all_or_nothing
from bluecellab.simulation.circuit.dialects import dialect_of
from bluecellab.simulation.circuit.published import PublishedMixin, Replay
from bluecellab.simulation.circuit.replays import GivenAndFinished, trains_of_file
from bluecellab.simulation.circuit.request import AnyConfig, AnyReport, Request
from bluecellab.simulation.circuit.selection import (
    CellsWanted,
    Names,
    Trains,
    cells_of,
    checked_trains,
    edge_populations_of,
    inputs_of,
    merge_spike_trains,
    reports_of,
)
from bluecellab.simulation.circuit.spreading import Spread, ranks_of
from bluecellab.simulation.progress import building_bar
from bluecellab.simulation.request import Engine, engine_of
from bluecellab.spec.base import CellId
from bluecellab.spec.simulation.conditions import SeedConvention

__all__ = ["CircuitSimulation", "Replay"]

FloatArray = npt.NDArray[np.float64]


class CircuitSimulation(PublishedMixin):
    """Takes cells out of a circuit, with their synapses, inputs and the spikes they received, and runs them.

    Parameters
    ----------
    simulation_config
        A SONATA simulation configuration: its path, or what was read of it.
    dt
        Fixed step in ms, instead of that of the configuration.
    record_dt
        Interval of recordings in ms; every step when left out.
    base_seed
        Instead of ``run.random_seed``.
    rng_mode
        ``"Random123"`` is all there is.
    print_cellstate, parallel_context, save_time
        Of the published interface; without effect.
    circuit
        The circuit, when it does not lie in the files that the configuration names. It is not closed.
    seeds
        Whose random streams: ``"neurodamus"``, a function of the circuit alone, or ``"bluecellulab"``.
    confine_to
        Folder that no path may lead out of.
    mechanisms
        Folder of .mod files, or compiled library; by default those that the circuit names.
    overwrite
        Whether reports may replace those of an older result.
    show_progress
        Whether :meth:`instantiate` shows a progress bar.

    Raises
    ------
    ConfigError
        If the configuration has mistakes; it lists all of them.
    CircuitError
        If the circuit cannot be read.

    Notes
    -----
    The same script runs on several ranks of an MPI job: ``mpirun -n 4 python script.py``. Every rank makes
    its share of the cells, and what a cell does is bit for bit what it does in one process. Two things NEURON
    itself does in another order there, which changes the last digits (1e-9 mV): cells that share a rank with
    one that has the mechanism ``extracellular`` are solved together; and spikes from different ranks that
    reach one point process (a merged synapse, or an artificial cell) at the very same time are added up as
    they come. Functions of the user's that draw random numbers should seed them by the cell's id.

    References
    ----------
    The interface follows BlueCelluLab, https://doi.org/10.21105/joss.07026
    """

    def __init__(
        self,
        simulation_config: str | os.PathLike[str] | AnyConfig,
        dt: float | None = None,
        record_dt: float | None = None,
        base_seed: int | None = None,
        rng_mode: str | None = None,
        print_cellstate: bool = False,  # noqa: ARG002
        parallel_context: object | None = None,
        save_time: float | None = None,  # noqa: ARG002
        *,
        circuit: CircuitAccess | None = None,
        seeds: SeedConvention = "neurodamus",
        confine_to: str | os.PathLike[str] | None = None,
        mechanisms: str | os.PathLike[str] | None = None,
        overwrite: bool = False,
        show_progress: bool = False,
    ) -> None:
        if rng_mode not in (None, "Random123"):
            raise SimulationError(
                f"rng_mode {rng_mode!r} is of old circuits; SONATA circuits have 'Random123'"
            )
        config = (
            read_config(Path(simulation_config), confine_to=confine_to)
            if isinstance(simulation_config, str | os.PathLike)
            else simulation_config
        )
        super().__init__(f"CircuitSimulation {Path(config.path).name or config.network}")
        self.dialect = dialect_of(config).changed(dt=dt, base_seed=base_seed, seeds=seeds, directory=None)
        self.dt = self.config.run.dt
        self.record_dt = record_dt
        self.pc = parallel_context
        self._mechanisms = mechanisms
        self._overwrite = overwrite
        self._show_progress = show_progress
        self._assembly = self._everywhere = None
        self._ranks: dict[CellId, int] = {}
        self.global_ids = None
        self.projections: list[str] = []
        self.gids_instantiated = False
        self.build_seconds = self.run_seconds = 0.0
        if circuit is None:
            circuit = self.dialect.open(confine_to)
            self._scope.own(circuit, type(circuit).close)
        self.circuit = circuit

    def instantiate(
        self,
        cells: CellsWanted | None = None,
        *,
        synapses: Names = "all",
        stimuli: Names = "all",
        replay: Replay = None,
        reports: Names = "none",
        minis: bool | None = None,
        connect: bool = True,
        sources: Iterable[CellId | tuple[str, int]] | None = None,
        merge_synapses: bool = False,
        spread: Spread = "load",
    ) -> None:
        """Make cells of the circuit, with what they are wanted to have.

        Among several ranks all of them call it. If all ask for the same cells, each makes its share of them;
        if not, each makes those that it asked for, which may be none.

        Parameters
        ----------
        cells
            A node set by name, a cell, or several; by default those that the configuration simulates.
        synapses
            Populations of edges.
        stimuli
            Blocks of ``inputs``, by name or type of stimulus.
        replay
            Spikes of cells that are not made: ``"output"`` for those that the finished simulation has
            written, the path of a SONATA spikes file, or times in ms by cell.
        reports
            Reports that every run writes to the output folder.
        minis
            Whether synapses release spontaneously, at the rates of the circuit and of overrides; where those
            are known, by default.
        connect
            Whether cells that are made are connected with each other. Otherwise they are replayed as well.
        sources
            Only the synapses from these cells.
        merge_synapses
            Whether equal linear synapses of a segment become one, which changes no spike; of circuits of the
            Allen dialect.
        spread
            How cells are spread over ranks: ``"load"``, by how long each will take as far as its segments
            and synapses tell; ``"index"``, in turn; or what each cell has been measured to take, in any unit.

        Raises
        ------
        SimulationError
            If there are cells already, or what is asked for does not fit the circuit.
        CircuitError, SynapseError, CellError, StimulusError, MechanismError
            If something cannot be made. Nothing is left behind then.
        RankError
            If another rank could not make its share. Nothing is left behind then, either.
        """
        self._scope.check()
        runtime.refuse_while_running("instantiating cells")
        if self._assembly is not None:
            raise SimulationError(
                "cells have been instantiated already; make another CircuitSimulation for other cells"
            )
        begin = time.perf_counter()
        with ranks().agreed("instantiating cells"):
            populations = edge_populations_of(synapses, self.circuit)
            of_all = ranks_of(self._cells(cells), self.circuit, populations, spread)
            request = Request(
                cells=[cell_id for cell_id, rank in of_all.items() if rank == ranks().id],
                ranks=of_all,
                edges=populations,
                inputs=inputs_of(stimuli, self.config),
                trains=self._trains(replay, of_all if connect else ()),
                minis=minis,
                connect=connect,
                sources=None if sources is None else frozenset(CellId(*source) for source in sources),
                record_dt=self.record_dt,
                merge_synapses=merge_synapses,
            )
            if request.trains and not populations:
                raise SimulationError("there is nothing to replay spikes to without synapses; name some")
            self._assemble(request, reports_of(reports, self.config), begin)

    def _assemble(self, request: Request, reports: Sequence[AnyReport], begin: float) -> None:
        """Build what is requested on this rank, or nothing if any rank fails."""
        self._load_mechanisms()
        ids = self.dialect.global_ids(self.circuit, request.ranks)
        with building_bar(2 * len(request.cells), self._show_progress) as progress:
            scope = self._scope.child("model")
            with all_or_nothing(scope):
                assembly = self.dialect.assemble(scope, self.circuit, request, ids, progress)
                self._reports = self.dialect.attach_reports(
                    assembly, reports, self.circuit, overwrite=self._overwrite
                )
                seconds = time.perf_counter() - begin
                everywhere = None if ranks().alone else built_everywhere(assembly, seconds)
        self._assembly, self.global_ids, self.gids_instantiated = assembly, ids, True
        self._ranks, self._everywhere, self.build_seconds = dict(request.ranks), everywhere, seconds

    def _cells(self, wanted: CellsWanted | None) -> list[CellId]:
        """Return the cells that this rank asks for; by default those that the configuration simulates."""
        if wanted is None:
            return self.dialect.simulated(self.circuit)
        if isinstance(wanted, Iterable) and not isinstance(wanted, str | tuple) and not ranks().alone:
            wanted = list(wanted)
            if not wanted:
                return []  # the others' share is all
        return cells_of(wanted, self.circuit)

    def _load_mechanisms(self) -> None:
        folders = self.circuit.mechanism_folders if self._mechanisms is None else (self._mechanisms,)
        for folder in folders:
            mechanisms.load_mechanisms(folder)

    def _trains(self, replay: Replay, made: Iterable[CellId]) -> dict[CellId, FloatArray]:
        """Return spike trains of cells that are not made; files have those of all."""
        if replay is None:
            return {}
        if isinstance(replay, Mapping):
            return checked_trains(replay)
        given: Trains = {}
        if isinstance(replay, GivenAndFinished):
            given, finished = replay.given, dict(replay.finished)
        else:
            path = self.spikes_path if replay == "output" else Path(replay)
            finished = trains_of_file(str(path))
        for cell_id in made:
            finished.pop(cell_id, None)
        return checked_trains(merge_spike_trains(given, finished))

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
        *,
        time_limit: float | None = None,
        threads: int = 1,
        engine: Engine | None = None,
    ) -> None:
        """Run the cells from 0 to ``t_stop``; what is not given is as the configuration says.

        Among several ranks all of them call it with the same arguments.

        Parameters
        ----------
        t_stop
            End in ms.
        v_init
            Initial membrane potential in mV.
        celsius
            Temperature in degC.
        dt
            Of the published interface: only the step that the simulation was made with.
        forward_skip, forward_skip_value
            Whether to settle for so many ms with ten long steps. ``run.tstart`` asks for it, too.
        cvode
            Variable step.
        show_progress
            Whether to show a progress bar.
        time_limit
            Wall time in s after which the run is stopped.
        threads
            How many threads integrate.
        engine
            ``"neuron"``, or ``"coreneuron"``, which is faster and knows less; by default what
            ``target_simulator`` of the configuration says.

        Raises
        ------
        UnsupportedByEngineError
            If something takes part that the engine cannot do, or not with several threads.
        SimulationError
            If there are no cells, or an argument makes no sense.
        RunError
            If the run fails on its way; see :meth:`bluecellab.Simulation.run`.
        OutputError
            If reports cannot be written.
        """
        assembly = self._built()
        if dt is not None and dt != self.dt:
            raise SimulationError(
                f"the time step is {self.dt:g} ms since the circuit was opened, as delays depend on it; "
                f"for {dt:g} ms make CircuitSimulation(..., dt={dt:g})"
            )
        conditions, run = self.config.conditions, self.config.run
        simulation = assembly.simulation
        simulation.celsius = conditions.celsius if celsius is None else celsius
        simulation.v_init = conditions.v_init if v_init is None else v_init
        skip = forward_skip_value if forward_skip and forward_skip_value else run.tstart
        begin = time.perf_counter()
        simulation.run(
            run.tstop if t_stop is None else t_stop,
            cvode=cvode,
            dt=self.dt,
            forward_skip=bool(skip),
            forward_skip_value=skip or False,
            show_progress=show_progress,
            time_limit=time_limit,
            threads=threads,
            engine=engine_of(self.config, engine),
        )
        self._ran_with = engine_of(self.config, engine), threads
        self.run_seconds = time.perf_counter() - begin
        if not ranks().alone:
            seconds = self.build_seconds, self.run_seconds, busy_seconds()
            with ranks().agreed("gathering the spikes of a run"):
                self._everywhere = ran_everywhere(assembly, self._ranks, seconds)
