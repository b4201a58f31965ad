"""STIMULI: waveforms (numpy only), the published StimulusFactory, and the clamps that play them.

- :func:`play` plays a stimulus (a value of :mod:`bluecellab.spec.stimuli`) at a site of a cell;
- :func:`waveform_of` gives its points without NEURON, for plots and for circuits;
- :func:`plan_inputs` and :func:`play_input` do so for the blocks of a circuit's inputs;
- :class:`StimulusFactory` makes the published time series (``a + b`` is ``a``, then ``b``);
- :class:`Random123` draws NEURON's random numbers in numpy.
"""

from __future__ import annotations

from bluecellab.stimulus.clamps import play
from bluecellab.stimulus.factory import StimulusFactory
from bluecellab.stimulus.inputs import PlannedInput, Recipient, places_on, plan_inputs, play_input
from bluecellab.stimulus.live import LiveStimulus
from bluecellab.stimulus.random123 import Random123, gamma
from bluecellab.stimulus.signals import (
    gen_ornstein_uhlenbeck,
    gen_shotnoise_signal,
    get_relative_shotnoise_params,
)
from bluecellab.stimulus.streams import Electrical, NoiseStream, Seeds, stream_of
from bluecellab.stimulus.waveform import Waveform, superpose
from bluecellab.stimulus.waveforms import waveform_of

__all__ = [
    "Electrical",
    "LiveStimulus",
    "NoiseStream",
    "PlannedInput",
    "Random123",
    "Recipient",
    "Seeds",
    "StimulusFactory",
    "Waveform",
    "gamma",
    "gen_ornstein_uhlenbeck",
    "gen_shotnoise_signal",
    "get_relative_shotnoise_params",
    "places_on",
    "plan_inputs",
    "play",
    "play_input",
    "stream_of",
    "superpose",
    "waveform_of",
]
