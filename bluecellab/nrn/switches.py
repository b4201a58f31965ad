"""Weights that change in the middle of runs, as hoc does it: no Python runs then, and nothing leaks.

Each switch is an instance of a hoc template. A FInitializeHandler sets the first weights whenever NEURON is
initialised, after the INITIAL blocks of mechanisms; later ones are set by the events of a NetStim for each
time. Events come in the order of time with either integrator.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from bluecellab.nrn import objects, runtime

__all__ = ["weight_switch"]

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]

#: NEURON does not say which of two events at the same time comes first, and times have rounding errors. By so
#: many ms a change comes earlier, so that it holds for whatever arrives at its time.
_BEFORE = 1e-9

_TEMPLATE = """
begintemplate BluecellabWeightSwitch
public add, sources
objref this, connections, slots, first, handler, sources, watchers, places, weights
strdef statement
proc init() { // List of NetCons, which of them, their weights at the start
    connections = $o1
    slots = $o2
    first = $o3
    sources = new List()
    watchers = new List()
    places = new List()
    weights = new List()
    handler = new FInitializeHandler(1, "begin()", this)
}
proc add() { localobj source, watcher, nothing // time, which NetCons, their weights from then on
    source = new NetStim()
    source.start = $1
    source.number = 1
    source.noise = 0
    watcher = new NetCon(source, nothing)
    sprint(statement, "change(%d)", sources.count())
    watcher.record(statement)
    watchers.append(watcher)
    sources.append(source)
    places.append($o2)
    weights.append($o3)
}
proc begin() { local i
    for i = 0, slots.size() - 1 connections.o(slots.x[i]).weight = first.x[i]
}
proc change() { local i localobj where, what
    where = places.o($1)
    what = weights.o($1)
    for i = 0, where.size() - 1 connections.o(where.x[i]).weight = what.x[i]
}
endtemplate BluecellabWeightSwitch

obfunc bluecellab_weight_switch() { localobj made
    made = new BluecellabWeightSwitch($o1, $o2, $o3)
    return made
}
"""


class _Written:
    """Whether hoc has the template."""

    ready = False


def weight_switch(
    connections: Any,
    slots: IntArray,
    first: FloatArray,
    changes: Sequence[tuple[float, IntArray, FloatArray]] = (),
) -> Any:
    """Have weights of NetCons set at every initialisation, and changed at given times of every run.

    Parameters
    ----------
    connections
        List of NetCons.
    slots
        Which of them, shape (n,).
    first
        Their weights when NEURON is initialised, shape (n,).
    changes
        Times in ms, not below 0, all different; which NetCons of the List change, shape (m,); and to what,
        shape (m,).

    Returns
    -------
    hoc.HocObject
        It works as long as it is held; let go of it before the NetCons.

    Raises
    ------
    EngineError
        If NEURON refuses.
    """
    h = runtime.raw_h()
    if not _Written.ready:
        h(_TEMPLATE)
        _Written.ready = True
    with runtime.guard("preparing weights that change"):
        made = h.bluecellab_weight_switch(connections, objects.vector(slots), objects.vector(first))
        for time, places, weights in changes:
            made.add(max(time - _BEFORE, 0.0), objects.vector(places), objects.vector(weights))
    return made
