"""Weights of connections that change while a simulation runs, and those that are to stay 0."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np
import numpy.typing as npt

from bluecellab.errors import SynapseError
from bluecellab.nrn import runtime
from bluecellab.nrn.switches import weight_switch
from bluecellab.synapse.group import Bundle, SynapseGroup

__all__ = ["change_weights", "keep_silent"]

BoolArray = npt.NDArray[np.bool_]
FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]

Change = tuple[BoolArray, float, float]


def change_weights(
    group: SynapseGroup, delayed: Sequence[Change], bundles: Iterable[Bundle] | None = None
) -> int:
    """Let the weights of connections change at given times, in every run anew.

    They are put back to what they are at the start at every initialisation of NEURON, and hold for whatever
    arrives from their time on. It works with a fixed step and with CVODE, and in runs that other code drives.
    Minis are not concerned, nor are connections that are made later: those of inputs that replay spikes.

    Parameters
    ----------
    group
        The synapses; what is made here ends with them.
    delayed
        For which synapses, shape (n,), at what time in ms, what factor on the conductance; in the order
        of time. Of two at the same time the later one holds.
    bundles
        Connections of the group; when left out, all that it has now from cells, simulated or replayed.

    Returns
    -------
    int
        How many connections are concerned.

    Raises
    ------
    SynapseError
        If a time or a factor is no number, or negative.
    BusyError
        If a run is in progress.
    """
    runtime.refuse_while_running(f"delaying weights of {group.label}")
    for _, time, factor in delayed:
        if not (np.isfinite([time, factor]).all() and time >= 0 and factor >= 0):
            raise SynapseError(
                f"{group.label}: a weight that changes needs a time and a factor of 0 or more, not "
                f"{factor:g} at {time:g} ms"
            )
    concerned = 0
    if not delayed:
        return concerned
    anywhere = np.logical_or.reduce([mask for mask, _, _ in delayed])
    for bundle in _of_cells(group) if bundles is None else bundles:
        slots = np.flatnonzero(anywhere[bundle.members])
        if not len(slots):
            continue
        concerned += len(slots)
        first = group.weights[bundle.members[slots]]
        _own(group, weight_switch(bundle.connections, slots, first, _changes(group, bundle, delayed)))
    return concerned


def _changes(
    group: SynapseGroup, bundle: Bundle, delayed: Sequence[Change]
) -> list[tuple[float, IntArray, FloatArray]]:
    """Return for each time which connections of a bundle change, and to what."""
    factors: dict[float, FloatArray] = {}
    for mask, time, factor in delayed:
        at_once = factors.setdefault(time, np.full(len(group), np.nan))
        at_once[mask] = factor
    weights = {time: (group.made.weights * factor)[bundle.members] for time, factor in factors.items()}
    return [
        (time, here, values[here])
        for time, values in weights.items()
        if len(here := np.flatnonzero(~np.isnan(values)))
    ]


def keep_silent(group: SynapseGroup) -> int:
    """Keep the connections silent that overrides give a weight of 0, minis among them.

    Some mechanisms, GluSynapse among them, set the weights of their connections when NEURON is
    initialised, so that 0 must be set after that.

    Returns
    -------
    int
        How many connections are silent.

    Raises
    ------
    BusyError
        If a run is in progress.
    """
    runtime.refuse_while_running(f"silencing {group.label}")
    silent = group.made.factors == 0
    count = 0
    for bundle in group.bundles if silent.any() else ():
        if bundle.kind == "neuromodulator":
            continue
        slots = np.flatnonzero(silent[bundle.members])
        if len(slots):
            count += len(slots)
            _own(group, weight_switch(bundle.connections, slots, np.zeros(len(slots))))
    return count


def _of_cells(group: SynapseGroup) -> list[Bundle]:
    return [bundle for bundle in group.bundles if bundle.kind in ("real", "replay")]


def _own(group: SynapseGroup, switch: object) -> None:
    group.scope.own([switch], list.clear)
