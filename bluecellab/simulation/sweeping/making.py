"""The two ways to begin a sweep."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sized
from typing import TYPE_CHECKING, Concatenate, ParamSpec, TypeVar, cast, get_args

from bluecellab.cell import Cell
from bluecellab.errors import InvalidSpecError
from bluecellab.results import Results
from bluecellab.simulation.sweeping.core import Sweep
from bluecellab.simulation.sweeping.jobs import Job
from bluecellab.simulation.sweeping.options import SweepKeywords, SweepOptions
from bluecellab.spec.cells import AnyCell
from bluecellab.spec.protocols import Protocol

if TYPE_CHECKING:
    from typing_extensions import Unpack

__all__ = ["map_cells", "sweep"]

P = ParamSpec("P")
T = TypeVar("T")
A = TypeVar("A")

_CELLS = get_args(get_args(AnyCell)[0])


def sweep(
    cells: AnyCell | Iterable[AnyCell],
    protocols: Protocol | Iterable[Protocol],
    **options: Unpack[SweepKeywords],
) -> Sweep[Results]:
    """Run every protocol on every cell, side by side.

    Every job is a process of its own, forked from one that has built the cell: no job sees another,
    a crash ends one job and no other, and the results are those of
    :func:`~bluecellab.simulation.protocol.run_here` in a fresh process, bit for bit, however many
    processes there are and wherever they are.

    Parameters
    ----------
    cells
        Specification of a cell, or several.
    protocols
        What is done, or several of them. Any iterable will do, also one without an end: it is read
        as outcomes are taken.
    **options
        The fields of :class:`SweepOptions`: ``executor``, ``processes``, ``ordered``, ``isolated``,
        ``time_limit``, ``memory_limit``, ``progress``, ``save_to``, ``pairs``, ``ahead``.

    Returns
    -------
    Sweep
        Iterator of outcomes; of the first cell first.

    Raises
    ------
    InvalidSpecError
        If something is no cell, no protocol, or no option.

    Examples
    --------
    >>> from bluecellab import BallStickCell, Protocol
    >>> from bluecellab.simulation import sweep
    >>> protocols = [Protocol(duration=duration) for duration in (5, 10)]
    >>> [results.traces for results in sweep(BallStickCell(), protocols).results()]
    [<Traces 1 x 201 samples, 0..5 ms, mV>, <Traces 1 x 401 samples, 0..10 ms, mV>]
    """
    settings = _settings(options)
    all_cells: Iterable[AnyCell] = _several(cells, _CELLS, "cell")
    wanted: Iterable[Protocol] = _several(protocols, Protocol, "protocol")
    pairs, total = (_paired if settings.pairs else _crossed)(all_cells, wanted, "protocols")
    jobs = (Job(index, cell, protocol) for index, (cell, protocol) in enumerate(pairs))
    return Sweep(jobs, total, settings)


def map_cells(
    function: Callable[Concatenate[Cell, ...], T],
    cells: AnyCell | Iterable[AnyCell],
    parameters: Mapping[str, object] | Iterable[Mapping[str, object]] = ({},),
    **options: Unpack[SweepKeywords],
) -> Sweep[T]:
    """Call a function with every cell and every set of parameters, side by side.

    Parameters
    ----------
    function
        Called with the live cell, in a process of its own, and with parameters as keyword arguments.
        It may do with the cell what it likes; what it returns must be plain values. It may be
        defined anywhere, also in a notebook.
    cells
        Specification of a cell, or several.
    parameters
        Keyword arguments, or several sets of them.
    **options
        As for :func:`sweep`, but for ``save_to``, which is for protocols.

    Returns
    -------
    Sweep
        Iterator of outcomes; of the first cell first.

    Raises
    ------
    InvalidSpecError
        If something is no cell, no mapping, or no option.

    Examples
    --------
    >>> from bluecellab import BallStickCell
    >>> from bluecellab.simulation import map_cells
    >>> def length(cell, scale):
    ...     return scale * cell.sections["dend[0]"].L
    >>> map_cells(length, BallStickCell(), [{"scale": 1}, {"scale": 2}]).results()
    [200.0, 400.0]
    """
    if not callable(function):
        raise InvalidSpecError(f"a function of a live cell is needed; got {function!r}")
    settings = _settings(options)
    if settings.save_to is not None:
        raise InvalidSpecError(
            "save_to is for sweeps of protocols, whose results have a format; save the values of a "
            "function yourself, as its outcomes come"
        )
    all_cells: Iterable[AnyCell] = _several(cells, _CELLS, "cell")
    wanted: Iterable[Mapping[str, object]] = _several(parameters, Mapping, "set of parameters")
    pairs, total = (_paired if settings.pairs else _crossed)(all_cells, wanted, "sets of parameters")
    jobs = (Job(index, cell, None, function, dict(keywords)) for index, (cell, keywords) in enumerate(pairs))
    return Sweep(jobs, total, settings)


def _settings(options: SweepKeywords) -> SweepOptions:
    unknown = set(options) - set(SweepKeywords.__annotations__)
    if unknown:
        raise InvalidSpecError(
            f"a sweep has no option {', '.join(sorted(unknown))}; it has "
            f"{', '.join(SweepKeywords.__annotations__)}"
        )
    return SweepOptions(**options)


def _several(given: object, kind: type | tuple[type, ...], what: str) -> Iterable[A]:
    """Return one or several as several; those that have a length are checked at once."""
    if isinstance(given, kind):
        return (cast("A", given),)
    if isinstance(given, (str, bytes)) or not isinstance(given, Iterable):
        raise InvalidSpecError(f"a {what}, or several, are needed; got {given!r}")
    if _length(given) is None:
        return _checked(given, kind, what)
    return tuple(_checked(given, kind, what))


def _checked(given: Iterable[object], kind: type | tuple[type, ...], what: str) -> Iterator[A]:
    for item in given:
        if not isinstance(item, kind):
            raise InvalidSpecError(f"a {what} is needed; got {item!r}")
        yield cast("A", item)


def _length(items: Iterable[object]) -> int | None:
    return len(items) if isinstance(items, Sized) else None


def _crossed(
    cells: Iterable[AnyCell], others: Iterable[A], what: str
) -> tuple[Iterator[tuple[AnyCell, A]], int | None]:
    """Return every cell with every other, and how many that are."""
    count, each = _length(cells), _length(others)
    total = None if count is None or each is None else count * each
    if each is None and count != 1:
        raise InvalidSpecError(
            f"{what} without a length can be read once, for one cell; make a list of them, or use pairs=True"
        )
    return ((cell, other) for cell in cells for other in others), total


def _paired(
    cells: Iterable[AnyCell], others: Iterable[A], what: str
) -> tuple[Iterator[tuple[AnyCell, A]], int | None]:
    """Return every cell with the other at its place, and how many that are."""
    count, each = _length(cells), _length(others)
    if count is not None and each is not None and count != each:
        raise InvalidSpecError(f"pairs=True needs as many cells as {what}; got {count} and {each}")
    return zip(cells, others, strict=True), count if count is not None else each
