"""Make one network more with BMTK's NetworkBuilder, as large as that of the figures to beat.

``python scripts/allen_large.py TARGET``, by the Python that has bmtk: TARGET is what ``allen_networks.py``
has made, and gets ``large``: 300 cells of five morphologies, 150 point neurons, 300 fibres that fire for a
second, 47 000 synapses.
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
from allen_networks import (
    CELLS,
    TSTOP,
    add_cells,
    add_fibres,
    add_points,
    connect,
    drive,
    once,
    save,
    trains,
    write_trains,
)
from bmtk.builder.networks import NetworkBuilder

_FIBRES = 300


def make_large(folder: Path) -> None:
    """Write ``large``."""
    rng = np.random.default_rng(450)
    cortex = NetworkBuilder("cortex")
    add_cells(cortex, rng, dict.fromkeys(CELLS, 60))
    add_points(cortex, {"LIF_exc": 75, "LIF_inh": 75})
    connect(cortex, rng, 0.045)
    fibres = add_fibres("lgn", _FIBRES)
    drive(fibres, cortex, rng, 0.25)
    fibres.add_edges(
        source=fibres.nodes(),
        target=cortex.nodes(model_type="point_process"),
        connection_rule=once(rng, 0.05),
        syn_weight=0.045,
        delay=2.0,
        dynamics_params="instantaneousExc.json",
    )
    save(folder, cortex, fibres)
    early, late = trains(rng, _FIBRES, 12.0), trains(rng, _FIBRES, 12.0)
    both = {node: np.concatenate([early[node], np.round(late[node] + TSTOP, 3)]) for node in early}
    write_trains(folder / "lgn_spikes.h5", {"lgn": both})


if __name__ == "__main__":
    (target,) = map(Path, sys.argv[1:])
    np.random.seed(0)  # noqa: NPY002 - what the builder itself may draw
    (target / "large" / "network").mkdir(parents=True)
    make_large(target / "large")
