"""Random signals as NEURON's Vectors."""

from __future__ import annotations

from bluecellab import stimulus
from bluecellab.compat.cell.hoc_stream import HocStream
from bluecellab.compat.type_aliases import NeuronRNG, NeuronVector
from bluecellab.nrn import objects
from bluecellab.nrn.rng import RNGSettings
from bluecellab.stimulus import Random123, get_relative_shotnoise_params
from bluecellab.stimulus.waveform import Points

__all__ = ["gen_ornstein_uhlenbeck", "gen_shotnoise_signal", "get_relative_shotnoise_params"]


def gen_shotnoise_signal(
    tau_D: float,
    tau_R: float,
    rate: float,
    amp_mean: float,
    amp_var: float,
    duration: float,
    dt: float = 0.25,
    rng: NeuronRNG | None = None,
) -> tuple[NeuronVector, NeuronVector]:
    """Return times (ms) and values of shot noise, see :func:`bluecellab.stimulus.gen_shotnoise_signal`.

    Parameters
    ----------
    tau_D, tau_R
        Decay and rise time of a shot, in ms.
    rate
        Of the shots, in Hz.
    amp_mean, amp_var
        Mean and variance of the peaks.
    duration, dt
        Length and sampling interval, in ms.
    rng
        A ``Random`` of NEURON's; a fresh ``Random()`` when left out, as published.
    """
    signal = stimulus.gen_shotnoise_signal(tau_D, tau_R, rate, amp_mean, amp_var, duration, dt, _stream(rng))
    return _vectors(signal)


def gen_ornstein_uhlenbeck(
    tau: float,
    sigma: float,
    mean: float,
    duration: float,
    dt: float = 0.25,
    rng: NeuronRNG | None = None,
) -> tuple[NeuronVector, NeuronVector]:
    """Return times (ms) and values of a process, see :func:`bluecellab.stimulus.gen_ornstein_uhlenbeck`.

    Parameters
    ----------
    tau
        Relaxation time, in ms.
    sigma, mean
        Standard deviation and mean.
    duration, dt
        Length and sampling interval, in ms.
    rng
        A ``Random`` of NEURON's; a fresh ``Random()`` when left out, as published.
    """
    return _vectors(stimulus.gen_ornstein_uhlenbeck(tau, sigma, mean, duration, dt, _stream(rng)))


def _stream(rng: NeuronRNG | None) -> Random123:
    """Return the stream of a ``Random``; without one, the stream that a new ``Random()`` has."""
    if rng is not None:
        return HocStream(rng)
    return Random123(0, 55, 0, global_index=RNGSettings.get_instance().base_seed)


def _vectors(points: Points) -> tuple[NeuronVector, NeuronVector]:
    times, values = points
    return objects.vector(times), objects.vector(values)
