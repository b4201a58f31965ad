r"""NEURON's Random123 streams in numpy: the same numbers, bit for bit, without NEURON.

The generator is Philox4x32-10 [1]_: a keyed bijection of a 128-bit counter. Block *n* of the stream
``(id1, id2, id3)`` under the global index *g* is

.. math:: \mathrm{Philox}_{(g, 0)}(n, id_3, id_1, id_2)

four 32-bit words :math:`w`, each read as the uniform number :math:`(w + 1) / (2^{32} + 1)`, which is
never 0 nor 1. Being counter based, a stream can be entered anywhere at no cost, and every block is
computed independently: here thousands at once.

The distributions are those of NEURON's ``Random``:

========== ====================================================================================
uniform    :math:`a + (b - a) u`
negexp     :math:`-m \ln u`
normal     Marsaglia's polar method [2]_, two numbers for each accepted pair; takes the *variance*
lognormal  :math:`e^N` with :math:`N` of mean :math:`\ln(m^2 / \sqrt{m^2 + v})` and variance
           :math:`\ln((m^2 + v) / m^2)`
========== ====================================================================================

Logarithms and powers go through :mod:`math`, hence the C library that NEURON uses too: numpy's own
vector versions differ in the last bit from one processor to the next.

References
----------
.. [1] Salmon et al. (2011), Parallel random numbers: as easy as 1, 2, 3.
   https://doi.org/10.1145/2063384.2063405
.. [2] Marsaglia and Bray (1964), A convenient method for generating normal variables.
   https://doi.org/10.1137/1006063
"""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from bluecellab.errors import StimulusError

__all__ = ["Random123", "gamma", "philox", "unit_interval"]

FloatArray = NDArray[np.float64]

_MULTIPLIERS = (np.uint64(0xD2511F53), np.uint64(0xCD9E8D57))
_KEY_STEPS = (0x9E3779B9, 0xBB67AE85)
_ROUNDS = 10
_LOW = np.uint64(0xFFFFFFFF)
_SHIFT = np.uint64(32)
_WORD_RANGE = 2**32
_TO_UNIT = 1.0 / 4294967297.0
#: Positions wrap where the 32-bit block counter does, four words a block.
_PERIOD = 4 * _WORD_RANGE


def _each(function: Callable[[float], float], values: FloatArray) -> FloatArray:
    """Apply a function of the C library to every number."""
    return np.fromiter(map(function, values.tolist()), dtype=np.float64, count=values.size)


def philox(blocks: NDArray[np.uint64], ids: NDArray[np.uint64], key: int) -> NDArray[np.uint64]:
    """Return 32-bit words.

    Parameters
    ----------
    blocks
        Numbers of blocks, shape (...).
    ids
        Identities of their streams, shape (..., 3).
    key
        The global index.

    Returns
    -------
    ndarray, shape (..., 4)
    """
    word0 = blocks & _LOW
    word1 = ids[..., 2]
    word2 = ids[..., 0]
    word3 = ids[..., 1]
    key0, key1 = key, 0
    for _ in range(_ROUNDS):
        product0 = _MULTIPLIERS[0] * word0
        product1 = _MULTIPLIERS[1] * word2
        word0 = (product1 >> _SHIFT) ^ word1 ^ np.uint64(key0)
        word2 = (product0 >> _SHIFT) ^ word3 ^ np.uint64(key1)
        word1 = product1 & _LOW
        word3 = product0 & _LOW
        key0 = (key0 + _KEY_STEPS[0]) % _WORD_RANGE
        key1 = (key1 + _KEY_STEPS[1]) % _WORD_RANGE
    return np.stack(np.broadcast_arrays(word0, word1, word2, word3), axis=-1)


def unit_interval(words: NDArray[np.unsignedinteger]) -> FloatArray:
    """Return 32-bit words as numbers between 0 and 1, both excluded."""
    return (words.astype(np.float64) + 1.0) * _TO_UNIT


def _word(name: str, value: int) -> int:
    if not 0 <= value < _WORD_RANGE:
        raise StimulusError(
            f"{name} of a random stream is {value}; it must be a whole number from 0 to 2**32 - 1"
        )
    return int(value)


class Random123:
    """A stream of random numbers, equal to NEURON's ``Random`` after ``Random123(id1, id2, id3)``.

    Every method draws ``n`` numbers from where the stream stands and moves it on. One call does
    what NEURON does for ``r.normal(...)`` and ``n - 1`` times ``r.repick()``; naming a distribution
    anew forgets the half of a pair that the polar method has in store, here as there.

    Parameters
    ----------
    id1, id2, id3
        Identity of the stream, 0 to 2**32 - 1.
    global_index
        NEURON's ``Random123_globalindex``, the same for all streams of a simulation.

    Raises
    ------
    StimulusError
        If an identity is out of range.

    Examples
    --------
    >>> stream = Random123(2997, 291204, 123)
    >>> stream.uniform(2)
    array([0.60598585, 0.45050713])
    >>> stream.position
    2
    """

    def __init__(self, id1: int = 0, id2: int = 0, id3: int = 0, *, global_index: int = 0) -> None:
        self._ids = (_word("id1", id1), _word("id2", id2), _word("id3", id3))
        self._global_index = _word("global_index", global_index)
        self._position = 0

    def __repr__(self) -> str:
        id1, id2, id3 = self._ids
        return f"<Random123({id1}, {id2}, {id3}, global_index={self._global_index}) at {self._position}>"

    @property
    def ids(self) -> tuple[int, int, int]:
        """The three identities of the stream."""
        return self._ids

    @property
    def global_index(self) -> int:
        """The global index of the stream."""
        return self._global_index

    @property
    def position(self) -> int:
        """Number of 32-bit words drawn so far; NEURON's ``Random.seq()``. May be set."""
        return self._position

    @position.setter
    def position(self, position: int) -> None:
        if position < 0:
            raise StimulusError(f"position {position} of a random stream is negative")
        self._position = position % _PERIOD

    def words(self, n: int) -> NDArray[np.uint32]:
        """Draw ``n`` 32-bit words.

        Parameters
        ----------
        n
            How many.

        Returns
        -------
        ndarray of uint32, shape (n,)
        """
        if n < 0:
            raise StimulusError(f"{n} random numbers were asked for")
        first_block, skip = divmod(self._position, 4)
        n_blocks = (skip + n + 3) // 4
        blocks = np.arange(first_block, first_block + n_blocks, dtype=np.uint64)
        ids = np.array(self._ids, dtype=np.uint64)
        words = philox(blocks, ids, self._global_index).ravel()[skip : skip + n]
        self.position = self._position + n
        return words.astype(np.uint32)

    def uniform(self, n: int, low: float = 0.0, high: float = 1.0) -> FloatArray:
        """Draw from the uniform distribution between two bounds, both excluded.

        Parameters
        ----------
        n
            How many.
        low, high
            The bounds, in either order.

        Returns
        -------
        ndarray, shape (n,)
        """
        low, high = min(low, high), max(low, high)
        return low + (high - low) * unit_interval(self.words(n))

    def negexp(self, n: int, mean: float = 1.0) -> FloatArray:
        """Draw from the exponential distribution.

        Parameters
        ----------
        n
            How many.
        mean
            Mean of the distribution.

        Returns
        -------
        ndarray, shape (n,)
        """
        return -mean * _each(math.log, self.uniform(n))

    def normal(self, n: int, mean: float = 0.0, variance: float = 1.0) -> FloatArray:
        """Draw from the normal distribution.

        Parameters
        ----------
        n
            How many.
        mean
            Mean of the distribution.
        variance
            Variance of the distribution: not the standard deviation.

        Returns
        -------
        ndarray, shape (n,)

        Raises
        ------
        StimulusError
            If the variance is negative.
        """
        if variance < 0:
            raise StimulusError(f"a normal distribution of variance {variance}; it must be >= 0")
        standard = self._standard_normal(n)
        return standard * math.sqrt(variance) + mean

    def _standard_normal(self, n: int) -> FloatArray:
        """Marsaglia's polar method on whole arrays of pairs."""
        n_pairs = (n + 1) // 2
        found: list[FloatArray] = []
        while n_pairs > 0:
            # Of all pairs pi/4 = 0.785 are accepted; 1.3 and a few make a second round rare.
            start = self._position
            candidates = 2.0 * self.uniform(2 * (int(1.3 * n_pairs) + 8)).reshape(-1, 2) - 1.0
            square = candidates[:, 0] * candidates[:, 0] + candidates[:, 1] * candidates[:, 1]
            accepted = np.flatnonzero(square <= 1.0)[:n_pairs]
            chosen = square[accepted]
            factor = np.sqrt(-2.0 * _each(math.log, chosen) / chosen)
            found.append((candidates[accepted] * factor[:, None]).ravel())
            n_pairs -= accepted.size
            if n_pairs == 0:
                # Words beyond the last pair that was needed have not been drawn.
                self.position = start + 2 * (int(accepted[-1]) + 1)
        return np.concatenate(found)[:n] if found else np.empty(0)

    def lognormal(self, n: int, mean: float = 1.0, variance: float = 1.0) -> FloatArray:
        """Draw from the log-normal distribution.

        Parameters
        ----------
        n
            How many.
        mean, variance
            Mean and variance of the numbers drawn (not of their logarithms).

        Returns
        -------
        ndarray, shape (n,)

        Raises
        ------
        StimulusError
            If the mean is zero or the variance negative.
        """
        if mean == 0 or variance < 0:
            raise StimulusError(
                f"a log-normal distribution of mean {mean} and variance {variance}; "
                "the mean must not be 0 nor the variance negative"
            )
        square = mean * mean
        log_mean = math.log(square / math.sqrt(variance + square))
        log_deviation = math.sqrt(math.log((variance + square) / square))
        logs = self._standard_normal(n) * log_deviation + log_mean
        return _each(lambda value: math.pow(math.e, value), logs)


class _OneByOne:
    """Draws single numbers of mixed distributions; fetched in bulk, counted exactly."""

    def __init__(self, stream: Random123, chunk: int) -> None:
        self._stream = stream
        self._start = stream.position
        self._chunk = chunk
        self._words: list[float] = []
        self._used = 0

    def uniform(self) -> float:
        """Return a number from 0 to 1."""
        if self._used == len(self._words):
            self._words += self._stream.uniform(self._chunk).tolist()
        self._used += 1
        return self._words[self._used - 1]

    def normal(self) -> float:
        """Return a standard normal number; the second of its pair is forgotten."""
        while True:
            first = 2.0 * self.uniform() - 1.0
            second = 2.0 * self.uniform() - 1.0
            square = first * first + second * second
            if square <= 1.0:
                return first * math.sqrt(-2.0 * math.log(square) / square)

    def finish(self) -> None:
        """Leave the stream behind the last number that was used."""
        self._stream.position = self._start + self._used


def gamma(stream: Random123, shape: float, scale: float, n: int = 1) -> FloatArray:
    r"""Draw from the gamma distribution by the method of Marsaglia and Tsang.

    With :math:`d = a - 1/3`: draw :math:`x` normal and :math:`u` uniform, and accept
    :math:`d v` with :math:`v = (1 + x / (3\sqrt d))^3 > 0` if
    :math:`u < 1 - 0.0331 x^4` or :math:`\ln u < x^2/2 + d(1 - v + \ln v)`. For :math:`a < 1` the
    variate of :math:`a + 1` is multiplied by :math:`w^{1/a}`, :math:`w` uniform, all drawn first.

    Parameters
    ----------
    stream
        Where the numbers come from.
    shape, scale
        Parameters of the distribution; its mean is their product.
    n
        How many.

    Returns
    -------
    ndarray, shape (n,)

    Raises
    ------
    StimulusError
        If shape or scale is not positive.

    References
    ----------
    Marsaglia and Tsang (2000), A simple method for generating gamma variables.
    https://doi.org/10.1145/358407.358414

    Examples
    --------
    >>> gamma(Random123(1, 2, 3), shape=2.5, scale=2.0, n=2)
    array([8.76983805, 7.61620474])
    """
    if shape <= 0 or scale <= 0:
        raise StimulusError(f"a gamma distribution of shape {shape} and scale {scale}; give both > 0")
    if shape < 1:
        # One more number than is used: NEURON draws one when the distribution is named.
        weights = stream.uniform(n + 1)[1:]
        powers = _each(lambda weight: math.pow(weight, 1.0 / shape), weights)
        return gamma(stream, 1.0 + shape, scale, n) * powers
    reduced = shape - 1.0 / 3.0
    coefficient = 1.0 / 3.0 / math.sqrt(reduced)
    variates: list[float] = []
    source = _OneByOne(stream, 5 * n + 16)
    while len(variates) < n:
        normal = source.normal()
        root = 1.0 + coefficient * normal
        if root <= 0:
            continue
        cube = root * root * root
        uniform = source.uniform()
        if uniform < 1.0 - 0.0331 * normal * normal * normal * normal or math.log(
            uniform
        ) < 0.5 * normal * normal + reduced * (1.0 - cube + math.log(cube)):
            variates.append(scale * reduced * cube)
    source.finish()
    return np.array(variates, dtype=np.float64)
