"""NEURON's numbers of sources of spikes, handed out so that no two that are alive are the same."""

from __future__ import annotations

from bluecellab.errors import SynapseError
from bluecellab.nrn.scope import Scope

__all__ = ["allocate"]

#: Well above the ids that scripts give to their own cells.
_FIRST = 1_000_000_000
_LAST = 2**31 - 1


class _Taken:
    """What is in use: the end of each block by its first number, and where nothing is in use any more."""

    blocks: dict[int, int] = {}  # noqa: RUF012 - of the process
    free_from = _FIRST


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
    first = _Taken.free_from
    if first + count > _LAST + 1:
        first = _gap(count)
    owner.own(first, _give_back)
    _Taken.blocks[first] = first + count
    _Taken.free_from = max(_Taken.free_from, first + count)
    return first


def _give_back(first: int) -> None:
    end = _Taken.blocks.pop(first)
    if not _Taken.blocks:
        _Taken.free_from = _FIRST
    elif end == _Taken.free_from:  # the usual case: last in, first out
        _Taken.free_from = first


def _gap(count: int) -> int:
    """Return the first of so many numbers between blocks in use."""
    first = _FIRST
    for start, end in sorted(_Taken.blocks.items()):
        if start - first >= count:
            return first
        first = end
    raise SynapseError(
        f"{count} sources of spikes are too many for NEURON, which numbers them up to {_LAST}; "
        "close simulations that are no longer needed"
    )
