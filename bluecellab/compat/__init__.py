"""The published BlueCelluLab module tree, thin, over the rooms of bluecellab.

``bluecellab.compat.cell``, ``bluecellab.compat.stimulus.circuit_stimulus_definitions`` and so on hold
the published names. After :func:`install`, ``import bluecellulab`` means this package, in this process,
so that scripts and packages written for BlueCelluLab run unchanged:

>>> import bluecellab.compat
>>> bluecellab.compat.install()
>>> from bluecellulab.cell import Cell
>>> Cell.__module__
'bluecellab.compat.cell.core'

One thing differs from the face of bluecellab: the sections of a :class:`~bluecellab.compat.cell.core.Cell`
are NEURON's own, not checked handles, because scripts hand them to ``neuron.h``.

Published names that are not here raise an error that says why, and what to use instead. Importing this
package starts no NEURON.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING

from bluecellab.compat._alias import install
from bluecellab.compat._coming import attribute_error
from bluecellab.compat.verbosity import ENV_VERBOSE_LEVEL, set_verbose, set_verbose_from_env

if TYPE_CHECKING:
    from bluecellab.compat.cell import Cell, MorphIOWrapper, create_ball_stick
    from bluecellab.compat.circuit import EmodelProperties
    from bluecellab.compat.circuit_simulation import CircuitSimulation, SSim
    from bluecellab.compat.connection import Connection
    from bluecellab.compat.dendrogram import Dendrogram
    from bluecellab.compat.importer import import_hoc
    from bluecellab.compat.plotwindow import PlotWindow
    from bluecellab.compat.psection import PSection
    from bluecellab.compat.psegment import PSegment
    from bluecellab.compat.rngsettings import RNGSettings
    from bluecellab.compat.simulation import Simulation
    from bluecellab.compat.simulation.neuron_globals import NeuronGlobals
    from bluecellab.compat.verbosity import VERBOSE_LEVEL

__all__ = [
    "BLUEPY_AVAILABLE",
    "ENV_VERBOSE_LEVEL",
    "VERBOSE_LEVEL",
    "Cell",
    "CircuitSimulation",
    "Connection",
    "Dendrogram",
    "EmodelProperties",
    "MorphIOWrapper",
    "NeuronGlobals",
    "PSection",
    "PSegment",
    "PlotWindow",
    "RNGSettings",
    "SSim",
    "Simulation",
    "create_ball_stick",
    "import_hoc",
    "install",
    "set_verbose",
    "set_verbose_from_env",
]

#: bluepy is archived, and circuits in its format are not read.
BLUEPY_AVAILABLE = False

_HOMES = {
    "Cell": "cell",
    "CircuitSimulation": "circuit_simulation",
    "Connection": "connection",
    "Dendrogram": "dendrogram",
    "EmodelProperties": "circuit",
    "MorphIOWrapper": "cell",
    "NeuronGlobals": "simulation.neuron_globals",
    "PSection": "psection",
    "PSegment": "psegment",
    "PlotWindow": "plotwindow",
    "RNGSettings": "rngsettings",
    "SSim": "circuit_simulation",
    "Simulation": "simulation",
    "create_ball_stick": "cell",
    "import_hoc": "importer",
}
_SUBMODULES = (
    "analysis",
    "cell",
    "circuit",
    "circuit_simulation",
    "connection",
    "dendrogram",
    "exceptions",
    "graph",
    "importer",
    "neuron",
    "neuron_interpreter",
    "plotwindow",
    "point",
    "psection",
    "psegment",
    "reports",
    "rngsettings",
    "simulation",
    "stimulus",
    "synapse",
    "tools",
    "type_aliases",
    "utils",
    "validation",
    "verbosity",
)

set_verbose_from_env()


def __getattr__(name: str) -> object:
    if name in _SUBMODULES:
        return importlib.import_module(f"{__name__}.{name}")
    if name == "VERBOSE_LEVEL":  # changes
        return importlib.import_module(f"{__name__}.verbosity").VERBOSE_LEVEL
    if name not in _HOMES:
        raise attribute_error(__name__, name)
    value = getattr(importlib.import_module(f"{__name__}.{_HOMES[name]}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *_HOMES, *_SUBMODULES, "VERBOSE_LEVEL"})
