"""Where experiments run: on a live cell here, or on a specification in processes of their own."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Concatenate, ParamSpec, TypeVar, cast

from bluecellab.cell import Cell
from bluecellab.results import Results
from bluecellab.simulation.isolation import Isolation
from bluecellab.simulation.protocol import run_on
from bluecellab.simulation.sweeping import AnyExecutor, sweep
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
        Where the runs of a specification take place; a pool of processes made for them by default.
    processes
        How many of these at once; all processors but one by default.

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
    if isinstance(cell, Cell):
        return [run_on(cell, protocol) for protocol in protocols]
    return sweep(cell, list(protocols), executor=executor, processes=processes).results()
