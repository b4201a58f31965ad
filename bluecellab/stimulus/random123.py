"""Random streams of NEURON in numpy; see :mod:`bluecellab.nrn.random123`."""

from __future__ import annotations

from bluecellab.nrn.random123 import Random123, gamma

__all__ = ["Random123", "gamma"]
