"""Have NEURON record at every step what Pointers refer to, where nothing can read in between."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from bluecellab.errors import EngineError
from bluecellab.nrn import objects, runtime
from bluecellab.nrn.marks import Mark, mark_near
from bluecellab.nrn.pointers import named_procedure, procedure

__all__ = ["Taps"]

_FILL = """
proc bluecellab_fill_taps() { local i
    for i = 1, $2 $o1.append(new Vector())
}
"""
_EMPTY = """
obfunc bluecellab_tap_list() { localobj made
    made = new List()
    return made
}
"""
_RELEASE = """
proc bluecellab_release_taps() { local i
    for (i = $o1.count() - 1; i >= 0; i -= 1) {
        $o1.o(i).play_remove()
        $o1.remove(i)
    }
}
"""


class Taps:
    """Vectors that record variables at every step, of which a PtrVector reads but the present values.

    Setting them up takes NEURON time in proportion to the square of their number: some 0.2 s for 10 000.

    Parameters
    ----------
    size
        How many variables.
    """

    __slots__ = ("_list", "_marks", "size")

    def __init__(self, size: int) -> None:
        self.size = size
        self._marks: list[Mark] = []
        self._list: Any = procedure("bluecellab_tap_list", _EMPTY)()
        procedure("bluecellab_fill_taps", _FILL)(self._list, size)

    @property
    def vectors(self) -> list[Any]:
        """NEURON's Vectors."""
        return [] if self._list is None else list(self._list)

    def at(self, first: int, section: Any, places: Sequence[float], name: str) -> None:
        """Record a range variable at places along a section, as :class:`Pointers` would point at them."""
        mark = mark_near(section)
        near = [] if mark is None else [mark]
        record = "record($o4, &%s($o3.x[i]))" if near else "record(&%s($o3.x[i]))"
        text = f"proc %s() {{ local i\n for i = 0, $o3.size() - 1 $o1.o($2 + i).{record}\n}}\n"
        tap = named_procedure("bluecellab_tap_near_" if near else "bluecellab_tap_at_", name, text)
        self._marks += near
        with runtime.guard(f"recording {name}"):
            tap(self._list, first, objects.vector(places), *(each.raw for each in near), sec=section)

    def at_process(self, index: int, process: str, name: str) -> None:
        """Record a variable of a point process, by NEURON's name of it such as ``"ExpSyn[3]"``.

        Raises
        ------
        EngineError
            If there is no such point process.
        """
        text = "proc %s() {\n $o1.o($2).record($o3, &$o3.%s)\n}\n"
        tap = named_procedure("bluecellab_tap_at_process_", name, text)
        kind, _, number = process.partition("[")
        with runtime.guard(f"recording {name} of {process}"):
            try:
                found = getattr(runtime.raw_h(), kind)[int(number.rstrip("]"))]
            except (LookupError, TypeError, ValueError) as error:
                raise EngineError(f"there is no {process}") from error
            tap(self._list, index, found)

    def rows(self, indices: npt.NDArray[np.int64]) -> npt.NDArray[np.float64]:
        """Return some of the samples, by their numbers, and drop all; shape (samples, variables)."""
        values = np.empty((len(indices), self.size))
        for column, vector in enumerate(self.vectors):
            if len(indices):
                values[:, column] = np.array(vector, dtype=np.float64)[indices]
            vector.resize(0)
        return values

    def release(self) -> None:
        """Record no more, and let go of everything in NEURON."""
        if self._list is not None:
            procedure("bluecellab_release_taps", _RELEASE)(self._list)
            self._list = None
            self._marks.clear()
