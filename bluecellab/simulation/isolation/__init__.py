"""Jobs in processes of their own: what one does, leaks or breaks, no other sees.

:func:`run_isolated` runs a function, :class:`Isolation` the same with limits, :class:`Executor` many
side by side; :class:`IsolatedProcess` is the published pool. All of them take their processes from
fork servers, which have NEURON loaded, so that a job begins within milliseconds, and which are
started when the first job needs one. Jobs on a cell, with ``Isolation(cell=...)`` or
:meth:`Executor.submit_on`, are forked from a process that has built it.

Functions may be defined anywhere: in a script without ``if __name__ == "__main__"``, in a notebook,
inside other functions. Arguments and results are values; live objects stay where they are.
"""

from __future__ import annotations

from bluecellab.simulation.isolation.client import stop_servers
from bluecellab.simulation.isolation.cpus import available_cpus, polite_processes
from bluecellab.simulation.isolation.executor import Executor
from bluecellab.simulation.isolation.isolated import Isolation, run_isolated
from bluecellab.simulation.isolation.pool import AsyncResult, IsolatedProcess

__all__ = [
    "AsyncResult",
    "Executor",
    "IsolatedProcess",
    "Isolation",
    "available_cpus",
    "polite_processes",
    "run_isolated",
    "stop_servers",
]
