"""bluecellab: experiments on NEURON cells and circuits that cannot leak and cannot lie.

Public names are loaded on first use: ``import bluecellab`` starts no NEURON.
"""

from __future__ import annotations

import gc
import importlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from bluecellab.cell import Cell, create_ball_stick
    from bluecellab.cell.morphology import MorphIOWrapper
    from bluecellab.nrn.mechanisms import load_mechanisms
    from bluecellab.nrn.rng import RNGSettings
    from bluecellab.results import Results
    from bluecellab.simulation import (
        CircuitSimulation,
        IsolatedProcess,
        Isolation,
        Simulation,
        map_cells,
        run_isolated,
        run_protocol,
        run_sonata,
        set_neuron_globals,
        sweep,
    )
    from bluecellab.simulation.estimating import Estimate, estimate
    from bluecellab.spec.base import CellId, Site
    from bluecellab.spec.cells import BallStickCell, EmodelProperties, HocCell, PythonCell
    from bluecellab.spec.functions import (
        add_cell_model,
        add_cell_processor,
        add_module,
        add_spikes_generator,
        add_synapse_model,
        add_weight_function,
        cell_model,
        model_processing,
        spikes_generator,
        synapse_model,
        synaptic_weight,
    )
    from bluecellab.spec.protocols import Placed, Protocol
    from bluecellab.spec.simulation import RunConditions
    from bluecellab.stimulus import StimulusFactory

__version__ = "0.1.0"

_HOMES = {
    "BallStickCell": "bluecellab.spec.cells",
    "Cell": "bluecellab.cell",
    "CellId": "bluecellab.spec.base",
    "CircuitSimulation": "bluecellab.simulation",
    "EmodelProperties": "bluecellab.spec.cells",
    "Estimate": "bluecellab.simulation.estimating",
    "HocCell": "bluecellab.spec.cells",
    "IsolatedProcess": "bluecellab.simulation",
    "Isolation": "bluecellab.simulation",
    "MorphIOWrapper": "bluecellab.cell.morphology",
    "Placed": "bluecellab.spec.protocols",
    "Protocol": "bluecellab.spec.protocols",
    "PythonCell": "bluecellab.spec.cells",
    "RNGSettings": "bluecellab.nrn.rng",
    "Results": "bluecellab.results",
    "RunConditions": "bluecellab.spec.simulation",
    "Simulation": "bluecellab.simulation",
    "Site": "bluecellab.spec.base",
    "StimulusFactory": "bluecellab.stimulus",
    "add_cell_model": "bluecellab.spec.functions",
    "add_cell_processor": "bluecellab.spec.functions",
    "add_module": "bluecellab.spec.functions",
    "add_spikes_generator": "bluecellab.spec.functions",
    "add_synapse_model": "bluecellab.spec.functions",
    "add_weight_function": "bluecellab.spec.functions",
    "cell_model": "bluecellab.spec.functions",
    "create_ball_stick": "bluecellab.cell",
    "estimate": "bluecellab.simulation.estimating",
    "load_mechanisms": "bluecellab.nrn.mechanisms",
    "map_cells": "bluecellab.simulation",
    "model_processing": "bluecellab.spec.functions",
    "run_isolated": "bluecellab.simulation",
    "run_protocol": "bluecellab.simulation",
    "run_sonata": "bluecellab.simulation",
    "set_neuron_globals": "bluecellab.simulation",
    "spikes_generator": "bluecellab.spec.functions",
    "sweep": "bluecellab.simulation",
    "synapse_model": "bluecellab.spec.functions",
    "synaptic_weight": "bluecellab.spec.functions",
}

__all__ = [
    "BallStickCell",
    "Cell",
    "CellId",
    "CircuitSimulation",
    "EmodelProperties",
    "Estimate",
    "HocCell",
    "IsolatedProcess",
    "Isolation",
    "MorphIOWrapper",
    "Placed",
    "Protocol",
    "PythonCell",
    "RNGSettings",
    "Results",
    "RunConditions",
    "Simulation",
    "Site",
    "StimulusFactory",
    "__version__",
    "add_cell_model",
    "add_cell_processor",
    "add_module",
    "add_spikes_generator",
    "add_synapse_model",
    "add_weight_function",
    "cell_model",
    "create_ball_stick",
    "estimate",
    "load_mechanisms",
    "map_cells",
    "model_processing",
    "run_isolated",
    "run_protocol",
    "run_sonata",
    "set_neuron_globals",
    "spikes_generator",
    "sweep",
    "synapse_model",
    "synaptic_weight",
]


def __getattr__(name: str) -> object:
    home = _HOMES.get(name)
    if home is None:
        raise AttributeError(f"module 'bluecellab' has no attribute {name!r}")
    collecting = gc.isenabled()
    gc.disable()  # what modules make stays; to look through it time and again takes a sixth of the time
    try:
        value = getattr(importlib.import_module(home), name)
    finally:
        if collecting:
            if not gc.get_freeze_count():
                gc.freeze()  # and back: they count as old now, without a look at them
                gc.unfreeze()
            gc.enable()
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *_HOMES})
