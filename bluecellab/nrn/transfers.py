"""Potentials that NEURON hands from places to point processes at every step: gap junctions.

NEURON keeps one list of them for the process, and crashes when a place in it has gone. So this module keeps
that list for NEURON: every :class:`Transfers` has its part of it, and when one ends NEURON's list is made
anew from the parts of the others.

Among several ranks potentials are handed from rank to rank, and making the list is something that all of them
do at once. So it is made before the next run there, in :func:`settle`.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt

from bluecellab.errors import EngineError
from bluecellab.nrn import objects, runtime
from bluecellab.nrn.parallel import ranks

__all__ = ["Transfers", "settle"]

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]

_PROCEDURES = """
objref bluecellab_transfers
bluecellab_transfers = new ParallelContext()
proc bluecellab_transfer_from() { local i
    for i = $1, $2 - 1 bluecellab_transfers.source_var(&v($o3.x[i]), $o4.x[i])
}
proc bluecellab_transfer_to() { local i
    for i = 0, $o2.size() - 1 {
        bluecellab_transfers.target_var($o1.o($o2.x[i]), &$o1.o($o2.x[i]).vgap, $o3.x[i])
    }
}
"""
_TRANSFERS_ONLY = 3  # what gid_clear() forgets
_DOING = "connecting gap junctions"


class Transfers:
    """Some of the transfers of the process.

    Parameters
    ----------
    sources
        Raw sections.
    places
        For each place that is handed on, the index of its section, the position on it, and the number
        under which it is handed on; shapes (n,). No number may be alive twice, on whatever rank.
    processes
        List of point processes with a variable ``vgap``.
    targets
        Which of them receive something, and the numbers of what; shapes (m,).
    """

    _alive: ClassVar[list[Transfers]] = []
    _written = False
    _changed = False  # since NEURON's list was made; among several ranks

    def __init__(
        self,
        sources: Sequence[Any],
        places: tuple[IntArray, FloatArray, IntArray],
        processes: Any,
        targets: tuple[IntArray, IntArray],
    ) -> None:
        sections, positions, numbers = places
        order = np.argsort(sections, kind="stable")
        self._sources = sources
        self._sections = sections[order]
        self._places = objects.vector(positions[order]), objects.vector(numbers[order])
        self._processes = processes
        self._targets = tuple(objects.vector(values) for values in targets)

    def begin(self) -> None:
        """Have NEURON do these transfers, too.

        Raises
        ------
        EngineError
            If NEURON refuses; none of these are done then.
        BusyError
            If a run is in progress.
        """
        runtime.refuse_while_running("connecting gap junctions")
        Transfers._alive.append(self)
        try:
            Transfers._renew()
        except EngineError:
            self.end()
            raise

    def end(self) -> None:
        """Have NEURON forget these transfers; it is done before any of their sections goes."""
        if self in Transfers._alive:
            Transfers._alive.remove(self)
            Transfers._renew()

    @classmethod
    def _renew(cls) -> None:
        objects.parallel_context().gid_clear(_TRANSFERS_ONLY)
        if not ranks().alone:
            cls._changed = True
        elif cls._alive:
            cls._make()

    @classmethod
    def _make(cls) -> None:
        """Have NEURON make its list; all ranks at once."""
        h = runtime.raw_h()
        if not cls._written:
            h(_PROCEDURES)
            cls._written = True
        with runtime.guard("connecting gap junctions"):
            for part in cls._alive:
                part._tell(h)
            objects.parallel_context().setup_transfer()

    @classmethod
    def settle(cls) -> None:
        """Make the list anew if that of any rank has changed."""
        if not any(ranks().gathered(cls._changed, _DOING)):
            return
        cls._refuse_lost()
        objects.parallel_context().gid_clear(_TRANSFERS_ONLY)
        cls._changed = False
        if any(ranks().gathered(bool(cls._alive), _DOING)):
            cls._make()

    @classmethod
    def _refuse_lost(cls) -> None:
        """Raise if places of another rank have gone; NEURON would end the process."""
        none = np.empty(0)
        there = [objects.values_of(part._places[1]) for part in cls._alive]
        sources = np.concatenate([none, *ranks().gathered(np.concatenate([none, *there]), _DOING)])
        wanted = np.concatenate([none, *(objects.values_of(part._targets[1]) for part in cls._alive)])
        lost = int(np.count_nonzero(~np.isin(wanted, sources)))
        ends = ranks().gathered(lost, _DOING)
        if any(ends):
            raise EngineError(
                f"{sum(ends)} ends of gap junctions are connected to cells of other ranks that have been "
                "closed; among several ranks close the whole simulation, on all of them"
            )

    def _tell(self, h: Any) -> None:
        starts = np.flatnonzero(np.concatenate(([True], self._sections[1:] != self._sections[:-1]))).tolist()
        for start, end in zip(starts, [*starts[1:], len(self._sections)], strict=True):
            h.bluecellab_transfer_from(start, end, *self._places, sec=self._sources[self._sections[start]])
        h.bluecellab_transfer_to(self._processes, *self._targets)


def settle() -> None:
    """Have all ranks agree on what is handed from place to place; they call it before NEURON initialises.

    Raises
    ------
    EngineError
        If NEURON refuses, or cells on another rank have been closed to which gap junctions lead.
    RankError
        If another rank has failed in the meantime.
    """
    if not ranks().alone:
        Transfers.settle()
