"""``bluecellab iv``: steady potentials of a cell by injected current."""

from __future__ import annotations

import argparse
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from bluecellab.cli import curves, options, output
from bluecellab.cli.measuring import Named, Told, tell

if TYPE_CHECKING:
    from bluecellab.analysis.curves import CurveSettings
    from bluecellab.results.measured import IVCurve

__all__ = ["add_options", "add_parser", "measure"]


def add_parser(subparsers: options.Subparsers) -> None:
    """Add the sub-command to the command line."""
    parser = options.new_parser(
        subparsers,
        "iv",
        _run,
        help="measure the potential at the end of steps of current",
        description="Measure IV curves: the mean potential in the last tenth of steps of current, on top of "
        "the holding current. A dash where the cell fires during the step.",
    )
    options.add_cell_options(parser)
    add_options(parser)
    output.add_output_options(parser, (".json", ".csv"))


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add the options of an IV curve, but for cell and output."""
    curves.add_curve_options(parser, "from rheobase - 2 to rheobase - 0.1")
    options.add_condition_options(parser)
    options.add_processes_option(parser)


def measure(arguments: argparse.Namespace) -> tuple[list[Named[IVCurve]], CurveSettings]:
    """Measure what the command line asks for; return the curves, and how they were measured."""
    cells = options.cells_of(arguments)

    from bluecellab.analysis.curves import iv_curve

    settings = curves.settings_of(arguments)
    return curves.measured_curves(arguments, iv_curve, cells, settings), settings


def _run(arguments: argparse.Namespace) -> int:
    output.check_output(arguments)
    found, settings = measure(arguments)
    told: Told[IVCurve] = Told(
        heading=("CELL", "CURRENT nA", "POTENTIAL mV"),
        rows=_rows,
        columns=("cell", "current_nA", "potential_mV"),
        values=lambda curve: [
            (current, "" if voltage != voltage else voltage) for current, voltage in _points(curve)
        ],
        fields=_fields,
        units={"currents": "nA", "potentials": "mV", "holding_current": "nA"},
        notes=lambda curve: curve.notes,
    )
    return tell(arguments, found, told, **curves.where(settings))


def _points(curve: IVCurve) -> list[tuple[float, float]]:
    return list(zip(curve.currents.tolist(), curve.voltages.tolist(), strict=True))


def _rows(curve: IVCurve, name: str) -> Sequence[Sequence[str]]:
    return [(name, output.figure(current), output.figure(voltage, 3)) for current, voltage in _points(curve)]


def _fields(curve: IVCurve) -> Mapping[str, object]:
    return {
        "currents": curve.currents,
        "potentials": curve.voltages,
        "holding_current": curve.holding_current,
        "notes": curve.notes,
    }
