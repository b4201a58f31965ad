"""NEURON's ``Random`` as a source of the random numbers that stimuli are made of."""

from __future__ import annotations

from bluecellab.compat.type_aliases import NeuronRNG
from bluecellab.nrn import objects
from bluecellab.stimulus import Random123
from bluecellab.stimulus.waveform import FloatArray

__all__ = ["HocStream"]


class HocStream(Random123):
    """A stream whose numbers come from a ``Random`` of NEURON's, which moves on by as many.

    Parameters
    ----------
    rng
        The ``Random``; whatever distribution it had, it is left with a uniform one.
    """

    def __init__(self, rng: NeuronRNG) -> None:
        self._rng = rng

    @property
    def _position(self) -> int:
        return int(self._rng.seq())

    @_position.setter
    def _position(self, position: int) -> None:
        self._rng.seq(position)

    def uniform(self, n: int, low: float = 0.0, high: float = 1.0) -> FloatArray:
        """Draw from the uniform distribution; shape (n,)."""
        drawn = objects.vector([0.0] * n)
        if n:
            start = self._position
            self._rng.uniform(min(low, high), max(low, high))
            self._position = start  # naming the distribution has drawn a number
            drawn.setrand(self._rng)
        return objects.values_of(drawn)

    def __repr__(self) -> str:
        return f"<HocStream at {self._position}>"
