"""WHAT REMAINS when NEURON is gone: traces and spikes, as plain immutable values.

Results hold copies in numpy arrays that nobody can write to. They stay valid after the cell and the
simulation they came from are closed, compare bitwise, and can be pickled and exported.

Names are loaded on first use: a circuit needs spikes, and nothing of protocols.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from bluecellab.files.late import loaded_late

if TYPE_CHECKING:
    from bluecellab.results.outcomes import Outcome
    from bluecellab.results.runs import Results
    from bluecellab.results.spikes import Spikes
    from bluecellab.results.traces import Trace, Traces

__all__ = ["Outcome", "Results", "Spikes", "Trace", "Traces"]

_HOMES = {"Outcome": "outcomes", "Results": "runs", "Spikes": "spikes", "Trace": "traces", "Traces": "traces"}

__getattr__, __dir__ = loaded_late(__name__, _HOMES)
