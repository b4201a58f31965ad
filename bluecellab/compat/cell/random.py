"""Random variates that NEURON does not have."""

from __future__ import annotations

from bluecellab import stimulus
from bluecellab.compat.cell.hoc_stream import HocStream
from bluecellab.compat.type_aliases import NeuronRNG, NeuronVector
from bluecellab.nrn import objects

__all__ = ["gamma"]


def gamma(rng: NeuronRNG, a: float, b: float, N: int = 1) -> NeuronVector:
    """Draw from the gamma distribution.

    Parameters
    ----------
    rng
        A ``Random`` of NEURON's.
    a, b
        Shape and scale.
    N
        How many.

    Returns
    -------
    hoc.Vector
        Of ``N`` numbers.

    Raises
    ------
    StimulusError
        If shape or scale is not positive.
    """
    return objects.vector(stimulus.gamma(HocStream(rng), a, b, N))
