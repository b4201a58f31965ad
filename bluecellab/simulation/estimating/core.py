"""``estimate``: how large a simulation will be and what it will take, before anything is built."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import numpy.typing as npt

from bluecellab.circuit.access import CircuitAccess
from bluecellab.circuit.allen import AllenCircuit
from bluecellab.circuit.config import read_config
from bluecellab.errors import SimulationError
from bluecellab.simulation.circuit.dialects import dialect_of
from bluecellab.simulation.circuit.request import AnyConfig
from bluecellab.simulation.circuit.spreading import balance_of, dealt_out
from bluecellab.simulation.estimating.bench import Measured
from bluecellab.simulation.estimating.reports import ReportSize, report_sizes, spikes_bytes
from bluecellab.simulation.estimating.result import Estimate, RankEstimate
from bluecellab.simulation.estimating.wires import Wires
from bluecellab.simulation.request import ENGINES, Engine, engine_of
from bluecellab.simulation.sizing.cells import CellSize, Sizes
from bluecellab.simulation.sizing.costs import Costs, read_costs
from bluecellab.spec.base import CellId
from bluecellab.spec.simulation import SimulationConfig

__all__ = ["estimate", "estimate_of_cells", "spread"]

PathLike = str | os.PathLike[str]
FloatArray = npt.NDArray[np.float64]

_RATE = 5.0  # Hz of each cell, to guess numbers of spikes


@dataclass(frozen=True, eq=False)
class _Model:
    """Everything that is known of a simulation: columns, one row for each cell.

    ``rows`` says for each cell which of those that were looked at it is like.
    """

    config: AnyConfig
    sizes: Mapping[CellId, CellSize]
    wires: Wires
    reports: Sequence[ReportSize]
    read: npt.NDArray[np.int64]
    points: int
    assumed: tuple[str, ...]
    rows: npt.NDArray[np.int64]

    @property
    def steps(self) -> float:
        """How many steps the run has."""
        return self.config.run.tstop / self.config.run.dt

    @property
    def spikes(self) -> float:
        """How many spikes the cells send, at a guess."""
        return len(self.rows) * _RATE * self.config.run.tstop / 1000

    def column(self, name: str) -> FloatArray:
        """Return a number of each cell, shape (cells,)."""
        values = np.array([getattr(size, name) for size in self.sizes.values()], dtype=np.float64)
        return values[self.rows]

    def kinds(self) -> dict[str, int]:
        """Return how many cells there are of each kind."""
        found: dict[str, int] = {}
        for size, count in zip(
            self.sizes.values(), np.bincount(self.rows, minlength=len(self.sizes)).tolist(), strict=True
        ):
            found[size.kind] = found.get(size.kind, 0) + count
        return found

    def scaled(self, count: int) -> _Model:
        """Return the model of so many cells, of which these are some, evenly spread."""
        known = len(self.sizes)
        rows = np.arange(count, dtype=np.int64) * known // count
        factor = count / known
        reports = [
            replace(
                each,
                elements=round(each.elements * factor),
                read=round(each.read * factor),
                bytes=round(each.bytes * factor),
            )
            if each.per_cell
            else replace(each, read=round(each.read * factor))
            for each in self.reports
        ]
        told = f"{known:,} of {count:,} cells were looked at, and the others are like them"
        return replace(
            self,
            wires=self.wires.scaled(rows),
            reports=reports,
            read=self.read[rows],
            assumed=(told, *self.assumed),
            rows=rows,
        )


def estimate(
    config: PathLike | AnyConfig,
    *,
    ranks: int = 1,
    threads: int = 1,
    engine: Engine | None = None,
    confine_to: PathLike | None = None,
    costs: Costs | None = None,
    look_at: int = 5000,
) -> Estimate:
    """Return how large a simulation will be and what it will take; NEURON is not started.

    Cells, sections and segments are those of the morphologies and of what templates say that they do with
    them; synapses and connections are counted in the index of edges of the cells that are simulated. Where
    files do not tell, the estimate says what it assumes.

    Parameters
    ----------
    config
        Path of a simulation configuration of either dialect, or what was read of one.
    ranks, threads
        How many processes, and threads in each, are to run it.
    engine
        What integrates; that of the configuration when left out.
    confine_to
        Folder that no path in the configuration may lead out of.
    costs
        What parts cost; those of the calibration of this machine, or built-in ones, when left out.
    look_at
        At how many cells to look; of more, some that are evenly spread stand for all.

    Raises
    ------
    SimulationError
        If ``ranks``, ``threads`` or ``engine`` make no sense.
    ConfigError, CircuitError, MorphologyError
        If files are missing, or cannot be read.
    CalibrationError
        If the calibration is damaged.
    """
    for name, value in (("ranks", ranks), ("threads", threads), ("look_at", look_at)):
        if isinstance(value, bool) or not isinstance(value, int) or value < 1:
            raise SimulationError(f"{name} is a positive whole number, not {value!r}")
    if engine is not None and engine not in ENGINES:
        raise SimulationError(f"engine is one of {', '.join(ENGINES)}, not {engine!r}")
    found = read_costs() if costs is None else costs
    if isinstance(config, str | os.PathLike):
        config = read_config(Path(config), confine_to=confine_to)
    dialect = dialect_of(config)
    circuit = dialect.open(confine_to)
    try:
        cells = dialect.simulated(circuit)
        model = _modelled(config, circuit, spread(cells, look_at))
        if len(cells) > look_at:
            model = model.scaled(len(cells))
    finally:
        circuit.close()
    return _Estimator(model, found, (ranks, threads, engine_of(config, engine))).estimate()


def estimate_of_cells(
    config: AnyConfig, circuit: CircuitAccess, cells: Sequence[CellId], costs: Costs
) -> Measured:
    """Return what some cells of a simulation take without its reports, beyond what NEURON itself does.

    Parameters
    ----------
    config, circuit
        The simulation.
    cells
        Which of its cells.
    costs
        What parts cost.
    """
    model = replace(_modelled(config, circuit, cells), reports=())
    model.read[:] = 0
    rank = _Estimator(model, costs, (1, 1, "neuron")).estimate().per_rank[0]
    return Measured(
        rank.build_seconds - costs.start_seconds, rank.run_seconds, rank.memory - costs.start_bytes
    )


def _modelled(config: AnyConfig, circuit: CircuitAccess, wanted: Sequence[CellId]) -> _Model:
    sizer = Sizes()
    cells = {cell_id: sizer.of(circuit.cell(cell_id)) for cell_id in wanted}
    if isinstance(config, SimulationConfig):
        from bluecellab.simulation.estimating.obi_wires import count_obi

        wires = count_obi(config, circuit, cells)
    else:
        from bluecellab.simulation.estimating.allen_wires import count_allen

        assert isinstance(circuit, AllenCircuit)
        wires = count_allen(config, circuit, cells)
    reports, read = report_sizes(config, circuit, cells, wires)
    told = [f"{text} ({count:,} cells)" for text, count in sizer.assumed.items()]
    points = sum(shape.points for shape in sizer.morphologies.values() if not shape.exact)
    rows = np.arange(len(cells), dtype=np.int64)
    return _Model(config, cells, wires, reports, read, points, (*told, *wires.assumed), rows)


def spread(cells: Sequence[CellId], count: int) -> Sequence[CellId]:
    """Return so many cells, evenly spread over all; all, if there are no more.

    Examples
    --------
    >>> spread("abcdef", 3)
    ['a', 'c', 'e']
    """
    if len(cells) <= count:
        return cells
    return [cells[index * len(cells) // count] for index in range(count)]


class _Estimator:
    """Turns numbers into times and bytes."""

    def __init__(self, model: _Model, costs: Costs, spread: tuple[int, int, str]) -> None:
        self._model = model
        self._costs = costs
        self._ranks, self._threads, self._engine = spread

    def estimate(self) -> Estimate:
        """Return the estimate."""
        model, costs = self._model, self._costs
        steps, loads = self._loads()
        shares = dealt_out(loads, self._ranks)
        ranks = tuple(self._rank(shares == rank, steps) for rank in range(self._ranks))
        files = {size.file: size.bytes for size in model.reports}
        files["spikes"] = spikes_bytes(model.spikes)
        build = max(rank.build_seconds for rank in ranks)
        run = max(rank.run_seconds for rank in ranks)
        return Estimate(
            config=model.config.path or model.config.network,
            cells=model.kinds(),
            sections=int(model.column("sections").sum()),
            segments=int(model.column("segments").sum()),
            synapses=model.wires.synapses,
            skipped=model.wires.skipped,
            connections=model.wires.connections,
            minis=model.wires.minis,
            replayed=model.wires.sources,
            inputs=len(model.config.inputs),
            t_stop=model.config.run.tstop,
            dt=model.config.run.dt,
            spikes=int(model.spikes),
            reports=files,
            variables=int(model.read.sum()),
            ranks=self._ranks,
            threads=self._threads,
            engine=self._engine,
            per_rank=ranks,
            imbalance=float(balance_of([loads[shares == rank].sum() for rank in range(self._ranks)])),
            build_seconds=(build * costs.low, build * costs.high),
            run_seconds=(run * costs.low, run * costs.high),
            exact=len(model.rows) == len(model.sizes) and all(size.exact for size in model.sizes.values()),
            assumed=(*model.assumed, f"each cell fires at {_RATE:g} Hz"),
            calibration=costs.source,
        )

    def _loads(self) -> tuple[FloatArray, FloatArray]:
        """Return seconds of each cell in a step, and of its whole run without reports, shapes (cells,)."""
        model, costs = self._model, self._costs
        wires = model.wires
        step = (
            costs.segment_step_seconds * model.column("segments")
            + costs.mechanism_step_seconds * model.column("mechanisms")
            + costs.synapse_step_seconds * (wires.per_cell - wires.plastic_per_cell)
            + costs.plastic_step_seconds * wires.plastic_per_cell
        ) * costs.engines[self._engine]
        return step, step * model.steps

    def _rank(self, here: npt.NDArray[np.bool_], step: FloatArray) -> RankEstimate:
        """Return what a rank with some of the cells needs."""
        model, costs, wires = self._model, self._costs, self._model.wires
        cells, some = int(here.sum()), float(here.mean()) if len(here) else 0.0
        sections, segments = (float(model.column(name)[here].sum()) for name in ("sections", "segments"))
        synapses = float(wires.per_cell[here].sum())
        connections = float(wires.connections_per_cell[here].sum())
        read = float(model.read[here].sum())
        build = costs.build * (
            costs.cell_seconds * cells
            + costs.section_seconds * sections
            + costs.segment_seconds * segments
            + costs.synapse_seconds * synapses
            + costs.connection_seconds * connections
            + costs.variable_seconds * read
            + costs.point_seconds * (model.points if cells else 0)
        )
        copies = 2 if self._engine == "coreneuron" else 1  # it runs a copy of the model
        memory = costs.start_bytes + costs.memory * copies * (
            costs.cell_bytes * cells
            + costs.section_bytes * sections
            + costs.segment_bytes * segments
            + costs.mechanism_bytes * float(model.column("mechanisms")[here].sum())
            + costs.synapse_bytes * synapses
            + costs.connection_bytes * connections
            + costs.variable_bytes * read
        )
        return RankEstimate(
            cells=cells,
            segments=int(segments),
            synapses=int(synapses),
            memory=int(memory),
            build_seconds=costs.start_seconds + build,
            run_seconds=self._run_seconds(step[here], some),
        )

    def _run_seconds(self, step: FloatArray, share: float) -> float:
        """Return the CPU seconds of the busiest thread of a rank that has some cells."""
        model, costs = self._model, self._costs
        load = step.sum()
        several = self._ranks * self._threads > 1
        if self._threads > 1 and len(step):
            shares = dealt_out(step, self._threads)
            load = max(float(step[shares == thread].sum()) for thread in range(self._threads))
        work = (load + costs.step_seconds) * model.steps
        work += costs.event_seconds * model.wires.arriving * share / self._threads
        work = work * costs.run / (costs.efficiency if several else 1.0)
        samples = sum(size.read * size.frames for size in model.reports) * share
        return float(work + samples * costs.sample_seconds)
