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
    counts_of,
    once,
    placed,
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
    for kind, weight, parameters, sections in (
        ("e", 3e-5, "AMPA_ExcToExc.json", ["basal", "apical"]),
        ("i", 6e-5, "GABA_InhToExc.json", ["somatic", "basal"]),
    ):
        cortex.add_edges(
            source={"ei": kind, "model_type": "biophysical"},
            target=cortex.nodes(model_type="biophysical"),
            connection_rule=counts_of(rng, 0.045, 3, 8),
            syn_weight=weight,
            delay=2.0,
            dynamics_params=parameters,
            model_template="exp2syn",
            target_sections=sections,
            distance_range=[0.0, 200.0],
        )
    fibres = add_fibres("lgn", _FIBRES)
    edges = fibres.add_edges(
        source=fibres.nodes(),
        target=cortex.nodes(model_type="biophysical"),
        connection_rule=once(rng, 0.25),
        syn_weight=6e-4,
        delay=2.0,
        dynamics_params="AMPA_ExcToExc.json",
        model_template="exp2syn",
    )
    placed(edges, rng, ("sec_id", "sec_x"))
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
