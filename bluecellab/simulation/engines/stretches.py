"""The stretches of steps that a run is handed to CoreNEURON in.

The whole model is copied at every one of them, so there should be few; what they leave is kept until their
end, so it must not be much. Cutting changes nothing in the results.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from bluecellab.nrn import clock, coreneuron
from bluecellab.nrn.parallel import ranks

__all__ = ["Stretch", "Stretches"]

_BYTES = 64 * 2**20  # that a stretch may leave
_SECONDS = 3.0  # of wall time that one should take, for progress to be seen
_STEPS = 5000  # that it should have: copying the model there and back takes as long as some 130
_ROUNDING = 1e-3  # of a step; NEURON's time adds up
_OF_RANKS = 20  # ranks take so many, as they must all take the same


@dataclass
class Stretch:
    """Some steps.

    Parameters
    ----------
    begin, end
        Steps taken before and after it, of the run.
    by_neuron
        Whether NEURON is to take them.
    seconds
        Wall time that it took.
    """

    begin: int
    end: int
    by_neuron: bool = False
    seconds: float = 0.0

    @property
    def steps(self) -> int:
        """How many."""
        return self.end - self.begin

    def took(self, seconds: float) -> None:
        """Note how long it took, in s of wall time."""
        self.seconds = seconds


class Stretches:
    """All of a run; each is as long as is good after those before.

    Parameters
    ----------
    steps
        Of the run.
    dt
        In ms.
    bytes_of_a_step
        What a step leaves.
    """

    def __init__(self, steps: int, dt: float, bytes_of_a_step: int) -> None:
        self.steps = steps
        self.most = max(1, _BYTES // max(bytes_of_a_step, 1))
        self._changes = _steps_with(coreneuron.weight_changes(), clock.now(), dt, steps)

    def __iter__(self) -> Iterator[Stretch]:
        """Give one after the other; when the next is asked for, the last one knows how long it took."""
        length = _STEPS
        for part in self._between_changes():
            if part.by_neuron:
                yield part
                continue
            done = part.begin
            while done < part.end:
                stretch = Stretch(done, min(part.end, done + min(length, self.most)))
                yield stretch
                done = stretch.end
                of_a_step = max(stretch.seconds, 1e-6) / stretch.steps
                length = max(_STEPS, int(_SECONDS / of_a_step))

    def agreed(self) -> Iterator[Stretch]:
        """Give those that all ranks take; all must ask for them."""
        everybody = ranks().gathered((self.most, self._changes), "planning a run with CoreNEURON")
        self.most = min(most for most, _ in everybody)
        self._changes = sorted({change for _, changes in everybody for change in changes})
        length = min(self.most, max(_STEPS, -(-self.steps // _OF_RANKS)))
        for part in self._between_changes():
            for begin in range(part.begin, part.end, length):
                yield Stretch(begin, min(part.end, begin + length), part.by_neuron)

    def _between_changes(self) -> Iterator[Stretch]:
        done = 0  # steps with a change are NEURON's, as hoc makes it
        for change in self._changes:
            if change > done:
                yield Stretch(done, change)
            yield Stretch(change, change + 1, by_neuron=True)
            done = change + 1
        if done < self.steps:
            yield Stretch(done, self.steps)


def _steps_with(times: Sequence[float], start: float, dt: float, steps: int) -> list[int]:
    """Return the steps in which events at some times come; both, for those at a border of two.

    NEURON delivers them at the beginning of a step if they are due until its middle, else at its end.
    """
    found: set[int] = set()
    for time in times:
        place = (time - start) / dt
        found.update(range(math.floor(place - _ROUNDING), math.floor(place + _ROUNDING) + 1))
    return sorted({max(step, 0) for step in found if step < steps})
