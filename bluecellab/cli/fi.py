"""``bluecellab fi``: how often a cell fires, by injected current."""

from __future__ import annotations

import argparse
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from bluecellab.cli import curves, options, output
from bluecellab.cli.measuring import Named, Told, tell

if TYPE_CHECKING:
    from bluecellab.analysis.curves import CurveSettings
    from bluecellab.results.measured import FICurve

__all__ = ["add_options", "add_parser", "measure"]


def add_parser(subparsers: options.Subparsers) -> None:
    """Add the sub-command to the command line."""
    parser = options.new_parser(
        subparsers,
        "fi",
        _run,
        help="count the spikes during steps of current",
        description="Measure FI curves: the number of spikes in each run, and how many there are in a second "
        "of the step, by the current of the step on top of the holding current.",
    )
    options.add_cell_options(parser)
    add_options(parser)
    output.add_output_options(parser, (".json", ".csv"))


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add the options of an FI curve, but for cell and output."""
    curves.add_curve_options(parser, "from rheobase to --max-current")
    parser.add_argument(
        "--max-current", type=options.quantity("nA"), metavar="NA", help="largest step by default (0.8)"
    )
    options.add_condition_options(parser)
    options.add_processes_option(parser)


def measure(arguments: argparse.Namespace) -> tuple[list[Named[FICurve]], CurveSettings]:
    """Measure what the command line asks for; return the curves, and how they were measured."""
    cells = options.cells_of(arguments)

    from bluecellab.analysis.curves import fi_curve

    settings = curves.settings_of(arguments)
    found = curves.measured_curves(arguments, fi_curve, cells, settings, max_current=arguments.max_current)
    return found, settings


def _run(arguments: argparse.Namespace) -> int:
    output.check_output(arguments)
    found, settings = measure(arguments)
    told: Told[FICurve] = Told(
        heading=("CELL", "CURRENT nA", "SPIKES", "RATE Hz"),
        rows=_rows,
        columns=("cell", "current_nA", "spikes", "rate_Hz"),
        values=_points,
        fields=_fields,
        units={"currents": "nA", "counts": "spikes", "rates": "Hz", "holding_current": "nA"},
    )
    return tell(arguments, found, told, **curves.where(settings))


def _points(curve: FICurve) -> list[tuple[float, int, float]]:
    counts = curve.counts.astype(int).tolist()
    return list(zip(curve.currents.tolist(), counts, curve.rates.tolist(), strict=True))


def _rows(curve: FICurve, name: str) -> Sequence[Sequence[str]]:
    return [
        (name, output.figure(current), str(count), output.figure(rate, 2))
        for current, count, rate in _points(curve)
    ]


def _fields(curve: FICurve) -> Mapping[str, object]:
    return {
        "currents": curve.currents,
        "counts": curve.counts.astype(int),
        "rates": curve.rates,
        "holding_current": curve.holding_current,
    }
