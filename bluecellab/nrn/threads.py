"""Threads: whole cells are spread over them by load, for the time of a run."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from bluecellab.errors import EngineError, UnsupportedByEngineError
from bluecellab.nrn import objects, runtime
from bluecellab.nrn.mechanisms import point_processes, unsafe_with_threads
from bluecellab.nrn.parallel import ranks

__all__ = ["count", "explaining_refusals", "forbid", "prepare_by", "shares", "use"]

#: How much an instance of a point process costs in a step, where a segment with n mechanisms costs 1 + n.
_POINT_PROCESS = 2.0

_preparations: list[Callable[[], Callable[[], None]]] = []
_undo: list[Callable[[], None]] = []


class _State:
    """Whose threads there are."""

    ours = False
    found = 1  # how many other code had made, which come back after a run
    printing_itself = False  # NEURON
    forbidden = ""  # why there can be no more than one in this process any more


def forbid(reason: str) -> None:
    """Refuse several threads from now on: NEURON would end the process, or wait for ever."""
    _State.forbidden = reason


def prepare_by(preparation: Callable[[], Callable[[], None]]) -> None:
    """Have something done before several threads integrate; it returns what undoes it."""
    _preparations.append(preparation)


def count() -> int:
    """Return the number of threads that NEURON integrates with."""
    found = int(objects.parallel_context().nthread())
    if found == 1 and _State.printing_itself:  # other code has ended threads
        _print_itself(False)
    return found


def _print_itself(wanted: bool) -> None:
    """Have NEURON print by itself: a warning of another thread would wait for Python for ever."""
    runtime.print_through_python(not wanted)
    _State.printing_itself = wanted


def use(wanted: int, *, workers: bool = True) -> None:
    """Have NEURON integrate with so many threads; the cells that are there are spread over them by load.

    Artificial cells are left to NEURON. Back with one thread, NEURON is as if there had never been others,
    so that the process can be forked.

    Parameters
    ----------
    wanted
        How many.
    workers
        Whether they work side by side. Otherwise one does the work of all, which is for engines that have
        threads of their own: the process can be forked then.

    Raises
    ------
    UnsupportedByEngineError
        If a mechanism of the model cannot be run by several threads; there is one thread then.
    """
    context = objects.parallel_context()
    if wanted == count():
        return
    if wanted == 1:
        if not _State.ours:
            _State.found = count()
        context.partition()
        context.nthread(1)
        _print_itself(False)
        _State.ours = False
        while _undo:
            _undo.pop()()
        return
    if wanted == _State.found:
        context.nthread(wanted)  # as other code had it
        _State.found, _State.ours = 1, False
        return
    if workers and objects.cvode().active():
        raise UnsupportedByEngineError(
            "The variable step (CVODE) cannot be used with several threads: each sums errors up by itself, "
            "so that steps, and with them results, are never quite the same again. Use cvode=False, or "
            "threads=1.",
            offenders=["CVODE"],
        )
    if _State.forbidden:
        raise UnsupportedByEngineError(
            f"Several threads cannot be used any more in this process: {_State.forbidden}. Use threads=1, or "
            "run in a process of its own: run_isolated, or bluecellab run --isolated.",
            offenders=[_State.forbidden],
        )
    _refuse(unsafe_with_threads())
    use(1)
    if workers:
        _undo.extend(prepare() for prepare in _preparations)
        _print_itself(True)
    context.nthread(wanted, int(workers))
    _State.ours = True
    try:
        with runtime.guard(f"spreading cells over {wanted} threads"):
            _spread(context, wanted)
    except BaseException:
        use(1)
        raise


@contextmanager
def explaining_refusals() -> Iterator[None]:
    """Say what threads have to do with it when NEURON refuses something in the block."""
    try:
        yield
    except EngineError as problem:
        if count() == 1 or not ranks().alone:
            raise
        unsafe = re.search(r"(\w+) is not thread safe", problem.message)
        if unsafe is not None:
            _refuse({unsafe[1]: "NEURON says that it is not thread safe"}, problem)
        if "PlayRecord item with a thread" in problem.message:
            raise UnsupportedByEngineError(
                "With several threads, NEURON cannot record, or play into, what belongs to none of them: "
                "i_membrane_ and variables that are not of a cell. Use threads=1, or a report of i_membrane.",
                offenders=["a recording of i_membrane_, or of a variable that is not of a cell"],
            ) from problem
        if "mindelay" not in problem.message:
            raise
        raise UnsupportedByEngineError(
            "Several threads need delays of connections of at least two steps, also within a cell, and one "
            "is shorter. Use threads=1, a shorter step dt, or longer delays.",
            offenders=["a connection with a delay of less than two steps"],
        ) from problem


def _refuse(reasons: Mapping[str, str], cause: Exception | None = None) -> None:
    used = {name: why for name, why in reasons.items() if _is_used(name)}
    if used:
        listed = "; ".join(f"{name}: {why}" for name, why in sorted(used.items()))
        raise UnsupportedByEngineError(
            f"Several threads cannot integrate this model. {listed}. Use threads=1, or several ranks. "
            "Where it is possible, bluecellab makes .mod files that it compiles thread safe.",
            offenders=sorted(used),
        ) from cause


def _is_used(name: str) -> bool:
    """Whether the model has a mechanism; NEURON's message is about one that it has."""
    h: Any = runtime.raw_h()
    if name in point_processes():
        return int(objects.listing(name).count()) > 0
    return any(h.ismembrane(name, sec=section) for section in h.allsec())


def _spread(context: Any, wanted: int) -> None:
    roots = list(objects.root_sections())
    chosen = shares(_loads(roots), wanted)
    lists = [objects.section_list(roots[index] for index in share) for share in chosen]
    for thread, listed in enumerate(lists):
        context.partition(thread, listed)


def shares(loads: Sequence[float], wanted: int) -> list[list[int]]:
    """Share things out so that the loads are about equal: the heaviest first, each to who has least.

    Parameters
    ----------
    loads
        What each of them costs.
    wanted
        How many shares.

    Returns
    -------
    list of list of int
        Which are in each share, in ascending order.

    Examples
    --------
    >>> shares([5, 1, 1, 3], 2)
    [[0], [1, 2, 3]]
    """
    made: list[list[int]] = [[] for _ in range(wanted)]
    totals = [0.0] * wanted
    for index in sorted(range(len(loads)), key=lambda one: (-loads[one], one)):
        least = totals.index(min(totals))
        made[least].append(index)
        totals[least] += loads[index]
    return [sorted(share) for share in made]


def _loads(roots: Sequence[Any]) -> list[float]:
    """Return what the tree of each root section costs: segments with their mechanisms, point processes."""
    tree_of: dict[Any, int] = {}
    loads = [0.0] * len(roots)
    for index, root in enumerate(roots):
        for section in root.subtree():
            tree_of[section] = index
            loads[index] += section.nseg * (1 + sum(1 for _ in section(0.5)))
    for section in _sections_of_point_processes():
        index = tree_of.get(section, -1)
        if index >= 0:
            loads[index] += _POINT_PROCESS
    return loads


def _sections_of_point_processes() -> Iterator[Any]:
    for name in point_processes(artificial=False):
        found = objects.listing(name)
        for index in range(int(found.count())):
            segment = found.o(index).get_segment()
            if segment is not None:
                yield segment.sec
