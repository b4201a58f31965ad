"""Read many variables of NEURON at one moment.

References are made inside hoc, because one that is handed to Python costs 32 bytes for ever once its
section is gone; reading takes some nanoseconds a variable. A reference knows when what it points to has been
deleted.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from bluecellab.errors import BrokenError, EngineError
from bluecellab.nrn import objects, runtime

__all__ = ["Frames", "Pointers", "named_procedure", "procedure"]

_IDENTIFIER = re.compile(r"([A-Za-z]\w*)(?:\[(\d+)\])?")
_GATHER = """
proc bluecellab_gather() {
    $o1.gather($o2)
    $o3.copy($o2, $4)
}
"""


class _Written:
    """The hoc procedures that have been written in this process."""

    names: set[str] = set()  # noqa: RUF012 - of the process


def procedure(name: str, text: str) -> Any:
    """Return a procedure or function of hoc, written once in this process.

    Parameters
    ----------
    name
        Its name, which begins with ``bluecellab_``.
    text
        Its program.

    Raises
    ------
    EngineError
        If NEURON does not take it.
    """
    h = runtime.raw_h()
    if name not in _Written.names:
        with runtime.guard(f"writing {name}"):
            if not h(text):
                raise EngineError(f"NEURON does not take the procedure {name}")
        _Written.names.add(name)
    return getattr(h, name)


def named_procedure(prefix: str, name: str, text: str) -> Any:
    """Return a procedure of hoc about a variable, whose name the text has for its second ``%s``.

    Raises
    ------
    EngineError
        If it is no name of a variable, or NEURON does not take the procedure.
    """
    match = _IDENTIFIER.fullmatch(name)
    if match is None:  # nothing else may become part of a program
        raise EngineError(f"{name!r} is no name of a variable")
    own = prefix + match[1] + ("" if match[2] is None else f"_of_{match[2]}")
    return procedure(own, text % (own, name))


class Pointers:
    """References to variables; it holds on to none of what they belong to.

    Parameters
    ----------
    size
        How many.

    Attributes
    ----------
    processes
        Which references are to point processes: index, NEURON's name of the process, and the variable.
    """

    __slots__ = ("_vector", "processes", "size")

    def __init__(self, size: int) -> None:
        self.size = size
        self._vector: Any = objects.pointer_vector(size) if size else None
        self.processes: list[tuple[int, str, str]] = []

    @property
    def raw(self) -> Any:
        """NEURON's PtrVector; None without references."""
        return self._vector

    def at(self, first: int, section: Any, places: Sequence[float], name: str) -> None:
        """Refer to a range variable at places along a section.

        Parameters
        ----------
        first
            Index of the first reference.
        section
            The raw section.
        places
            Normalised positions, shape (n,).
        name
            hoc's name of the variable, such as ``"v"``, ``"m_hh"`` or ``"vext[0]"``.

        Raises
        ------
        EngineError
            If there is no such variable there.
        """
        text = "proc %s() { local i\n for i = 0, $o3.size() - 1 $o1.pset($2 + i, &%s($o3.x[i]))\n}\n"
        point = named_procedure("bluecellab_point_at_", name, text)
        with runtime.guard(f"pointing at {name}"):
            point(self._vector, first, objects.vector(places), sec=section)

    def at_all(self, first: int, sections: Sequence[Any], name: str) -> None:
        """Refer to a range variable at all segments of sections; faster than :meth:`at`.

        Parameters
        ----------
        first
            Index of the first reference.
        sections
            Raw sections.
        name
            hoc's name of the variable.

        Raises
        ------
        EngineError
            If there is no such variable there.
        """
        text = "proc %s() { local i\n i = $2\n for (x, 0) { $o1.pset(i, &%s(x))\n i += 1\n }\n}\n"
        point = named_procedure("bluecellab_point_at_all_", name, text)
        with runtime.guard(f"pointing at {name}"):
            for section in sections:
                point(self._vector, first, sec=section)
                first += section.nseg

    def at_process(self, index: int, process: Any, name: str) -> None:
        """Refer to a variable of a raw point process.

        Raises
        ------
        EngineError
            If it has no such variable.
        """
        text = "proc %s() {\n $o1.pset($2, &$o3.%s)\n}\n"
        point = named_procedure("bluecellab_point_at_process_", name, text)
        with runtime.guard(f"pointing at {name}"):
            point(self._vector, index, process)
        self.processes.append((index, str(process.hname()), name))

    def release(self) -> None:
        """Let go of the references."""
        self._vector, self.size = None, 0
        self.processes.clear()


class Frames:
    """Values of variables at several moments, kept inside NEURON until they are taken out together.

    Parameters
    ----------
    size
        Number of variables.
    rows
        Number of moments that there is room for.

    Attributes
    ----------
    row, block
        NEURON's Vectors of one moment, and of all.
    count
        Number of moments that are kept.
    """

    __slots__ = ("_gather", "block", "count", "row", "rows", "size")

    def __init__(self, size: int, rows: int) -> None:
        self.size, self.rows, self.count = size, rows, 0
        self._gather = procedure("bluecellab_gather", _GATHER)
        self.row: Any = objects.vector(np.zeros(size))
        self.block: Any = objects.vector(np.zeros(size * rows))

    def add(self, pointers: Pointers) -> bool:
        """Read the variables as they are now; return whether there is no room for another moment.

        Raises
        ------
        BrokenError
            If one of them has been deleted.
        """
        vector = pointers.raw
        if vector is not None:
            try:
                self._gather(vector, self.row, self.block, self.count * self.size)
            except RuntimeError as error:
                raise BrokenError("some of what is to be read has been deleted") from error
        self.count += 1
        return self.count >= self.rows

    def put(self, values: npt.NDArray[np.float64]) -> None:
        """Keep moments that were read elsewhere, shape (moments, variables); there must be room for them."""
        if self.size:
            self.block.copy(objects.vector(values.ravel()), self.count * self.size)
        self.count += len(values)

    def take(self) -> npt.NDArray[np.float64]:
        """Return the values and begin anew; shape (moments, variables)."""
        rows, self.count = self.count, 0
        if not rows or not self.size:
            return np.empty((rows, self.size))
        values = np.array(self.block, dtype=np.float64)
        return values[: rows * self.size].reshape(rows, self.size)

    def release(self) -> None:
        """Let go of NEURON's Vectors."""
        self.row = self.block = None
