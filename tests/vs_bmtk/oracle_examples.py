"""Run by BMTK's Python: an example of ours, its functions registered with BMTK.

``oracle_examples.py LIBRARY FOLDER SCRIPT CONFIG``: a compiled library with VecStim, the folder of a copy of the
example, the script that registers functions ("" if there is none), and the configuration.
"""

from __future__ import annotations

import sys
import types
from pathlib import Path

from bmtk.simulator import bionet
from bmtk.simulator.bionet import pyfunction_cache
from neuron import h


class Registered(Exception):
    """All functions are there: what follows in the script is a simulation of ours."""


def simulate(*arguments, **options):
    raise Registered


def register(script):
    """Run a script as far as its functions go, with BMTK's names for what it imports of ours."""
    face, engine = types.ModuleType("bluecellab"), types.ModuleType("bluecellab.nrn")
    face.cell_model, face.model_processing = bionet.cell_model, bionet.model_processing
    face.synapse_model = pyfunction_cache.synapse_model
    face.synaptic_weight = pyfunction_cache.synaptic_weight
    face.CircuitSimulation = face.run_sonata = simulate
    engine.h = h
    sys.modules.update({"bluecellab": face, "bluecellab.nrn": engine})
    try:
        exec(compile(script.read_text(), str(script), "exec"), {"__file__": str(script)})
    except Registered:
        return
    raise SystemExit(f"{script} simulates nothing")


def main(library, folder, script, config):
    """Simulate."""
    h.nrn_load_dll(library)
    if script:
        register(Path(folder) / script)
    configuration = bionet.Config.from_json(str(Path(folder) / config))
    configuration.build_env()
    network = bionet.BioNetwork.from_config(configuration)
    bionet.BioSimulator.from_config(configuration, network=network).run()


if __name__ == "__main__":
    main(*sys.argv[1:])
