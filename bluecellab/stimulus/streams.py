"""Which random stream a stimulus draws from, and what it knows about its cell.

In Random123 mode the streams of the Blue Brain / Open Brain dialect are

============== ============= ======================= ====================================
family         id1           id2                     id3
============== ============= ======================= ====================================
noise          count + 100   stimulus_seed + 500     cell + 300
shot noise     count + 2997  stimulus_seed + 19216   random_seed, or cell + 123
OU process     count + 2997  stimulus_seed + 291204  random_seed, or cell + 123
============== ============= ======================= ====================================

under the base seed as global index. ``count`` numbers the stimuli of one family; ``cell`` is the
0-based node id for BlueCelluLab, and the 1-based gid (node id + offset + 1) for Neurodamus.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal, Protocol

from bluecellab.errors import StimulusError
from bluecellab.spec.stimuli import InjectionMode, Noise, Stimulus
from bluecellab.spec.stimuli.noise import (
    AbsoluteShotNoise,
    OrnsteinUhlenbeck,
    RelativeOrnsteinUhlenbeck,
    RelativeShotNoise,
    ShotNoise,
)
from bluecellab.stimulus.random123 import Random123

__all__ = ["Electrical", "NoiseStream", "RunningStream", "SeedConvention", "Seeds", "Stream", "stream_of"]

SeedConvention = Literal["bluecellulab", "neurodamus"]

_WORD = 2**32
# NEURON's Random(seed) without more is the Random123 stream (seed, 55, 0).
_PLAIN_RANDOM = 55


class Stream(Protocol):
    """A random stream that can be drawn from."""

    def open(self) -> Random123:
        """Return what draws."""


@dataclass(frozen=True)
class NoiseStream:
    """The identity of a random stream.

    Parameters
    ----------
    id1, id2, id3
        Identities of the Random123 stream, 0 to 2**32 - 1.
    global_index
        NEURON's ``Random123_globalindex``: the base seed of the simulation.
    """

    id1: int
    id2: int
    id3: int
    global_index: int = 0

    def open(self) -> Random123:
        """Return the stream at its beginning."""
        return Random123(self.id1, self.id2, self.id3, global_index=self.global_index)


class RunningStream:
    """A stream that goes on where it was left, when it is opened again.

    Parameters
    ----------
    stream
        Where it begins.
    """

    def __init__(self, stream: NoiseStream) -> None:
        self._drawing = stream.open()

    def open(self) -> Random123:
        """Return the stream where it is."""
        return self._drawing


@dataclass(frozen=True)
class Seeds:
    """What decides the random stream of a stimulus beside the stimulus itself.

    Parameters
    ----------
    base_seed
        Of the simulation.
    stimulus_seed
        Of all stimuli.
    cell
        0-based id of the cell (with ``convention="neurodamus"``, with its population's offset).
    count
        Number of stimuli of the same family before this one.
    convention
        Whose numbers: ``"bluecellulab"`` or ``"neurodamus"``.
    dt
        Time step of the run, in ms; it enters into how many numbers a :class:`Noise` skips.

    Examples
    --------
    >>> Seeds(cell=7, count=1).noise()
    NoiseStream(id1=101, id2=500, id3=307, global_index=0)
    >>> Seeds(cell=7, count=1, convention="neurodamus").shot_noise()
    NoiseStream(id1=2998, id2=19216, id3=131, global_index=0)
    """

    base_seed: int = 0
    stimulus_seed: int = 0
    cell: int = 0
    count: int = 0
    convention: SeedConvention = "bluecellulab"
    dt: float = 0.025

    @property
    def _cell_number(self) -> int:
        return self.cell + 1 if self.convention == "neurodamus" else self.cell

    def noise(self, seed: int | None = None) -> NoiseStream:
        """Return the stream of a :class:`~bluecellab.spec.stimuli.Noise`.

        Parameters
        ----------
        seed
            An explicit seed: the stream of NEURON's ``Random(seed)`` instead.
        """
        if seed is not None:
            return NoiseStream(seed, _PLAIN_RANDOM, 0, self.base_seed)
        return self._stream(self.count + 100, 500, self._cell_number + 300)

    def shot_noise(self, random_seed: int | None = None) -> NoiseStream:
        """Return the stream of the shot noise family; ``random_seed`` replaces its id3."""
        return self._stream(self.count + 2997, 19216, self._third(random_seed))

    def ornstein_uhlenbeck(self, random_seed: int | None = None) -> NoiseStream:
        """Return the stream of the Ornstein-Uhlenbeck family; ``random_seed`` replaces its id3."""
        return self._stream(self.count + 2997, 291204, self._third(random_seed))

    def _third(self, random_seed: int | None) -> int:
        return self._cell_number + 123 if random_seed is None else random_seed

    def _stream(self, id1: int, offset: int, id3: int) -> NoiseStream:
        return NoiseStream(id1 % _WORD, (self.stimulus_seed + offset) % _WORD, id3 % _WORD, self.base_seed)


def stream_of(spec: Stimulus, seeds: Seeds) -> NoiseStream | None:
    """Return the documented stream of a stimulus, or None for one that is not random."""
    if isinstance(spec, Noise):
        return seeds.noise(spec.seed)
    if isinstance(spec, ShotNoise | AbsoluteShotNoise | RelativeShotNoise):
        return seeds.shot_noise(spec.random_seed)
    if isinstance(spec, OrnsteinUhlenbeck | RelativeOrnsteinUhlenbeck):
        return seeds.ornstein_uhlenbeck(spec.random_seed)
    return None


@dataclass(frozen=True)
class Electrical:
    """The properties of a cell that relative stimuli refer to.

    Parameters
    ----------
    threshold_current
        Rheobase on top of the holding current, in nA.
    holding_current
        In nA.
    input_resistance
        In Mohm.
    """

    threshold_current: float | None = None
    holding_current: float | None = None
    input_resistance: float | None = None

    def threshold(self, what: str = "the stimulus") -> float:
        """Return the threshold current, in nA.

        Raises
        ------
        StimulusError
            If the cell has none.
        """
        return _known(self.threshold_current, what, "threshold current")

    def holding(self, what: str = "the stimulus") -> float:
        """Return the holding current, in nA.

        Raises
        ------
        StimulusError
            If the cell has none.
        """
        return _known(self.holding_current, what, "holding current")

    def reference(self, mode: InjectionMode, what: str = "the stimulus") -> float:
        """Return what 100 percent are: the threshold current (nA) or input conductance (uS).

        Raises
        ------
        StimulusError
            If the cell has no such property, or an input resistance that is not positive.
        """
        if mode == "current":
            return self.threshold(what)
        resistance = _known(self.input_resistance, what, "input resistance")
        if resistance <= 0:
            raise StimulusError(
                f"{what} is relative to the input conductance, but the cell's input resistance is "
                f"{resistance} Mohm"
            )
        return 1.0 / resistance


def _known(value: float | None, what: str, name: str) -> float:
    if value is None or not math.isfinite(value):
        raise StimulusError(
            f"{what} is relative to the cell's {name}, and the cell has none ({value}). "
            "Give it with the cell's emodel properties, or use the absolute stimulus."
        )
    return value
