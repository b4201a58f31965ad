"""A published layer 5 pyramidal cell from its hoc template, and one with less h-current far from the soma.

The model comes from the published bluepyopt package. Gather it first: ``python scripts/material.py``. What
ModelDB and Open Source Brain have is used in the same way: morphology, template and .mod files in folders
that ``components`` names, and a function if the template wants more than the file of the morphology.
"""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path

from bluecellab import CircuitSimulation, cell_model, model_processing
from bluecellab.nrn import h
from bluecellab.nrn.mechanisms import cache_folder

HERE = Path(__file__).resolve().parent
material = cache_folder() / "material"
if not (material / "index.json").is_file():
    print("skipped: no real models yet; run python scripts/material.py")
    sys.exit()
model = json.loads((material / "index.json").read_text(encoding="utf-8"))["cells"]["l5pc_v6"]
template, morphology = material / model["template"], material / model["morphologies"]["asc"]

network = HERE / "networks" / "l5pc"
config = {
    "simulation": str(HERE / "simulation.json"),
    "components": {
        "templates_dir": str(template),
        "morphologies_dir": str(morphology.parent),
        "mechanisms_dir": str(material / model["mechanisms"]),
        "synaptic_models_dir": str(HERE / "components" / "synapses"),
    },
    "networks": {
        "nodes": [
            {
                "nodes_file": str(network / f"{name}_nodes.h5"),
                "node_types_file": str(network / f"{name}_node_types.csv"),
            }
            for name in ("cells", "fibres")
        ],
        "edges": [
            {
                "edges_file": str(network / "fibres_to_cells_edges.h5"),
                "edge_types_file": str(network / "fibres_to_cells_edge_types.csv"),
            }
        ],
    },
}
Path("l5pc.json").write_text(json.dumps(config, indent=2), encoding="utf-8")


@cell_model(directive=f"hoc:{model['template_name']}", model_type="biophysical")
def layer_5_pyramidal_cell(cell, template_name, dynamics_params):
    """Make a cell: this template wants a number, a folder, and the name of a file in it."""
    file = Path(cell.morphology_file)
    return getattr(h, template_name)(cell.gid, str(file.parent), file.name)


@model_processing
def less_h_current(hobj, cell, dynamics_params):
    """Halve the density of the h-current in all that is far from the soma."""
    soma = hobj.soma[0]
    for section in hobj.apical:
        for segment in section:
            if h.distance(soma(0.5), segment) > 600:
                segment.gIhbar_Ih *= 0.5
    return hobj


for turn in ("first", "second"):
    begin = time.process_time()
    with CircuitSimulation("l5pc.json") as simulation:
        simulation.instantiate()
        print(f"{turn} turn: built in {time.process_time() - begin:.2f} s CPU")
        simulation.run(50)
        for cell_id, cell in simulation.cells.items():
            v = cell.get_soma_voltage()
            print(f"  {cell_id}: {len(cell.sections)} sections, {v.min():.1f} to {v.max():.1f} mV")
