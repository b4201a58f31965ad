"""``bluecellab validate-cell``: whether cells behave like neurons."""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from bluecellab.cli import options, output
from bluecellab.cli.measuring import Named
from bluecellab.cli.progress import side_by_side
from bluecellab.cli.tables import table
from bluecellab.errors import BluecellabError

if TYPE_CHECKING:
    from bluecellab.analysis.validation import Suite
    from bluecellab.results.measured import ValidationReport
    from bluecellab.spec.cells import AnyCell
    from bluecellab.spec.simulation import RunConditions

__all__ = ["add_parser"]

_FAILED = 3
_EXIT_CODES = (
    "Exit codes: 0 every validation passed or was skipped; 1 an error; 2 wrong usage; 3 a validation failed."
)
_UNITS = {"holding_current": "nA", "rheobase": "nA", "rin": "Mohm"}


def add_parser(subparsers: options.Subparsers) -> None:
    """Add the sub-command to the command line."""
    parser = options.new_parser(
        subparsers,
        "validate-cell",
        _run,
        help="validate that cells behave like neurons",
        description="Validate cells: spiking, depolarization block, back-propagation, axon initial segment, "
        "hyperpolarization, input resistance, IV and FI curves, or a suite of your own.",
        exit_codes=_EXIT_CODES,
    )
    options.add_cell_options(parser)
    parser.add_argument(
        "--suite",
        type=Path,
        metavar="FILE",
        help="JSON or YAML file of validations, instead of the published",
    )
    parser.add_argument(
        "--only",
        action="append",
        metavar="NAME",
        help="only this validation, such as spiking_test; may be repeated",
    )
    parser.add_argument("--list", action="store_true", help="list the validations, and do nothing else")
    parser.add_argument(
        "--spike-threshold",
        type=options.quantity("mV"),
        default=-40.0,
        metavar="MV",
        help="potential above which it is a spike (default: -40)",
    )
    options.add_condition_options(parser)
    options.add_processes_option(parser)
    output.add_output_options(parser, (".html", ".json", ".csv"))


def _run(arguments: argparse.Namespace) -> int:
    output.check_output(arguments)
    cells = options.held(arguments, options.cells_of(arguments))
    html = arguments.output is not None and arguments.output.suffix.lower() == ".html"
    if html and len(cells) > 1:
        arguments.refuse("an .html file is of one cell; validate them one by one, or write .json")

    from bluecellab.analysis.validation import VALIDATION_CONDITIONS

    suite = _suite(arguments)
    if arguments.list:
        print(table([("NAME", "TITLE"), *((each.name, each.title) for each in suite.validations)]))
        return 0
    conditions = options.conditions_of(arguments, VALIDATION_CONDITIONS)
    found = [_validated(arguments, name, cell, suite, conditions) for name, cell in cells.items()]
    facts = output.document(
        arguments,
        [each.facts({} if each.value is None else _fields(each.value)) for each in found],
        _UNITS,
        conditions=conditions.to_dict(),
    )
    if arguments.json:
        print(output.as_json(facts), end="")
    else:
        _print(found)
    sys.stdout.flush()
    for each in found:
        each.complain()
    good = [each.value for each in found if each.value is not None]
    if arguments.output is not None and (good or not html):
        _write(arguments, good, facts)
    if len(good) < len(found):
        return 1
    return 0 if all(report.passed for report in good) else _FAILED


def _suite(arguments: argparse.Namespace) -> Suite:
    from bluecellab.analysis.validation import DEFAULT_SUITE, Suite

    suite = DEFAULT_SUITE if arguments.suite is None else Suite.read(arguments.suite)
    return suite if arguments.only is None else suite.only(*arguments.only)


def _validated(
    arguments: argparse.Namespace, name: str, cell: AnyCell, suite: Suite, conditions: RunConditions
) -> Named[ValidationReport]:
    from bluecellab.analysis.validation import validate_cell

    began = time.perf_counter()
    try:
        with side_by_side(arguments.processes) as places:
            report = validate_cell(
                cell,
                suite=suite,
                name=name,
                rheobase=arguments.threshold,
                spike_threshold_voltage=arguments.spike_threshold,
                conditions=conditions,
                executor=places.executor,
                processes=places.processes,
            )
    except BluecellabError as error:
        return Named(name, cell, error=error, seconds=time.perf_counter() - began)
    return Named(name, cell, report, seconds=time.perf_counter() - began)


def _fields(report: ValidationReport) -> Mapping[str, object]:
    told = report.to_dict()
    return {"passed": report.passed, **{key: value for key, value in told.items() if key != "cell_name"}}


def _rows(report: ValidationReport) -> Sequence[tuple[str, str, str]]:
    return [(result.key, result.status, result.details) for result in report.results]


def _print(found: Sequence[Named[ValidationReport]]) -> None:
    """Print a block for each cell: its properties, and a line for each validation."""
    blocks = []
    for each in found:
        if each.value is None:
            continue
        report = each.value
        verdict = "passed" if report.passed else "FAILED"
        measured = ", ".join(
            f"{name} {output.figure(value)} {_UNITS.get(name, '')}".rstrip()
            for name, value in report.properties.items()
        )
        lines = table([("VALIDATION", "STATUS", "DETAILS"), *_rows(report)])
        blocks.append(f"{each.name}: {verdict}{f'; {measured}' if measured else ''}\n{lines}")
    if blocks:
        print("\n\n".join(blocks))


def _write(
    arguments: argparse.Namespace, reports: Sequence[ValidationReport], facts: dict[str, object]
) -> None:
    suffix = arguments.output.suffix.lower()
    if suffix == ".json":
        text = output.as_json(facts)
    elif suffix == ".csv":
        rows = [(report.cell_name, *row) for report in reports for row in _rows(report)]
        text = output.as_csv([("cell", "validation", "status", "details"), *rows])
    else:
        from bluecellab.plotting import validation_html

        text = validation_html(reports[0])
    output.write(arguments.output, text, force=arguments.force)
