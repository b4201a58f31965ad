"""NEURON's numbers of sources of spikes, handed out so that no two that are alive are the same.

Those of cells and of gap junctions are known to all ranks, which have agreed on them. All others, of spikes
that are replayed and of minis, mean something to their own rank alone, and are taken from a range of their
own, so that no rank's replayed spike is that of a cell of another.
"""

from __future__ import annotations

from bluecellab.errors import SynapseError
from bluecellab.nrn.parallel import ranks
from bluecellab.nrn.scope import Scope

__all__ = ["allocate", "allocate_together"]

#: Well above the ids that scripts give to their own cells.
_FIRST = 1_000_000_000
_FIRST_OF_RANK = 1_500_000_000
_LAST = 2**31 - 1


class _Numbers:
    """What is in use of a range: the end of each block by its first number, and where all is free."""

    def __init__(self, first: int, last: int) -> None:
        self._first = first
        self._last = last
        self._blocks: dict[int, int] = {}
        self.free_from = first

    def fits(self, first: int, count: int) -> bool:
        """Whether so many numbers are within the range."""
        return first + count <= self._last + 1

    def next(self, count: int) -> int:
        """Return the first of so many free numbers."""
        return self.free_from if self.fits(self.free_from, count) else self._gap(count)

    def take(self, owner: Scope, first: int, count: int) -> int:
        """Reserve numbers until their owner closes."""
        owner.own(first, self._give_back)
        self._blocks[first] = first + count
        self.free_from = max(self.free_from, first + count)
        return first

    def _give_back(self, first: int) -> None:
        end = self._blocks.pop(first)
        if not self._blocks:
            self.free_from = self._first
        elif end == self.free_from:  # the usual case: last in, first out
            self.free_from = first

    def _gap(self, count: int) -> int:
        """Return the first of so many numbers between blocks in use."""
        first = self._first
        for start, end in sorted(self._blocks.items()):
            if start - first >= count:
                return first
            first = end
        raise self.too_many(count)

    def too_many(self, count: int) -> SynapseError:
        """Return what to raise when there are not so many left."""
        return SynapseError(
            f"{count} sources of spikes are too many for NEURON, which numbers them up to {_LAST}; "
            "close simulations that are no longer needed"
        )


_of_all = _Numbers(_FIRST, _FIRST_OF_RANK - 1)
_of_rank = _Numbers(_FIRST_OF_RANK, _LAST)


def allocate(owner: Scope, count: int) -> int:
    """Reserve consecutive numbers of this rank until their owner closes, and return the first.

    They are NEURON's gids, which must be unique in a process, not the global ids of a circuit's nodes. What
    they stand for on another rank has nothing to do with it.

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
    return _of_rank.take(owner, _of_rank.next(count), count)


def allocate_together(owner: Scope, count: int) -> int:
    """Reserve consecutive numbers that are the same on all ranks, and return the first; all ranks call it.

    Parameters
    ----------
    owner
        Who gives them back when it closes.
    count
        How many, the same on all ranks.

    Raises
    ------
    SynapseError
        If there are not so many left.
    RankError
        If another rank has failed in the meantime.
    """
    if ranks().alone:
        return _of_all.take(owner, _of_all.next(count), count)
    # Ranks need not close their simulations in the same order: what is free is what is free on all.
    first = max(ranks().gathered(_of_all.free_from, "numbering sources of spikes"))
    if not _of_all.fits(first, count):
        raise _of_all.too_many(count)
    return _of_all.take(owner, first, count)
