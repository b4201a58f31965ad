"""The union of all stimuli, and several at one site."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from bluecellab.spec.stimuli.base import Stimulus
from bluecellab.spec.stimuli.clamps import AlphaSynapse, VoltageClamp
from bluecellab.spec.stimuli.deterministic import DeterministicStimulus
from bluecellab.spec.stimuli.noise import (
    AbsoluteShotNoise,
    Noise,
    OrnsteinUhlenbeck,
    RelativeOrnsteinUhlenbeck,
    RelativeShotNoise,
    ShotNoise,
)

__all__ = ["AnySingleStimulus", "AnyStimulus", "Sum", "parts_of"]

_Single = (
    DeterministicStimulus
    | Noise
    | ShotNoise
    | AbsoluteShotNoise
    | RelativeShotNoise
    | OrnsteinUhlenbeck
    | RelativeOrnsteinUhlenbeck
    | VoltageClamp
    | AlphaSynapse
)
AnySingleStimulus = Annotated[_Single, Field(discriminator="type")]


class Sum(Stimulus):
    """Several stimuli at one site at the same time; what ``a + b`` gives.

    Each is played by a clamp of its own, and their currents add.

    Parameters
    ----------
    stimuli
        The stimuli.

    Examples
    --------
    >>> from bluecellab.spec.stimuli import Hyperpolarizing, Step
    >>> both = Hyperpolarizing(duration=700) + Step(delay=100, duration=500, amplitude=0.2)
    >>> [stimulus.type for stimulus in both.stimuli]
    ['hyperpolarizing', 'step']
    """

    type: Literal["sum"] = Field("sum", repr=False)
    stimuli: Annotated[tuple[AnySingleStimulus, ...], Field(min_length=1)]


AnyStimulus = Annotated[_Single | Sum, Field(discriminator="type")]


def parts_of(stimulus: Stimulus) -> tuple[AnySingleStimulus, ...]:
    """Return the stimuli of a sum; a tuple of one for any other stimulus."""
    if isinstance(stimulus, Sum):
        return stimulus.stimuli
    return Sum(stimuli=(stimulus,)).stimuli


def _added(first: Stimulus, second: Stimulus) -> Sum:
    return Sum(stimuli=(*parts_of(first), *parts_of(second)))


Stimulus._added = staticmethod(_added)
