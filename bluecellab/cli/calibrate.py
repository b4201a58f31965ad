"""``bluecellab calibrate``: measure what parts of simulations cost here, for the estimates of dry runs."""

from __future__ import annotations

import argparse
import json
import sys
from dataclasses import asdict
from pathlib import Path

from bluecellab.cli.tables import table

__all__ = ["add_parser"]

_SCALES = {"seconds": (1e6, "us"), "bytes": (1e-3, "kB")}
_OF_START = {"start_seconds": (1.0, "s"), "start_bytes": (1e-6, "MB")}


def add_parser(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the sub-command to the command line."""
    parser = subparsers.add_parser(
        "calibrate",
        help="measure what simulations cost on this machine",
        description="Measure what cells, sections, segments, synapses and reports cost here, on small "
        "circuits of NEURON's own mechanisms, which takes a minute; 'bluecellab run --dry-run' then "
        "estimates with these figures. With --config also measure that circuit, some of its cells. The "
        "figures are kept in the folder of the cache.",
    )
    parser.add_argument(
        "--config", type=Path, metavar="FILE", help="a simulation whose circuit is measured, too"
    )
    parser.add_argument(
        "--mechanisms",
        type=Path,
        metavar="FOLDER",
        help="its .mod files, instead of those that it names",
    )
    parser.add_argument(
        "--cells", type=int, default=20, metavar="N", help="of how many of its cells (default: 20)"
    )
    parser.add_argument("--quick", action="store_true", help="roughly, in seconds")
    parser.add_argument("--output", type=Path, metavar="FILE", help="where to write the figures")
    parser.add_argument("--json", action="store_true", help="print JSON instead of a table")
    parser.set_defaults(run=_run, refuse=parser.error)


def _run(arguments: argparse.Namespace) -> int:
    from bluecellab.simulation.estimating import write_costs
    from bluecellab.simulation.estimating.measuring import OwnCircuit, calibrate

    if arguments.mechanisms is not None and arguments.config is None:
        arguments.refuse("--mechanisms needs --config: the circuit whose mechanisms they are")
    if arguments.cells < 1:
        arguments.refuse(f"--cells {arguments.cells}: a positive whole number is needed")
    own = None
    if arguments.config is not None:
        own = OwnCircuit(arguments.config, arguments.mechanisms, arguments.cells)
    costs = calibrate(own, quick=arguments.quick, progress=_progress)
    path = write_costs(costs, arguments.output)
    if arguments.json:
        print(json.dumps({**asdict(costs), "file": str(path)}, indent=1))
        return 0
    rows = [("WHAT", "COST", "UNIT")]
    for name, value in asdict(costs).items():
        scale, unit = _OF_START.get(name) or _SCALES.get(name.rpartition("_")[2], (1.0, ""))
        if isinstance(value, float):
            rows.append((name.replace("_", " "), f"{value * scale:.4g}", unit))
    print(table(rows))
    print(f"written to {path}")
    return 0


def _progress(name: str) -> None:
    print(f"measuring: {name}", file=sys.stderr, flush=True)
