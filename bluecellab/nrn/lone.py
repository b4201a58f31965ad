"""NetCons without a source: what they deliver is sent to each by itself; and what NetCons may end at."""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np
import numpy.typing as npt

from bluecellab.nrn import objects, runtime

__all__ = ["connect_alone", "takes_events"]

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]

_PROCEDURES = """
proc bluecellab_connect_alone() { local i localobj made, nothing
    for i = 0, $o3.size() - 1 {
        made = new NetCon(nothing, $o2.o($o3.x[i]))
        made.weight = $o4.x[i]
        made.delay = $o5.x[i]
        if ($6) made.weight[$6] = $7
        $o1.append(made)
    }
}
"""


class _Written:
    """Whether hoc has the procedure."""

    ready = False


def connect_alone(
    made: Any,
    processes: Any,
    slots: IntArray,
    weights: tuple[FloatArray, FloatArray],
    kind: tuple[int, int] = (0, 0),
) -> None:
    """Append a NetCon without a source for each of some point processes to a List.

    Parameters
    ----------
    made
        The List of NetCons.
    processes
        List of point processes.
    slots
        Which of them, shape (n,).
    weights
        Weights, and delays in ms, shapes (n,).
    kind
        Index of a further weight, and its value; nothing is set if the index is 0.

    Raises
    ------
    EngineError
        If NEURON refuses.
    """
    h = runtime.raw_h()
    if not _Written.ready:
        h(_PROCEDURES)
        _Written.ready = True
    vectors = [objects.vector(values) for values in (slots, *weights)]
    with runtime.guard(f"connecting {len(slots)} synapses"):
        h.bluecellab_connect_alone(made, processes, *vectors, *kind)


@cache
def takes_events(mechanism: str) -> bool:
    """Return whether point processes of a mechanism take events; NEURON crashes when others are connected."""
    kinds = runtime.raw_h().MechanismType(1)
    kinds.select(mechanism)
    return bool(kinds.is_netcon_target(kinds.selected()))
