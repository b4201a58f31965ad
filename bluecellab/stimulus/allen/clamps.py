"""Clamps of the Allen dialect, as BioNet plays them.

Steps of current are NEURON's own ``IClamp``, not a waveform, so that voltages agree in every bit. A current
of a file is held from sample to sample. A voltage clamp conducts within its window alone, from its first
step on: BioNet clamps the first step of a run to 0 mV, which is not repeated here.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator

import numpy as np

from bluecellab.errors import BluecellabError, StimulusError
from bluecellab.nrn import objects, runtime
from bluecellab.nrn.handles import Segment
from bluecellab.spec.allen import CurrentClamp, CurrentFile, VoltageClamp
from bluecellab.spec.base import CellId, Site
from bluecellab.stimulus.allen.files import current_of
from bluecellab.stimulus.allen.places import Clamped, place_of
from bluecellab.stimulus.live import LiveStimulus
from bluecellab.stimulus.waveform import Waveform

__all__ = ["AnyClamp", "Clamp", "add_clamp", "stream_of_clamp"]

AnyClamp = CurrentClamp | CurrentFile | VoltageClamp

_OFF = 1e21  # Mohm; adds nothing to a current, as far as a double can tell


def stream_of_clamp(name: str, cell_id: CellId, seed: int = 0) -> np.random.Generator:
    """Return what draws the segment of a clamp that has a range of distances.

    It depends on these three alone, so that a cell's clamp sits at one place whatever else is loaded.

    Parameters
    ----------
    name
        Of the input.
    cell_id
        Of the cell.
    seed
        Of the simulation.
    """
    text = f"{seed}|{name}|{cell_id.population_name}|{cell_id.id}"
    return np.random.default_rng(int.from_bytes(hashlib.sha256(text.encode()).digest()[:16], "little"))


class Clamp:
    """A clamp of a configuration, ready to be played to cells; a file that it names is read once.

    Parameters
    ----------
    stimulus
        What is played.
    name
        Of the input, for messages.

    Raises
    ------
    StimulusError
        If its file cannot be read, or does not hold a current.
    """

    def __init__(self, stimulus: AnyClamp, name: str = "clamp") -> None:
        self.stimulus = stimulus
        self.name = name
        try:
            self._waveforms = tuple(_waveforms(stimulus))
        except StimulusError as error:
            raise StimulusError(f"input {name!r}: {error}") from error

    @property
    def waveforms(self) -> tuple[Waveform, ...]:
        """What is played: currents in nA, or potentials in mV."""
        return self._waveforms

    def play(self, cell: Clamped, random: np.random.Generator | None = None) -> list[LiveStimulus]:
        """Play it on a cell, from the next initialisation on.

        Parameters
        ----------
        cell
            The cell, which will own what plays.
        random
            Draws the segment of a range of distances; see :func:`stream_of_clamp`.

        Returns
        -------
        list
            A stimulus for each amplitude. Closing one takes it away again.

        Raises
        ------
        StimulusError
            If the cell has no such place.
        BusyError
            If a run is in progress.
        ClosedError
            If the cell is closed.
        """
        runtime.refuse_while_running(f"adding a clamp to {cell.label}")
        made: list[LiveStimulus] = []
        try:
            at = place_of(cell, self.stimulus.place, random)
            for index, waveform in enumerate(self._waveforms):
                made.append(self._one(cell, at, index, waveform))
        except BaseException as error:
            for live in reversed(made):
                live.close()
            if isinstance(error, ValueError) and isinstance(error, BluecellabError):
                raise StimulusError(f"input {self.name!r}: {error}") from error
            raise
        cell.stimuli[:] = [*(live for live in cell.stimuli if not live.closed), *made]
        return made

    def _one(self, cell: Clamped, at: Segment, index: int, waveform: Waveform) -> LiveStimulus:
        stimulus = self.stimulus
        live = LiveStimulus(stimulus, Site(section=at.section.name, x=at.x), waveform, cell.scope)
        try:
            with runtime.guard(f"playing input {self.name!r} at {live.site} of {cell.label}"):
                if isinstance(stimulus, CurrentClamp):
                    _step(live, at, stimulus, index)
                elif isinstance(stimulus, VoltageClamp):
                    _potential(live, at, stimulus, index)
                else:
                    _samples(live, at, waveform)
        except BaseException:
            live.close()
            raise
        return live


def add_clamp(
    cell: Clamped, stimulus: AnyClamp, random: np.random.Generator | None = None, *, name: str = "clamp"
) -> int:
    """Play a clamp on a cell; see :meth:`Clamp.play`. For many cells make one :class:`Clamp`.

    Returns
    -------
    int
        How many point processes play.
    """
    return len(Clamp(stimulus, name).play(cell, random))


def _waveforms(stimulus: AnyClamp) -> Iterator[Waveform]:
    """Return what is played, one for each point process."""
    if isinstance(stimulus, CurrentFile):
        yield current_of(stimulus)
        return
    counts = {len(stimulus.amplitudes), len(stimulus.delays), len(stimulus.durations)}
    if len(counts) > 1:
        raise StimulusError(
            f"{len(stimulus.amplitudes)} amplitudes, {len(stimulus.delays)} delays and "
            f"{len(stimulus.durations)} durations do not go together; give as many of each"
        )
    current = isinstance(stimulus, CurrentClamp)
    for amplitude, delay, duration in zip(
        stimulus.amplitudes, stimulus.delays, stimulus.durations, strict=True
    ):
        times = [delay, delay, delay + duration, delay + duration]
        if current:
            yield Waveform(np.array(times), np.array([0, amplitude, amplitude, 0]), unit="nA", label="IClamp")
        else:
            yield Waveform(np.array(times[1:3]), np.array([amplitude] * 2), unit="mV", label="SEClamp")


def _step(live: LiveStimulus, at: Segment, stimulus: CurrentClamp, index: int) -> None:
    clamp = live._mount(objects.point_process("IClamp", at.raw)).clamp
    clamp.delay, clamp.dur = stimulus.delays[index], stimulus.durations[index]
    clamp.amp = stimulus.amplitudes[index]


def _samples(live: LiveStimulus, at: Segment, waveform: Waveform) -> None:
    """Hold each sample until the next; the last point is when the clamp ends."""
    rig = live._mount(objects.point_process("IClamp", at.raw))
    rig.clamp.delay, rig.clamp.dur = 0.0, waveform.times[-1]
    rig.play("amp", waveform.times, waveform.values, hold=True)


def _potential(live: LiveStimulus, at: Segment, stimulus: VoltageClamp, index: int) -> None:
    """Let the clamp conduct within its window."""
    rig = live._mount(objects.point_process("SEClamp", at.raw))
    delay, duration = stimulus.delays[index], stimulus.durations[index]
    rig.clamp.dur1, rig.clamp.amp1 = delay + duration, stimulus.amplitudes[index]
    rig.clamp.rs = stimulus.resistance
    if delay > 0:
        switch = np.array([_OFF, stimulus.resistance])
        rig.play("rs", np.array([0.0, delay]), switch, hold=True)
