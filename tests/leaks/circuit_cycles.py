"""Load, build, run and close ten detailed cells over and over: a scenario of :mod:`tests.leaks.cycles`."""

from __future__ import annotations

import warnings

from bluecellab.errors import CircuitWarning


def ten_cells(*, overrides: bool = False) -> None:
    """Ten cells with 20 000 synapses, replay, minis and inputs; optionally overrides and modifications, too."""
    from bluecellab import CircuitSimulation
    from tests.material import material

    name = "overrides" if overrides else "without_reports"
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", CircuitWarning)  # of synapses on sections that cells have not
        with CircuitSimulation(material().circuit("ten_cells") / f"simulation_{name}.json") as simulation:
            simulation.instantiate()
            simulation.run(1)
            assert len(simulation.spikes) == 10
