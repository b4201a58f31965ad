"""Many random streams of NEURON at once: :mod:`bluecellab.nrn.random123` for arrays of identities."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from bluecellab.nrn.random123 import Random123, philox, unit_interval

__all__ = ["first_lognormals", "uniforms"]

FloatArray = NDArray[np.float64]

_WORD = np.uint64(0xFFFFFFFF)


def uniforms(ids: NDArray[np.uint64], first: int, count: int, *, global_index: int = 0) -> FloatArray:
    """Draw from many streams at once: what ``Random123(*ids[i])`` gives at positions first, first + 1, ...

    Parameters
    ----------
    ids
        Identities of the streams, shape (n, 3); only their lowest 32 bits count, as in NEURON.
    first
        Position of the first number drawn.
    count
        How many numbers of each stream.
    global_index
        NEURON's ``Random123_globalindex``.

    Returns
    -------
    ndarray, shape (n, count)

    Examples
    --------
    >>> uniforms(np.array([[2997, 291204, 123]], dtype=np.uint64), 0, 2)
    array([[0.60598585, 0.45050713]])
    """
    first_block, skip = divmod(first, 4)
    blocks = np.arange(first_block, first_block + (skip + count + 3) // 4, dtype=np.uint64)
    words = philox(np.broadcast_to(blocks, (len(ids), len(blocks))), (ids & _WORD)[:, None, :], global_index)
    return unit_interval(words.reshape(len(ids), -1)[:, skip : skip + count])


def first_lognormals(
    ids: NDArray[np.uint64], mean: float, variance: float, *, global_index: int = 0
) -> FloatArray:
    """Draw two numbers of many streams: ``Random123(*ids[i]).lognormal(2, mean, variance)``.

    Parameters
    ----------
    ids
        Identities of the streams, shape (n, 3).
    mean, variance
        Mean and variance of the numbers drawn.
    global_index
        NEURON's ``Random123_globalindex``.

    Returns
    -------
    ndarray, shape (n, 2)
    """
    pairs = 2.0 * uniforms(ids, 0, 8, global_index=global_index).reshape(-1, 4, 2) - 1.0
    squares = pairs[..., 0] * pairs[..., 0] + pairs[..., 1] * pairs[..., 1]
    accepted = squares <= 1.0
    chosen = np.argmax(accepted, axis=1)
    rows = np.arange(len(ids))
    values, square = pairs[rows, chosen].tolist(), squares[rows, chosen].tolist()
    squared = mean * mean
    log_mean = math.log(squared / math.sqrt(variance + squared))
    deviation = math.sqrt(math.log((variance + squared) / squared))
    drawn = np.empty((len(ids), 2))
    for row, found in enumerate(np.asarray(accepted.any(axis=1)).tolist()):
        if found:
            factor = math.sqrt(-2.0 * math.log(square[row]) / square[row])
            drawn[row] = [math.pow(math.e, value * factor * deviation + log_mean) for value in values[row]]
        else:  # four pairs refused, which happens to one stream in five hundred
            id1, id2, id3 = (int(word) & 0xFFFFFFFF for word in ids[row])
            stream = Random123(id1, id2, id3, global_index=global_index)
            drawn[row] = stream.lognormal(2, mean, variance)
    return drawn
