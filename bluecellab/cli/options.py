"""Options that the commands of experiments share: cells, conditions, numbers with units."""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

from bluecellab.errors import InvalidSpecError

if TYPE_CHECKING:
    from bluecellab.spec.base import Site
    from bluecellab.spec.cells import AnyCell
    from bluecellab.spec.simulation import RunConditions

__all__ = [
    "EXIT_CODES",
    "Subparsers",
    "add_cell_options",
    "add_condition_options",
    "add_processes_option",
    "add_spike_options",
    "cells_of",
    "conditions_of",
    "held",
    "new_parser",
    "one_cell_of",
    "quantity",
    "site",
    "site_of",
    "whole",
]

EXIT_CODES = "Exit codes: 0 all went well; 1 an error, of one cell at least; 2 wrong usage."

_CELL = (
    "JSON file of the specification of a cell, with its type (hoc, python, allen, ...); paths in it "
    "are relative to the file. Without one, and without --template, the embedded ball and stick is used"
)
_PATHS = ("template_path", "morphology_path", "mechanisms")

Subparsers: TypeAlias = "argparse._SubParsersAction[argparse.ArgumentParser]"


def new_parser(
    subparsers: Subparsers,
    name: str,
    run: Callable[[argparse.Namespace], int],
    *,
    help: str,
    description: str,
    exit_codes: str = EXIT_CODES,
) -> argparse.ArgumentParser:
    """Add a sub-command whose function can complain about its usage: ``arguments.refuse(text)``.

    Parameters
    ----------
    subparsers
        Of the command line.
    name
        Of the command.
    run
        Does it, and returns the exit code.
    help, description
        In a line; in a few.
    exit_codes
        What its exit codes mean.
    """
    parser = subparsers.add_parser(name, help=help, description=description, epilog=exit_codes)
    parser.set_defaults(run=run, refuse=parser.error, command=name)
    return parser


def quantity(unit: str, *, positive: bool = False) -> Callable[[str], float]:
    """Return a reader of numbers with a unit, for ``type=``: ``0.5``, ``"500 pA"``.

    Parameters
    ----------
    unit
        That of plain numbers.
    positive
        Whether only those above 0 are taken.
    """

    def read(text: str) -> float:
        from bluecellab.spec.base import Unit

        try:
            number = float(text)
        except ValueError:
            try:
                number = float(str(Unit(unit).parse(text)))
            except ValueError as error:
                raise argparse.ArgumentTypeError(str(error)) from error
        if not abs(number) < float("inf") or (positive and number <= 0):
            kind = "positive number" if positive else "finite number"
            raise argparse.ArgumentTypeError(f"a {kind} in {unit} is needed, not {text!r}")
        return number

    return read


def whole(text: str) -> int:
    """Read a whole number of at least 1, for ``type=``."""
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"a whole number of at least 1 is needed, not {text!r}")
    return int(text)


def site(text: str) -> Site:
    """Read a place on a cell, for ``type=``: ``dend[3](0.7)``, or ``dend[3]`` for its middle."""
    from bluecellab.spec.base import Site

    section, _, rest = text.partition("(")
    try:
        return Site(section=section, x=float(rest.removesuffix(")")) if rest else 0.5)
    except ValueError as error:
        raise argparse.ArgumentTypeError(
            f"a place such as 'dend[3](0.7)' is needed, 0 to 1 in the brackets, not {text!r}"
        ) from error


def add_cell_options(parser: argparse.ArgumentParser, *, several: bool = True) -> None:
    """Add the options that say which cell.

    Parameters
    ----------
    parser
        Of the command.
    several
        Whether it takes more than one.
    """
    parser.add_argument("cells", nargs="*" if several else "?", type=Path, metavar="CELL.json", help=_CELL)
    group = parser.add_argument_group("a cell without a JSON file")
    group.add_argument("--template", type=Path, metavar="FILE", help="hoc template")
    group.add_argument("--morphology", type=Path, metavar="FILE", help="needed with --template")
    group.add_argument(
        "--format", choices=("v5", "v6", "bluepyopt"), default="v6", help="of the template (default: v6)"
    )
    parser.add_argument(
        "--holding",
        type=quantity("nA"),
        metavar="NA",
        help="holding current (default: that of the cell's properties, else 0)",
    )
    parser.add_argument(
        "--threshold",
        type=quantity("nA"),
        metavar="NA",
        help="threshold current on top of it, if it is known (else it is measured where it is needed)",
    )
    group.add_argument("--mechanisms", type=Path, metavar="FOLDER", help=".mod files, or compiled library")


def cells_of(arguments: argparse.Namespace) -> dict[str, AnyCell]:
    """Return the cells that were asked for, by the names that tables call them.

    Raises
    ------
    InvalidSpecError
        If a file cannot be read, or is not the specification of a cell.
    """
    from bluecellab.spec.cells import BallStickCell

    given: list[Path] = arguments.cells if isinstance(arguments.cells, list) else [arguments.cells]
    given = [path for path in given if path is not None]
    options = ("template", "morphology", "mechanisms")
    asked = [name for name in options if getattr(arguments, name) is not None]
    if given and asked:
        arguments.refuse(f"--{asked[0]} is for a cell without a JSON file; write it into {given[0]}")
    if given:
        stems = [path.stem for path in given]
        names = [path.stem if stems.count(path.stem) == 1 else str(path) for path in given]
        if len(set(names)) < len(names):
            arguments.refuse("a cell is given twice")
        return {name: _read_cell(path) for name, path in zip(names, given, strict=True)}
    if arguments.template is None:
        if asked:
            arguments.refuse(f"--{asked[0]} needs --template")
        return {"ball_stick": BallStickCell()}
    if arguments.morphology is None:
        arguments.refuse("--template needs --morphology")
    return {arguments.template.stem: _hoc_cell(arguments)}


def one_cell_of(arguments: argparse.Namespace) -> tuple[str, AnyCell]:
    """Return the one cell that was asked for, and its name."""
    ((name, cell),) = cells_of(arguments).items()
    return name, cell


def held(arguments: argparse.Namespace, cells: Mapping[str, AnyCell]) -> dict[str, AnyCell]:
    """Return cells with the holding current of ``--holding`` among their properties."""
    from bluecellab.spec.cells import EmodelProperties, HocCell

    if arguments.holding is None:
        return dict(cells)
    changed: dict[str, AnyCell] = {}
    for name, cell in cells.items():
        if not isinstance(cell, HocCell):
            arguments.refuse(f"--holding is for cells of type hoc, and {name} is of type {cell.type}")
            continue
        known = cell.emodel_properties or EmodelProperties(threshold_current=0.0, holding_current=0.0)
        properties = known.model_copy(update={"holding_current": arguments.holding})
        changed[name] = cell.model_copy(update={"emodel_properties": properties})
    return changed


def _hoc_cell(arguments: argparse.Namespace) -> AnyCell:
    from bluecellab.spec.cells import EmodelProperties, HocCell

    known = (arguments.threshold, arguments.holding) != (None, None)
    properties = EmodelProperties(
        threshold_current=arguments.threshold or 0.0,  # 0: not known, found where it is needed
        holding_current=arguments.holding or 0.0,
    )
    return HocCell(
        template_path=arguments.template,
        morphology_path=arguments.morphology,
        template_format=arguments.format,
        emodel_properties=properties if known or arguments.format == "v6" else None,
        mechanisms=arguments.mechanisms,
    )


def _read_cell(path: Path) -> AnyCell:
    from pydantic import TypeAdapter, ValidationError

    from bluecellab.spec.cells import AnyCell

    try:
        fields = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise InvalidSpecError(f"{path} cannot be read: {error.strerror}") from error
    except ValueError as error:  # no JSON, or no text
        raise InvalidSpecError(f"{path} is not JSON: {error}") from error
    if not isinstance(fields, dict):
        raise InvalidSpecError(f"{path} is not the specification of a cell: an object {{...}} is needed")
    for name in _PATHS:
        if isinstance(fields.get(name), str):
            fields[name] = str(path.absolute().parent / fields[name])  # an absolute path stays as it is
    adapter: TypeAdapter[AnyCell] = TypeAdapter(AnyCell)
    try:
        return adapter.validate_python(fields)
    except ValidationError as error:
        text = "\n".join(problem["msg"].removeprefix("Value error, ") for problem in error.errors())
        raise InvalidSpecError(f"{path} is not the specification of a cell: {text}") from error


def add_condition_options(parser: argparse.ArgumentParser) -> None:
    """Add the options that say how runs are done."""
    group = parser.add_argument_group("conditions")
    group.add_argument("--celsius", type=quantity("degC"), metavar="DEGC", help="temperature (default: 34)")
    group.add_argument("--v-init", type=quantity("mV"), metavar="MV", help="initial potential")
    step = group.add_mutually_exclusive_group()
    step.add_argument(
        "--cvode",
        action="store_true",
        help="variable time step (default: where the mechanisms of the cell allow it)",
    )
    step.add_argument(
        "--dt", type=quantity("ms", positive=True), metavar="MS", help="fixed time step instead"
    )


def conditions_of(arguments: argparse.Namespace, default: RunConditions) -> RunConditions:
    """Return the conditions that were asked for, the others as in a default.

    Raises
    ------
    InvalidSpecError
        If they are bad.
    """
    given: dict[str, object] = {
        name: getattr(arguments, name)
        for name in ("celsius", "v_init", "dt")
        if getattr(arguments, name) is not None
    }
    if arguments.cvode or arguments.dt is not None:
        given["cvode"] = arguments.cvode
    return type(default).from_dict({**default.to_dict(), **given})


def add_processes_option(parser: argparse.ArgumentParser) -> None:
    """Add the option that says how much is done side by side."""
    parser.add_argument(
        "--processes", type=whole, metavar="N", help="how many at once (default: all processors but one)"
    )


def add_spike_options(parser: argparse.ArgumentParser) -> None:
    """Add the options that say where a step is injected, and what a spike is."""
    parser.add_argument(
        "--site",
        type=site,
        metavar="SITE",
        help="where current is injected and the potential recorded, such as 'dend[3](0.7)' "
        "(default: middle of the soma)",
    )
    parser.add_argument(
        "--spike-threshold",
        type=quantity("mV"),
        default=-20.0,
        metavar="MV",
        help="potential above which it is a spike (default: -20)",
    )


def site_of(arguments: argparse.Namespace) -> Site:
    """Return the place that ``--site`` names, the middle of the soma by default."""
    from bluecellab.spec.base import Site

    given: Site | None = arguments.site
    return Site() if given is None else given
