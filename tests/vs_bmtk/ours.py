"""Our answers to configurations, each from a process of its own: mechanisms cannot be unloaded."""

from __future__ import annotations

import warnings
from pathlib import Path

from bluecellab import run_isolated, run_sonata
from bluecellab.errors import CircuitWarning
from bluecellab.spec.functions import spikes_generator


def _run(path: Path, *, merge: bool) -> None:
    @spikes_generator
    def volleys(node, sim):
        return [10.0 + 20.0 * k + 1.537 * node.node_id for k in range(5)]

    with warnings.catch_warnings():
        warnings.simplefilter("ignore", CircuitWarning)
        run_sonata(path, **({"merge_synapses": True} if merge else {}))


def simulate(path: Path, *, merge: bool = False) -> Path:
    """Run a configuration, as it is; return the folder of output beside it."""
    run_isolated(_run, path, merge=merge)
    return path.parent / "output"
