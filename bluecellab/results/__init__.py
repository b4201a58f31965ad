"""WHAT REMAINS when NEURON is gone: traces and spikes, as plain immutable values.

Results hold copies in numpy arrays that nobody can write to. They stay valid after the cell and the
simulation they came from are closed, compare bitwise, and can be pickled and exported.
"""

from __future__ import annotations

from bluecellab.results.outcomes import Outcome
from bluecellab.results.runs import Results
from bluecellab.results.spikes import Spikes
from bluecellab.results.traces import Trace, Traces

__all__ = ["Outcome", "Results", "Spikes", "Trace", "Traces"]
