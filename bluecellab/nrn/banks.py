"""Record many variables at every step of a run with a fixed step, by one event for all of them.

NEURON looks through all recordings whenever one is added or ended, so that the time they take grows with the
square of their number. A bank reads its variables itself, in an event of its own: events that fall into
the second half of a step are delivered right after the moment at which NEURON records, and that of the bank
is the first of them, but for those that are due at the very same time. So what no event changes, such as
potentials and the variables of channels, is recorded as ``Vector.record`` does: bit for bit, for half the
cost.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from bluecellab.nrn import objects, runtime
from bluecellab.nrn.pointers import procedure

__all__ = ["Bank", "keeps", "possible"]

FloatArray = npt.NDArray[np.float64]

_FIRST_ROWS = 32
_OF_NODES = re.compile(r"data_handle<double>\{(?:Node::|cont=(\w+) )")  # as NEURON 9 shows references
# Arguments of begin: Lists of PtrVectors, rows and blocks; Vectors of strides, and of how many rows there are
# in each block; CVode. The step is added as NEURON adds it, so that its times are met to the last bit.
_PROCEDURES = """
objref bluecellab_bank_pointers_, bluecellab_bank_rows_, bluecellab_bank_blocks_
objref bluecellab_bank_strides_, bluecellab_bank_counts_, bluecellab_bank_cvode_, bluecellab_bank_none_
bluecellab_bank_t_ = 0
bluecellab_bank_dt_ = 0
bluecellab_bank_step_ = 0
bluecellab_bank_run_ = 0
strdef bluecellab_bank_call_
proc bluecellab_bank_read_() { local j, size, place
    for j = 0, bluecellab_bank_strides_.size() - 1 {
        if (bluecellab_bank_step_ % bluecellab_bank_strides_.x[j] == 0) {
            size = bluecellab_bank_rows_.o(j).size()
            place = size * bluecellab_bank_counts_.x[j]
            if (place + size > bluecellab_bank_blocks_.o(j).size()) {
                bluecellab_bank_blocks_.o(j).resize(2 * place)
            }
            bluecellab_bank_pointers_.o(j).gather(bluecellab_bank_rows_.o(j))
            bluecellab_bank_blocks_.o(j).copy(bluecellab_bank_rows_.o(j), place)
            bluecellab_bank_counts_.x[j] += 1
        }
    }
    place = bluecellab_bank_t_ + 0.5*bluecellab_bank_dt_
    bluecellab_bank_cvode_.event(place + place*1.12e-16, bluecellab_bank_call_)
}
proc bluecellab_bank_tick_() {
    if ($1 == bluecellab_bank_run_ && object_id(bluecellab_bank_pointers_)) {
        bluecellab_bank_t_ += 0.5*bluecellab_bank_dt_
        bluecellab_bank_t_ += 0.5*bluecellab_bank_dt_
        bluecellab_bank_step_ += 1
        bluecellab_bank_read_()
    }
}
proc bluecellab_bank_begin() {
    bluecellab_bank_pointers_ = $o1
    bluecellab_bank_rows_ = $o2
    bluecellab_bank_blocks_ = $o3
    bluecellab_bank_strides_ = $o4
    bluecellab_bank_counts_ = $o5
    bluecellab_bank_cvode_ = $o6
    bluecellab_bank_t_ = t
    bluecellab_bank_dt_ = dt
    bluecellab_bank_step_ = 0
    bluecellab_bank_run_ += 1 // events of an earlier one may still be there
    sprint(bluecellab_bank_call_, "bluecellab_bank_tick_(%d)", bluecellab_bank_run_)
    bluecellab_bank_read_()
}
proc bluecellab_bank_end() {
    bluecellab_bank_pointers_ = bluecellab_bank_none_
    bluecellab_bank_rows_ = bluecellab_bank_none_
    bluecellab_bank_blocks_ = bluecellab_bank_none_
    bluecellab_bank_strides_ = bluecellab_bank_none_
    bluecellab_bank_counts_ = bluecellab_bank_none_
    bluecellab_bank_cvode_ = bluecellab_bank_none_
}
"""
_LIST = """
obfunc bluecellab_bank_list() { localobj made
    made = new List()
    return made
}
"""


def keeps(reference: Any) -> bool:
    """Whether what NEURON's reference points to is a variable of a section, which events leave alone.

    Those of point processes are changed by the events that they receive.

    Parameters
    ----------
    reference
        NEURON's reference; what is not known of it, is not the case.
    """
    match = _OF_NODES.match(repr(reference))
    return match is not None and (match[1] is None or match[1] in _density_mechanisms())


def _density_mechanisms() -> frozenset[str]:
    kinds = objects.mechanism_types(0)
    count = int(kinds.count())
    if count != _Known.count:
        name, found = runtime.raw_h().ref(""), []
        for index in range(count):
            kinds.select(index)
            kinds.selected(name)
            found.append(str(name[0]))
        _Known.count, _Known.density = count, frozenset(found)
    return _Known.density


class _Known:
    """Mechanisms that are not of point processes, and of how many that was found out."""

    count = -1
    density: frozenset[str] = frozenset()


def possible() -> bool:
    """Whether events come where a bank needs them: with one thread, and NEURON's usual queue."""
    return int(objects.parallel_context().nthread()) == 1 and int(objects.cvode().queue_mode()) & 1 == 0


class _Group:
    """Variables that are read after the same steps."""

    def __init__(self, stride: int, references: Sequence[Any]) -> None:
        self.stride = stride
        self.size = len(references)
        self.pointers = objects.pointer_vector(self.size)
        point = self.pointers.pset
        for index, reference in enumerate(references):
            point(index, reference)
        self.row = objects.vector(np.zeros(self.size))
        self.block = objects.vector(np.zeros(self.size * _FIRST_ROWS))


class Bank:
    """Records variables at every step, or after every so many steps.

    There is one at a time: that of the run that was begun last.

    Parameters
    ----------
    references
        NEURON's references to the variables, by the number of steps between their samples.
    """

    def __init__(self, references: Mapping[int, Sequence[Any]]) -> None:
        with runtime.guard("recording"):
            self._groups = [_Group(stride, members) for stride, members in references.items()]
        self._counts: Any = objects.vector(np.zeros(len(self._groups)))

    def begin(self) -> None:
        """Take the first sample, and have the others taken: NEURON has been initialised."""
        begin = procedure("bluecellab_bank_begin", _PROCEDURES)
        self._counts.fill(0)
        begin(
            self._listed([group.pointers for group in self._groups]),
            self._listed([group.row for group in self._groups]),
            self._listed([group.block for group in self._groups]),
            objects.vector([group.stride for group in self._groups]),
            self._counts,
            objects.cvode(),
        )

    @staticmethod
    def _listed(items: Sequence[Any]) -> Any:
        made = procedure("bluecellab_bank_list", _LIST)()
        for item in items:
            made.append(item)
        return made

    @property
    def pending(self) -> int:
        """How many bytes are in NEURON."""
        counts = np.array(self._counts)
        return 8 * sum(int(count) * group.size for count, group in zip(counts, self._groups, strict=True))

    def take(self) -> list[FloatArray]:
        """Return what was recorded since the last call, by number of steps: shapes (variables, samples)."""
        counts = objects.values_of(self._counts).astype(np.int64).tolist()
        self._counts.fill(0)
        found = []
        for count, group in zip(counts, self._groups, strict=True):
            values = np.array(group.block, dtype=np.float64)[: count * group.size].reshape(count, group.size)
            found.append(np.ascontiguousarray(values.T))
            group.block.resize(group.size * _FIRST_ROWS)
        return found

    def release(self) -> None:
        """Record no more, and let go of everything in NEURON."""
        h = runtime.raw_h()
        if self._counts is not None and getattr(h, "bluecellab_bank_counts_", None) == self._counts:
            h.bluecellab_bank_end()
        self._groups.clear()
        self._counts = None
