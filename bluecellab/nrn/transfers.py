"""Potentials that NEURON hands from places to point processes at every step: gap junctions.

NEURON keeps one list of them for the process, and crashes when a place in it has gone. So this module keeps
that list for NEURON: every :class:`Transfers` has its part of it, and when one ends NEURON's list is made
anew from the parts of the others.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt

from bluecellab.errors import EngineError
from bluecellab.nrn import objects, runtime

__all__ = ["Transfers"]

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


class Transfers:
    """Some of the transfers of the process.

    Parameters
    ----------
    sources
        Raw sections.
    places
        For each place that is handed on, the index of its section, the position on it, and the number
        under which it is handed on; shapes (n,). No number may be alive twice in the process.
    processes
        List of point processes with a variable ``vgap``.
    targets
        Which of them receive something, and the numbers of what; shapes (m,).
    """

    _alive: ClassVar[list[Transfers]] = []
    _written = False

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
        h = runtime.raw_h()
        if not cls._written:
            h(_PROCEDURES)
            cls._written = True
        context = objects.parallel_context()
        context.gid_clear(_TRANSFERS_ONLY)
        if cls._alive:
            with runtime.guard("connecting gap junctions"):
                for part in cls._alive:
                    part._tell(h)
                context.setup_transfer()

    def _tell(self, h: Any) -> None:
        starts = np.flatnonzero(np.concatenate(([True], self._sections[1:] != self._sections[:-1]))).tolist()
        for start, end in zip(starts, [*starts[1:], len(self._sections)], strict=True):
            h.bluecellab_transfer_from(start, end, *self._places, sec=self._sources[self._sections[start]])
        h.bluecellab_transfer_to(self._processes, *self._targets)
