"""Run by BMTK's Python: ``oracle_cells.py LIBRARY MATERIAL CASES OUT``.

Builds two cells of each case, [morphology, fit, processing, template] or null where there is none, in a network
of their own; writes all that can be measured of each, after one initialisation, to ``OUT/<gid>.npz``.
"""

import json
import shutil
import sys
from pathlib import Path

import numpy as np
from bmtk.builder.networks import NetworkBuilder
from bmtk.simulator import bionet
from neuron import h

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "vs_neuron"))
from geometry import geometry
from mechanisms import contents


def main(library, material, cases, out):
    """Build and measure."""
    out = Path(out)
    net = NetworkBuilder("bio")
    for morphology, fit, processing, template in json.loads(Path(cases).read_text()):
        extra = {} if processing is None else {"model_processing": processing}
        net.add_nodes(
            N=2,
            model_type="biophysical",
            model_template=template,
            morphology=morphology,
            dynamics_params=fit,
            **extra,
        )
    net.build()
    net.save_nodes(output_dir=str(out))
    config = {
        "run": {"tstop": 1.0, "dt": 0.1, "dL": 20.0, "spike_threshold": -15, "nsteps_block": 10},
        "conditions": {"celsius": 34.0, "v_init": -80.0},
        "components": {
            "morphologies_dir": f"{material}/morphologies",
            "biophysical_neuron_models_dir": f"{material}/biophysical_neuron_models",
            "templates_dir": f"{material}/templates",
        },
        "output": {"output_dir": str(out / "output"), "log_file": "log.txt", "spikes_file": "spikes.h5"},
        "networks": {
            "nodes": [{"nodes_file": f"{out}/bio_nodes.h5", "node_types_file": f"{out}/bio_node_types.csv"}],
            "edges": [],
        },
        "inputs": {},
        "reports": {},
    }
    path = out / "config.json"
    path.write_text(json.dumps(config))
    h.nrn_load_dll(library)
    loaded = bionet.Config.from_json(str(path))
    loaded.build_env()
    network = bionet.BioNetwork.from_config(loaded)
    bionet.BioSimulator.from_config(loaded, network=network)
    h.celsius, h.v_init = 34.0, -80.0
    h.finitialize(-80.0)
    for gid, cell in network.get_local_cells().items():
        sections = {section.name().rpartition(".")[2]: section for section in cell.hobj.all}
        np.savez(out / f"{gid}.npz", **geometry(sections), **contents(sections))
    shutil.rmtree(out / "output", ignore_errors=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
