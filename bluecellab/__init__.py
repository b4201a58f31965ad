"""bluecellab: experiments on NEURON cells and circuits that cannot leak and cannot lie.

Public names are loaded on first use: ``import bluecellab`` starts no NEURON.
"""

from __future__ import annotations

__version__ = "0.1.0"
