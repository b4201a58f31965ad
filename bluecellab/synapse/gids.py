"""NEURON's numbers of sources of spikes, handed out so that no two that are alive are the same."""

from __future__ import annotations

from bluecellab.errors import SynapseError
from bluecellab.nrn.scope import Scope

__all__ = ["allocate"]

#: Well above the ids that scripts give to their own cells.
_FIRST = 1_000_000_000
_LAST = 2**31 - 1

_taken: list[tuple[int, int]] = []


def allocate(owner: Scope, count: int) -> int:
    """Reserve consecutive numbers until their owner closes, and return the first.

    They are NEURON's gids, which must be unique in a process, not the global ids of a circuit's nodes.

    Parameters
    ----------
    owner
        Who gives them back when it closes.
    count
        How many.

    Raises
    ------
    SynapseError
        If there are not so many left.
    """
    first = _FIRST
    position = 0
    for position, (start, end) in enumerate([*_taken, (_LAST + 1, _LAST + 1)]):  # noqa: B007 - used below
        if start - first >= count:
            break
        first = end
    else:
        raise SynapseError(
            f"{count} sources of spikes are too many for NEURON, which numbers them up to {_LAST}; "
            "close simulations that are no longer needed"
        )
    block = (first, first + count)
    _taken.insert(position, block)
    owner.own(block, _taken.remove)
    return first
