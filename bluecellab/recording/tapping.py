"""Have NEURON record the variables of a report itself, for engines that nothing can look into."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Protocol

from bluecellab.nrn.pointers import Pointers
from bluecellab.nrn.stepping import Reader
from bluecellab.nrn.taps import Taps
from bluecellab.recording.report_elements import Places

__all__ = ["Tapped", "tap"]


class Tapped(Reader, Protocol):
    """A reader whose variables NEURON can also record at every step."""

    name: str

    def tap(self) -> Taps:
        """Have NEURON record what is read, from the next initialisation on."""


def tap(places: Iterable[Places], pointers: Pointers) -> Taps:
    """Have NEURON record, at every step, what references refer to.

    Parameters
    ----------
    places
        What the first of them refer to, in their order.
    pointers
        The references; the others are to point processes.

    Raises
    ------
    EngineError
        If something is not there any more.
    """
    taps = Taps(pointers.size)
    try:
        first = 0
        for group in places:
            taps.at(first, group.section, group.places, group.name)
            first += len(group.places)
        for index, process, name in pointers.processes:
            taps.at_process(index, process, name)
    except BaseException:
        taps.release()
        raise
    return taps
