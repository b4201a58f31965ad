"""``run_sonata``: do everything that a simulation configuration says, in one call."""

from __future__ import annotations

import logging
import os
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from bluecellab.circuit.config import read_config
from bluecellab.circuit.validation import check
from bluecellab.nrn.parallel import ranks
from bluecellab.results.sonata import OutputFolder
from bluecellab.simulation.circuit.across import on_first_rank
from bluecellab.simulation.circuit.core import CircuitSimulation
from bluecellab.simulation.circuit.dialect import Dialect
from bluecellab.simulation.circuit.dialects import dialect_of
from bluecellab.simulation.circuit.logfile import LogFile, logged
from bluecellab.simulation.circuit.provenance import FILE_NAME, provenance_of, write_provenance
from bluecellab.simulation.circuit.request import AnyConfig
from bluecellab.simulation.circuit.summary import CircuitResult
from bluecellab.simulation.ranks import refuse_isolation
from bluecellab.simulation.request import Engine, check_workers, engine_of
from bluecellab.spec.allen import AllenConfig
from bluecellab.spec.base import CellId
from bluecellab.spec.functions import load_functions
from bluecellab.spec.simulation.conditions import SeedConvention

if TYPE_CHECKING:
    from bluecellab.simulation.isolation import Isolation

__all__ = ["run_sonata"]

PathLike = str | os.PathLike[str]
_LOG = logging.getLogger("bluecellab")


def run_sonata(
    config: PathLike | AnyConfig,
    *,
    output: PathLike | None = None,
    overwrite: bool = False,
    seeds: SeedConvention = "neurodamus",
    confine_to: PathLike | None = None,
    mechanisms: PathLike | None = None,
    show_progress: bool = False,
    isolated: bool | Isolation = False,
    merge_synapses: bool = False,
    functions: Sequence[PathLike] = (),
    threads: int = 1,
    engine: Engine | None = None,
) -> CircuitResult:
    """Run a SONATA simulation: node set, synapses, inputs, modifications, conditions, reports, spikes.

    Among several ranks of an MPI job all of them call it: each makes and runs its share of the cells, the
    first one writes, and all return the same.

    Everything is checked before NEURON starts. An older result is never touched unless ``overwrite`` says so,
    and then only files that are written anew.

    Parameters
    ----------
    config
        Path of a ``simulation_config.json``, or what was read of one.
    output
        Folder to write to, instead of that of the configuration.
    overwrite
        Whether files of an older result may be replaced.
    seeds
        Whose random streams: ``"neurodamus"`` or ``"bluecellulab"``.
    confine_to
        Folder that no path in the configuration may lead out of. hoc templates and mechanisms are code all
        the same: run those of others ``isolated``, with limits.
    mechanisms
        Folder of .mod files, or compiled library; by default those that the circuit names.
    show_progress
        Whether to show progress bars.
    isolated
        Run in a process of its own; an :class:`~bluecellab.simulation.Isolation` says with what limits of
        time and memory.
    merge_synapses
        Whether equal linear synapses of a segment become one, which changes no spike; of circuits of the
        Allen dialect.
    functions
        Python files that register functions which the configuration names: loaders of cells, weights, ...
    threads
        How many threads integrate.
    engine
        ``"neuron"``, or ``"coreneuron"``, which is faster and knows less; by default what
        ``target_simulator`` of the configuration says.

    Returns
    -------
    CircuitResult
        Spikes, the files that were written, and numbers; plain values.

    Raises
    ------
    ConfigError
        With all mistakes of the configuration and of the files that it names.
    OutputError
        If the output folder holds an older result, or cannot be written.
    SimulationError
        If there can be no such engine, or number of threads.
    BluecellabError
        If something cannot be built, or the run fails.
    """
    check_workers(threads, engine)  # before anything is built
    if isolated:
        from bluecellab.simulation.isolation import Isolation

        refuse_isolation()
        return (isolated if isinstance(isolated, Isolation) else Isolation()).run(
            run_sonata,
            os.fspath(config) if isinstance(config, str | os.PathLike) else config,
            output=None if output is None else os.fspath(output),
            overwrite=overwrite,
            seeds=seeds,
            confine_to=None if confine_to is None else os.fspath(confine_to),
            mechanisms=None if mechanisms is None else os.fspath(mechanisms),
            show_progress=show_progress,
            merge_synapses=merge_synapses,
            functions=[os.fspath(path) for path in functions],
            threads=threads,
            engine=engine,
        )
    for path in functions:
        load_functions(path)
    with logged() as log:
        if isinstance(config, str | os.PathLike):
            config = read_config(Path(config), confine_to=confine_to)
        directory = None if output is None else str(Path(output).absolute())
        dialect = dialect_of(config).changed(dt=None, base_seed=None, seeds=seeds, directory=directory)
        config = dialect.config
        overwrite = overwrite or bool(getattr(config.output, "overwrite", False))
        with on_first_rank("checking a simulation") as here:
            if here:
                check(config, confine_to=confine_to)
                _reserve(dialect, log, overwrite=overwrite)
            else:
                log.begin(None)
        with CircuitSimulation(
            config,
            seeds=seeds,
            confine_to=confine_to,
            mechanisms=mechanisms,
            overwrite=overwrite,
            show_progress=show_progress,
        ) as simulation:
            simulation.instantiate(reports="all", merge_synapses=merge_synapses)
            simulation.run(show_progress=show_progress, threads=threads, engine=engine)
            with on_first_rank("writing spikes and provenance") as here:
                used = engine_of(config, engine)
                files = _write(simulation, here, overwrite=overwrite, threads=threads, engine=used)
            return CircuitResult(
                simulation.spikes,
                simulation.output_path,
                tuple(files),
                simulation.output_path / FILE_NAME,
                dict(simulation.reports),
                simulation.summary,
            )


def _reserve(dialect: Dialect, log: LogFile, *, overwrite: bool) -> None:
    """Make sure that everything can be written, and begin the log."""
    output = dialect.config.output
    elsewhere = isinstance(dialect.config, AllenConfig)  # where names may be absolute
    folder = OutputFolder(
        Path(output.directory), overwrite=overwrite, log=output.log_file, elsewhere=elsewhere
    )
    names = [*dialect.output_names(), FILE_NAME, *([output.log_file] if output.log_file else [])]
    paths = folder.reserve(names)
    log.begin(paths[-1] if output.log_file else None)
    _LOG.info("bluecellab runs %s", dialect.config.path or dialect.config.network)


def _write(
    simulation: CircuitSimulation, here: bool, *, overwrite: bool, threads: int, engine: Engine
) -> list[Path]:
    """Write spikes and provenance of a simulation that has run, if it is done here; return files of spikes.

    Its reports are there.
    """
    spikes, summary = simulation.spikes, simulation.summary
    cells = [cell_id for cell_id in spikes if isinstance(cell_id, CellId)]
    files: list[Path] = []
    if here:
        from bluecellab.simulation.engines import library_facts

        files = simulation.dialect.write_spikes(spikes, cells, overwrite=overwrite)
        facts = provenance_of(
            simulation.dialect,
            cells=summary.cells,
            synapses=dict(summary.synapses),
            t_stop=summary.t_stop,
            engine=engine,
            engine_library=library_facts(engine),
            threads=threads,
            ranks=summary.ranks,
            balance=round(summary.balance, 3),
            build_seconds=round(summary.build_seconds, 3),
            run_seconds=round(summary.run_seconds, 3),
            reports={name: path.name for name, path in simulation.reports.items()},
            spikes=[path.name for path in files],
        )
        write_provenance(simulation.output_path / FILE_NAME, facts)
        for line in summary.lines():
            _LOG.info(line)
    return ranks().told(files, "writing spikes and provenance")
