"""Play a stimulus at a site of a cell."""

from __future__ import annotations

import numpy as np

from bluecellab.nrn import objects, runtime
from bluecellab.nrn.handles import Segment
from bluecellab.nrn.scope import Scope
from bluecellab.spec.base import Site
from bluecellab.spec.stimuli import (
    AlphaSynapse,
    ConductanceOrCurrent,
    Sampled,
    Stimulus,
    Sum,
    TimedStimulus,
    VoltageClamp,
)
from bluecellab.stimulus.live import LiveStimulus
from bluecellab.stimulus.streams import Electrical, Seeds, Stream
from bluecellab.stimulus.waveform import FloatArray, Waveform
from bluecellab.stimulus.waveforms import waveform_of

__all__ = ["play", "resistances"]

_FOREVER = 1e308  # ms
_OFF = 1e9  # Mohm; an electrode that conducts nothing to speak of
_UNKNOWN = Electrical()
_UNSEEDED = Seeds()


def play(
    spec: Stimulus,
    at: Segment,
    owner: Scope,
    *,
    electrical: Electrical = _UNKNOWN,
    seeds: Seeds = _UNSEEDED,
    stream: Stream | None = None,
    plain: bool = False,
) -> LiveStimulus:
    """Play a stimulus at a site, from the next initialisation on.

    A current is played into the amplitude of an ``IClamp``; a conductance *g* into the series
    resistance 1 / *g* of an ``SEClamp`` that holds the reversal potential (between points NEURON
    interpolates the *resistance*, and *g* outside 1e-9 to 1e9 uS counts as none).

    Parameters
    ----------
    spec
        What to play.
    at
        Where.
    owner
        Scope of the cell: when it closes, the stimulus is removed.
    electrical
        Properties of the cell; needed by relative stimuli.
    seeds, stream
        What decides random numbers; see :mod:`bluecellab.stimulus.streams`.
    plain
        Whether a constant current is to be the clamp's own ``delay``, ``dur`` and ``amp``, as in a script by
        hand, rather than played into ``amp``. With a fixed step the potentials are bitwise the same; with
        CVODE the steps may differ.

    Returns
    -------
    LiveStimulus
        Close it to remove the stimulus.

    Raises
    ------
    BusyError
        If a run is in progress.
    ClosedError
        If the cell is closed.
    StimulusError
        If a property of the cell is missing.
    """
    runtime.refuse_while_running(f"adding a stimulus to {owner.path()}")
    site = Site(section=at.section.name, x=at.x)
    if isinstance(spec, Sum):
        return _play_sum(spec, at, owner, electrical, seeds, stream, plain=plain)
    waveform = waveform_of(spec, electrical, seeds, stream=stream)
    segment = at.raw
    live = LiveStimulus(spec, site, waveform, owner)
    try:
        with runtime.guard(f"playing {waveform.label} at {site}"):
            if isinstance(spec, VoltageClamp):
                _voltage_clamp(live, objects.point_process("SEClamp", segment), spec, waveform)
            elif isinstance(spec, AlphaSynapse):
                _alpha_synapse(live, objects.point_process("AlphaSynapse", segment), spec)
            elif isinstance(spec, ConductanceOrCurrent) and spec.mode == "conductance":
                _conductance(live, objects.point_process("SEClamp", segment), spec.reversal, waveform)
            elif plain and isinstance(spec, TimedStimulus) and _is_constant(waveform):
                _constant(live, objects.point_process("IClamp", segment), spec, waveform)
            else:
                _current(live, objects.point_process("IClamp", segment), spec, waveform)
    except BaseException:
        live.close()
        raise
    return live


def _play_sum(
    spec: Sum,
    at: Segment,
    owner: Scope,
    electrical: Electrical,
    seeds: Seeds,
    stream: Stream | None,
    *,
    plain: bool,
) -> LiveStimulus:
    """Play each stimulus of a sum by a clamp of its own."""
    site = Site(section=at.section.name, x=at.x)
    live = LiveStimulus(spec, site, None, owner)
    try:
        live._compose(
            tuple(
                play(
                    part,
                    at,
                    live._scope,
                    electrical=electrical,
                    seeds=seeds,
                    stream=stream,
                    plain=plain,
                )
                for part in spec.stimuli
            )
        )
    except BaseException:
        live.close()
        raise
    return live


def _current(live: LiveStimulus, clamp: object, spec: Stimulus, waveform: Waveform) -> None:
    """Play a current: interpolated for ever, or held between the first and last sample."""
    rig = live._mount(clamp)
    if isinstance(spec, Sampled) and spec.interpolation == "hold":
        times = np.array(spec.times)
        rig.clamp.delay = times[0]
        rig.clamp.dur = times[-1] - times[0]
        rig.play("amp", times, np.array(spec.values), hold=True)
        return
    rig.clamp.delay = 0.0
    rig.clamp.dur = _FOREVER
    rig.play("amp", waveform.times, waveform.values, hold=False)


def _is_constant(waveform: Waveform) -> bool:
    """Whether a waveform jumps from 0 to one value and back."""
    times, values = waveform.times, waveform.values
    on = np.flatnonzero(values)
    if len(on) == 0:
        return True
    first, last = int(on[0]), int(on[-1])
    return (
        last == first + 1
        and first > 0
        and last + 1 < len(times)
        and values[first] == values[last]
        and times[first - 1] == times[first]
        and times[last] == times[last + 1]
    )


def _constant(live: LiveStimulus, clamp: object, spec: TimedStimulus, waveform: Waveform) -> None:
    rig = live._mount(clamp)
    rig.clamp.delay = spec.delay
    rig.clamp.dur = spec.duration
    rig.clamp.amp = float(waveform.values[np.argmax(np.abs(waveform.values))])


def resistances(conductances: FloatArray) -> FloatArray:
    """Return 1 / g in Mohm for g in uS; 1e9 where g is not between 1e-9 and 1e9.

    Parameters
    ----------
    conductances
        Of any shape.

    Returns
    -------
    ndarray
        Of the same shape.
    """
    off = (conductances <= 1e-9) | (conductances >= 1e9)
    return np.asarray(np.where(off, _OFF, 1.0 / np.where(off, 1.0, conductances)))


def _conductance(live: LiveStimulus, clamp: object, reversal: float, waveform: Waveform) -> None:
    """Play a conductance as the resistance of a voltage clamp at the reversal potential."""
    rig = live._mount(clamp)
    rig.clamp.dur1 = waveform.duration
    rig.clamp.amp1 = reversal
    hold = waveform.interpolation == "hold"
    rig.play("rs", waveform.times, resistances(waveform.values), hold=hold)


def _voltage_clamp(live: LiveStimulus, clamp: object, spec: VoltageClamp, waveform: Waveform) -> None:
    """Hold the commands one after the other, through the series resistance."""
    rig = live._mount(clamp)
    rig.clamp.dur1 = spec.end
    rig.clamp.amp1 = spec.voltage
    rig.clamp.rs = spec.series_resistance
    if spec.delay > 0:
        switch = np.array([_OFF, spec.series_resistance])
        rig.play("rs", np.array([0.0, spec.delay]), switch, hold=True)
    if spec.voltage_levels:
        rig.play("amp1", waveform.times, waveform.values, hold=True)


def _alpha_synapse(live: LiveStimulus, synapse: object, spec: AlphaSynapse) -> None:
    rig = live._mount(synapse)
    rig.clamp.onset = spec.onset
    rig.clamp.tau = spec.tau
    rig.clamp.gmax = spec.gmax
    rig.clamp.e = spec.e
