"""Run by the peer's Python: a circuit simulation whose reports and spikes it writes, by its public interface."""

from __future__ import annotations

import json
import sys


def main(config, cells, tstop):
    """Run and write."""
    from bluecellulab import CircuitSimulation
    from bluecellulab.reports.manager import ReportManager
    from bluecellulab.reports.utils import extract_spikes_from_cells

    simulation = CircuitSimulation(config)
    simulation.instantiate_gids(
        [tuple(cell) for cell in cells], add_synapses=True, add_projections=True, add_stimuli=True
    )
    simulation.run(tstop, cvode=False)
    spikes = extract_spikes_from_cells(
        simulation.cells, location=simulation.spike_location, threshold=simulation.spike_threshold
    )
    ReportManager(simulation.circuit_access.config, simulation.dt).write_all(
        cells=simulation.cells, spikes_by_pop=spikes
    )


if __name__ == "__main__":
    main(**json.loads(sys.argv[1]))
