"""Mechanism libraries: compiled on demand into a cache, loaded once, listed, and required by name.

A folder of .mod files is all that is needed: :func:`load_mechanisms` compiles it the first time,
for this version of NEURON and this compiler, and finds the library in the cache from then on.
"""

from __future__ import annotations

from bluecellab.nrn.mechanisms.cache import cache_folder
from bluecellab.nrn.mechanisms.coreneuron import (
    CoreNeuronLibrary,
    build_for_coreneuron,
    coreneuron_library,
)
from bluecellab.nrn.mechanisms.judging import unsafe_with_threads
from bluecellab.nrn.mechanisms.library import (
    CacheEntry,
    Cleared,
    MechanismLibrary,
    build,
    clear_cache,
    list_cache,
)
from bluecellab.nrn.mechanisms.loading import (
    load_from_environment,
    load_mechanisms,
    loaded,
    point_processes,
    require,
)

__all__ = [
    "CacheEntry",
    "Cleared",
    "CoreNeuronLibrary",
    "MechanismLibrary",
    "build",
    "build_for_coreneuron",
    "cache_folder",
    "clear_cache",
    "coreneuron_library",
    "list_cache",
    "load_from_environment",
    "load_mechanisms",
    "loaded",
    "point_processes",
    "require",
    "unsafe_with_threads",
]
