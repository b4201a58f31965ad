"""``run_sonata``: do everything that a simulation configuration says, in one call."""

from __future__ import annotations

import logging
import os
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from bluecellab.circuit.config import read_config
from bluecellab.circuit.validation import check
from bluecellab.results.sonata import OutputFolder
from bluecellab.simulation.circuit.core import CircuitSimulation
from bluecellab.simulation.circuit.dialect import Dialect
from bluecellab.simulation.circuit.dialects import dialect_of
from bluecellab.simulation.circuit.logfile import LogFile, logged
from bluecellab.simulation.circuit.provenance import FILE_NAME, provenance_of, write_provenance
from bluecellab.simulation.circuit.request import AnyConfig
from bluecellab.simulation.circuit.summary import CircuitResult
from bluecellab.simulation.ranks import refuse_isolation
from bluecellab.simulation.request import Engine
from bluecellab.spec.allen import AllenConfig
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
    engine: Engine = "neuron",
) -> CircuitResult:
    """Run a SONATA simulation: node set, synapses, inputs, modifications, conditions, reports, spikes.

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
        ``"neuron"``, or ``"coreneuron"``, which is faster and knows less.

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
    BluecellabError
        If something cannot be built, or the run fails.
    """
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
        check(config, confine_to=confine_to)
        overwrite = overwrite or bool(getattr(config.output, "overwrite", False))
        _reserve(dialect, log, overwrite=overwrite)
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
            return _written(simulation, overwrite=overwrite)


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


def _written(simulation: CircuitSimulation, *, overwrite: bool) -> CircuitResult:
    """Write spikes and provenance of a simulation that has run; its reports are there."""
    spikes, summary = simulation.spikes, simulation.summary
    spikes_files = simulation.dialect.write_spikes(spikes, list(simulation.cells), overwrite=overwrite)
    provenance_file = simulation.output_path / FILE_NAME
    facts = provenance_of(
        simulation.dialect,
        cells=summary.cells,
        synapses=dict(summary.synapses),
        t_stop=summary.t_stop,
        build_seconds=round(summary.build_seconds, 3),
        run_seconds=round(summary.run_seconds, 3),
        reports={name: path.name for name, path in simulation.reports.items()},
        spikes=[path.name for path in spikes_files],
    )
    write_provenance(provenance_file, facts)
    for line in summary.lines():
        _LOG.info(line)
    return CircuitResult(
        spikes,
        simulation.output_path,
        tuple(spikes_files),
        provenance_file,
        dict(simulation.reports),
        summary,
    )
