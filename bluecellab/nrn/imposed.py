"""Potentials imposed on the outside of membranes: ``e_extracellular`` of many segments, in every step.

``Vector.play`` would need a Vector of samples for each segment. Instead NEURON calls back once in every step,
and all segments are written at once through a ``PtrVector``.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from bluecellab.nrn import objects, runtime, threads

__all__ = ["ImposedPotential", "prepare_outside"]

FloatArray = npt.NDArray[np.float64]
Factors = Callable[[float], Sequence[float]]

_PROCEDURES = """
proc bluecellab_point_outside() { local i
    i = $2
    for (x, 0) {
        $o1.pset(i, &e_extracellular(x))
        i += 1
    }
}
proc bluecellab_pattern() {
    $o1.copy($o2)
    $o1.mul($3)
}
proc bluecellab_add_pattern() {
    $o4.copy($o2)
    $o4.mul($3)
    $o1.add($o4)
}
"""


class _Written:
    ready = False


def _h() -> Any:
    h = runtime.raw_h()
    if not _Written.ready:
        h(_PROCEDURES)
        _Written.ready = True
    return h


def prepare_outside(sections: Sequence[Any]) -> None:
    """Insert the mechanism ``extracellular`` where it is not; it is as good as a short circuit to 0 mV."""
    for section in sections:
        if not section.has_membrane("extracellular"):
            section.insert("extracellular")


class ImposedPotential:
    """Writes sums of patterns, each times a factor that depends on time, to ``e_extracellular``.

    NEURON takes the potential of a fixed step from *t* to *t* + *dt* at *t* + *dt* / 2; so it is written as
    it is then.

    Parameters
    ----------
    sections
        Raw sections; they must not change while this exists.
    patterns
        In mV, shape (k, n) for n segments in the order of the sections.
    factors
        Returns a factor for each pattern, at a time in ms.
    """

    def __init__(self, sections: Sequence[Any], patterns: FloatArray, factors: Factors) -> None:
        h = _h()
        self._sections = list(sections)
        self._pointers = objects.pointer_vector(patterns.shape[1])
        first = 0
        for section in sections:
            h.bluecellab_point_outside(self._pointers, first, sec=section)
            first += int(section.nseg)
        self._patterns = [objects.vector(pattern) for pattern in patterns]
        self._factors = factors
        self._sum, self._work = objects.vector(patterns[0]), objects.vector(patterns[0])
        self._callback: Callable[[], None] | None = None

    def write(self, time: float) -> None:
        """Write the potential at a time in ms."""
        _writer(self._pointers, self._sum, self._work, self._patterns, self._factors)(time)

    def start(self, time: float, dt: float) -> None:
        """Write the potential of the step that comes now, and of every later one.

        Parameters
        ----------
        time
            Now, in ms.
        dt
            The fixed step in ms.
        """
        self.stop()
        write = _writer(self._pointers, self._sum, self._work, self._patterns, self._factors)
        now = objects.parallel_context().t  # h.t stands still while NEURON integrates
        half = dt / 2

        def before_next_step() -> None:
            write(now(0) + half)

        write(time + half)
        threads.forbid("an imposed potential has been written in every step of a run")  # once is for ever
        objects.cvode().extra_scatter_gather(0, before_next_step)
        self._callback = before_next_step

    def stop(self) -> None:
        """Write no more."""
        if self._callback is not None:
            objects.cvode().extra_scatter_gather_remove(self._callback)
            self._callback = None

    def release(self) -> None:
        """Stop, leave 0 mV outside, and let NEURON's objects go."""
        self.stop()
        self._sum.fill(0)
        if all(not objects.is_deleted(section) for section in self._sections):
            self._pointers.scatter(self._sum)
        self._sections.clear()
        self._pointers = self._sum = self._work = None
        self._patterns.clear()


def _writer(
    pointers: Any, total: Any, work: Any, patterns: Sequence[Any], factors: Factors
) -> Callable[[float], None]:
    """Return what writes; it refers to NEURON's objects alone, so that no cycle arises."""
    h = _h()
    set_to, add = h.bluecellab_pattern, h.bluecellab_add_pattern
    first, *rest = patterns
    last: list[Sequence[float]] = []

    def write(time: float) -> None:
        now = factors(time)
        if last and now == last[0]:
            return  # as constant fields are, most of the time
        last[:] = [now]
        set_to(total, first, now[0])
        for pattern, factor in zip(rest, now[1:], strict=True):
            if factor:
                add(total, pattern, factor, work)
        pointers.scatter(total)

    return write
