"""Stimuli on cells that are built for them, and what is recorded, under the published names."""

from __future__ import annotations

from collections.abc import Sequence
from enum import Enum, auto
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from bluecellab.cell import Cell
from bluecellab.cell.core import living_cells
from bluecellab.compat import _running
from bluecellab.compat._coming import getter
from bluecellab.errors import StimulusError
from bluecellab.results import Results
from bluecellab.simulation.protocol import run_on
from bluecellab.spec.base import Site
from bluecellab.spec.cells import TemplateParams
from bluecellab.spec.protocols import Placed, Protocol
from bluecellab.spec.recordings import (
    AnyRecording,
    PointProcessRecording,
    SpikeRecording,
    VoltageRecording,
)
from bluecellab.spec.stimuli import Hyperpolarizing, Sampled
from bluecellab.stimulus.factory import StimulusFactory
from bluecellab.stimulus.series import Stimulus

__all__ = [
    "Recording",
    "StimulusName",
    "StimulusRecordings",
    "apply_multiple_stimuli",
    "run_multirecordings_stimulus",
    "run_stimulus",
]

__getattr__ = getter(__name__)

FloatArray = npt.NDArray[np.float64]
_CLAMP = "clamp"
_SOMA = (("soma[0]", 0.5),)


class StimulusName(Enum):
    """The stimuli of the factory that can be applied by name."""

    AP_WAVEFORM = auto()
    IDREST = auto()
    IV = auto()
    FIRE_PATTERN = auto()
    POS_CHEOPS = auto()
    NEG_CHEOPS = auto()


class Recording(NamedTuple):
    """What was recorded at one place.

    Attributes
    ----------
    current
        Of the stimulus in nA, without the holding current, shape (n,).
    voltage
        Potential in mV, shape (n,).
    time
        In ms, shape (n,).
    spike
        Times of spikes there in ms, shape (k,); None if they were not detected.
    """

    current: FloatArray
    voltage: FloatArray
    time: FloatArray
    spike: FloatArray | None = None


StimulusRecordings = dict[str, Recording]
"""Recordings by the name of the stimulus and its amplitude: ``"StimulusName.IDREST_120"``."""


def run_stimulus(
    template_params: TemplateParams,
    stimulus: Stimulus,
    section: str,
    segment: float,
    cvode: bool = True,
    add_hypamp: bool = True,
    recording_section: str = "soma[0]",
    recording_segment: float = 0.5,
    enable_spike_detection: bool = False,
    threshold_spike_detection: float = -20.0,
) -> Recording:
    """Build a cell, play a stimulus, and return what was recorded at one place.

    Parameters and errors as of :func:`run_multirecordings_stimulus`.
    """
    return run_multirecordings_stimulus(
        template_params,
        stimulus,
        section,
        segment,
        cvode,
        add_hypamp,
        [(recording_section, recording_segment)],
        enable_spike_detection,
        threshold_spike_detection,
    )[0]


def run_multirecordings_stimulus(
    template_params: TemplateParams,
    stimulus: Stimulus,
    section: str,
    segment: float,
    cvode: bool = True,
    add_hypamp: bool = True,
    recording_locations: Sequence[tuple[str, float]] = _SOMA,
    enable_spike_detection: bool = False,
    threshold_spike_detection: float = -20.0,
) -> list[Recording]:
    """Build a cell, play a stimulus, and return what was recorded at each place.

    It runs in this process, or, where cells are alive in this one, in a process of its own.

    Each sample of the stimulus is held until the next. Where samples are equal the current is constant,
    and costs a variable step nothing.

    Parameters
    ----------
    template_params
        What the cell is built from.
    stimulus
        A series of the :class:`~bluecellab.stimulus.StimulusFactory`; the run is as long as it.
    section, segment
        Where it is played.
    cvode
        Whether the step is variable, if the template allows it; else it is 0.025 ms.
    add_hypamp
        Whether the cell's holding current is injected at the soma all the time.
    recording_locations
        Names of sections and positions along them.
    enable_spike_detection, threshold_spike_detection
        Whether crossings of a potential in mV are recorded at each of these places.

    Returns
    -------
    list of Recording
        One for each place.

    Raises
    ------
    ValueError
        If there is no such section, or a position is not from 0 to 1.
    StimulusError
        If the cell does not say its holding current.
    """
    places = [(section, segment), *recording_locations]
    protocol = protocol_of(
        template_params,
        stimulus,
        places,
        cvode=cvode,
        add_hypamp=add_hypamp,
        threshold=threshold_spike_detection if enable_spike_detection else None,
    )
    cell = _running.specification(template_params)
    if living_cells():  # NEURON would integrate them too
        return _running.isolation(cell).run(run_places, protocol, places)
    return _running.rebuilt_here(run_places, template_params, protocol, places)


def protocol_of(
    template_params: TemplateParams,
    stimulus: Stimulus,
    places: Sequence[tuple[str, float]],
    *,
    cvode: bool,
    add_hypamp: bool,
    threshold: float | None,
) -> Protocol:
    """Return what is done: the first of the places is where the stimulus is, the others are recorded."""
    duration = stimulus.stimulus_time
    _running.isolation()  # loads the mechanisms
    section, segment = places[0]
    played = Placed(stimulus=held(stimulus), site=_site(section, segment), name=_CLAMP)
    holding = Placed(stimulus=Hyperpolarizing(delay=0, duration=duration))
    recordings: list[AnyRecording] = [PointProcessRecording(target=_CLAMP)]
    for name, x in dict.fromkeys(places[1:]):
        recordings.append(VoltageRecording(site=_site(name, x)))
        if threshold is not None:
            recordings.append(SpikeRecording(location=f"{name}({x:g})", threshold=threshold))
    return Protocol(
        duration=duration,
        stimuli=(holding, played) if add_hypamp else (played,),
        recordings=tuple(recordings),
        conditions=_running.conditions(template_params, cvode=cvode),
    )


def _site(section: str, segment: float) -> Site:
    if not 0.0 <= segment <= 1.0:
        raise ValueError(f"Segment position must be between 0 and 1, not {segment}")
    return Site(section=section, x=segment)


def held(stimulus: Stimulus) -> Sampled:
    """Return a series as what is played, without samples that are equal to the one before.

    Held until the next, the others are the same current, and a variable step is stopped at changes only.
    """
    times, values = np.asarray(stimulus.time, dtype=float), np.asarray(stimulus.current, dtype=float)
    kept = np.ones(len(times), dtype=bool)
    kept[1:-1] = (np.diff(values)[:-1] != 0) | (np.diff(times)[:-1] == 0)
    return Sampled(times=tuple(times[kept]), values=tuple(values[kept]), interpolation="hold")


def run_places(cell: Cell, protocol: Protocol, places: Sequence[tuple[str, float]]) -> list[Recording]:
    """Run a protocol of :func:`protocol_of` on a cell, and return what was recorded."""
    for section, segment in places:
        _running.validate_section_and_segment(cell, section, segment)
    return recordings_of(run_on(cell, protocol), places[1:])


def recordings_of(results: Results, places: Sequence[tuple[str, float]]) -> list[Recording]:
    """Return what a run of :func:`protocol_of` recorded at places."""
    current = results.traces[f"{_CLAMP}.i"]
    found = []
    detectors = {
        one.location: one.name for one in results.protocol.recordings if isinstance(one, SpikeRecording)
    }
    for name, x in places:
        voltage = results.traces[VoltageRecording(site=_site(name, x)).name]
        detector = detectors.get(f"{name}({x:g})")
        spikes = None if detector is None else np.array(results.spikes[detector], dtype=float)
        found.append(
            Recording(np.array(current.values), np.array(voltage.values), np.array(voltage.time), spikes)
        )
    return found


def apply_multiple_stimuli(
    cell: Any,
    stimulus_name: StimulusName,
    amplitudes: Sequence[float],
    threshold_based: bool = True,
    section_name: str | None = None,
    segment: float = 0.5,
    n_processes: int | None = None,
    cvode: bool = True,
    add_hypamp: bool = True,
) -> StimulusRecordings:
    """Play a stimulus of several amplitudes, each on a cell of its own, side by side.

    Parameters
    ----------
    cell
        What is built again; it is not touched.
    stimulus_name
        Which stimulus.
    amplitudes
        In percent of the cell's threshold current, or in nA.
    threshold_based
        Whether they are in percent.
    section_name, segment
        Where it is played, and recorded; the middle of the soma by default.
    n_processes
        How many at once; by default as many as there are processors but one.
    cvode, add_hypamp
        As of :func:`run_stimulus`.

    Returns
    -------
    dict of str to Recording
        By ``"StimulusName.IDREST_120"``; an amplitude that is there twice is run once.

    Raises
    ------
    ValueError
        If there is no such stimulus or section.
    StimulusError
        If the cell has no threshold current, or no holding current.
    """
    params = _running.template_of(cell)
    section = section_name if section_name is not None else "soma[0]"
    _running.validate_section_and_segment(cell, section, segment)
    spec = _running.specification(params)
    places = [(section, segment)] * 2
    jobs = {}
    for amplitude in amplitudes:
        stimulus = _made(stimulus_name, amplitude, cell.threshold if threshold_based else None)
        jobs[f"{stimulus_name}_{amplitude}"] = protocol_of(
            params, stimulus, places, cvode=cvode, add_hypamp=add_hypamp, threshold=None
        )
    with _running.executor(n_processes, len(jobs), spec) as workers:
        futures = {name: workers.submit(run_places, job, places) for name, job in jobs.items()}
        return {name: future.result()[0] for name, future in futures.items()}


_METHODS = {
    StimulusName.AP_WAVEFORM: StimulusFactory.ap_waveform,
    StimulusName.IDREST: StimulusFactory.idrest,
    StimulusName.IV: StimulusFactory.iv,
    StimulusName.FIRE_PATTERN: StimulusFactory.fire_pattern,
    StimulusName.POS_CHEOPS: StimulusFactory.pos_cheops,
    StimulusName.NEG_CHEOPS: StimulusFactory.neg_cheops,
}


def _made(name: StimulusName, amplitude: float, threshold: float | None) -> Stimulus:
    """Return a stimulus of the factory, in percent of a threshold current or in nA."""
    method = _METHODS.get(name) if isinstance(name, StimulusName) else None
    if method is None:
        raise ValueError(f"Unknown stimulus name: {name!r}. It is one of StimulusName.")
    factory = StimulusFactory(dt=1.0)
    if threshold is None:
        return method(factory, amplitude=amplitude)
    if not threshold:
        raise StimulusError(
            "the cell says no threshold current, so there are no percents of it: make it with "
            "emodel_properties, or give currents in nA and threshold_based=False"
        )
    return method(factory, threshold_current=threshold, threshold_percentage=amplitude)
