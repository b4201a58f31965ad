"""Stimuli that are not a waveform of current: voltage clamp and synaptic conductance."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, model_validator

from bluecellab.spec.base import (
    Millivolt,
    NonNegativeMicrosiemens,
    NonNegativeMillisecond,
    PositiveMegaohm,
    PositiveMillisecond,
)
from bluecellab.spec.stimuli.base import Numbers, Stimulus, TimedStimulus

__all__ = ["AlphaSynapse", "VoltageClamp"]


class VoltageClamp(TimedStimulus):
    """SONATA's ``seclamp``: holds the membrane potential through one electrode.

    The clamp holds ``voltage`` for the first of ``duration_levels``, then ``voltage_levels[0]``
    for the second, and so on; the last level lasts until the end: every level *follows* the
    duration of the same index.

    Parameters
    ----------
    delay, duration
        When the clamp is switched on and for how long, in ms. (Other simulators of this dialect
        ignore the delay and clamp from the start: for the same, leave it 0.)
    voltage
        First command potential, in mV.
    duration_levels
        How long each command but the last holds, in ms.
    voltage_levels
        The command potential after each of them, in mV; as many as durations.
    series_resistance
        Resistance of the electrode, in Mohm. SONATA's default is 0.01; the clamp of
        ``Cell.add_voltage_clamp`` has NEURON's default, 1.

    Examples
    --------
    >>> clamp = VoltageClamp(duration=40, voltage=-70, duration_levels=(10, 20), voltage_levels=(-60, -50))
    >>> clamp.commands()
    ((0.0, -70.0), (10.0, -60.0), (30.0, -50.0))
    """

    type: Literal["seclamp"] = Field("seclamp", repr=False)
    voltage: Millivolt
    duration_levels: Annotated[tuple[NonNegativeMillisecond, ...], Numbers] = ()
    voltage_levels: Annotated[tuple[Millivolt, ...], Numbers] = ()
    series_resistance: PositiveMegaohm = 0.01

    @model_validator(mode="after")
    def _check(self) -> VoltageClamp:
        if len(self.duration_levels) != len(self.voltage_levels):
            raise ValueError(
                f"{len(self.duration_levels)} duration_levels but {len(self.voltage_levels)} "
                "voltage_levels; give as many"
            )
        if (total := sum(self.duration_levels)) > self.duration:
            raise ValueError(f"duration_levels make {total} ms, more than the duration of {self.duration} ms")
        return self

    def commands(self) -> tuple[tuple[float, float], ...]:
        """Return the times (ms) and potentials (mV) of the command, each until the next."""
        at = self.delay
        found = [(at, self.voltage)]
        for duration, voltage in zip(self.duration_levels, self.voltage_levels, strict=True):
            at += duration
            found.append((at, voltage))
        return tuple(found)


class AlphaSynapse(Stimulus):
    r"""One synaptic event with an alpha-shaped conductance.

    .. math:: g(t) = g_\mathrm{max} \frac{t - t_0}{\tau} e^{1 - (t - t_0) / \tau}, \quad t > t_0

    Parameters
    ----------
    onset
        Time :math:`t_0` of the event, in ms.
    tau
        Time from onset to peak, in ms.
    gmax
        Peak conductance, in uS.
    e
        Reversal potential, in mV.
    """

    type: Literal["alpha_synapse"] = Field("alpha_synapse", repr=False)
    onset: NonNegativeMillisecond
    tau: PositiveMillisecond
    gmax: NonNegativeMicrosiemens
    e: Millivolt = 0.0
