"""How much work a process has had."""

from __future__ import annotations

from bluecellab.nrn import objects

__all__ = ["busy_seconds"]


def busy_seconds() -> float:
    """Return how long NEURON has integrated in its last run, in s of wall time, without waiting for ranks."""
    return float(objects.parallel_context().step_time())
