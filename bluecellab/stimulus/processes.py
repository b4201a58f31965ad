"""Random time series, the building blocks of the published protocols."""

from __future__ import annotations

import numpy as np

from bluecellab.errors import StimulusError
from bluecellab.stimulus.random123 import Random123
from bluecellab.stimulus.series import Piece, checked_grid
from bluecellab.stimulus.signals import gen_ornstein_uhlenbeck, gen_shotnoise_signal

__all__ = ["OUProcess", "ShotNoiseProcess", "StepNoiseProcess"]

_DEFAULT_SEED = 123


def _third_identity(seed: int | None) -> int:
    return _DEFAULT_SEED if seed is None else seed


class OUProcess(Piece):
    """An Ornstein-Uhlenbeck process, see :func:`~bluecellab.stimulus.gen_ornstein_uhlenbeck`.

    It has two samples at its end: the last of the process, and 0.

    Parameters
    ----------
    dt, duration
        Sampling interval and length, in ms.
    tau
        Relaxation time, in ms.
    sigma, mean
        Standard deviation and mean, in nA.
    seed
        Third identity of the stream (2997, 291204, seed); 123 when left out.
    base_seed
        Global index of the stream.
    """

    def __init__(
        self,
        dt: float,
        duration: float,
        tau: float,
        sigma: float,
        mean: float,
        seed: int | None = None,
        *,
        base_seed: int = 0,
    ) -> None:
        stream = Random123(2997, 291204, _third_identity(seed), global_index=base_seed)
        checked_grid(dt, duration)
        super().__init__(dt, duration, *gen_ornstein_uhlenbeck(tau, sigma, mean, duration, dt, stream))


class ShotNoiseProcess(Piece):
    """Shot noise, see :func:`~bluecellab.stimulus.gen_shotnoise_signal`.

    It has two samples at its end: the last of the process, and 0.

    Parameters
    ----------
    dt, duration
        Sampling interval and length, in ms.
    rate
        Of the shots, in Hz.
    mean, sigma
        Mean and standard deviation of the *peaks* of the shots, in nA.
    rise_time, decay_time
        Of a shot, in ms.
    seed
        Third identity of the stream (2997, 19216, seed); 123 when left out.
    base_seed
        Global index of the stream.
    """

    def __init__(
        self,
        dt: float,
        duration: float,
        rate: float,
        mean: float,
        sigma: float,
        rise_time: float,
        decay_time: float,
        seed: int | None = None,
        *,
        base_seed: int = 0,
    ) -> None:
        stream = Random123(2997, 19216, _third_identity(seed), global_index=base_seed)
        checked_grid(dt, duration)
        signal = gen_shotnoise_signal(decay_time, rise_time, rate, mean, sigma * sigma, duration, dt, stream)
        super().__init__(dt, duration, *signal)


class StepNoiseProcess(Piece):
    """Steps of equal length and normally distributed height.

    Every sample of a step has its height. (The published version has one sample for each step and
    takes ``sigma`` for a variance.)

    Parameters
    ----------
    dt, duration
        Sampling interval and length, in ms.
    step_interval
        Length of a step, in ms.
    mean, sigma
        Mean and standard deviation of the heights, in nA.
    seed
        Third identity of the stream (2997, 19216, seed); 123 when left out.
    base_seed
        Global index of the stream.
    """

    def __init__(
        self,
        dt: float,
        duration: float,
        step_interval: float,
        mean: float,
        sigma: float,
        seed: int | None = None,
        *,
        base_seed: int = 0,
    ) -> None:
        time = checked_grid(dt, duration)
        if not step_interval > 0:
            raise StimulusError(f"steps of {step_interval} ms; they must be longer than 0")
        steps = np.floor(time / step_interval + 1e-9).astype(np.int64)
        stream = Random123(2997, 19216, _third_identity(seed), global_index=base_seed)
        count = int(steps[-1]) + 1 if steps.size else 0
        # the distribution is named anew for every step, which forgets the second of each pair
        heights = mean + sigma * stream.normal(2 * count)[::2]
        super().__init__(dt, duration, time, heights[steps])
