"""``bluecellab rheobase``: the smallest step of current that makes a cell fire."""

from __future__ import annotations

import argparse
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from bluecellab.cli import options, output
from bluecellab.cli.measuring import Told, measured, tell

if TYPE_CHECKING:
    from bluecellab.results.measured import Threshold

__all__ = ["add_parser"]

_UNITS = {"rheobase": "nA", "below": "nA", "precision": "nA", "holding_current": "nA", "tried": "nA, spikes"}


def add_parser(subparsers: options.Subparsers) -> None:
    """Add the sub-command to the command line."""
    parser = options.new_parser(
        subparsers,
        "rheobase",
        _run,
        help="find the smallest step of current that makes a cell fire",
        description="Find the rheobase of cells by bisection: the smallest step of current, on top of the "
        "holding current, that makes a spike. Several cells are measured side by side.",
    )
    options.add_cell_options(parser)
    parser.add_argument(
        "--precision",
        type=options.quantity("nA", positive=True),
        default=0.005,
        metavar="NA",
        help="how close to the true one at least (default: 0.005)",
    )
    options.add_spike_options(parser)
    options.add_condition_options(parser)
    options.add_processes_option(parser)
    output.add_output_options(parser, (".json", ".csv"))


def _run(arguments: argparse.Namespace) -> int:
    output.check_output(arguments)
    cells = options.cells_of(arguments)

    from bluecellab.analysis.rheobase import rheobase
    from bluecellab.analysis.steps import CONDITIONS

    conditions = options.conditions_of(arguments, CONDITIONS)
    found = measured(
        rheobase,
        cells,
        arguments.processes,
        holding_current=arguments.holding,
        spike_threshold=arguments.spike_threshold,
        precision=arguments.precision,
        site=options.site_of(arguments),
        conditions=conditions,
    )
    return tell(
        arguments,
        found,
        Told(
            heading=("CELL", "RHEOBASE nA", "NO SPIKE AT nA", "HOLDING nA", "TRIED"),
            rows=_rows,
            columns=("cell", "rheobase_nA", "below_nA", "precision_nA", "holding_current_nA"),
            values=lambda found: [(found.current, found.below, found.precision, found.holding_current)],
            fields=_fields,
            units=_UNITS,
        ),
        conditions=conditions.to_dict(),
    )


def _rows(found: Threshold, name: str) -> Sequence[Sequence[str]]:
    numbers = (found.current, found.below, found.holding_current)
    return [(name, *map(output.figure, numbers), str(len(found.tried)))]


def _fields(found: Threshold) -> Mapping[str, object]:
    return {
        "rheobase": found.current,
        "below": found.below,
        "precision": found.precision,
        "holding_current": found.holding_current,
        "tried": found.tried,
    }
