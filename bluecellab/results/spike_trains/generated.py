"""Spike trains from functions of the user's."""

from __future__ import annotations

from collections.abc import Callable, Iterable

import numpy as np

from bluecellab.errors import HookError, SimulationError
from bluecellab.results.spike_trains.trains import Trains, checked_times
from bluecellab.spec.allen import FunctionTrains
from bluecellab.spec.functions import SPIKE_GENERATORS

__all__ = ["generate_trains"]


def generate_trains(
    spec: FunctionTrains, nodes: Iterable[int], node_of: Callable[[int], object], simulation: object
) -> Trains:
    """Call a registered function for each of some nodes.

    Parameters
    ----------
    spec
        Its name.
    nodes
        Ids of the nodes that are to spike.
    node_of
        Returns what stands for a node; the function's first argument.
    simulation
        Its second argument.

    Returns
    -------
    dict
        Sorted times in ms by node; nodes without spikes are left out.

    Raises
    ------
    SimulationError
        If no such function is registered.
    ReportError
        If it returns something else than times from 0 ms on.
    HookError
        If it raises; the original is ``__cause__``.
    """
    if spec.function not in SPIKE_GENERATORS:
        known = ", ".join(sorted(SPIKE_GENERATORS)) or "none"
        raise SimulationError(
            f"no generator of spikes {spec.function!r} is registered; there is {known}. Register it with "
            "@spikes_generator before the simulation is made."
        )
    function = SPIKE_GENERATORS[spec.function]
    trains: Trains = {}
    for node in nodes:
        try:
            returned = function(node_of(int(node)), simulation)
        except Exception as error:
            raise HookError(
                f"the generator of spikes {spec.function!r} raised {type(error).__name__} for node {node}: "
                f"{error}"
            ) from error
        made = [] if returned is None else returned
        times = np.sort(checked_times(made, f"generator of spikes {spec.function!r}, node {node}"))
        if len(times):
            trains[int(node)] = times
    return trains
