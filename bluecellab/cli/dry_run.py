"""``bluecellab run --dry-run``: what a simulation is and will take, without NEURON and without writing."""

from __future__ import annotations

import argparse
import json

__all__ = ["dry_run"]


def dry_run(arguments: argparse.Namespace) -> int:
    """Check everything as a run does, and tell how large it is and what it will take.

    Parameters
    ----------
    arguments
        Those of ``bluecellab run``.

    Raises
    ------
    ConfigError, OutputError
        As the run would.
    """
    from bluecellab.nrn.launch import rank_of
    from bluecellab.simulation.estimating.dry import DryRun

    own = rank_of()
    if own is not None and own.rank:
        return 0  # the first rank tells it
    ranks = arguments.ranks
    if ranks is None:
        ranks = 1 if own is None else own.size
    found = DryRun(
        output=arguments.output,
        overwrite=arguments.overwrite,
        confine_to=arguments.confine_to,
        mechanisms=arguments.mechanisms,
        functions=arguments.functions,
    ).of(
        arguments.config,
        ranks=ranks,
        threads=arguments.threads,
        engine=arguments.engine,
    )
    if arguments.json:
        print(json.dumps({**found.estimate.to_dict(), "output": str(found.output)}, indent=2))
        return 0
    print("\n".join(found.estimate.lines()))
    state = "is there and may be written to" if found.output.is_dir() else "would be made"
    print(f"{'output':<12} {found.output} {state}")
    return 0
