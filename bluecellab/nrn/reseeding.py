"""Random streams that begin anew in every run, of mechanisms that do not see to it themselves.

Some mechanisms, such as published versions of GluSynapse, draw on from where the last run ended; and the
first numbers of a stream depend on the global index of the moment in which it was set.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from bluecellab.nrn import objects, runtime

__all__ = ["reseeding"]

_TEMPLATE = """
begintemplate BluecellabReseeding
objref this, processes, slots, seconds, handler
proc init() { // List of point processes, which of them, the first id, the second of each, the third
    processes = $o1
    slots = $o2
    first = $3
    seconds = $o4
    third = $5
    handler = new FInitializeHandler(0, "begin()", this)
}
proc begin() { local i
    for i = 0, slots.size() - 1 processes.o(slots.x[i]).setRNG(first, seconds.x[i], third)
}
endtemplate BluecellabReseeding

obfunc bluecellab_reseeding() { localobj made
    made = new BluecellabReseeding($o1, $o2, $3, $o4, $5)
    return made
}
"""


class _Written:
    """Whether hoc has the template."""

    ready = False


def reseeding(
    processes: Any,
    slots: npt.NDArray[np.int64],
    streams: tuple[int, npt.NDArray[np.uint64], int],
) -> Any:
    """Have random streams set at every initialisation, before the INITIAL blocks of mechanisms.

    Parameters
    ----------
    processes
        List of point processes that have ``setRNG``.
    slots
        Which of them, shape (n,).
    streams
        Identities of their streams: the second of shape (n,), the others of all.

    Returns
    -------
    hoc.HocObject
        It works as long as it is held; let go of it before the point processes.

    Raises
    ------
    EngineError
        If NEURON refuses.
    """
    h = runtime.raw_h()
    if not _Written.ready:
        h(_TEMPLATE)
        _Written.ready = True
    first, seconds, third = streams
    with runtime.guard("preparing random streams"):
        return h.bluecellab_reseeding(
            processes, objects.vector(slots), first, objects.vector(seconds.astype(np.float64)), third
        )
