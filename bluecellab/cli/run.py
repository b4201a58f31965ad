"""``bluecellab run``: run a SONATA simulation and write what its configuration asks for."""

from __future__ import annotations

import argparse
import json
import os
import sys
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

from bluecellab.errors import ParallelError
from bluecellab.nrn.launch import rank_of

if TYPE_CHECKING:
    from bluecellab.simulation import Isolation

__all__ = ["add_parser"]

_MEGABYTE = 2**20


def add_parser(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the sub-command to the command line."""
    parser = subparsers.add_parser(
        "run",
        help="run a SONATA simulation configuration",
        description="Do everything that a simulation_config.json says: node set, synapses, inputs, "
        "modifications, conditions; write its reports, spikes and a provenance file. Everything is checked "
        "first.",
    )
    parser.add_argument("config", type=Path, help="the simulation_config.json")
    parser.add_argument(
        "--output", type=Path, help="folder to write to, instead of that of the configuration"
    )
    parser.add_argument("--overwrite", action="store_true", help="replace the files of an older result")
    parser.add_argument(
        "--seeds",
        choices=("neurodamus", "bluecellulab"),
        default="neurodamus",
        help="whose random streams (default: neurodamus)",
    )
    parser.add_argument(
        "--confine-to", type=Path, metavar="FOLDER", help="refuse paths outside of this folder"
    )
    parser.add_argument(
        "--mechanisms",
        type=Path,
        metavar="FOLDER",
        help=".mod files to use instead of those the circuit names",
    )
    parser.add_argument(
        "--functions",
        type=Path,
        action="append",
        default=[],
        metavar="FILE.py",
        help="Python file that registers functions which the configuration names; may be repeated",
    )
    parser.add_argument(
        "--merge-synapses",
        action="store_true",
        help="make one of equal linear synapses of a segment (Allen dialect)",
    )
    _add_engine_options(parser)
    parser.add_argument("--isolated", action="store_true", help="run in a process of its own")
    parser.add_argument("--time-limit", type=float, metavar="SECONDS", help="implies --isolated")
    parser.add_argument("--memory-limit", type=float, metavar="MB", help="implies --isolated")
    parser.add_argument("--quiet", action="store_true", help="no progress bars")
    parser.add_argument("--json", action="store_true", help="print the summary as JSON")
    parser.set_defaults(run=_run)


def _add_engine_options(parser: argparse.ArgumentParser) -> None:
    """Add the options that say what runs it, and on how many processors."""
    parser.add_argument("--threads", type=int, default=1, metavar="N", help="how many threads integrate")
    parser.add_argument(
        "--ranks", type=int, metavar="N", help="start so many processes of an MPI job, and share the cells"
    )
    parser.add_argument(
        "--engine",
        choices=("neuron", "coreneuron"),
        help="what integrates (default: the configuration's target_simulator, else neuron); CoreNEURON is "
        "faster and knows less",
    )
    parser.add_argument(
        "--dry-run",
        action="store_true",
        help="check everything, and tell how large it is and what it will take; build and write nothing",
    )
    parser.add_argument(
        "--native",
        action="store_true",
        help="mechanisms optimised for the processor of this machine, as with BLUECELLAB_NATIVE=1",
    )


def _run(arguments: argparse.Namespace) -> int:
    from bluecellab.nrn.mechanisms.flags import NATIVE_VARIABLE

    if arguments.native:
        os.environ[NATIVE_VARIABLE] = "1"  # also for the processes that are started
    own = rank_of()
    if arguments.dry_run:
        if own is not None and own.rank:
            return 0
        from bluecellab.cli.dry_run import dry_run

        return dry_run(arguments)
    from bluecellab.cli import launching

    if arguments.ranks is not None and not launching.is_started_by_us():
        if arguments.memory_limit is not None:
            raise ParallelError(
                "--memory-limit is for one process, not for --ranks; limit the ranks by what starts them"
            )
        if not arguments.quiet:
            launching.say_if_crowded(arguments.ranks)
        return launching.launch(arguments.ranks, arguments.argv, time_limit=arguments.time_limit)
    from bluecellab.simulation import run_sonata

    result = run_sonata(
        arguments.config,
        output=arguments.output,
        overwrite=arguments.overwrite,
        seeds=arguments.seeds,
        confine_to=arguments.confine_to,
        mechanisms=arguments.mechanisms,
        show_progress=not arguments.quiet,
        isolated=_isolation(arguments),
        merge_synapses=arguments.merge_synapses,
        functions=arguments.functions,
        threads=arguments.threads,
        engine=arguments.engine,
    )
    if own is not None and own.rank:
        return 0
    if arguments.json:
        files = {name: str(path) for name, path in result.reports.items()}
        facts = {**asdict(result.summary), "synapses": dict(result.summary.synapses)}
        spikes = [str(path) for path in result.spikes_files]
        told = {**facts, "output": str(result.output), "reports": files, "spikes_files": spikes}
        print(json.dumps(told, indent=2))
        return 0
    print("\n".join(result.summary.lines()))
    written = [*result.spikes_files, *result.reports.values(), result.provenance_file]
    print(f"{'written to':<12} {result.output}: {', '.join(dict.fromkeys(path.name for path in written))}")
    sys.stdout.flush()
    return 0


def _isolation(arguments: argparse.Namespace) -> bool | Isolation:
    """Return whether to run in a process of its own; ranks that we have started do already."""
    from bluecellab.cli.launching import is_started_by_us
    from bluecellab.simulation import Isolation

    if rank_of() is not None and is_started_by_us():
        return False
    if arguments.time_limit is None and arguments.memory_limit is None:
        return bool(arguments.isolated)
    memory = arguments.memory_limit
    return Isolation(
        time_limit=arguments.time_limit, memory_limit=None if memory is None else int(memory * _MEGABYTE)
    )
