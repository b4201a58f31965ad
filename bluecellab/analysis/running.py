"""Where experiments run: on a live cell here, or on a specification in processes of their own."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Concatenate, ParamSpec, TypeVar, cast

from bluecellab.cell import Cell
from bluecellab.errors import BluecellabError
from bluecellab.results import Results
from bluecellab.simulation.isolation import Isolation, polite_processes
from bluecellab.simulation.protocol import run_on
from bluecellab.simulation.sweeping import AnyExecutor, map_cells
from bluecellab.spec.cells import AnyCell
from bluecellab.spec.protocols import Protocol

__all__ = ["on_live", "run_all"]

P = ParamSpec("P")
T = TypeVar("T")


def on_live(
    function: Callable[Concatenate[Cell, P], T], cell: Cell | AnyCell, *args: P.args, **kwargs: P.kwargs
) -> T:
    """Call a function with a live cell: here with one that lives, else in a process that builds it.

    Parameters
    ----------
    function
        Takes a live cell, and leaves it as it was.
    cell
        A live cell, or the specification of one.
    *args, **kwargs
        Further arguments of the function: values.

    Returns
    -------
    object
        What the function returns; a value, if the cell is a specification.

    Raises
    ------
    BluecellabError
        What the function raises; WorkerError if its process fails otherwise.

    Examples
    --------
    >>> from bluecellab import BallStickCell
    >>> on_live(lambda cell: len(cell.sections), BallStickCell())
    2
    """
    if isinstance(cell, Cell):
        return function(cell, *args, **kwargs)
    # what mypy cannot tell from the function without a cell
    call = cast("Callable[..., T]", Isolation(cell=cell).run)
    return call(function, *args, **kwargs)


def run_all(
    cell: Cell | AnyCell,
    protocols: Iterable[Protocol],
    *,
    executor: AnyExecutor | None = None,
    processes: int | None = None,
) -> list[Results]:
    """Run protocols on a cell: one after the other on a live one, side by side on a specification.

    Parameters
    ----------
    cell
        A live cell, which is put back as it was after each, or the specification of one.
    protocols
        What is done and recorded.
    executor
        Where the runs of a specification take place, a job for each; by default a pool of processes made for
        them, each of which takes its share.
    processes
        How many of these; all processors but one by default.

    Returns
    -------
    list of Results
        In the order of the protocols; the same for a live cell and its specification, bit for bit.

    Raises
    ------
    BluecellabError
        The first error, in the order of the protocols.

    Examples
    --------
    >>> from bluecellab import BallStickCell, Protocol
    >>> [len(results.traces.time) for results in run_all(BallStickCell(), [Protocol(duration=1)] * 2)]
    [41, 41]
    """
    wanted = list(protocols)
    if isinstance(cell, Cell):
        return [run_on(cell, protocol) for protocol in wanted]
    if not wanted:
        return []
    # every process takes its share in one job: to fork for each run would cost up to a third of a short one
    shares = len(wanted) if executor is not None else min(len(wanted), processes or polite_processes())
    parts = [{"protocols": wanted[first::shares]} for first in range(shares)]
    found = map_cells(_run_each, cell, parts, executor=executor, processes=processes).results()
    ordered = [found[index % shares][index // shares] for index in range(len(wanted))]
    for results in ordered:
        if isinstance(results, BluecellabError):
            raise results
    return cast("list[Results]", ordered)


def _run_each(cell: Cell, protocols: list[Protocol]) -> list[Results | BluecellabError]:
    """Run protocols one after the other, until one fails; as many answers as protocols."""
    answers: list[Results | BluecellabError] = []
    for protocol in protocols:
        try:
            answers.append(run_on(cell, protocol))
        except BluecellabError as error:
            return [*answers, *[error] * (len(protocols) - len(answers))]
    return answers
