"""Point processes that several synapses share: equal linear ones on one segment do what one does."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence

import numpy as np
import numpy.typing as npt

from bluecellab.nrn import synapses
from bluecellab.nrn.scope import Scope

__all__ = ["Shared"]

IntArray = npt.NDArray[np.int64]


class Shared:
    """The point processes of one cell.

    Parameters
    ----------
    owner
        The scope of the cell.
    """

    def __init__(self, owner: Scope) -> None:
        self.processes = owner.own(synapses.empty_list(), synapses.release_backwards)
        self._known: dict[Hashable, int] = {}

    def slots(
        self,
        synapse: tuple[IntArray, IntArray, IntArray],
        kinds: Sequence[Hashable],
        add: Callable[[IntArray], IntArray],
    ) -> IntArray:
        """Return where in the List the point process of each synapse is, shape (n,).

        Parameters
        ----------
        synapse
            Kind, section and segment of each, shapes (n,).
        kinds
            What tells kinds apart.
        add
            Makes point processes for some of the synapses, and returns where they are.
        """
        kind, section, segment = synapse
        width = int(segment.max(initial=0)) + 3
        code = (section * width + segment + 1) * len(kinds) + kind
        codes, first, which = np.unique(code, return_index=True, return_inverse=True)
        keys = [
            (kinds[code % len(kinds)], code // len(kinds) // width, code // len(kinds) % width)
            for code in codes.tolist()
        ]
        missing = np.array([key not in self._known for key in keys], dtype=bool)
        new = np.sort(first[missing])
        places = dict(zip(new.tolist(), add(new).tolist(), strict=True))
        for key, index in zip(keys, first.tolist(), strict=True):
            if key not in self._known:
                self._known[key] = places[index]
        return np.array([self._known[key] for key in keys], dtype=np.int64)[which]
