"""Measurements on several cells side by side, and how their outcomes are told."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Concatenate, Generic, TypeVar, cast

from bluecellab.cli.output import as_csv, as_json, document, write
from bluecellab.cli.progress import shows_progress
from bluecellab.cli.tables import table

if TYPE_CHECKING:
    from bluecellab.cell import Cell
    from bluecellab.spec.cells import AnyCell

__all__ = ["Named", "Told", "measured", "tell"]

T = TypeVar("T")


@dataclass(frozen=True)
class Named(Generic[T]):
    """What became of the measurement on one cell.

    Parameters
    ----------
    name
        Of the cell, in tables.
    cell
        The cell.
    value
        What was measured; None if it failed.
    error
        Why it failed.
    seconds
        That it took.
    """

    name: str
    cell: AnyCell
    value: T | None = None
    error: Exception | None = None
    seconds: float = 0.0

    def unwrap(self) -> T:
        """Return the value.

        Raises
        ------
        BluecellabError
            What the measurement failed with.
        """
        if self.error is not None:
            raise self.error
        return cast("T", self.value)

    def complain(self) -> None:
        """Say why it failed, if it did."""
        if self.error is not None:
            print(f"bluecellab: {self.name}: {type(self.error).__name__}: {self.error}", file=sys.stderr)

    def facts(self, fields: Mapping[str, object]) -> dict[str, object]:
        """Return what there is to say, JSON-ready but for arrays."""
        said: dict[str, object] = {"name": self.name, "cell": self.cell.to_dict()}
        if self.error is not None:
            return {**said, "error": {"type": type(self.error).__name__, "message": str(self.error)}}
        return {**said, **fields, "seconds": round(self.seconds, 3)}


@dataclass(frozen=True)
class Told(Generic[T]):
    """How measured values are told.

    Parameters
    ----------
    heading
        Of the table on the screen.
    rows
        Its rows, of the value of a cell and the cell's name.
    columns
        Heading of the CSV file, with units.
    values
        Its rows, without the name of the cell, which comes first.
    fields
        What JSON says of a value.
    units
        Of these fields.
    notes
        What is said of it beside the table.
    """

    heading: Sequence[str]
    rows: Callable[[T, str], Sequence[Sequence[str]]]
    columns: Sequence[str]
    values: Callable[[T], Sequence[Sequence[object]]]
    fields: Callable[[T], Mapping[str, object]]
    units: Mapping[str, str]
    notes: Callable[[T], Sequence[str]] = lambda _: ()


def measured(
    function: Callable[Concatenate[Cell, ...], T],
    cells: Mapping[str, AnyCell],
    processes: int | None,
    **parameters: object,
) -> list[Named[T]]:
    """Measure something on several cells, side by side, each in a process of its own.

    Parameters
    ----------
    function
        Called with the live cell.
    cells
        The cells by name.
    processes
        How many at once.
    **parameters
        Keyword arguments of the function.
    """
    from bluecellab.simulation.sweeping import map_cells

    with map_cells(
        function, list(cells.values()), parameters, processes=processes, progress=shows_progress()
    ) as sweep:
        outcomes = sweep.collect()
    return [
        Named(name, outcome.cell, outcome.value, outcome.error, outcome.seconds)
        for name, outcome in zip(cells, outcomes, strict=True)
    ]


def tell(arguments: argparse.Namespace, outcomes: Sequence[Named[T]], told: Told[T], **more: object) -> int:
    """Print and write what was measured; return the exit code.

    Parameters
    ----------
    arguments
        Of the command line.
    outcomes
        One for each cell.
    told
        How they are told.
    more
        Further facts for JSON, such as conditions.
    """
    good = [(each, each.value) for each in outcomes if each.value is not None]
    values = {each.name: told.fields(value) for each, value in good}
    facts = document(
        arguments, [each.facts(values.get(each.name, {})) for each in outcomes], told.units, **more
    )
    if arguments.json:
        print(as_json(facts), end="")
    elif good:
        print(table([told.heading, *(row for each, value in good for row in told.rows(value, each.name))]))
    sys.stdout.flush()
    for each in outcomes:
        each.complain()
    for each, value in good:
        for note in told.notes(value):
            print(f"bluecellab: {each.name}: {note}", file=sys.stderr)
    if arguments.output is not None:
        rows = [(each.name, *row) for each, value in good for row in told.values(value)]
        text = as_json(facts) if arguments.output.suffix.lower() == ".json" else as_csv([told.columns, *rows])
        write(arguments.output, text, force=arguments.force)
    return 0 if len(good) == len(outcomes) else 1
